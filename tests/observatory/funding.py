"""Agreements, supported companies and reports for the tests."""

from datetime import date, timedelta

from django.contrib.auth.models import Group

from diagnostics.models import Diagnostic
from directory.models import Company
from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from observatory.models import Agreement, FunderReport
from observatory.services import funding
from tests.diagnostics.test_visits import VISIT, concluded, sign, written
from tests.directory.factories import UserFactory

FROM, UNTIL = date(2026, 1, 1), date(2026, 12, 31)
NOW = VISIT + timedelta(days=30)


def agent(role=Role.ANALYST):
    sync_roles()
    user = UserFactory(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return user


def agreement(*indicators, **fields):
    values = {
        "reference": f"GE-{Agreement.objects.count() + 1}", "title": "Accompagner les TPE",
        "funder": "Union européenne", "kind": "erdf", "amount_cents": 500_000_00,
        "spent_cents": 120_000_00, "starts_on": FROM, "ends_on": UNTIL,
    } | fields  # fmt: skip
    made = Agreement.objects.create(**values)
    for name in indicators or ("rco04",):
        made.objectives.create(indicator=name, target=10)
    return made


def signed_visit(seed=1, *, siren=None):
    """A pre-diagnostic that both have signed, of a company of its own."""
    begun = concluded(seed)
    Company.objects.filter(pk=begun.company_id).update(siret=f"{siren or 800000000 + seed}00011")
    diagnostic = written(begun)
    sign(diagnostic, "adviser")
    sign(diagnostic, "company")
    return Diagnostic.objects.select_related("company").get(pk=diagnostic.pk)


def composed(of=None, *, user=None, until=None, now=NOW):
    """A draft, computed as the worker does."""
    of = of or agreement()
    report = funding.ask_report(
        agreement_id=of.pk, from_on=FROM, until_on=until or now.date(),
        user_id=(user or agent()).pk, now=now,
    )  # fmt: skip
    funding.compose(report_id=report.pk, now=now)
    return FunderReport.objects.get(pk=report.pk)


def frozen(of=None, **more):
    report = composed(of, **more)
    funding.freeze(report_id=report.pk, user_id=report.created_by_id, now=NOW)
    return FunderReport.objects.get(pk=report.pk)


def values(report):
    return {row.indicator: row.value for row in report.figures.all()}
