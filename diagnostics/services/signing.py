"""The synthesis of a visit, signed by both on the screen; what is issued of it."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from diagnostics.aid import DE_MINIMIS, counted_cents, room_left_cents, value_on
from diagnostics.benchmark_words import beside, frozen_beside
from diagnostics.enums import Depth, DocumentKind, Party, Stage
from diagnostics.granted import grants_of, hold_ceiling
from diagnostics.models import (
    Diagnostic,
    DiagnosticDocument,
    Synthesis,
    VisitSignature,
)
from diagnostics.progress import MONTHS
from diagnostics.progress_words import frozen_progress, progress_of
from diagnostics.services import progress
from diagnostics.services.interviews import facts
from diagnostics.services.reference import referential_of
from diagnostics.tasks import write_documents
from diagnostics.visit_documents import attestation_pdf, visit_report_pdf
from diagnostics.voice_words import frozen_voices, voices_of
from directory.group_queries import companies_of_group
from emn.lib.calendar import add_months
from emn.lib.clocks import each
from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email
from emn.questionnaires.services import digest_of
from events.drawings import is_drawing

LANGUAGE = "fr"  # of what is signed in France
SERVICE = "on_site"


class SignatureRefused(DomainError):
    """This cannot be written or signed now."""


@transaction.atomic(durable=True)
def write_synthesis(
    *, diagnostic_id: int, user_id: int, content: Mapping[str, Any], now: datetime
) -> Synthesis:
    """Keep the synthesis; a first signature, of other words, is then to be given again.

    Raises Diagnostic.DoesNotExist, or SignatureRefused (not concluded, signed by both).
    """
    diagnostic = _open(diagnostic_id, user_id)
    diagnostic.signatures.all().delete()
    synthesis, _made = Synthesis.objects.update_or_create(
        diagnostic=diagnostic, defaults={**content, "written_at": now, "shown": None}
    )
    return synthesis


def to_sign(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return all that the screen shows to be signed, in French; the same once one has signed.

    `diagnostic` comes with company, commune, adviser, run and synthesis.
    """
    synthesis = diagnostic.synthesis
    if synthesis.shown is not None:
        shown: dict[str, Any] = synthesis.shown
        return shown
    referential, result = referential_of(diagnostic.referential_id), diagnostic.result
    assert diagnostic.run.finished_at is not None  # it has a synthesis
    made_on = timezone.localdate(diagnostic.run.finished_at)
    levels = {entry["code"]: entry["level"] - 1 for entry in result["measures"]}
    known = facts(diagnostic)
    company = diagnostic.company
    assert company is not None
    with override(LANGUAGE):
        moved = frozen_progress(progress_of(diagnostic))
        others = frozen_beside(beside(diagnostic))
        voices = frozen_voices(voices_of(diagnostic))
    return {
        "version": referential.version,
        "made_on": made_on.isoformat(),
        "company": {
            "name": company.name, "siret": company.siret,
            "commune": company.commune.name,
        },
        "adviser": str(diagnostic.adviser),
        "score": result["whole"]["shown"],
        "axes": [
            {"title": axis.title.say(LANGUAGE), "score": result["axes"][code]["shown"]}
            for code, axis in referential.axes.items()
        ],
        "gaps": [
            referential.questions[code].text.say(LANGUAGE)
            for code in known.gaps
            if code in referential.questions
        ],
        "progress": moved,
        "beside": others,
        "voices": voices,
        "strengths": synthesis.strengths,
        "risks": synthesis.risks,
        "priorities": synthesis.priorities,
        "measures": [
            {
                "title": referential.advice[code].levels[levels[code]].say(LANGUAGE),
                "cost": referential.advice[code].measure.cost,
                "hours": referential.advice[code].measure.hours,
            }
            for code in synthesis.measures
            if code in levels
        ],
        "t1_on": _planned(diagnostic, Stage.T1, made_on),
        "t2_on": _planned(diagnostic, Stage.T2, made_on),
        "aid": _aid(diagnostic, made_on),
    }  # fmt: skip


def _planned(diagnostic: Diagnostic, stage: str, made_on: date) -> str:
    """Return the day of a later stage, counted from the start; empty once it is there or past."""
    if diagnostic.stage >= stage:
        return ""
    start = made_on if diagnostic.follows is None else progress.made_on(diagnostic.follows)
    return add_months(start, MONTHS[stage]).isoformat()


def _aid(diagnostic: Diagnostic, day: date) -> dict[str, Any]:
    """Return the aid that the visit is, and what is left under the ceiling (R7.09, R7.13)."""
    company = diagnostic.company
    assert company is not None  # of every visit
    value, declared = value_on(day, service=SERVICE), diagnostic.synthesis.other_aid_cents
    granted = grants_of(companies_of_group(company.siren), but=diagnostic.pk)
    ours = counted_cents(granted, day=day)
    left = room_left_cents(aid=value.aid_cents, ours=ours, declared=declared)
    return value.frozen() | {"ours_cents": ours, "declared_cents": declared, "left_cents": left}


