"""Sharing the lines of a company’s file with the centre’s advisers, one by one, by consent."""

from datetime import datetime

from django.db import transaction

from directory.dossier import holds
from directory.models import Company, SharedItem


@transaction.atomic(durable=True)
def share(*, company_id: int, user_id: int, key: str, now: datetime) -> None:
    """Let the centre’s advisers read one line; sharing it twice is sharing it once.

    Raises Company.DoesNotExist (not one of the person’s) or SharedItem.DoesNotExist (no such line).
    """
    company = _own(company_id, user_id)
    if not holds(company, key):
        raise SharedItem.DoesNotExist
    known = SharedItem.objects.standing().filter(company=company, key=key)
    if not known.exists():
        SharedItem.objects.create(company=company, key=key, shared_at=now, shared_by_id=user_id)


@transaction.atomic(durable=True)
def take_back(*, company_id: int, user_id: int, key: str, now: datetime) -> None:
    """Share one line no more. Raises Company.DoesNotExist (not one of the person’s)."""
    company = _own(company_id, user_id)
    SharedItem.objects.standing().filter(company=company, key=key).update(withdrawn_at=now)


def _own(company_id: int, user_id: int) -> Company:
    """Return the person’s company, one act on its file at a time."""
    mine = Company.objects.filter(memberships__user=user_id)
    rows = Company.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(pk=company_id, pk__in=mine.values("pk"))
