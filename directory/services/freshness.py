"""Cards that stay true: asked once a year whether they are right, hidden after long silence.

Source: mechanics 1.7. The periods are `directory/data/freshness.json`.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.core import signing
from django.db import transaction
from django.db.models import Q

from directory.enums import ProviderStatus
from directory.models import Provider
from directory.quality import DAYS_A_MONTH
from directory.search.index import index
from directory.services.providers import tell_members
from emn.lib.page_cache import touch

FILE = Path(__file__).parent.parent / "data" / "freshness.json"
_SALT = "directory.freshness.confirm"


@dataclass(frozen=True, slots=True)
class Periods:
    """All in days: since the last confirmation, but `days_between_mails` and `link_days`."""

    reminder_days: tuple[int, ...]
    hide_days: int
    days_between_mails: int
    link_days: int


@lru_cache(maxsize=1)
def periods() -> Periods:
    """Return the periods of the data file."""
    values = json.loads(FILE.read_text(encoding="utf-8"))
    return Periods(
        reminder_days=tuple(values["reminder_days"]),
        hide_days=values["hide_days"],
        days_between_mails=values["days_between_mails"],
        link_days=values["link_days"],
    )


def confirmation_token(*, provider_id: int, user_id: int) -> str:
    """Return what the link of a mail carries: this person may confirm this card, and no more."""
    return signing.dumps([provider_id, user_id], salt=_SALT)


def read_token(token: str) -> tuple[int, int]:
    """Return card and person. Raises signing.BadSignature (also when it is too old)."""
    provider_id, user_id = signing.loads(
        token, salt=_SALT, max_age=timedelta(days=periods().link_days)
    )
    return provider_id, user_id


def due_cards(*, now: datetime) -> list[int]:
    """Return the public cards to remind of, or to hide, today."""
    rules = periods()
    steps = [*rules.reminder_days, rules.hide_days]
    due = Q(pk__in=[])
    for sent, days in enumerate(steps):
        due |= Q(reminders_sent=sent, confirmed_at__lte=now - timedelta(days=days))
    recent = now - timedelta(days=rules.days_between_mails)
    cards = Provider.objects.published().filter(due).exclude(reminded_at__gt=recent)
    return list(cards.order_by("confirmed_at", "pk").values_list("pk", flat=True))


@transaction.atomic(durable=True)
def keep_fresh(*, provider_id: int, now: datetime) -> bool:
    """Send the next reminder that is due, or hide the card; False when there is nothing to do.

    One mail each, whatever the workers: a card that another one holds is left to it, and what was
    sent is written with the mail. No card is hidden without its three reminders before.
    """
    provider = (
        Provider.objects.published()
        .select_related("company__commune__epci")
        .select_for_update(of=("self",), skip_locked=True)
        .filter(pk=provider_id)
        .first()
    )
    if provider is None or provider.confirmed_at is None:
        return False
    rules = periods()
    last = provider.reminded_at
    if last and now - last < timedelta(days=rules.days_between_mails):
        return False
    age = now - provider.confirmed_at
    sent = provider.reminders_sent
    if sent < len(rules.reminder_days):
        if age < timedelta(days=rules.reminder_days[sent]):
            return False
        _remind(provider, now=now)
        return True
    if age < timedelta(days=rules.hide_days):
        return False
    _hide(provider, now=now)
    return True


def _remind(provider: Provider, *, now: datetime) -> None:
    provider.reminders_sent += 1
    provider.reminded_at = now
    Provider.objects.filter(pk=provider.pk).update(
        reminders_sent=provider.reminders_sent, reminded_at=now
    )
    _tell(provider, "directory/emails/card_reminder", now=now)


def _hide(provider: Provider, *, now: datetime) -> None:
    provider.status = ProviderStatus.HIDDEN
    provider.silenced_at = now
    provider.save()
    index(provider)
    touch()
    _tell(provider, "directory/emails/card_silenced", now=now)


def _tell(provider: Provider, template: str, *, now: datetime) -> None:
    """Write to each person of the company, with a link of that person's own."""

    def link(member: Any) -> str:
        return confirmation_token(provider_id=provider.pk, user_id=member.pk)

    rules = periods()
    tell_members(
        provider,
        template,
        stamp=now,
        now=now,
        token_of=link,
        is_last=provider.reminders_sent == len(rules.reminder_days),
        months=round(rules.hide_days / DAYS_A_MONTH),
    )
