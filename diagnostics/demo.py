"""The demonstration: the agent is an adviser whom the company awaits; a year made a difference."""

from datetime import datetime, time, timedelta

from diagnostics.models import Adviser, WeeklyHours
from diagnostics.services import appointments, diagnostics, progress
from directory.models import Membership
from emn.accounts.demo import AGENT, COMPANY, PROVIDER
from emn.accounts.models import User
from emn.lib.errors import DomainError
from emn.questionnaires import services as questionnaires

YEAR = timedelta(days=366)
# Of one who bakes and sells: a year ago, and what has changed since.
A_YEAR_AGO = {
    "size": "micro", "situation": ["consumers", "premises", "vehicles"],
    "s_goals": "none", "s_budget": "case", "p_found": "old", "p_sell": "call",
    "m_invoice": "sheet", "m_retype": "daily", "e_domain": "other", "e_docs": "spread",
    "x_backup": "no", "x_login": "same", "k_learn": "no", "k_leavers": "no",
    "b_energy": "no", "b_reuse": "drawer",
}  # fmt: skip
NOW_CHANGED = {"x_backup": "tested", "s_goals": "plan"}

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
    if firm is not None:
        _write_two_stages(firm, now=now)
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


def _write_two_stages(firm: Membership, *, now: datetime) -> None:
    """Write a flash diagnostic of a year ago and the one that follows it, by the services."""
    then = now - YEAR
    first = diagnostics.start_flash(language="fr", now=then)
    questionnaires.save_answers(run=first.run, values=A_YEAR_AGO, seen={}, now=then)
    diagnostics.finish(diagnostic_id=first.pk, now=then)
    diagnostics.claim(
        diagnostic_id=first.pk, company_id=firm.company_id, user_id=firm.user_id, now=then
    )
    again = progress.begin_flash(
        diagnostic_id=first.pk, user_id=firm.user_id, language="fr", now=now
    )
    answers = A_YEAR_AGO | NOW_CHANGED
    questionnaires.save_answers(run=again.run, values=answers, seen={}, now=now)
    diagnostics.finish(diagnostic_id=again.pk, now=now)
