"""By when each step of a complaint must be over. Pure: days, of Europe/Paris. Source: R1.05."""

from datetime import date, timedelta

from directory.complaints.rules import Rules
from directory.enums import ComplaintStatus as Status
from emn.lib.calendar import add_working_days


def due_on(status: str, entered_on: date, *, rules: Rules, local_law: bool) -> date | None:
    """Return the last day of the step that was entered that day; None for one without clock."""
    working = {
        Status.RECEIVED: rules.acknowledge_working_days,
        Status.ACKNOWLEDGED: rules.examine_working_days,
        Status.NO_REPLY: rules.refer_working_days,
    }
    days = {
        Status.REPLY: rules.reply_days,
        Status.CONCILIATION: rules.conciliation_days,
        Status.COMMITTEE: rules.committee_days,
        Status.DECIDED: rules.appeal_days,
        Status.APPEAL: rules.appeal_decision_days,
    }
    known = Status(status)
    if known in working:
        return add_working_days(entered_on, working[known], local_law=local_law)
    return entered_on + timedelta(days=days[known]) if known in days else None


def is_stopped(status: str, *, court_since: date | None) -> bool:
    """Tell whether a court action stops the clock: that of conciliation, no other."""
    return status == Status.CONCILIATION and court_since is not None


def is_late(due: date | None, *, on: date, stopped: bool = False) -> bool:
    """Tell whether the last day is past."""
    return due is not None and not stopped and on > due


def is_fast(started_on: date, ended_on: date, *, stopped_days: int, rules: Rules) -> bool:
    """Tell whether a conciliation took 30 days at most, without the days of a court action."""
    return (ended_on - started_on).days - stopped_days <= rules.conciliation_fast_days
