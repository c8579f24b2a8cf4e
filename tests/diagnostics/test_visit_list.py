"""The visits as staff follows them: by state and clock, the late ones first."""

import csv
import re
from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from diagnostics.enums import DocumentKind, VisitProgress
from diagnostics.models import Adviser, Appointment, DiagnosticDocument, Synthesis
from diagnostics.models.appointments import DELIVERY
from diagnostics.services import appointments, interviews
from emn.accounts.enums import Role
from emn.lib import staff_tasks
from tests.diagnostics.factories import finished, published
from tests.diagnostics.visits import NOW, adviser, agent, booked, member

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST = "/admin/diagnostics/appointment/"


def progress(visit, *, now):
    row = Appointment.objects.with_progress(now=now).get(pk=visit.pk)
    return row.progress, row.is_late


def begun(visit, *, now):
    published()
    return interviews.start(appointment_id=visit.pk, user_id=visit.adviser.user_id, now=now)


def frozen(diagnostic, **changed):
    type(diagnostic).objects.filter(pk=diagnostic.pk).update(**changed)


def test_a_visit_goes_from_state_to_state():
    visit = booked()
    during = visit.starts_at
    seen = [progress(visit, now=NOW), progress(visit, now=during)]

    diagnostic = begun(visit, now=during)
    seen.append(progress(visit, now=during))
    frozen(diagnostic, result={})
    seen.append(progress(visit, now=during))
    Synthesis.objects.create(
        diagnostic=diagnostic, strengths=[], risks=[], priorities=[], written_at=during
    )
    seen.append(progress(visit, now=during))
    DiagnosticDocument.objects.create(
        diagnostic=diagnostic, kind=DocumentKind.ATTESTATION, content=b"x", sha256="",
        issued_at=during,
    )  # fmt: skip
    frozen(diagnostic, signed_at=during, t1_planned_on=during, t2_planned_on=during)
    seen.append(progress(visit, now=during))
    DiagnosticDocument.objects.create(
        diagnostic=diagnostic, kind=DocumentKind.REPORT, content=b"x", sha256="", issued_at=during
    )
    seen.append(progress(visit, now=during + timedelta(days=30)))

    assert [state for state, _late in seen] == list(VisitProgress)[:7]
    assert not any(late for _state, late in seen)


def test_a_visit_called_off_is_never_late():
    visit = booked()
    appointments.cancel(appointment_id=visit.pk, now=NOW)

    assert progress(visit, now=visit.starts_at + timedelta(days=99)) == ("cancelled", False)


def test_a_report_is_late_after_ten_days_and_not_before():
    visit = booked()

    at = visit.starts_at + DELIVERY
    assert progress(visit, now=at) == ("due", False)
    assert progress(visit, now=at + timedelta(seconds=1)) == ("due", True)


def rows_of(answer):
    return re.findall(r"field-company[^>]*>(?:<a[^>]*>)?([^<]+)", unescape(answer.content.decode()))


@pytest.fixture
def director(client):
    client.force_login(agent(Role.DIRECTOR))
    return client


def visit_of(name, *, days):
    """A visit that began so many days ago, or is to come."""
    firm = member()
    firm.company.name = name
    firm.company.save()
    visit = booked(adviser(), firm)
    start = timezone.now() - timedelta(days=days)
    Appointment.objects.filter(pk=visit.pk).update(
        starts_at=start, ends_at=start + timedelta(minutes=90)
    )
    return Appointment.objects.get(pk=visit.pk)


