"""Reviews: read by all, written by clients, answered by providers; the policy.

The author's pages need no account: the secret of the address is the proof, and a link that is only
opened, by a person or by a machine, changes nothing.
"""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from directory import review_reading
from directory.company_search import facts_of
from directory.enums import DoubtReason, MissionOrigin, ReviewLevel, ReviewRefusal, ReviewStatus
from directory.models import Company, Mission, Provider, Review, ReviewReply
from directory.models.reviews import RATINGS
from directory.review_forms import (
    DoubtForm,
    MemberReviewForm,
    MissionForm,
    OpinionFields,
    ProofForm,
    ReviewReplyForm,
    SpontaneousForm,
)
from directory.reviews.levels import PUBLISHABLE, VERIFIED
from directory.reviews.rules import rules
from directory.services import review_rights, trust_computing
from directory.services import reviews as services
from directory.views.moved import moved
from emn.accounts.requests import MemberRequest
from emn.accounts.retention import periods
from emn.lib.access import member, open_form, public, token
from emn.lib.errors import DomainError
from emn.lib.rate_limit import client_ip, limited

_METHODS = ["GET", "HEAD", "POST"]
_GONE = gettext_lazy("Ce lien ne mène plus nulle part.")


# --- What everyone reads ---


@public
@require_safe
def provider_reviews(request: HttpRequest, slug: str) -> HttpResponse:
    """Show all the reviews of a public card, the newest first unless asked otherwise (R1.10)."""
    provider = Provider.objects.published().with_place().filter(slug=slug).first()
    if provider is None:
        return moved(slug, "directory:reviews")
    asked = request.GET.get("tri", "")
    order = review_reading.OLDEST if asked == review_reading.OLDEST else review_reading.NEWEST
    context = {
        "provider": provider,
        "figures": review_reading.figures_of(provider.pk),
        "order": order,
        "page": review_reading.reviews_page(
            provider.pk, order=order, number=request.GET.get("page")
        ),
    }
    return render(request, "directory/reviews/list.html", context)


