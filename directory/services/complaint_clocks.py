"""What time does to complaints: a reply that did not come, a decision final, delays told to staff.

Safe to run at any hour, twice, or two at once: each act moves the row it read under its lock.
"""

from collections.abc import Sequence
from datetime import date, datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from directory.enums import CaseInstance, ComplaintEventKind, ComplaintStatus
from directory.models import CommitteeCase, Complaint
from directory.services import sanctions
from directory.services.complaints import conclude, move, tell_author, tell_provider
from directory.services.telling import tell_each
from emn.accounts.enums import Role
from emn.accounts.models import User

AT_ONCE = 500
ENDED_BY_TIME = (ComplaintStatus.REPLY, ComplaintStatus.DECIDED)


def tick(*, now: datetime) -> int:
    """Do all that is due; return how many complaints moved."""
    rows = Complaint.objects.overdue(on=timezone.localdate(now)).filter(status__in=ENDED_BY_TIME)
    keys = list(rows.order_by("due_on", "pk").values_list("pk", flat=True)[:AT_ONCE])
    moved = sum(pass_time(complaint_id=key, now=now) for key in keys)
    alert_staff(now=now)
    return moved


@transaction.atomic(durable=True)
def pass_time(*, complaint_id: int, now: datetime) -> bool:
    """Note that the provider did not reply, or that nobody appealed; False when not due."""
    complaint = (
        Complaint.objects.overdue(on=timezone.localdate(now))
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("company")
        .filter(pk=complaint_id, status__in=ENDED_BY_TIME)
        .first()
    )
    if complaint is None:
        return False
    if complaint.status == ComplaintStatus.REPLY:
        move(complaint, ComplaintEventKind.NO_REPLY, by_id=None, now=now)
        conclude(complaint, "no_reply", now=now)
        step = "no_reply"
    else:
        move(complaint, ComplaintEventKind.FINAL, by_id=None, now=now)
        first = complaint.cases.select_related("complaint").get(instance=CaseInstance.FIRST)
        sanctions.finish(first, by_id=None, now=now)
        step = "final"
    for tell in (tell_author, tell_provider):
        tell(complaint, step, now=now)
    return True


@transaction.atomic(durable=True)
def alert_staff(*, now: datetime) -> int:
    """Write to the secretariat of each step that became late, once; return how many."""
    today = timezone.localdate(now)
    fresh = Q(alerted_on=None) | ~Q(alerted_on=F("due_on"))
    late = list(
        Complaint.objects.overdue(on=today)
        .filter(fresh)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("company")
        .order_by("due_on", "pk")[:AT_ONCE]
    )
    cases = _late_contests(today)
    if not late and not cases:
        return 0
    Complaint.objects.filter(pk__in=[row.pk for row in late]).update(alerted_on=F("due_on"))
    names = [f"{row.pk}@{row.due_on}" for row in late] + [f"c{case.pk}" for case in cases]
    tell_each(
        _secretariat(),
        "complaints_late",
        occasion=":".join(names)[:80],
        now=now,
        complaints=late,
        cases=cases,
        list_url=settings.PUBLIC_URL + reverse("admin:directory_complaint_changelist"),
    )
    return len(late) + len(cases)


def _late_contests(today: date) -> list[CommitteeCase]:
    """Return the appeals of contests that became late yesterday: told once, the day after."""
    rows = CommitteeCase.objects.pending().filter(contest__isnull=False, due_on__lt=today)
    return list(rows.order_by("due_on", "pk")[:AT_ONCE])


def _secretariat() -> Sequence[User]:
    for role in (Role.CHARTER, Role.DIRECTOR):
        people = User.objects.filter(is_staff=True, is_active=True, groups__name=role.value)
        if found := list(people.order_by("pk")):
            return found
    return []
