"""The days of a report to a funder, and what proves a line in them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise

from observatory.funding.figures import Proof


@dataclass(frozen=True, slots=True)
class Span:
    """Days of a report, both included, on the centre’s clock."""

    from_on: date
    until_on: date

    @property
    def instants(self) -> tuple[datetime, datetime]:
        """The first instant, and the first after."""
        zone = timezone.get_current_timezone()
        end = self.until_on + timedelta(days=1)
        return (
            datetime(self.from_on.year, self.from_on.month, self.from_on.day, tzinfo=zone),
            datetime(end.year, end.month, end.day, tzinfo=zone),
        )

    def holds(self, name: str) -> Q:
        """Return the condition that the instant of this name lies in it."""
        start, end = self.instants
        return Q(**{f"{name}__gte": start, f"{name}__lt": end})


def proof_of(at: datetime, kind: str | Promise, reference: str) -> Proof:
    """Return what proves a line: on what day, what kind of paper, under what reference."""
    return Proof(timezone.localdate(at).isoformat(), str(kind), reference)
