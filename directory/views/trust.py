"""The index explained: to everyone, to the provider, and the formula itself."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from directory import statements
from directory.enums import TrustStanding
from directory.models import (
    Adhesion,
    CommitteeCase,
    Provider,
    TrustContest,
    TrustEvent,
    TrustFile,
    TrustParameters,
)
from directory.services import trust_rights as services
from directory.services.committee import may_appeal_contest
from directory.trust.example import worked_example
from directory.trust.formula import compute
from directory.trust.parameters import read
from directory.trust_forms import ContestForm, ReplyForm
from directory.views.moved import moved
from emn.accounts.requests import MemberRequest
from emn.lib.access import member, public
from emn.lib.errors import DomainError


@public
@require_safe
def trust(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the statement of a public card's index: every line that counts, and what is missing."""
    provider = Provider.objects.published().with_place().filter(slug=slug).first()
    if provider is None:
        return moved(slug, "directory:trust")
    statement = _statement(provider, is_own=False)
    warnings = CommitteeCase.objects.warning([provider.company.siren], on=timezone.localdate())
    context = {"provider": provider, "statement": statement, "warnings": warnings}
    return render(request, "directory/trust/statement.html", context)


@public
@require_safe
def trust_json(_request: HttpRequest, slug: str) -> HttpResponse:
    """Give the same computation as data (R1.23)."""
    provider = Provider.objects.published().with_place().filter(slug=slug).first()
    if provider is None:
        return moved(slug, "directory:trust_json")
    statement = _statement(provider, is_own=False)
    if statement is None or statement.summary.standing == TrustStanding.NONE:
        raise Http404
    about = {"prestataire": provider.name, "adresse": provider.get_absolute_url()}
    options = {"ensure_ascii": False, "indent": 2}
    return JsonResponse(about | statement.as_json(), json_dumps_params=options)


def _statement(provider: Provider, *, is_own: bool) -> statements.Statement | None:
    file = TrustFile.objects.filter(provider=provider).first()
    if file is None:
        return None
    adhesions = Adhesion.objects.in_force(on=timezone.localdate())
    if not adhesions.filter(siren=provider.company.siren).exists():
        # In memory: no index outlives its adhesion, whenever the task that notes it comes (R1.03).
        file.standing, file.letter, file.displayed = TrustStanding.NONE, "", None
    return statements.statement_of(file, is_own=is_own)


@public
@require_safe
def algorithm(request: HttpRequest, version: str) -> HttpResponse:
    """Explain a published version of the formula, with its numbers and an example it computes."""
    row = get_object_or_404(TrustParameters.objects.published(), version=version)
    parameters = read(row.version, row.values)
    today = timezone.localdate()
    # The example is one of the version's own time: its figures are the same each day.
    at = row.effective_on or today
    result = compute(worked_example(at, parameters), parameters, at, explain=True)
    low, high = statements.interval(result.value, result.half_width)
    context = {
        "row": row,
        "parameters": parameters,
        "weights": [(statements.PART_NAMES[key], parameters.weights[key]) for key in "EARPDSGC"],
        "is_in_effect": TrustParameters.objects.in_effect(on=today).first() == row,
        "is_to_come": row.effective_on is not None and row.effective_on > today,
        "example": result,
        "example_parts": statements.explained(result),
        "example_low": low,
        "example_high": high,
        "versions": TrustParameters.objects.published().order_by("-effective_on", "-pk"),
        "classes": [
            ("A", parameters.classes["A"], statements.CLASS_WORDS["A"]),
            ("B", parameters.classes["B"], statements.CLASS_WORDS["B"]),
            ("C", parameters.classes["C"], statements.CLASS_WORDS["C"]),
        ],
        "class_d": statements.CLASS_WORDS["D"],
        "labels": [
            (statements.LABELS.get(code, code), share, share * parameters.weights["C"])
            for code, share in sorted(parameters.certifications.items())
        ],
    }
    return render(request, "directory/trust/algorithm.html", context)


@public
@require_safe
def algorithms(_request: HttpRequest) -> HttpResponse:
    """Lead to the version in effect."""
    row = TrustParameters.objects.in_effect(on=timezone.localdate()).first()
    if row is None:
        raise Http404
    return redirect("algorithm", row.version)


@member
@require_safe
def trust_own(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Show the provider its own statement, whole, with what it may do about it."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    statement = _statement(provider, is_own=True)
    file = None if statement is None else statement.file
    context = {
        "provider": provider,
        "statement": statement,
        "waiting_reply": None if file is None else file.replies.waiting().first(),
        "last_refusal": None if file is None else _last_refusal(file),
        "decided": [] if file is None else _decided(file),
    }
    return render(request, "directory/trust/own.html", context)


def _decided(file: TrustFile) -> list[tuple[TrustContest, CommitteeCase | None, bool]]:
    """Return the last contests decided, each with its appeal, and whether one may appeal."""
    today = timezone.localdate()
    rows = file.contests.exclude(decision="").prefetch_related("cases")
    return [
        (row, case, case is None and may_appeal_contest(row, on=today))
        for row in rows.order_by("-decided_at", "-pk")[:10]
        for case in [next(iter(row.cases.all()), None)]
    ]


def _last_refusal(file: TrustFile) -> str:
    """Return why the last reply was refused, empty when it was not."""
    row = file.replies.exclude(decided_at=None).order_by("-decided_at", "-pk").first()
    return "" if row is None else row.refusal


@member
@require_http_methods(["GET", "HEAD", "POST"])
def trust_contest(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Contest a line of one's own index, or a component as a whole."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    statement = _statement(provider, is_own=True)
    if statement is None:
        raise Http404
    part_key, event_id = request.GET.get("partie", ""), request.GET.get("fait", "")
    part = next((row for row in statement.parts if row.key == part_key), None)
    line = None
    if part is not None and event_id:
        line = next((row for row in part.lines if str(row.event) == event_id), None)
    if part is None or (event_id and line is None):
        raise Http404
    form = ContestForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.contest(
                provider_id=provider.pk,
                user_id=request.user.pk,
                component=part.key,
                event_id=None if line is None else line.event,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except (TrustFile.DoesNotExist, TrustEvent.DoesNotExist) as gone:
            raise Http404 from gone
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request,
                _("Votre contestation est enregistrée. Le centre décide sous 30 jours."),
            )
            return redirect("directory:trust_own", provider.pk)
    context = {"provider": provider, "part": part, "line": line, "form": form}
    return render(request, "directory/trust/contest.html", context)


@member
@require_http_methods(["GET", "HEAD", "POST"])
def trust_reply(request: MemberRequest, provider_id: int) -> HttpResponse:
    """Answer one's own index in public."""
    provider = get_object_or_404(Provider.objects.of(request.user), pk=provider_id)
    file = get_object_or_404(TrustFile, provider=provider)
    waiting = file.replies.waiting().first()
    initial = {} if waiting is None else {"text": waiting.text}
    form = ReplyForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        try:
            services.reply(
                provider_id=provider.pk,
                user_id=request.user.pk,
                text=form.cleaned_data["text"],
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(
                request, _("Votre réponse est reçue. Elle est publiée sous sept jours.")
            )
            return redirect("directory:trust_own", provider.pk)
    context = {"provider": provider, "form": form, "waiting": waiting}
    return render(request, "directory/trust/reply.html", context)