@public
@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Say how reviews are collected, read, published, counted: from what the code itself reads."""
    version = trust_computing.version_on(timezone.localdate())
    kept = ("review", "review_over", "review_proof", "review_trace", "unconfirmed_review")
    context = {
        "rules": rules(),
        "share_percent": int(rules().draw_share * 100),
        "density_percent": int(rules().ring_density * 100),
        "refusals": ReviewRefusal.labels,
        "doubts": DoubtReason.labels,
        "levels": [
            {
                "code": level.value,
                "label": level.label,
                "weight": version and version.parameters.review_levels[level.value],
                "is_published": level.value in PUBLISHABLE,
                "is_verified": level.value in VERIFIED,
            }
            for level in ReviewLevel
        ],
        "ratings": [Review._meta.get_field(name).verbose_name for name in RATINGS],  # type: ignore[union-attr]
        "version": version,
        "periods": [periods()[key] for key in kept],
        "shown": periods()["review"],
        "shown_trace": periods()["review_trace"],
    }
    return render(request, "directory/reviews/policy.html", context)


# --- The author ---


@csrf_exempt
@open_form
@require_http_methods(_METHODS)
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """Write a review without an invitation; the mailbox confirms it. The same answer to anyone."""
    provider = _reviewed(slug)
    form = SpontaneousForm(request.POST if request.method == "POST" else None, request=request)
    if form.is_valid():
        given = form.cleaned_data
        try:
            facts = facts_of(given["siret"])
            if facts is None or facts.state == "F":
                form.add_error(
                    "siret", _("Le registre ne connaît pas d’entreprise active sous ce SIRET.")
                )
            else:
                services.write_unconfirmed(
                    provider_id=provider.pk,
                    client=facts,
                    opinion=form.opinion(),
                    author_name=given["author_name"],
                    author_email=given["email"],
                    language=get_language() or "fr",
                    now=timezone.now(),
                )
                return redirect("reviews:sent")
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    context = {"provider": provider, "form": form, "days": rules().publication_days}
    return render(request, "directory/reviews/new.html", context)


@member
@require_http_methods(_METHODS)
def new_as_member(request: MemberRequest, slug: str) -> HttpResponse:
    """Write a review for one of one's companies: the account has proven its mailbox."""
    provider = _reviewed(slug)
    companies = Company.objects.filter(memberships__user=request.user)
    choices = list(
        companies.exclude(pk=provider.company_id).order_by("name", "pk").values_list("pk", "name")
    )
    if not choices:
        return redirect("reviews:new", slug)
    form = MemberReviewForm(
        request.POST if request.method == "POST" else None,
        companies=choices,
        initial={"author_name": request.user.full_name},
    )
    if form.is_valid():
        try:
            review = services.submit_as_member(
                provider_id=provider.pk,
                company_id=int(form.cleaned_data["company"]),
                user_id=request.user.pk,
                opinion=form.opinion(),
                author_name=form.cleaned_data["author_name"],
                connection=client_ip(request),
                language=get_language() or "fr",
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("reviews:follow", services.token(review.pk, services.FOLLOW))
    context = {
        "provider": provider,
        "form": form,
        "days": rules().publication_days,
        "is_member": True,
    }
    return render(request, "directory/reviews/new.html", context)


@public
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Say what comes next, the same for every address."""
    return render(request, "directory/reviews/sent.html")


@csrf_exempt
@token
@require_http_methods(_METHODS)
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Write the review that one was invited to; the link works once."""
    row = services.invitation_of(token)
    if row is None:
        raise Http404(_GONE)
    is_open = row.is_open(now=timezone.now())
    form = OpinionFields(
        request.POST if request.method == "POST" else None,
        initial={"experience_on": row.mission.ended_on},
    )
    if is_open and form.is_valid():
        try:
            review = services.submit_invited(
                invitation_id=row.pk,
                opinion=form.opinion(),
                author_name=form.cleaned_data["author_name"],
                connection=client_ip(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("reviews:follow", services.token(review.pk, services.FOLLOW))
    context = {
        "invitation": row,
        "mission": row.mission,
        "provider": row.mission.provider,
        "form": form if is_open else None,
        "token": token,
        "days": rules().publication_days,
    }
    return render(request, "directory/reviews/invitation.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def decline(request: HttpRequest, token: str) -> HttpResponse:
    """Give no review, and not be asked again."""
    row = services.invitation_of(token)
    if row is None:
        raise Http404(_GONE)
    if request.method == "POST":
        services.decline_invitation(invitation_id=row.pk, now=timezone.now())
    return redirect("reviews:invitation", token)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Show what was written; the button, or the page's own script, hands it in."""
    review = services.review_of(token, services.CONFIRM)
    if review is None:
        raise Http404(_GONE)
    refusal = ""
    if request.method == "POST" and review.status == ReviewStatus.UNCONFIRMED:
        try:
            review = services.confirm_review(
                review_id=review.pk, connection=client_ip(request), now=timezone.now()
            )
        except DomainError as refused:
            refusal = refused.message
    if review.status != ReviewStatus.UNCONFIRMED:
        return redirect("reviews:follow", services.token(review.pk, services.FOLLOW))
    context = {"review": review, "provider": review.provider, "refusal": refusal}
    return render(request, "directory/reviews/confirm.html", context)


@csrf_exempt
@token
@require_http_methods(_METHODS)
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Say where one's review stands; bring a proof, or withdraw it."""
    review = services.review_of(token, services.FOLLOW)
    if review is None or review.status == ReviewStatus.UNCONFIRMED:
        raise Http404(_GONE)
    form, said = ProofForm(), request.GET.get("dit", "")
    if request.method == "POST" and request.POST.get("do") == "withdraw":
        services.withdraw_review(review_id=review.pk, now=timezone.now())
        return redirect("reviews:follow", token)
    if request.method == "POST":
        form = ProofForm(request.POST, request.FILES)
        if form.is_valid():
            try:
                services.add_proof(review_id=review.pk, paper=form.paper(), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                response = redirect("reviews:follow", token)
                response["Location"] += "?dit=preuve#preuves"
                return response
    context = {
        "review": review,
        "provider": review.provider,
        "proofs": list(review.proofs.order_by("added_at", "pk")),
        "form": form,
        "said": said,
        "token": token,
        "takes_proofs": review.status in {ReviewStatus.WAITING, ReviewStatus.PUBLISHED},
    }
    return render(request, "directory/reviews/follow.html", context)


def _reviewed(slug: str) -> Provider:
    rows = Provider.objects.published().select_related("company__commune")
    return get_object_or_404(rows, slug=slug)


# --- The provider ---


@member
@require_safe
def own_reviews(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Show the provider its reviews, what it may do about each, and the missions it declared."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    page = review_reading.reviews_page(
        provider.pk, order=review_reading.NEWEST, number=request.GET.get("page")
    )
    replies = ReviewReply.objects.waiting().filter(review__in=[row.pk for row in page.object_list])
    waiting = {row.review_id: row for row in replies.order_by("pk")}
    context = {
        "provider": provider,
        "figures": review_reading.figures_of(provider.pk),
        "page": page,
        "rows": [(review, waiting.get(review.pk)) for review in page.object_list],
        "missions": _declared(provider).count(),
        "days": rules().reply_days,
    }
    return render(request, "directory/reviews/own.html", context)


@member
@limited(scope="directory.mission", limit=60, period_s=3600)
@require_http_methods(_METHODS)
def missions(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Declare a mission; the centre invites its client, whoever it is (M7)."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    form = MissionForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _declare(request, provider, form):
        return redirect("directory:missions", provider.pk)
    rows = _declared(provider).select_related("client")
    context = {
        "provider": provider,
        "form": form,
        "missions": rows.order_by("-ended_on", "-pk")[:100],
        "invite_after_days": rules().invite_after_days,
    }
    return render(request, "directory/reviews/missions.html", context)


def _declared(provider: Provider) -> QuerySet[Mission]:
    """Return the missions that it declared itself; whom else the centre invites is not shown."""
    return Mission.objects.filter(provider=provider, origin=MissionOrigin.DECLARED)


def _declare(request: MemberRequest, provider: Provider, form: MissionForm) -> bool:
    given: dict[str, Any] = dict(form.cleaned_data)
    try:
        facts = facts_of(given.pop("siret"))
        if facts is None:
            form.add_error("siret", _("Le registre ne connaît pas ce SIRET."))
            return False
        services.declare_mission(
            provider_id=provider.pk,
            user_id=request.user.pk,
            client=facts,
            language=get_language() or "fr",
            connection=client_ip(request),
            now=timezone.now(),
            **given,
        )
    except DomainError as refusal:
        form.add_error(None, refusal.message)
        return False
    messages.success(request, _("La mission est déclarée. Le centre invitera le client."))
    return True


@member
@require_http_methods(_METHODS)
def reply(request: MemberRequest, provider_id: int, review_id: int) -> HttpResponse:
    """Answer a review in public (R1.17)."""
    review = _own_review(request, provider_id, review_id)
    waiting = review.replies.waiting().first()
    initial = {} if waiting is None else {"text": waiting.text}
    form = ReviewReplyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            review_rights.reply_to_review(
                review_id=review.pk,
                user_id=request.user.pk,
                text=form.cleaned_data["text"],
                connection=client_ip(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("Votre réponse est reçue. Elle est publiée sous sept jours.")
            )
            return redirect("directory:own_reviews", provider_id)
    context = {"provider": review.provider, "review": review, "form": form}
    return render(request, "directory/reviews/reply.html", context)


@member
@require_http_methods(_METHODS)
def doubt(request: MemberRequest, provider_id: int, review_id: int) -> HttpResponse:
    """Say, with reasons, that a review may not be authentic (R1.13)."""
    review = _own_review(request, provider_id, review_id)
    form = DoubtForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            opened = review_rights.report_doubt(
                review_id=review.pk,
                user_id=request.user.pk,
                reasons=form.cleaned_data["reasons"],
                words=form.cleaned_data["words"],
                connection=client_ip(request),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            text = _("Votre doute est enregistré. Le centre décide avant le %(day)s.")
            messages.success(request, text % {"day": opened.due_on.strftime("%d/%m/%Y")})
            return redirect("directory:own_reviews", provider_id)
    context = {
        "provider": review.provider,
        "review": review,
        "form": form,
        "days": rules().doubt_days,
    }
    return render(request, "directory/reviews/doubt.html", context)


def _own_review(request: MemberRequest, provider_id: int, review_id: int) -> Review:
    """Return a public review of one of the person's cards; another's is 404."""
    rows = Review.objects.published().with_standing().select_related("provider")
    own = Provider.objects.of(request.user).filter(pk=provider_id)
    return get_object_or_404(rows.filter(provider__in=own), pk=review_id)
