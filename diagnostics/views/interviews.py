"""The adviser's pages: the interview, its synthesis, the signatures (visits: `.desk`).

Only one's own: those of another adviser are not found. Every page works without a script; the
interview then saves by its button (with one, see `diagnostics.views.interview_device`).
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from diagnostics.benchmark_words import beside
from diagnostics.enums import ActKind, Party
from diagnostics.forms import DropForm, SynthesisForm, VisitSignatureForm
from diagnostics.interview_log import DECLARED, NOTE, OBSERVED, Facts
from diagnostics.models import Diagnostic, EvidencePhoto, Synthesis
from diagnostics.progress_words import progress_of
from diagnostics.reports import report_of
from diagnostics.services import interviews, signing
from diagnostics.services.reference import referential_of
from diagnostics.synthesis import proposed
from diagnostics.views.appointments import document_response
from diagnostics.voice_words import voices_of
from emn.lib.access import staff
from emn.lib.admin import agent_id
from emn.lib.errors import DomainError
from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Kind, Question
from emn.questionnaires.paths import way
from emn.questionnaires.services import digest_of

RUN = "diagnostics.run_interview"
_METHODS = ["GET", "HEAD", "POST"]


@staff(RUN)
@require_http_methods(_METHODS)
def interview(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Show all the questions, by axis; without a script, each button saves the whole page."""
    diagnostic = own(request, diagnostic_id)
    refusal = ""
    if request.method == "POST":
        changes = list(_changes(request, diagnostic, interviews.facts(diagnostic)))
        now = timezone.now()
        acts = interviews.acts_of(changes, now=now)
        noted = interviews.note(
            diagnostic_id=diagnostic.pk, acts=acts, user_id=agent_id(request), now=now
        )
        left = sum(entry is None or entry.is_late for entry in noted)
        if left:
            refusal = _("%(count)s saisies n’ont pas pu être gardées.") % {"count": left}
        elif request.POST.get("do") == "conclude":
            return _conclude(request, diagnostic)
        else:
            section = request.POST.get("do", "")
            return redirect(f"{request.path}#{section}" if section.isidentifier() else request.path)
    context = interview_context(diagnostic, interviews.facts(diagnostic)) | {"refusal": refusal}
    return render(request, "diagnostics/interview.html", context, status=422 if refusal else 200)


def _conclude(request: HttpRequest, diagnostic: Diagnostic) -> HttpResponse:
    try:
        interviews.conclude(
            diagnostic_id=diagnostic.pk, user_id=agent_id(request), now=timezone.now()
        )
    except DomainError as refusal:
        known = interviews.facts(diagnostic)
        context = interview_context(diagnostic, known) | {"refusal": refusal.message}
        return render(request, "diagnostics/interview.html", context, status=409)
    return redirect("diagnostics:synthesis", diagnostic.pk)


def _changes(
    request: HttpRequest, diagnostic: Diagnostic, known: Facts
) -> Iterator[tuple[str, str, Any]]:
    """Yield what the page sent and that is not what is kept."""
    for question in interviews.definition_of(diagnostic).questions.values():
        if f"{question.code}-shown" not in request.POST:
            continue
        kept = {
            DECLARED: known.declared.get(question.code),
            OBSERVED: known.observed.get(question.code),
            NOTE: known.notes.get(question.code),
        }
        for kind in ActKind.values:
            value = _value(request, question, kind)
            if value != kept[kind]:
                yield kind, question.code, value


def _value(request: HttpRequest, question: Question, kind: str) -> Any:
    name = f"{question.code}-{kind}"
    if question.kind == Kind.MULTIPLE and kind != NOTE:
        given = request.POST.getlist(name)
        if UNKNOWN in given:
            return UNKNOWN
        return [code for code in question.option_codes if code in given] or None
    text = request.POST.get(name, "").strip().replace("\r\n", "\n")
    return (text.upper() if question.kind == Kind.NAF and kind != NOTE else text) or None