@transaction.atomic(durable=True)
def sign(
    *,
    diagnostic_id: int,
    user_id: int,
    party: str,
    full_name: str,
    drawing: str,
    seen_sha256: str,
    now: datetime,
) -> Diagnostic:
    """Sign what was on the screen; the second of both freezes it, and has its papers written.

    `seen_sha256`: of what the page showed. Twice is once. Raises Diagnostic.DoesNotExist, or
    SignatureRefused (nothing to sign yet, other words than those shown, no name, too
    much aid).
    """
    diagnostic = _open(diagnostic_id, user_id, may_be_signed=True)
    if diagnostic.signatures.filter(party=party).exists():
        return diagnostic
    if not Synthesis.objects.filter(diagnostic=diagnostic).exists():
        raise SignatureRefused(_("Écrivez d’abord la synthèse."))
    if not full_name.strip():
        raise SignatureRefused(_("Écrivez votre nom : il vaut signature."))
    if drawing and not is_drawing(drawing):
        raise SignatureRefused(_("Ce tracé ne se lit pas : effacez-le et signez de nouveau."))
    assert diagnostic.company is not None  # of every visit
    hold_ceiling(diagnostic.company.siren)
    shown = to_sign(diagnostic)
    if digest_of(shown) != seen_sha256:
        raise SignatureRefused(_("Le texte a changé entre-temps. Relisez-le avant de signer."))
    # What is shown was frozen with the first signature: aids may have been granted since.
    aid = _aid(diagnostic, date.fromisoformat(shown["made_on"]))
    if aid["regime"] == DE_MINIMIS and aid["left_cents"] < 0:
        raise SignatureRefused(
            _("Avec les aides déclarées, cette visite dépasse 300 000 € d’aides sur trois ans.")
        )
    Synthesis.objects.filter(diagnostic=diagnostic, shown__isnull=True).update(shown=shown)
    VisitSignature.objects.create(
        diagnostic=diagnostic, party=Party(party), full_name=full_name.strip(), drawing=drawing,
        shown_sha256=seen_sha256, signed_at=now,
    )  # fmt: skip
    if diagnostic.signatures.count() == len(Party):
        diagnostic.signed_at = now
        diagnostic.t1_planned_on = shown["t1_on"] or None
        diagnostic.t2_planned_on = shown["t2_on"] or None
        diagnostic.save(update_fields=["signed_at", "t1_planned_on", "t2_planned_on"])
        after_commit(partial(write_documents.delay, diagnostic_id=diagnostic.pk))
    return diagnostic


@transaction.atomic(durable=True)
def issue(*, diagnostic_id: int, now: datetime) -> int:
    """Write the report and the attestation of a signed visit, and say so to the company.

    Return how many were written: safe to run twice.
    """
    rows = Diagnostic.objects.select_for_update(of=("self",)).exclude(signed_at=None)
    diagnostic = rows.select_related("run", "synthesis", "appointment__booked_by").get(
        pk=diagnostic_id
    )
    there = set(diagnostic.documents.values_list("kind", flat=True))
    signatures = list(diagnostic.signatures.order_by("signed_at", "pk"))
    makers = {DocumentKind.REPORT: visit_report_pdf, DocumentKind.ATTESTATION: attestation_pdf}
    written = 0
    for kind, make in makers.items():
        if kind in there:
            continue
        with override(LANGUAGE):
            content = make(diagnostic, signatures)
        DiagnosticDocument.objects.create(
            diagnostic=diagnostic, kind=kind, content=content, issued_at=now,
            sha256=hashlib.sha256(content).hexdigest(),
        )  # fmt: skip
        written += 1
    if written:
        _tell(diagnostic, now=now)
    return written


def issue_missing(*, now: datetime) -> int:
    """Write what a lost call left unwritten; return how many papers."""
    late = Diagnostic.objects.filter(signed_at__isnull=False, depth=Depth.ON_SITE).exclude(
        documents__kind=DocumentKind.ATTESTATION
    )
    keys = list(late.order_by("pk").values_list("pk", flat=True)[:50])
    return each(keys, lambda key, now: issue(diagnostic_id=key, now=now), now=now)


def _tell(diagnostic: Diagnostic, *, now: datetime) -> None:
    person = progress.contact_of(diagnostic)
    if person is None:
        return
    with override(person.language):
        page = settings.PUBLIC_URL + reverse("diagnostics:mine")
    queue_email(
        to=person.email,
        template="diagnostics/emails/visit_documents",
        context={"page": page},
        language=person.language,
        dedup_key=f"diagnostics.visit_documents:{diagnostic.pk}",
        now=now,
    )


def _open(diagnostic_id: int, user_id: int, *, may_be_signed: bool = False) -> Diagnostic:
    rows = Diagnostic.objects.select_for_update(of=("self",)).select_related(
        "run", "company__commune", "adviser__user", "synthesis", "follows__run"
    )
    diagnostic = rows.get(pk=diagnostic_id, adviser__user=user_id, depth=Depth.ON_SITE)
    if diagnostic.dropped_at is not None:
        raise SignatureRefused(_("Cet entretien est abandonné : il ne change plus."))
    if diagnostic.result is None:
        raise SignatureRefused(_("Terminez d’abord l’entretien."))
    if diagnostic.signed_at is not None and not may_be_signed:
        raise SignatureRefused(_("Ce pré-diagnostic est signé : il ne change plus."))
    return diagnostic
