"""Visits of the demonstration: the agent is an adviser, whom the company awaits."""

from datetime import datetime, time

from diagnostics.models import Adviser, WeeklyHours
from diagnostics.services import appointments
from directory.models import Membership
from emn.accounts.demo import AGENT, COMPANY, PROVIDER
from emn.accounts.models import User
from emn.lib.errors import DomainError

MORNING, AFTERNOON = (time(9), time(12)), (time(13, 30), time(17))


def write_demo_visits(*, now: datetime) -> int:
    """Write them once; return how many visits are taken."""
    agent = User.objects.filter(email=AGENT).first()
    if agent is None or Adviser.objects.filter(user=agent).exists():
        return 0
    adviser = Adviser.objects.create(user=agent)
    WeeklyHours.objects.bulk_create(
        WeeklyHours(adviser=adviser, weekday=day, starts_at=first, ends_at=last)
        for day in (1, 3)
        for first, last in (MORNING, AFTERNOON)
    )
    firms = Membership.objects.filter(user__email__in=(COMPANY, PROVIDER))
    firm = firms.select_related("company__commune").order_by("pk").first()
    if firm is None or not (slots := appointments.slots_for(firm.company, now=now)):
        return 0
    try:
        appointments.book(
            company_id=firm.company_id,
            adviser_id=slots[0].adviser_id,
            starts_at=slots[0].starts_at,
            user_id=firm.user_id,
            wish="La vente en ligne, et savoir si nos sauvegardes suffisent.",
            phone="03 87 00 00 00",
            now=now,
        )
    except DomainError:
        return 0
    return 1