def interview_context(diagnostic: Diagnostic, known: Facts) -> dict[str, Any]:
    """Return what the page of an interview shows (one query)."""
    definition = interviews.definition_of(diagnostic)
    followed = way(definition, known.answers)
    shown = {question.code for question in followed.shown}
    lacking = {question.code for question in followed.missing}
    photos = interviews.photos_of(diagnostic)
    language = diagnostic.run.language
    sections = [
        {
            "code": section.code,
            "title": section.title.say(language),
            "missing": sum(question.code in lacking for question in section.questions),
            "questions": [
                _shown(question, known, language, shown=shown, photos=photos.get(question.code, []))
                for question in section.questions
            ],
        }
        for section in definition.sections
    ]
    return {
        "diagnostic": diagnostic,
        "spoken": language,
        "sections": sections,
        "missing": len(lacking),
        "words": _words(),
        "conditions": {
            question.code: question.when
            for question in definition.questions.values()
            if question.when is not None
        },
    }


def _words() -> dict[str, Any]:
    """Return what the script of the page says; `{n}`: a number, `{list}`: questions."""
    return {
        "online": _("Tout est transmis."),
        "sending": [_("{n} saisie à transmettre."), _("{n} saisies à transmettre.")],
        "offline": _("Sans réseau : tout est gardé, chiffré, sur cet appareil."),
        "signedOut": _("Votre connexion a pris fin. Vos saisies attendent ici."),
        "signIn": _("Se reconnecter"),
        "unkept": _("Cet appareil ne garde rien : restez connecté."),
        "gone": _("Cet entretien n’est plus à vous, ou a été effacé."),
        "changed": _("Changé depuis un autre appareil : {list}"),
        "refused": _("Non gardé, à ressaisir ou à noter : {list}"),
        "late": _("Arrivé après la signature, sans effet : {list}"),
        "photoRefused": _("Photo refusée : {list}"),
        "missing": [_("Il manque {n} réponse."), _("Il manque {n} réponses.")],
        "complete": _("Toutes les réponses sont là."),
        "later": _("La synthèse s’ouvre avec le réseau : tout est gardé, revenez-y."),
        "photo": _("Photo {n}"),
        "photoWaits": _("photo à transmettre"),
    }


def _shown(
    question: Question, known: Facts, language: str, *, shown: set[str], photos: list[int]
) -> dict[str, Any]:
    code = question.code
    said, seen = known.declared.get(code), known.observed.get(code)
    labels = [
        (option.code, option.label.say(language), option.is_alone) for option in question.options
    ]
    return {
        "code": code,
        "text": question.text.say(language),
        "help": question.help.say(language),
        "is_text": not question.options,
        "input": "checkbox" if question.kind == Kind.MULTIPLE else "radio",
        "options": [
            {
                "code": option,
                "label": label,
                "is_alone": is_alone,
                "said": said == option or (isinstance(said, list) and option in said),
                "seen": seen == option or (isinstance(seen, list) and option in seen),
            }
            for option, label, is_alone in labels
        ],
        "may_not_know": question.may_not_know,
        "said": said or "",
        "seen": seen or "",
        "said_unknown": said == UNKNOWN,
        "note": known.notes.get(code, ""),
        "photos": photos,
        "is_hidden": code not in shown,
        "is_required": question.is_required,
        "differs": code in known.gaps,
    }


@staff(RUN)
@require_safe
def photo(request: HttpRequest, diagnostic_id: int, photo_id: int) -> HttpResponseBase:
    """Show a photo of one's interview."""
    rows = EvidencePhoto.objects.filter(
        diagnostic=diagnostic_id, diagnostic__adviser__user=agent_id(request)
    )
    row = get_object_or_404(rows, pk=photo_id)
    response = FileResponse(row.file.open("rb"), content_type="image/webp")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


# --- Synthesis and signatures ---


