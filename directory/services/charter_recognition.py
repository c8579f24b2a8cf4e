"""Commitments to another scheme, recognised on request, answered within a month (F1.09)."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.charter.rules import rules
from directory.enums import RecognitionStatus
from directory.models import Company, Recognition
from directory.services.telling import people_of, tell_each
from emn.lib.calendar import add_months
from emn.lib.db import violation_as
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch


class RecognitionRefused(DomainError):
    """The request cannot be made or answered so."""


@transaction.atomic(durable=True)
def ask_recognition(
    *, company_id: int, user_id: int, scheme: str, link: str, valid_until: date, now: datetime
) -> Recognition:
    """Ask the centre to recognise a commitment made elsewhere.

    Raises Company.DoesNotExist (not one of the person's) or RecognitionRefused.
    """
    company = Company.objects.get(
        pk__in=Company.objects.filter(memberships__user=user_id, providers__isnull=False)
        .filter(pk=company_id)
        .values("pk")
    )
    today = timezone.localdate(now)
    if valid_until < today:
        raise RecognitionRefused(_("Cet engagement est échu : renouvelez-le d’abord là-bas."))
    row = Recognition(
        company=company,
        scheme=scheme,
        link=link,
        valid_until=valid_until,
        asked_at=now,
        asked_by_id=user_id,
        due_on=add_months(today, rules().recognition_answer_months),
    )
    with violation_as(
        RecognitionRefused(_("Cette demande est déjà en cours : vous recevrez la réponse.")),
        model=Recognition,
        constraint="directory_recognition_one_waiting",
    ):
        row.save()
    return row


@transaction.atomic(durable=True)
def answer_recognition(
    *, recognition_id: int, by_id: int, confirmed: bool, reason: str = "", now: datetime
) -> Recognition:
    """Confirm or refuse; the company is told. Raises Recognition.DoesNotExist or refused."""
    row = (
        Recognition.objects.select_for_update(of=("self",))
        .select_related("company")
        .get(pk=recognition_id)
    )
    if row.status != RecognitionStatus.WAITING:
        raise RecognitionRefused(_("Une autre personne a déjà répondu à cette demande."))
    if not confirmed and not reason.strip():
        raise RecognitionRefused(_("Dites pourquoi : le motif est envoyé à l’entreprise."))
    row.status = RecognitionStatus.CONFIRMED if confirmed else RecognitionStatus.REFUSED
    row.decided_at, row.decided_by_id, row.reason = now, by_id, reason.strip()
    row.save()
    tell_each(
        people_of(row.company_id),
        "charter_recognition",
        occasion=row.pk,
        now=now,
        recognition=row,
        company=row.company,
    )
    touch()
    return row
