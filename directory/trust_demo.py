"""Invented ledgers for cards of the demonstration: every class, an engaged one, one that waits."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone

from directory.enums import AuditLevel, CharterClause, PowerBasis, ProviderStatus, TrustSource
from directory.models import Charter, Provider, TrustFile
from directory.review_demo import write_reviews
from directory.services import audits, charter, charter_checks, trust, trust_computing
from directory.services.charter import Signature
from directory.trust.events import Kind
from emn.accounts.demo import AGENT
from emn.accounts.models import User
from emn.lib.calendar import add_working_days
from emn.lib.documents import Document

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
# Whose reviews are real rows, not facts alone: a few, for each writes its messages.
_REVIEWED_BY_SERVICES = {0, 2}

_ADMITTED_DAYS_AGO = 330
_EARLIER = "0.9"  # an invented version: the first real one is too young for these stories
_SIGNATURE = Signature(
    name="Camille Exemple",
    role="Gérante",
    power_basis=PowerBasis.REPRESENTATIVE,
    version_read=_EARLIER,
    without_reservation=True,
    may_bind=True,
    accepts_complaints=True,
)
_PDF = b"%PDF-1.7\n%%EOF\n"


def seed_trust(*, now: datetime) -> int:
    """Write a ledger for the first published demonstration cards; return how many were new."""
    cards = Provider.objects.filter(
        company__is_demo=True, status=ProviderStatus.PUBLISHED, company__siret__lt="01"
    ).order_by("pk")
    texts = Charter.objects.in_effect(on=timezone.localdate(now)).get(version="1.0").texts
    Charter.objects.get_or_create(
        version=_EARLIER,
        defaults={
            "valid_from": timezone.localdate(now) - timedelta(days=_ADMITTED_DAYS_AGO + 30),
            "texts": texts,
            "sha256": charter.digest_of(texts),
        },
    )
    known = set(TrustFile.objects.exclude(provider=None).values_list("provider", flat=True))
    written = 0
    for number, (card, values) in enumerate(zip(cards, _STORIES, strict=False)):
        if card.pk in known or card.company.adhesions.exists():
            continue
        story = _Story(number, timezone.localdate(now), *values)
        _adhere(card, story, now=now)
        facts = story.facts()
        by_services = number in _REVIEWED_BY_SERVICES
        if by_services:
            facts = (fact for fact in facts if fact[0] not in {Kind.REVIEW, Kind.MISSION})
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
        if by_services:
            write_reviews(card, story.ratings, now=now)
        written += 1
    trust_computing.compute_due(now=now)
    audits.announce_draw(now=now)
    return written


def _adhere(card: Provider, story: "_Story", *, now: datetime) -> None:
    """Let the company sign and be admitted, through the services, as long ago as the story says."""
    at = now - timedelta(days=_ADMITTED_DAYS_AGO)
    user_id = card.company.memberships.order_by("pk").values_list("user", flat=True)[0]
    agent_id = User.objects.get(email=AGENT).pk
    adhesion = charter.start_adhesion(company_id=card.company_id, user_id=user_id, now=at)
    charter.sign(adhesion_id=adhesion.pk, user_id=user_id, signature=_SIGNATURE, now=at)
    for kind in ("quote", "contract", "means", "liability")[: 4 if story.proven else 1]:
        charter.add_evidence(
            adhesion_id=adhesion.pk,
            user_id=user_id,
            kind=kind,
            document=Document(name=f"{kind}.pdf", suffix=".pdf", data=_PDF + kind.encode()),
            valid_until=story.today + timedelta(days=400),
            now=at,
        )
    charter.submit(adhesion_id=adhesion.pk, user_id=user_id, now=at)
    for piece in adhesion.evidence.order_by("pk"):
        charter_checks.decide_evidence(
            evidence_id=piece.pk,
            by_id=agent_id,
            seen=piece.status,
            accepted=True,
            clauses=CharterClause.values[: story.proven],
            now=at,
        )
    charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent_id, now=at)
    if story.audit is not None:
        audits.record_audit(
            adhesion_id=adhesion.pk,
            level=AuditLevel.ON_SITE,
            points=story.audit,
            on=story.ago(180),
            minutes="Compte rendu fictif",
            by_id=agent_id,
            now=now,
        )


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
        for engagement in range(3, self.proven + 1, 3):
            level = {"number": engagement, "level": "verified"}
            yield Kind.COMMITMENT, self.ago(280), level
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
