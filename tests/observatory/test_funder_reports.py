"""From the agreement to the frozen report: counted, composed, frozen, corrected, drawn, shared."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from diagnostics.models import Diagnostic
from emn.accounts.enums import Role
from emn.accounts.services import purge_personal_data
from events.enums import RegistrationStatus
from events.models import Registration
from events.services import enrolment_ends
from observatory import funding_precision as precision
from observatory.funder_enums import ReportState
from observatory.models import (
    Agreement,
    AgreementObjective,
    FunderReport,
    ReportDocument,
    ReportLine,
    ReportSample,
    ReportShare,
    SizeDeclaration,
)
from observatory.report_links import share_url
from observatory.services import funder_reports, funding
from tests.diagnostics.factories import finished as flash_finished
from tests.directory.factories import CompanyFactory
from tests.events import trainings
from tests.events.factories import published as published_session
from tests.events.factories import register as register_person
from tests.observatory import surveys
from tests.observatory.funding import (
    FROM,
    NOW,
    UNTIL,
    agent,
    agreement,
    composed,
    frozen,
    signed_visit,
    values,
)

pytestmark = pytest.mark.django_db
SIRET = "73282932000074"


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def trained():
    """A company whose two trainees signed the two half-days of a training (December)."""
    own = trainings.opened()
    enrolment = trainings.signed(own)
    trainings.attended(own, enrolment)
    return enrolment


LATE = trainings.END + timedelta(days=10)


# --- What counts ---


def test_a_registration_alone_never_counts_as_support():
    session = published_session(seats=10)
    registration = register_person(session)
    Registration.objects.filter(pk=registration.pk).update(
        siret=SIRET, status=RegistrationStatus.PRESENT, expires_at=None
    )

    found = values(composed(agreement("rco01", "rco04", "reached"), now=LATE))

    assert found == {"rco01": 0, "rco04": 0, "reached": 1}


def test_several_services_to_one_company_are_one_company_with_each_proof():
    trained()

    report = composed(agreement("rco04", "training_hours", "trainees"), now=LATE)

    assert values(report) == {"rco04": 1, "training_hours": 14, "trainees": 2}
    line = ReportLine.objects.get(figure__report=report, figure__indicator="rco04")
    assert line.siren == SIRET[:9]
    assert [proof["kind"] for proof in line.proofs] == ["Émargement d’une demi-journée"] * 2


def test_a_signed_visit_counts_from_its_signature():
    visit = signed_visit()

    report = composed(agreement("rco04", "visited", "advice_hours", "newly_supported"))

    assert values(report) == {
        "rco04": 1, "visited": 1, "advice_hours": values(report)["advice_hours"],
        "newly_supported": 1,
    }  # fmt: skip
    assert values(report)["advice_hours"] > 0
    line = ReportLine.objects.get(figure__report=report, figure__indicator="rco04")
    assert line.name == visit.company.name
    assert line.proofs[0]["reference"] == visit.run_id.hex[:8].upper()


def test_a_company_supported_before_the_period_is_not_new():
    signed_visit()
    of = agreement("rco04", "newly_supported")
    day_after = (NOW - timedelta(days=29)).date()
    report = funding.ask_report(
        agreement_id=of.pk, from_on=day_after, until_on=NOW.date(), user_id=agent().pk, now=NOW
    )
    funding.compose(report_id=report.pk, now=NOW)

    assert values(report) == {"rco04": 0, "newly_supported": 0}


def test_the_size_is_what_the_company_declared_by_the_end_of_the_period():
    visit = signed_visit()
    for day, size in ((NOW.date(), "small"), (NOW.date() + timedelta(days=1), "large")):
        SizeDeclaration.objects.create(
            siren=visit.company.siren, declared_on=day, staff=12, turnover_cents=1,
            balance_cents=1, size=size,
        )  # fmt: skip

    report = composed()

    assert report.figures.get().breakdown["size"] == {"small": 1}


@pytest.mark.parametrize("visits", [1, 3])
def test_composing_costs_the_same_whatever_the_number_of_companies(
    visits, django_assert_num_queries
):
    for seed in range(visits):
        signed_visit(seed + 1)
    of = agreement("rco04")
    report = funding.ask_report(
        agreement_id=of.pk, from_on=FROM, until_on=NOW.date(), user_id=agent().pk, now=NOW
    )

    with django_assert_num_queries(16):
        funding.compose(report_id=report.pk, now=NOW)


# --- Live figures ---


@pytest.mark.usefixtures("commits")
def test_the_objectives_are_counted_from_the_first_day():
    signed_visit()
    of = agreement("rco04", "contracts")

    assert funding.count_running(now=NOW) == 2

    assert list(of.objectives.order_by("pk").values_list("value", flat=True)) == [1, 0]
    of.refresh_from_db()
    assert of.counted_at == NOW


# --- Asked for ---


@pytest.mark.parametrize(
    ("from_on", "until_on", "said"),
    [
        (FROM - timedelta(days=1), UNTIL, "entre les jours"),
        (FROM, UNTIL + timedelta(days=1), "entre les jours"),
        (UNTIL, FROM, "entre les jours"),
        (FROM, UNTIL, "aujourd’hui au plus tard"),
    ],
)
def test_the_days_of_a_report_lie_in_the_agreement_and_in_the_past(from_on, until_on, said):
    with pytest.raises(funding.ReportRefused, match=said):
        funding.ask_report(
            agreement_id=agreement().pk, from_on=from_on, until_on=until_on, user_id=agent().pk,
            now=NOW,
        )  # fmt: skip


def test_an_agreement_without_objective_has_nothing_to_report():
    of = agreement()
    of.objectives.all().delete()

    with pytest.raises(funding.ReportRefused, match="indicateurs"):
        composed(of)


def test_a_report_is_computed_once_and_taken_up_when_its_worker_died():
    report = composed()
    assert not funding.compose(report_id=report.pk, now=NOW)

    FunderReport.objects.filter(pk=report.pk).update(state=ReportState.RUNNING, alive_at=NOW)
    assert not funding.compose(report_id=report.pk, now=NOW)
    later = NOW + funding.STALE_AFTER + timedelta(seconds=1)
    assert funding.compose_left(now=later) == 1
    assert FunderReport.objects.get(pk=report.pk).state == ReportState.READY


# --- Frozen ---


def test_a_frozen_report_says_its_imprint_and_refuses_what_a_draft_allows():
    report = frozen()

    assert report.is_frozen
    assert len(report.sha256) == 64
    with pytest.raises(funding.ReportRefused):
        funding.write_narrative(report_id=report.pk, narrative="Autre")
    with pytest.raises(funding.ReportRefused):
        funding.freeze(report_id=report.pk, user_id=report.created_by_id, now=NOW)
    with pytest.raises(funding.ReportRefused):
        funding.discard(report_id=report.pk)


ACTS = {
    "report": lambda report: FunderReport.objects.filter(pk=report.pk).update(narrative="x"),
    "figure": lambda report: report.figures.update(value=9),
    "line": lambda _report: ReportLine.objects.update(siren="999999999"),
    "line gone": lambda _report: ReportLine.objects.all().delete(),
    "line added": lambda report: report.figures.get().lines.create(key="x", quantity=1),
    "figure added": lambda report: report.figures.create(
        position=2, indicator="x", version=1, title="x", unit="x", line_count=0
    ),
    "document": lambda report: report.documents.update(sha256="0" * 64),
}


@pytest.mark.parametrize("act", ACTS)
def test_the_database_refuses_to_change_what_was_frozen(act):
    signed_visit()
    report = frozen()
    funder_reports.write_documents(report_id=report.pk, now=NOW)

    with pytest.raises(DatabaseError), transaction.atomic():
        ACTS[act](report)


def test_a_draft_changes_and_can_be_given_up():
    report = composed()
    funding.write_narrative(report_id=report.pk, narrative="  Une bonne année.  ")
    assert FunderReport.objects.get().narrative == "Une bonne année."

    funding.discard(report_id=report.pk)
    assert not FunderReport.objects.exists()


def test_the_agent_who_froze_it_can_be_forgotten():
    report = frozen()

    FunderReport.objects.filter(pk=report.pk).update(created_by=None, frozen_by=None)

    assert FunderReport.objects.get().frozen_by is None


def test_what_happens_afterwards_is_a_delta_and_not_another_past():
    of = agreement()
    signed_visit(1)
    first = frozen(of)
    late = signed_visit(2)

    again = funding.ask_correction(report_id=first.pk, user_id=agent().pk, now=NOW)
    funding.compose(report_id=again.pk, now=NOW)

    assert values(first) == {"rco04": 1}
    assert values(again) == {"rco04": 2}
    assert again.figures.get().change == {
        "added": [late.company.siren],
        "removed": [],
        "changed": [],
    }
    assert first.figures.get().change == {}


def test_only_a_frozen_report_is_corrected():
    with pytest.raises(funding.ReportRefused, match="figé"):
        funding.ask_correction(report_id=composed().pk, user_id=agent().pk, now=NOW)


# --- Handed over ---


def test_the_papers_list_the_siren_and_the_proofs_behind_each_number():
    visit = signed_visit()
    report = frozen()

    assert funder_reports.write_missing_documents(now=NOW) == 2
    assert funder_reports.write_documents(report_id=report.pk, now=NOW) == 0

    text = bytes(report.documents.get(format="csv").content).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert row["siren"] == visit.company.siren
    assert row["reference"] == visit.run_id.hex[:8].upper()
    assert row["preuve"] == "Synthèse signée par les deux parties"
    assert bytes(report.documents.get(format="pdf").content).startswith(b"%PDF")


def test_a_draft_has_no_paper():
    assert funder_reports.write_documents(report_id=composed().pk, now=NOW) == 0


def test_ten_files_at_random_are_the_same_for_whoever_draws_again():
    signed_visit()
    report = frozen()
    figure = report.figures.get()

    first = funder_reports.draw_sample(figure_id=figure.pk, user_id=agent().pk, now=NOW)
    second = funder_reports.draw_sample(figure_id=figure.pk, user_id=agent().pk, now=NOW)

    assert (first.number, second.number) == (1, 2)
    assert [row.key for row in funder_reports.sampled(first)] == [figure.lines.get().key]
    with pytest.raises(DatabaseError), transaction.atomic():
        first.delete()


def test_a_draft_or_an_empty_figure_is_not_drawn_from():
    draft = composed(agreement("rco04"))
    with pytest.raises(funding.ReportRefused, match="Figez"):
        funder_reports.draw_sample(figure_id=draft.figures.get().pk, user_id=agent().pk, now=NOW)
    empty = frozen(agreement("rco04"))
    with pytest.raises(funding.ReportRefused, match="aucun"):
        funder_reports.draw_sample(figure_id=empty.figures.get().pk, user_id=agent().pk, now=NOW)


@pytest.fixture
def handed(monkeypatch):
    """A frozen report with its papers, and a link that is open."""
    signed_visit()
    report = frozen()
    funder_reports.write_documents(report_id=report.pk, now=NOW)
    share = funder_reports.share(
        report_id=report.pk, label="Région", until_on=NOW.date(), user_id=agent().pk, now=NOW
    )
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    return share


def path(share):
    return share_url(share).removeprefix("http://127.0.0.1:8000")


def test_whoever_holds_the_link_reads_the_frozen_report(client, handed):
    page = client.get(path(handed))

    assert page.status_code == 200
    assert "Cofinancé par l’Union européenne" in page.content.decode()
    assert "no-store" in page["Cache-Control"]
    for name, kind in (("pdf", "application/pdf"), ("csv", "text/csv; charset=utf-8")):
        assert client.get(f"{path(handed)}{name}/")["Content-Type"] == kind


def test_a_link_that_is_closed_over_or_made_up_opens_nothing(client, handed):
    address = path(handed)
    assert client.get(address.replace("/rapport/", "/rapport/x")).status_code == 404

    ReportShare.objects.update(until_on=NOW.date() - timedelta(days=1))
    assert client.get(address).status_code == 404
    ReportShare.objects.update(until_on=NOW.date())
    funder_reports.revoke(share_id=handed.pk, now=NOW)
    assert client.get(address).status_code == 404
    assert client.get(f"{address}pdf/").status_code == 404


def test_a_draft_is_not_shared():
    with pytest.raises(funding.ReportRefused, match="Figez"):
        funder_reports.share(
            report_id=composed().pk, label="x", until_on=NOW.date(), user_id=agent().pk, now=NOW
        )


# --- The back office ---


def act(client, report, verb, **data):
    address = reverse("admin:observatory_funderreport_act", args=[report.pk, verb])
    return client.post(address, data, follow=True)


@pytest.mark.usefixtures("commits")
def test_an_analyst_goes_from_the_agreement_to_the_link(client, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
    signed_visit()
    of = agreement()
    client.force_login(agent())
    cockpit = reverse("admin:observatory_agreement_cockpit", args=[of.pk])

    assert client.get(cockpit).status_code == 200
    page = client.post(cockpit, {"from_on": "2026-01-01", "until_on": str(NOW.date())}, follow=True)
    report = FunderReport.objects.get()
    assert page.redirect_chain[-1][0].endswith(f"/funderreport/{report.pk}/change/")
    funding.compose(report_id=report.pk, now=NOW)  # as the worker does
    act(client, report, "recit", narrative="Une bonne année.")
    act(client, report, "figer")
    page = act(client, report, "tirer", indicator="rco04")
    assert "SHA-256" in page.content.decode()
    act(client, report, "lien", label="Région", until_on=str(NOW.date()))
    page = act(client, report, "corriger")
    assert page.status_code == 200
    assert FunderReport.objects.count() == 2
    listing = reverse("admin:observatory_funderreport_lines", args=[report.pk, "rco04"])
    assert "Synthèse signée" in client.get(listing).content.decode()
    act(client, report, "fermer", share=ReportShare.objects.get().pk)
    assert ReportShare.objects.get().revoked_at == NOW


@pytest.mark.parametrize(
    ("role", "reads", "acts"),
    [
        (Role.DIRECTOR, 200, 200),
        (Role.ANALYST, 200, 200),
        (Role.ACCOUNTANT, 200, 403),
        (Role.RECEPTION, 403, 403),
        (Role.ADVISER, 403, 403),
    ],
)
def test_each_role_sees_and_does_what_is_its_own(client, role, reads, acts):
    report = composed()
    client.force_login(agent(role))
    pages = (
        reverse("admin:observatory_agreement_cockpit", args=[report.agreement_id]),
        reverse("admin:observatory_funderreport_change", args=[report.pk]),
        reverse("admin:observatory_funderreport_lines", args=[report.pk, "rco04"]),
    )

    assert [client.get(page).status_code for page in pages] == [reads] * 3
    assert act(client, report, "figer").status_code == acts


def test_a_get_freezes_nothing(client):
    report = composed()
    client.force_login(agent())

    client.get(reverse("admin:observatory_funderreport_act", args=[report.pk, "figer"]))

    assert not FunderReport.objects.get().is_frozen


@pytest.mark.parametrize("count", [1, 3])
def test_the_cockpit_asks_the_same_whatever_it_lists(client, count, django_assert_num_queries):
    of = agreement("rco01", "rco04", "reached")
    AgreementObjective.objects.filter(
        pk__in=of.objectives.order_by("pk").values("pk")[: 3 - count]
    ).delete()
    for _number in range(count):
        composed(of)
    client.force_login(agent())
    client.get("/admin/")

    with django_assert_num_queries(7):
        client.get(reverse("admin:observatory_agreement_cockpit", args=[of.pk]))


def test_the_public_page_names_who_funds_and_shows_the_emblem(client):
    agreement(title="Pour tous", is_published=True)
    agreement(title="Pas encore")

    html = client.get(reverse("observatory_funders:funders")).content.decode()

    assert "Pour tous" in html
    assert "eu-emblem" in html
    assert "Pas encore" not in html


@pytest.mark.parametrize("count", [1, 3])
def test_a_report_asks_the_same_whatever_it_counts(client, count, django_assert_num_queries):
    signed_visit()
    report = frozen(agreement(*("rco01", "rco04", "reached")[:count]))
    for figure in report.figures.all():
        funder_reports.draw_sample(figure_id=figure.pk, user_id=agent().pk, now=NOW)
    client.force_login(agent())
    client.get("/admin/")

    with django_assert_num_queries(10):
        client.get(reverse("admin:observatory_funderreport_change", args=[report.pk]))


def test_the_imprint_changes_with_any_proof():
    signed_visit()
    report = composed()
    before = funding.content_of(report)["figures"][0]["lines"]
    again = composed(report.agreement)
    assert funding.content_of(again)["figures"][0]["lines"] == before

    signed_visit(2)

    other = composed(report.agreement)
    assert funding.content_of(other)["figures"][0]["lines"] != before


def test_an_agreement_is_written_in_euros(client):
    client.force_login(agent())
    typed = {
        "reference": "GE-9", "title": "Accompagner", "funder": "Région", "kind": "region",
        "amount_cents": "1000,50", "spent_cents": "12", "starts_on": "2026-01-01",
        "ends_on": "2026-12-31", "objectives-TOTAL_FORMS": "1", "objectives-INITIAL_FORMS": "0",
        "objectives-0-indicator": "rco04", "objectives-0-target": "10",
    }  # fmt: skip

    client.post(reverse("admin:observatory_agreement_add"), typed)

    of = Agreement.objects.get()
    assert (of.amount_cents, of.spent_cents) == (1_000_50, 12_00)
    assert of.objectives.get().indicator == "rco04"
    html = client.get(reverse("admin:observatory_agreement_change", args=[of.pk])).content.decode()
    assert 'value="1000,50"' in html


def test_what_a_company_declares_makes_its_size(client):
    client.force_login(agent())

    client.post(
        reverse("admin:observatory_sizedeclaration_add"),
        {"siren": "800000001", "declared_on": "2026-03-01", "staff": "12",
         "turnover_cents": "3000000", "balance_cents": "1000000"},
    )  # fmt: skip

    assert SizeDeclaration.objects.get().size == "small"


def measured(company, stage="T0", *, day=0, follows=None, progress=None, **result):
    """A finished diagnostic of the company; `result` takes the place of what it found."""
    row = flash_finished(now=NOW - timedelta(days=25) + timedelta(days=day))
    row.result |= result
    Diagnostic.objects.filter(pk=row.pk).update(
        stage=stage, company=company, claimed_at=NOW, follows=follows, progress=progress,
        result=row.result,
    )  # fmt: skip
    return row


def dii(points, version="2023"):
    return {"version": version, "points": points, "unknown": []}


def test_the_gain_is_what_the_last_measure_won_since_the_one_it_follows():
    company = CompanyFactory()
    measured(company)
    start = measured(company, day=1)
    measured(company, "T1", day=10, follows=start, progress={"whole": {"points": "3"}})
    last = measured(company, "T2", day=20, follows=start, progress={"whole": {"points": "46/3"}})

    report = composed(agreement("maturity_gain"))

    line = ReportLine.objects.get(figure__report=report)
    assert (line.quantity, line.siren) == (Decimal("15.33"), company.siren)
    assert [proof["reference"] for proof in line.proofs] == [
        row.run_id.hex[:8].upper() for row in (start, last)
    ]


@pytest.mark.parametrize("progress", [None, {"whole": {"points": None}}])
def test_measures_of_two_versions_are_no_gain(progress):
    company = CompanyFactory()
    start = measured(company, whole={"shown": 10})
    measured(company, "T1", day=20, follows=start, progress=progress, whole={"shown": 90})

    report = composed(agreement("maturity_gain"))

    assert values(report) == {"maturity_gain": None}


@pytest.mark.parametrize(
    ("before", "after", "counted"), [(6, 7, 1), (7, 8, 0), (2, 6, 0), (None, 9, 0)]
)
def test_a_company_counts_once_its_intensity_becomes_high(before, after, counted):
    company = CompanyFactory()
    start = measured(company, dii=dii(before))
    measured(company, "T1", day=20, follows=start, dii=dii(after))

    assert values(composed(agreement("rcr13"))) == {"rcr13": counted}


def test_an_intensity_is_compared_with_that_of_the_measure_it_follows():
    company = CompanyFactory()
    measured(company, dii=dii(2))
    start = measured(company, day=1, dii=dii(9))
    measured(company, "T1", day=20, follows=start, dii=dii(9))

    assert values(composed(agreement("rcr13"))) == {"rcr13": 0}


def test_intensities_of_two_versions_are_not_compared():
    company = CompanyFactory()
    start = measured(company, dii=dii(2))
    measured(company, "T1", day=20, follows=start, dii=dii(9, version="2024"))

    assert values(composed(agreement("rcr13"))) == {"rcr13": 0}


def test_who_missed_a_half_day_was_not_there_until_the_end():
    own = trainings.opened()
    enrolment = trainings.signed(own)
    halves, trainees = trainings.halves(own), trainings.enrolments.trainees_of(enrolment)
    for row in trainees:
        for half in halves[: None if row == trainees[0] else 1]:
            trainings.sign(half, row, name=row.registration.full_name)

    report = composed(agreement("completed"), now=LATE)

    assert (len(trainees), len(halves), values(report)) == (2, 2, {"completed": 50})


def test_who_broke_the_contract_on_the_way_is_counted_and_was_not_there_until_the_end():
    own = trainings.opened()
    trainings.attended(own, trainings.signed(own))
    leaving = trainings.signed(own, trainees=trainings.people(1, start=3))
    half = trainings.halves(own)[0]
    trainings.sign(half, trainings.enrolments.trainees_of(leaving)[0])
    owed = enrolment_ends.breaking_of(leaving).attended_cents
    enrolment_ends.break_off(
        enrolment_id=leaving.pk, why="Départ", agreed_cents=owed, now=half.ends_at
    )

    report = composed(agreement("completed"), now=LATE)

    assert values(report) == {"completed": Decimal("66.7")}


def test_a_survey_says_how_many_answered_and_never_who():
    surveys.register()
    survey = surveys.opened()
    units = list(survey.units.order_by("siret"))
    for unit in units[:15]:
        surveys.answer(unit.token)
    survey.units.filter(pk=units[-1].pk).update(outcome="out", settled_on=surveys.CLOSES)
    surveys.fieldwork.close(survey_id=survey.pk, now=surveys.LATER)

    report = composed(agreement("response_rate"), now=surveys.LATER + timedelta(days=1))

    line = ReportLine.objects.get(figure__report=report)
    assert line.quantity == round(Decimal(1500) / (len(units) - 1), 2)
    assert (line.siren, line.key) == ("", f"enquete-{survey.pk}")


def test_the_gain_says_its_paired_interval_and_how_many_are_behind_it(client):
    of = agreement("maturity_gain")
    for rank, gain in enumerate([4, 6, 10, 12, 18]):
        company = CompanyFactory(siret=f"{800000000 + rank}00011")
        start = measured(company)
        measured(company, "T1", day=20, follows=start, progress={"whole": {"points": str(gain)}})
    report = composed(of)
    funding.count(agreement_id=of.pk, now=NOW)

    # mean 10, s = 5.4772, t(4) = 2.7764: 10 ± 6.8
    figure = report.figures.get()
    lines = precision.of_figure(figure)
    assert lines[0] == (
        "n = 5\N{NO-BREAK SPACE}; intervalle apparié à 95\N{NO-BREAK SPACE}%\N{NO-BREAK SPACE}: "
        "de 3,2 à 16,8"
    )
    assert lines[1].startswith("80")
    objective = of.objectives.get()
    assert objective.precision == {"n": 5, "low": 3.2, "high": 16.8, "share": 80}
    client.force_login(agent())
    page = client.get(reverse("admin:observatory_agreement_cockpit", args=[of.pk]))
    assert lines[0] in page.text


@pytest.mark.parametrize(
    ("indicator", "quantities", "found"),
    [
        ("maturity_gain", [1, 2, 3, 4], {"n": 4, "low": None}),
        ("satisfaction", [4, 5], {"n": 2}),
        ("rco04", [1, 1], {}),
        ("maturity_gain", [], {}),
    ],
)
def test_few_companies_have_no_interval_and_counts_need_none(indicator, quantities, found):
    assert precision.precision(indicator, [Decimal(each) for each in quantities]) == found


def old_report(*, years=11, ends_on=date(2015, 6, 30)):
    """A report frozen long ago, with its line, paper, draw and link."""
    then = timezone.now() - timedelta(days=366 * years)
    of = agreement("visited", ends_on=UNTIL)
    signed_visit(of.pk)
    report = composed(of)
    report.figures.get().samples.create(number=1, size=10, drawn_at=then)
    report.documents.create(format="csv", content=b"x", sha256="0" * 64, written_at=then)
    report.shares.create(label="x", until_on=UNTIL, created_at=then)
    FunderReport.objects.filter(pk=report.pk).update(
        state=ReportState.FROZEN, frozen_at=then, sha256="a" * 64
    )
    Agreement.objects.filter(pk=of.pk).update(starts_on=date(2012, 1, 1), ends_on=ends_on)
    return report


def purge():
    purge_personal_data(now=timezone.now(), write=True)
    return FunderReport.objects.count(), ReportLine.objects.count()


def test_a_report_goes_whole_ten_years_after_it_was_frozen():
    old_report()
    kept = frozen()

    purge()

    assert FunderReport.objects.get() == kept
    assert not ReportLine.objects.exclude(figure__report=kept).exists()
    assert not ReportSample.objects.exists()
    assert not ReportShare.objects.exists()
    assert not ReportDocument.objects.exists()


@pytest.mark.parametrize("kept", ["young", "agreement", "draw", "paper", "corrected"])
def test_a_report_stays_while_it_or_what_hangs_on_it_is_needed(kept):
    now = timezone.now()
    end = date(now.year - 5, 1, 1) if kept == "agreement" else date(2015, 6, 30)
    report = old_report(years=9 if kept == "young" else 11, ends_on=end)
    if kept == "draw":
        report.figures.get().samples.create(number=2, size=10, drawn_at=now)
    if kept == "paper":
        report.documents.create(format="pdf", content=b"x", sha256="0" * 64, written_at=now)
    if kept == "corrected":
        FunderReport.objects.create(
            agreement=report.agreement, number=2, corrects=report, from_on=FROM, until_on=UNTIL,
            created_at=now,
        )  # fmt: skip

    assert purge()[1] == 1
