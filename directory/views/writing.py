"""The owner's own pages: one's cards, each with its sections, its coach, what staff corrected."""

from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from directory.cards import standing_corrections
from directory.coach import advise
from directory.content import content_of, in_words, version_of
from directory.models import Company, Provider, RequestPause
from directory.sections import BY_SLUG, SECTIONS, Section, following
from directory.services import corrections, proposals
from directory.services import providers as services
from directory.services.quality import score_of
from emn.accounts.requests import MemberRequest
from emn.lib.access import member
from emn.lib.errors import DomainError

MOST_DIGESTS = 20  # fields of one section, and then some


@member
@require_safe
def my_cards(request: MemberRequest) -> HttpResponse:
    """List the cards of the person's companies, with what to do next."""
    pauses = RequestPause.objects.filter(provider=OuterRef("pk"))
    cards = Provider.objects.of(request.user).with_place().annotate(is_paused=Exists(pauses))
    cards = cards.order_by("name", "pk")
    return render(request, "directory/my_cards.html", {"providers": cards})


@member
@require_safe
def card_edit(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Show one's own card section by section, what it is worth and the next best step."""
    provider = _own(request, provider_id)
    content = content_of(provider)
    sections = [
        (section, any(in_words(name, content[name]) for name in section.fields))
        for section in SECTIONS
    ]
    score = score_of(provider.pk, now=timezone.now())
    context = {
        "provider": provider,
        "sections": sections,
        "is_responsible": Company.objects.bound_by(request.user.pk)
        .filter(pk=provider.company_id)
        .exists(),
        "coach": advise(provider.pk, score, has_service=bool(content["services"])),
        "corrections": [
            (row, in_words(row.field, content[row.field]))
            for row in standing_corrections(provider).values()
        ],
    }
    return render(request, "directory/card_overview.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def card_section(request: MemberRequest, provider_id: int, slug: str) -> HttpResponse:
    """Change one section of one's own card; nothing typed is lost when it is refused."""
    provider = _own(request, provider_id)
    section = BY_SLUG.get(slug)
    if section is None:
        raise Http404
    sent = request.method == "POST"
    form = section.form(provider, request.POST if sent else None, request.FILES if sent else None)
    changed: list[Any] = []
    # The version that was read stays the one to compare with, until its reader sees what changed.
    read = _read_version(request.POST.get("version", ""), section) if sent else None
    if sent and form.is_valid():
        try:
            services.edit_card(
                provider_id=provider.pk,
                user_id=request.user.pk,
                values=form.values(),
                read_version=read,
                now=timezone.now(),
                **form.uploads(),
            )
        except services.CardChanged as refusal:
            form.add_error(None, refusal.message)
            changed, read = refusal.changes, None
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("« %(title)s » : c’est enregistré.") % {"title": section.title}
            )
            return _next_page(request, provider, section)
    if read is None:
        read = version_of(content_of(Provider.objects.get(pk=provider.pk)), section.fields)
    context = {
        "provider": provider,
        "section": section,
        "next": following(section),
        "place": SECTIONS.index(section) + 1,
        "places": len(SECTIONS),
        "form": form,
        "version": ",".join(f"{name}={digest}" for name, digest in read.items()),
        "changes": changed,
        "corrected": [
            row for row in standing_corrections(provider).values() if row.field in section.fields
        ],
    }
    return render(request, "directory/card_section.html", context)


def _read_version(typed: str, section: Section) -> dict[str, str]:
    """Return the digests that the form carries; what names no field of the section is left out."""
    pairs = (pair.partition("=") for pair in typed.split(",")[:MOST_DIGESTS])
    return {name: digest for name, _sign, digest in pairs if name in section.fields}


def _next_page(request: MemberRequest, provider: Provider, section: Section) -> HttpResponse:
    """Lead to one more row, to the next section, or back to the card."""
    after = following(section)
    if "more" in request.POST:
        return redirect("directory:card_section", provider.pk, section.slug)
    if "next" in request.POST and after is not None:
        return redirect("directory:card_section", provider.pk, after.slug)
    return redirect("directory:card_edit", provider.pk)


@member
@require_POST
def card_submit(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Hand a draft or a corrected card over to the centre."""
    provider = _own(request, provider_id)
    try:
        services.submit_card(provider_id=provider.pk, user_id=request.user.pk, now=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("directory:card_edit", provider.pk)
    messages.success(
        request, _("Merci. Le centre relit votre fiche sous deux jours ouvrés et vous écrit.")
    )
    return redirect("directory:my_cards")


@member
@require_POST
def card_confirm(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Say that the card is still right."""
    try:
        services.confirm_card(
            provider_id=_own(request, provider_id).pk,
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Merci : votre fiche est confirmée à ce jour."))
    return redirect("directory:my_cards")


@member
@require_POST
def card_withdraw(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Take the card out of the directory."""
    try:
        services.withdraw_card(provider_id=provider_id, user_id=request.user.pk, now=timezone.now())
    except Provider.DoesNotExist as error:
        raise Http404 from error
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Votre fiche n’est plus dans l’annuaire."))
    return redirect("directory:my_cards")


@member
@require_POST
def card_pause(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Take no more requests, or take them again."""
    provider = _own(request, provider_id)
    paused = request.POST.get("do") == "pause"
    proposals.set_pause(provider_id=provider.pk, paused=paused, now=timezone.now())
    said = _("Vous ne recevez plus de demandes.") if paused else _("Vous recevez des demandes.")
    messages.success(request, said)
    return redirect("directory:my_cards")


@member
@require_POST
def correction_accept(request: MemberRequest, provider_id: int, correction_id: int) -> HttpResponse:
    """Make a correction of the centre one's own words."""
    provider = _own(request, provider_id)
    try:
        corrections.accept_correction(
            provider_id=provider.pk,
            correction_id=correction_id,
            user_id=request.user.pk,
            now=timezone.now(),
        )
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Merci : la correction est maintenant votre texte."))
    return redirect("directory:card_edit", provider.pk)


def _own(request: MemberRequest, provider_id: int) -> Provider:
    """Return one of the person's own cards; another company's is 404."""
    return get_object_or_404(Provider.objects.of(request.user).with_place(), pk=provider_id)
