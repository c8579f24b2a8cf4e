"""Irritants: told by a company, read by staff, published without a name, taken down."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.page_cache import touch
from emn.mailings.services import queue_email
from events.enums import IrritantDecisionKind, IrritantStatus
from events.models import Irritant, IrritantDecision
from events.services.registrations import fold_email
from events.services.rendezvous import IRRITANT, RendezvousRefused, link


@transaction.atomic(durable=True)
def post_irritant(
    *,
    told: str,
    sector: str,
    hours_weekly: int | None,
    name: str,
    company_name: str,
    email: str,
    language: str,
    now: datetime,
) -> Irritant:
    """Keep what a company tells until its mailbox says yes by a button."""
    irritant = Irritant.objects.create(
        status=IrritantStatus.UNCONFIRMED, told=told, sector=sector, hours_weekly=hours_weekly,
        name=name, company_name=company_name, email=fold_email(email), language=language,
        created_at=now,
    )  # fmt: skip
    _tell_company(irritant, "irritant_confirm", now=now, unsolicited=True)
    return irritant


@transaction.atomic(durable=True)
def confirm_irritant(*, irritant_id: int, now: datetime) -> Irritant:
    """Give the irritant to staff to read: the mailbox said yes. Twice is once."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status == IrritantStatus.UNCONFIRMED:
        irritant.status, irritant.confirmed_at = IrritantStatus.WAITING, now
        irritant.save(update_fields=["status", "confirmed_at"])
    return irritant


@transaction.atomic(durable=True)
def publish_irritant(
    *, irritant_id: int, text: str, evening_id: int | None, by_id: int, now: datetime
) -> Irritant:
    """Publish an irritant in words that name nobody, for an evening or for a later one."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status != IrritantStatus.WAITING:
        raise RendezvousRefused(_("Cet irritant n’est pas à relire."))
    _require_anonymous(text, irritant)
    irritant.status, irritant.text, irritant.evening_id = IrritantStatus.PUBLISHED, text, evening_id
    irritant.decided_at, irritant.decided_by_id, irritant.reason = now, by_id, ""
    irritant.save(update_fields=["status", "text", "evening", "decided_at", "decided_by", "reason"])
    _note(irritant, IrritantDecisionKind.PUBLISHED, "", by_id=by_id, now=now)
    _tell_company(irritant, "irritant_published", now=now)
    touch()
    return irritant


@transaction.atomic(durable=True)
def correct_irritant(
    *, irritant_id: int, text: str, evening_id: int | None, reason: str, by_id: int, now: datetime
) -> Irritant:
    """Change the published words, or the evening; the company reads why. Names stay refused.

    What was forgotten of the company does not come back, and may still be corrected.
    """
    irritant = Irritant.objects.select_for_update(of=("self",)).get(pk=irritant_id)
    if irritant.status != IrritantStatus.PUBLISHED:
        raise RendezvousRefused(_("Cet irritant n’est pas publié."))
    if (text, evening_id) == (irritant.text, irritant.evening_id):
        raise RendezvousRefused(_("Rien n’a changé."))
    if irritant.pitches.standing().exists() and irritant.evening_id not in {None, evening_id}:
        raise RendezvousRefused(
            _("Des prestataires ont répondu pour cette édition : l’irritant y reste.")
        )
    _require_anonymous(text, irritant)
    irritant.text, irritant.evening_id = text, evening_id
    irritant.save(update_fields=["text", "evening"])
    decision = _note(irritant, IrritantDecisionKind.CORRECTED, reason, by_id=by_id, now=now)
    if irritant.forgotten_at is None:
        _tell_company(
            irritant, "irritant_corrected", now=now, stamp=f":{decision.pk}", reason=reason
        )
    touch()
    return irritant


@transaction.atomic(durable=True)
def retract_irritant(*, irritant_id: int, reason: str, by_id: int, now: datetime) -> Irritant:
    """Take a published irritant down, by staff; the company reads why, and no page shows it again.

    Raises RendezvousRefused (not published; an answer to it is on stage and the vote not open).
    """
    irritant = Irritant.objects.select_for_update(of=("self",)).get(pk=irritant_id)
    if irritant.status != IrritantStatus.PUBLISHED:
        raise RendezvousRefused(_("Cet irritant n’est pas publié."))
    if irritant.pitches.chosen().filter(evening__vote_opened_at=None).exists():
        raise RendezvousRefused(
            _("Une réponse à cet irritant passe en scène : retirez-la d’abord du programme.")
        )
    irritant.status, irritant.reason, irritant.ended_at = IrritantStatus.WITHDRAWN, reason, now
    if irritant.forgotten_at is not None:  # nobody is left who could ask for the words
        irritant.text, irritant.reason = "", ""
    irritant.save(update_fields=["status", "reason", "ended_at", "text"])
    _note(irritant, IrritantDecisionKind.RETRACTED, reason, by_id=by_id, now=now)
    if irritant.forgotten_at is None:
        _tell_company(irritant, "irritant_retracted", now=now, reason=reason)
    touch()
    return irritant


@transaction.atomic(durable=True)
def refuse_irritant(*, irritant_id: int, reason: str, by_id: int, now: datetime) -> Irritant:
    """Say to the company why its irritant is not published."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status != IrritantStatus.WAITING:
        raise RendezvousRefused(_("Cet irritant n’est pas à relire."))
    irritant.status, irritant.reason = IrritantStatus.REFUSED, reason
    irritant.decided_at, irritant.decided_by_id, irritant.ended_at = now, by_id, now
    irritant.save(update_fields=["status", "reason", "decided_at", "decided_by", "ended_at"])
    _note(irritant, IrritantDecisionKind.REFUSED, reason, by_id=by_id, now=now)
    _tell_company(irritant, "irritant_refused", now=now)
    return irritant


