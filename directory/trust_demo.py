"""Invented ledgers for cards of the demonstration: every class, an engaged one, one that waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from directory.enums import ProviderStatus, TrustSource
from directory.models import Provider, TrustFile
from directory.services import trust, trust_computing
from directory.trust.events import Kind
from emn.lib.calendar import add_working_days

Fact = tuple[Kind, date, dict[str, Any]]
# Proven engagements, audit out of 100, ratings of reviews, complaint, working days of answers,
# labels, whether the index was announced long ago.
_STORIES: tuple[tuple[Any, ...], ...] = (
    (7, 82, (5, 4, 5, 4), "conciliated_fast", (1, 1, 4, 1), ("expertcyber",), True),
    (7, 96, (5, 5, 5, 5, 5, 5), "", (1, 1, 1, 2, 1), ("iso27001", "expertcyber"), True),
    (5, 60, (3, 3, 4), "conciliated_late", (4, 9), (), True),
    (4, 35, (2, 2, 3), "upheld", (12, 8), (), True),
    (0, None, (), "", (), (), False),
    (2, None, (4,), "", (1,), ("qualiopi",), False),
    (6, 75, (4, 5, 4), "", (2, 2), (), False),
)


def seed_trust(*, now: datetime) -> int:
    """Write a ledger for the first published demonstration cards; return how many were new."""
    cards = Provider.objects.filter(
        company__is_demo=True, status=ProviderStatus.PUBLISHED, company__siret__lt="01"
    ).order_by("pk")
    known = set(TrustFile.objects.exclude(provider=None).values_list("provider", flat=True))
    written = 0
    for number, (card, story) in enumerate(zip(cards, _STORIES, strict=False)):
        if card.pk in known:
            continue
        facts = _Story(number, timezone.localdate(now), *story).facts()
        for place, (kind, on, payload) in enumerate(facts):
            trust.record_fact(
                provider_id=card.pk,
                kind=kind,
                effective_on=on,
                payload=payload,
                source=TrustSource.CENTRE,
                key=f"demo:{place}",
                now=now,
            )
        written += 1
    trust_computing.compute_due(now=now)
    return written


@dataclass(frozen=True)
class _Story:
    """One provider of the demonstration, its facts dated from `today`."""

    number: int
    today: date
    proven: int  # engagements
    audit: int | None  # out of 100
    ratings: tuple[int, ...]
    complaint: str  # an outcome, or none
    answers: tuple[int, ...]  # working days taken
    labels: tuple[str, ...]
    is_announced: bool

    def ago(self, days: int) -> date:
        return self.today - timedelta(days=days)

    def client(self, place: int) -> str:
        return f"{1_000 * self.number + place:064x}"

    def facts(self) -> Iterator[Fact]:
        yield from self._papers()
        yield from self._reviews()
        yield from self._dealings()
        if self.is_announced:
            yield Kind.NOTICE, self.ago(90), {}

    def _papers(self) -> Iterator[Fact]:
        until = (self.today + timedelta(days=400)).isoformat()
        yield Kind.ADHESION, self.ago(330), {"state": "active", "ends_on": until}
        yield Kind.INSOLVENCY, self.ago(5), {"open": False, "liquidation": False}
        if self.proven:
            yield Kind.DOCUMENTS, self.ago(300), {"complete": True}
            yield Kind.INSURANCE, self.ago(290), {"cover": "rc_pro", "ends_on": until}
        for engagement in range(1, self.proven + 1):
            level = "verified" if engagement % 3 == 0 else "attested"
            yield Kind.COMMITMENT, self.ago(280), {"number": engagement, "level": level}
        if self.audit is not None:
            yield Kind.AUDIT, self.ago(180), {"level": "on_site", "points": self.audit}
        for code in self.labels:
            yield Kind.CERTIFICATION, self.ago(200), {"code": code, "ends_on": until}

    def _reviews(self) -> Iterator[Fact]:
        for place, rating in enumerate(self.ratings):
            days = 40 * (place + 1)
            name, client = f"demo-{self.number}-{place}", self.client(place)
            ended_on = self.ago(days + 30).isoformat()
            review = {
                "review": name,
                "client": client,
                "level": "V2" if place else "V3",
                "ratings": [rating, rating, max(1, rating - 1), rating, min(5, rating + 1)],
                "experience_on": ended_on,
                "blocked": "",
            }
            yield Kind.REVIEW, self.ago(days), review
            mission = {"mission": name, "client": client, "done_on": ended_on}
            yield Kind.MISSION, self.ago(days), mission

    def _dealings(self) -> Iterator[Fact]:
        if self.complaint:
            reference = f"demo-{self.number}"
            said = {"complaint": reference, "severity": 1, "outcome": self.complaint}
            yield Kind.COMPLAINT, self.ago(120), said
        for place, taken in enumerate(self.answers):
            asked = self.ago(45 * (place + 1))
            answered = add_working_days(asked, taken, local_law=True)
            request = {
                "request": f"demo-{self.number}-{place}",
                "client": self.client(100 + place),
                "asked_on": asked.isoformat(),
                "answered_on": answered.isoformat(),
                "excluded": "",
            }
            yield Kind.REQUEST, answered, request
