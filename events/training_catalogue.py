"""What the catalogue of trainings shows: each training, its dates, its price."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.quote_documents import euros
from events import queries
from events.models import Training, TrainingSession, VatRule
from events.queries import Line


@dataclass(frozen=True, kw_only=True)
class Date:
    """One session to come, and whether one may register."""

    own: TrainingSession
    line: Line
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A training as the catalogue shows it."""

    training: Training
    price: str
    next_date: Date | None
    language: str


def lines(*, now: datetime) -> list[Entry]:
    """Return the published trainings in their order, each with its next date: four queries."""
    sessions = _coming(now).prefetch_related("session__pools")
    rows = (
        Training.objects.published()
        .select_related("product")
        .prefetch_related(Prefetch("training_sessions", sessions, to_attr="coming"))
        .order_by("position", "pk")
    )
    rules = _mentions(now)
    return [
        Entry(
            training=row,
            price=_price(row, rules),
            next_date=next((_date(own, now=now) for own in row.coming), None),  # type: ignore[attr-defined]
            language=language_of(row),
        )
        for row in rows
    ]


def dates(training: Training, *, now: datetime) -> list[Date]:
    """Return the sessions to come of a training, the next first."""
    rows = _coming(now).filter(training=training).prefetch_related("session__pools", "half_days")
    return [_date(own, now=now) for own in rows]


def price(training: Training) -> str:
    """Return the price of one trainee, in words with its VAT; empty when it has none."""
    return _price(training, _mentions(timezone.now()))


def language_of(training: Training) -> str:
    """Return the language in which its words are shown: that of the page, else French."""
    language = get_language() or settings.LANGUAGE_CODE
    return language if getattr(training, f"title_{language}") else settings.LANGUAGE_CODE


def _coming(now: datetime) -> QuerySet[TrainingSession]:
    return (
        TrainingSession.objects.filter(
            session__status="published", session__is_private=False, session__ends_at__gt=now
        )
        .select_related("session__room")
        .order_by("session__starts_at", "pk")
    )


def _date(own: TrainingSession, *, now: datetime) -> Date:
    line = queries.line(own.session, now=now)
    is_open = own.session.takes_registrations(now=now) and bool(own.session.pools.all())
    return Date(own=own, line=line, is_open=is_open)


def _mentions(now: datetime) -> dict[str, VatRule]:
    today = timezone.localdate(now)
    rules = VatRule.objects.filter(valid_from__lte=today).order_by("valid_from", "pk")
    return {rule.kind: rule for rule in rules}


def _price(training: Training, rules: dict[str, VatRule]) -> str:
    product = training.product
    if product is None:
        return ""
    amount = euros(Decimal(product.unit_price_cents) / 100)
    rule = rules.get(product.kind)
    if rule is not None and rule.mention:
        return _("%(amount)s par personne, net de taxe") % {"amount": amount}
    return _("%(amount)s hors taxes par personne") % {"amount": amount}
