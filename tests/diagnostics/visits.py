"""Advisers, visits and interviews for the tests."""

from datetime import UTC, datetime, time, timedelta

from django.contrib.auth.models import Group

from diagnostics.models import Adviser, Diagnostic, WeeklyHours
from diagnostics.services import appointments, interviews
from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from tests.diagnostics.factories import published
from tests.directory.factories import CompanyFactory, MembershipFactory, UserFactory

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=UTC)  # a Monday


def agent(role):
    """Somebody of the centre with this role."""
    sync_roles()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def adviser(*, ranges=((1, 9, 12), (3, 9, 12)), **more):
    """An adviser who can come on Tuesday and Thursday mornings."""
    sync_roles()
    user = UserFactory(is_staff=True, full_name="Claire Hoffmann")
    user.groups.add(Group.objects.get(name=Role.ADVISER))
    made = Adviser.objects.create(user=user, **more)
    for weekday, first, last in ranges:
        WeeklyHours.objects.create(
            adviser=made, weekday=weekday, starts_at=time(first), ends_at=time(last)
        )
    return made


def member():
    """Somebody who acts for a company."""
    return MembershipFactory(company=CompanyFactory(name="Boulangerie Klein", naf_code="10.71C"))


def booked(who=None, firm=None, *, now=NOW, rank=0, **more):
    """A visit, on the first slot that is proposed."""
    firm = firm or member()
    who = who or adviser()
    slot = appointments.slots_for(firm.company, now=now)[rank]
    return appointments.book(
        company_id=firm.company_id, adviser_id=slot.adviser_id, starts_at=slot.starts_at,
        user_id=firm.user_id, now=now, **more,
    )  # fmt: skip


def interview(*, now=NOW, **more):
    """An interview that has begun."""
    published()
    visit = booked(now=now, **more)
    made = interviews.start(
        appointment_id=visit.pk, user_id=visit.adviser.user_id, now=now + timedelta(days=3)
    )
    return Diagnostic.objects.select_related("run", "adviser__user", "company").get(pk=made.pk)