@staff(RUN)
@require_http_methods(_METHODS)
def synthesis(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Write with the company what the visit comes to."""
    diagnostic = own(request, diagnostic_id)
    if diagnostic.result is None:
        return redirect("diagnostics:interview", diagnostic.pk)
    if diagnostic.signed_at is not None:
        return redirect("diagnostics:signing", diagnostic.pk)
    if diagnostic.dropped_at is not None:
        return redirect("diagnostics:interview", diagnostic.pk)
    now = timezone.now()
    report = report_of(diagnostic, now=now)
    kept = Synthesis.objects.filter(diagnostic=diagnostic).first()
    content = (
        {
            "strengths": kept.strengths,
            "risks": kept.risks,
            "priorities": kept.priorities,
            "measures": kept.measures,
            "other_aid_cents": kept.other_aid_cents,
        }
        if kept
        else proposed(
            referential_of(diagnostic.referential_id), diagnostic.result,
            today=timezone.localdate(now), language="fr",
        )
    )  # fmt: skip
    form = SynthesisForm(
        request.POST if request.method == "POST" else None,
        content=content,
        measures=[
            (line.code, f"{line.title} ({line.cost}, {line.hours})") for line in report.measures
        ],
    )
    if form.is_valid():
        try:
            signing.write_synthesis(
                diagnostic_id=diagnostic.pk, user_id=agent_id(request), content=form.content,
                now=now,
            )  # fmt: skip
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("diagnostics:signing", diagnostic.pk)
    context = {
        "diagnostic": diagnostic,
        "form": form,
        "report": report,
        "progress": progress_of(diagnostic),
        "beside": beside(diagnostic),
        "voices": voices_of(diagnostic),
        "has_signature": diagnostic.signatures.exists(),
    }
    return render(
        request, "diagnostics/synthesis.html", context, status=422 if form.is_bound else 200
    )


@staff(RUN)
@require_http_methods(_METHODS)
def drop(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Give up an interview that cannot be finished, for a reason that stays with it."""
    diagnostic = own(request, diagnostic_id)
    form = DropForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            interviews.drop(
                diagnostic_id=diagnostic.pk,
                user_id=agent_id(request),
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except DomainError as refused:
            form.add_error(None, refused.message)
        else:
            return redirect("diagnostics:desk")
    context = {"diagnostic": diagnostic, "form": form}
    return render(request, "diagnostics/drop.html", context, status=422 if form.is_bound else 200)


@staff(RUN)
@require_http_methods(_METHODS)
def sign(request: HttpRequest, diagnostic_id: int) -> HttpResponse:
    """Show what is to be signed, its SHA-256, and a place for each signature."""
    diagnostic = own(request, diagnostic_id)
    if diagnostic.result is None or not Synthesis.objects.filter(diagnostic=diagnostic).exists():
        return redirect("diagnostics:synthesis", diagnostic.pk)
    form = VisitSignatureForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if form.is_valid():
        try:
            signing.sign(
                diagnostic_id=diagnostic.pk,
                user_id=agent_id(request),
                party=form.cleaned_data["party"],
                full_name=form.cleaned_data["full_name"],
                drawing=form.cleaned_data["drawing"],
                seen_sha256=form.cleaned_data["seen"],
                now=timezone.now(),
            )
        except DomainError as refused:
            refusal = refused.message
        else:
            return redirect("diagnostics:signing", diagnostic.pk)
    elif form.is_bound:
        refusal = _("Écrivez votre nom : il vaut signature.")
    shown = signing.to_sign(diagnostic)
    sha256 = digest_of(shown)
    given = {row.party: row for row in diagnostic.signatures.all()}
    names = {Party.ADVISER: str(diagnostic.adviser), Party.COMPANY: ""}
    parties = [
        {
            "label": party.label,
            "signature": given.get(party),
            "form": VisitSignatureForm(
                initial={"party": party, "seen": sha256, "full_name": names[party]},
                auto_id=f"{party}_%s",
            ),
        }
        for party in Party
    ]
    context = {
        "diagnostic": diagnostic,
        "shown": _with_days(shown),
        "sha256": sha256,
        "parties": parties,
        "refusal": refusal,
        "documents": diagnostic.documents.order_by("kind").defer("content"),
    }
    return render(request, "diagnostics/signing.html", context, status=409 if refusal else 200)


def _with_days(shown: dict[str, Any]) -> dict[str, Any]:
    """Return what is signed with its days as days, to write them in words."""
    days = {
        name: date.fromisoformat(shown[name]) if shown[name] else None
        for name in ("made_on", "t1_on", "t2_on")
    }
    priorities = [
        line | {"due_on": date.fromisoformat(line["due_on"])} for line in shown["priorities"]
    ]
    return shown | days | {"priorities": priorities}


@staff(RUN)
@require_safe
def paper(request: HttpRequest, diagnostic_id: int, kind: str) -> HttpResponse:
    """Give the report or the attestation of one's signed visit."""
    return document_response(Diagnostic.objects.filter(
        pk=diagnostic_id, adviser__user=agent_id(request)
    ), kind)  # fmt: skip


def own(request: HttpRequest, diagnostic_id: int) -> Diagnostic:
    """Return one's own interview, 404 otherwise."""
    try:
        return interviews.own(diagnostic_id, agent_id(request))
    except Diagnostic.DoesNotExist:
        raise Http404 from None
