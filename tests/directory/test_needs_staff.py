"""The staff's side: the queue, qualification, the neutrality log, what nobody took."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import Need, Recommendation
from directory.need_reports import concentration, unanswered
from directory.services import need_clocks
from emn.accounts.enums import Role
from emn.lib.staff_tasks import waiting_for
from tests.directory.factories import NOW, ServiceFactory
from tests.directory.needs import confirmed, deposited, matchable, other_service, proposed
from tests.directory.test_admin import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST = "/admin/directory/need/"


@pytest.fixture
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.ADVISER)


def test_the_queue_shows_what_waits_and_hides_what_nobody_confirmed(client, agent):
    deposited(email="x@y.example")
    need = confirmed()

    html = client.get(LIST, {"file": "qualifier"}).content.decode()

    assert "à qualifier" in html
    assert html.count("ATELIER DU WEB") == 1
    assert "x@y.example" not in html
    counts = {str(queue.label): queue.count for queue in waiting_for(agent)}
    assert counts["besoins à qualifier"] == 1
    assert client.get(f"{LIST}{need.pk}/change/").status_code == 200


def test_an_adviser_qualifies_and_sets_right(client, agent):
    need, service = confirmed(), other_service()
    values = {
        "service": service.pk,
        "commune": "57630",
        "client_size": "10-49",
        "sector": "commerce",
        "working_language": "de",
        "budget": "unknown",
    }

    assert client.get(f"{LIST}{need.pk}/qualifier/").status_code == 200
    client.post(f"{LIST}{need.pk}/qualifier/", values)

    need.refresh_from_db()
    assert (need.status, need.service, need.client_size) == ("qualified", service, "10-49")
    assert need.qualified_by == agent


def test_a_recommendation_is_made_from_the_published_order(client, agent):
    for _number in range(5):
        matchable()
    need = proposed()
    page = client.get(f"{LIST}{need.pk}/recommander/")
    first = page.context["form"].fields["providers"].choices[0][0]

    bare = client.post(f"{LIST}{need.pk}/recommander/", {"providers": [first], "reason": ""})
    assert bare.context["form"].errors
    client.post(f"{LIST}{need.pk}/recommander/", {"providers": [first], "reason": "Voisin."})

    entry = Recommendation.objects.get()
    assert (entry.reason, entry.made_by, need.proposals.count()) == ("Voisin.", agent, 4)
    log = client.get("/admin/directory/recommendation/").content.decode()
    assert "Voisin." in log
    assert "100" in log


def test_an_adviser_closes_with_words(client, agent):
    need = confirmed()

    client.post(
        f"{LIST}{need.pk}/clore/", {"reason": "out_of_scope", "words": "C’est de la plomberie."}
    )

    need.refresh_from_db()
    assert (need.status, need.closing_reason) == ("closed", "out_of_scope")


def test_who_only_reads_decides_nothing(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.ANALYST)
    need = confirmed()

    assert client.get(f"{LIST}{need.pk}/change/").status_code == 200
    for part in ("qualifier", "recommander", "clore"):
        assert client.post(f"{LIST}{need.pk}/{part}/", {}).status_code == 403


def test_the_list_costs_the_same_for_one_and_for_many(client, agent):
    confirmed()
    client.get(LIST)
    with CaptureQueriesContext(connection) as one:
        client.get(LIST)
    for number in range(3):
        confirmed(email=f"n{number}@client.example")

    with CaptureQueriesContext(connection) as four:
        client.get(LIST)

    assert len(one) == len(four)


def test_needs_without_answer_by_territory_and_service(client, agent):
    now = timezone.now()
    proposed(now=now)
    proposed(now=now, email="n1@client.example")
    boutique = other_service()
    card = matchable(offers=[boutique])
    proposed(now=now, email="n2@client.example", values={"service": boutique})
    need_clocks.tick(now=now + timedelta(days=4))

    rows = unanswered(since=timezone.localdate())

    assert [(row.service, row.needs, row.without_candidate) for row in rows] == [
        (ServiceFactory().name, 2, 2),
        ("Boutique en ligne", 1, 0),
    ]
    assert {row.epci for row in rows} == {"CC Sarrebourg Moselle Sud"}
    assert card.proposals.get().status == "silent"
    html = client.get(f"{LIST}sans-reponse/").content.decode()
    assert "Boutique en ligne" in html
    file = client.get(f"{LIST}sans-reponse/", {"format": "csv"})
    assert file["Content-Type"].startswith("text/csv")
    assert file.content.decode("utf-8-sig").splitlines()[1:] == [
        f"CC Sarrebourg Moselle Sud;{ServiceFactory().name};2;2",
        "CC Sarrebourg Moselle Sud;Boutique en ligne;1;0",
    ]


def test_concentration_counts_a_year():
    assert concentration(now=NOW).share is None
    for _number in range(4):
        matchable()
    proposed()
    proposed(email="n1@client.example")

    found = concentration(now=NOW)

    assert found.total == 6
    assert len(found.top) == 3
    assert found.percent in {67, 83, 100}
    assert concentration(now=NOW + timedelta(days=366)).total == 0
    assert Need.objects.count() == 2
