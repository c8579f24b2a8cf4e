"""The worked example of rules 1.5, as a ledger: /algorithme/ shows it computed. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Any

from directory.trust.events import Event, Kind
from directory.trust.parameters import Parameters
from emn.lib.calendar import add_working_days

_REVIEWS = (  # ratings, level, months since the end of the experience
    ((5, 5, 5, 4, 4), "V2", 3),
    ((4, 4, 4, 4, 5), "V2", 10),
    ((5, 5, 5, 5, 5), "V3", 14),
    ((3, 3, 3, 4, 4), "V1", 5),
)
_REQUESTS = ((1, 1), (2, 1), (3, 4), (4, 1), (6, None), (7, 1))  # months ago, working days taken
_MISSIONS = 12


@dataclass
class _Ledger:
    at: date
    parameters: Parameters
    events: list[Event] = field(default_factory=list)

    def ago(self, months: float) -> date:
        days = Decimal(str(months)) * self.parameters.calendar["days_a_month"]
        return self.at - timedelta(days=int(days.quantize(Decimal(1), ROUND_HALF_DOWN)))

    def add(self, kind: Kind, on: date, **payload: Any) -> None:
        self.events.append(Event(len(self.events) + 1, kind, on, payload))


def _clients() -> Iterator[str]:
    number = 0
    while True:
        yield f"{number:064x}"
        number += 1


def worked_example(at: date, parameters: Parameters) -> list[Event]:
    """Return the facts of the example: on the day `at`, 71.30 points, class B (version 1.0)."""
    ledger, clients = _Ledger(at, parameters), _clients()
    ago, next_year = ledger.ago, (at + timedelta(days=365)).isoformat()
    years = int(parameters.calendar["days_a_year"] * Decimal("2.5"))
    ledger.add(Kind.ADHESION, at - timedelta(days=years), state="active", ends_on=next_year)
    ledger.add(Kind.DOCUMENTS, ago(6), complete=True)
    ledger.add(Kind.NOTICE, ago(2))
    for number in range(1, 8):
        level = "verified" if number > 5 else "attested"  # noqa: PLR2004 -- five and two
        ledger.add(Kind.COMMITMENT, ago(6), number=number, level=level)
    ledger.add(Kind.AUDIT, ago(6), level="documentary", points=82)
    for place, (ratings, level, months) in enumerate(_REVIEWS):
        ledger.add(
            Kind.REVIEW,
            ago(min(months, 2 * place)),
            review=f"avis-{place + 1}",
            client=next(clients),
            level=level,
            ratings=list(ratings),
            experience_on=ago(months).isoformat(),
            blocked="",
        )
    ledger.add(
        Kind.COMPLAINT, ago(8), complaint="plainte-1", severity=1, outcome="conciliated_fast"
    )
    for number in range(_MISSIONS):
        ledger.add(
            Kind.MISSION,
            ago(12),
            mission=f"mission-{number + 1}",
            client=next(clients),
            done_on=ago(12).isoformat(),
        )
    for number, (months, days) in enumerate(_REQUESTS):
        asked = ago(months)
        answered = None
        if days is not None:
            answered = add_working_days(asked, days, local_law=parameters.local_law)
        ledger.add(
            Kind.REQUEST,
            min(at, asked + timedelta(days=20)),
            request=f"demande-{number + 1}",
            client=next(clients),
            asked_on=asked.isoformat(),
            answered_on=None if answered is None else answered.isoformat(),
            excluded="",
        )
    ledger.add(Kind.REGISTER, ago(0), state="A", created_on=ago(12 * 7).isoformat())
    ledger.add(Kind.INSOLVENCY, ago(0), open=False, liquidation=False)
    ledger.add(Kind.PROFILE, ago(2))
    ledger.add(Kind.INSURANCE, ago(2), cover="rc_pro", ends_on=next_year)
    ledger.add(Kind.CERTIFICATION, ago(2), code="expertcyber", ends_on=next_year)
    return ledger.events