def test_the_late_ones_come_first_and_what_is_done_last(director):
    done = visit_of("Faite", days=40)
    appointments_done = Appointment.objects.filter(pk=done.pk)
    appointments_done.update(cancelled_at=timezone.now())
    visit_of("À venir", days=-3)
    visit_of("En retard", days=11)
    visit_of("Plus en retard", days=12)
    visit_of("À temps", days=9)

    assert rows_of(director.get(LIST)) == [
        "Plus en retard", "En retard", "À temps", "À venir", "Faite",
    ]  # fmt: skip
    assert rows_of(director.get(f"{LIST}?delai=retard")) == ["Plus en retard", "En retard"]
    assert rows_of(director.get(f"{LIST}?etat=booked")) == ["À venir"]
    assert rows_of(director.get(f"{LIST}?q=temps")) == ["À temps"]


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_asks_a_constant_number_of_queries(director, count):
    for number in range(count):
        begun(visit_of(f"Entreprise {number}", days=1), now=timezone.now())
    director.get(LIST)

    with CaptureQueriesContext(connection) as asked:
        director.get(LIST)

    assert len([query for query in asked if "diagnostics_" in query["sql"]]) == 3


def test_an_adviser_sees_ones_own_and_the_others_are_not_found(client):
    mine, other = visit_of("La mienne", days=1), visit_of("Une autre", days=1)
    client.force_login(mine.adviser.user)

    assert rows_of(client.get(LIST)) == ["La mienne"]
    assert client.get(f"{LIST}{mine.pk}/change/").status_code == 200
    assert client.get(f"{LIST}{other.pk}/change/").status_code == 404


def lines(answer):
    return list(csv.reader(answer.content.decode("utf-8-sig").splitlines(), delimiter=";"))


def test_the_export_is_the_list_as_it_is_filtered(director, client):
    visit_of("=cmd()", days=11)
    mine = visit_of("À temps", days=2)

    late = lines(director.get(f"{LIST}export/?delai=retard"))
    assert [line[0] for line in late] == ["Entreprise", "'=cmd()"]
    assert late[1][4:] == ["Entretien à commencer", "", "11", "oui"]
    assert len(lines(director.get(f"{LIST}export/"))) == 3
    client.force_login(mine.adviser.user)
    assert [line[0] for line in lines(client.get(f"{LIST}export/"))[1:]] == ["À temps"]
    client.force_login(agent(Role.RECEPTION))
    assert client.get(f"{LIST}export/").status_code == 403


def test_the_queues_count_what_is_late_and_what_is_to_sign():
    late, other = visit_of("En retard", days=11), visit_of("Une autre", days=11)
    diagnostic = begun(other, now=timezone.now())
    frozen(diagnostic, result={})
    Synthesis.objects.create(
        diagnostic=diagnostic, strengths=[], risks=[], priorities=[], written_at=timezone.now()
    )
    waiting = {
        who: {
            task.key: task.count(who)
            for task in staff_tasks.tasks
            if task.key in {"visits_late", "visits_to_sign"}
        }
        for who in (agent(Role.DIRECTOR), late.adviser.user, other.adviser.user)
    }

    assert [list(counts.values()) for counts in waiting.values()] == [[2, 1], [1, 0], [1, 1]]


def test_the_load_of_an_adviser_is_what_stands_in_thirty_days(director):
    visit = visit_of("Passée", days=29)
    for days in (31, -29):
        again = visit_of("Autre", days=days)
        Appointment.objects.filter(pk=again.pk).update(adviser=visit.adviser)
    gone = visit_of("Annulée", days=-2)
    Appointment.objects.filter(pk=gone.pk).update(
        adviser=visit.adviser, cancelled_at=timezone.now()
    )

    (row,) = Adviser.objects.with_load(now=timezone.now()).filter(pk=visit.adviser_id)

    assert (row.visits_before, row.visits_after) == (1, 1)
    assert "1 / 2" in director.get("/admin/diagnostics/adviser/").content.decode()


def test_the_diagnostics_that_await_a_company(director):
    finished()
    list_url = "/admin/diagnostics/diagnostic/"

    assert "1 diagnostic" in director.get(f"{list_url}?rattachement=attend").content.decode()
    assert "0 diagnostic" in director.get(f"{list_url}?rattachement=fait").content.decode()
    assert "0 diagnostic" in director.get(f"{list_url}?q=meyer").content.decode()