@transaction.atomic(durable=True)
def withdraw_irritant(*, irritant_id: int, now: datetime) -> Irritant:
    """Take an irritant off the list, by its company. Twice is once."""
    irritant = _locked_irritant(irritant_id)
    if irritant.status in {IrritantStatus.WITHDRAWN, IrritantStatus.REFUSED}:
        return irritant
    if irritant.pitches.chosen().exists():
        raise RendezvousRefused(
            _("Une réponse à cet irritant passe en scène : appelez-nous pour le retirer.")
        )
    irritant.status, irritant.ended_at = IrritantStatus.WITHDRAWN, now
    irritant.save(update_fields=["status", "ended_at"])
    touch()
    return irritant


def _locked_irritant(irritant_id: int) -> Irritant:
    rows = Irritant.objects.select_for_update(of=("self",))
    return rows.get(pk=irritant_id, forgotten_at=None)


def _note(
    irritant: Irritant, kind: IrritantDecisionKind, reason: str, *, by_id: int, now: datetime
) -> IrritantDecision:
    return irritant.decisions.create(kind=kind, reason=reason, by_id=by_id, at=now)


def _require_anonymous(text: str, irritant: Irritant) -> None:
    held = _names_in(text, irritant)
    if held:
        raise RendezvousRefused(
            _("Le texte dit encore « %(words)s » : il doit rester anonyme.") % {"words": held}
        )


def _names_in(text: str, irritant: Irritant) -> str:
    """Return the name of the company or of the person that the words still hold."""
    folded = text.casefold()
    names = [irritant.company_name, irritant.name, irritant.email]
    return next((name for name in names if name and name.casefold() in folded), "")


def _tell_company(
    irritant: Irritant, kind: str, *, now: datetime, unsolicited: bool = False, stamp: str = "",
    **context: Any,
) -> None:  # fmt: skip
    with override(irritant.language):
        list_url = settings.PUBLIC_URL + reverse("rendezvous:home")
    queue_email(
        to=irritant.email,
        template=f"events/emails/{kind}",
        context={
            "irritant": irritant,
            "follow_url": link(irritant.pk, IRRITANT, irritant.language),
            "list_url": list_url,
            **context,
        },
        language=irritant.language,
        dedup_key=f"events.{kind}:{irritant.pk}{stamp}",
        unsolicited=unsolicited,
        secret=True,
        now=now,
    )
