"""Returns in the back office: read as text, filed, found by address; blocked addresses freed."""

import pytest
from django.urls import reverse

from emn.mailings.enums import IncidentKind
from emn.mailings.models import MailIncident, Suppression
from emn.mailings.services import returns as services
from tests.mailings.conftest import NOW
from tests.mailings.test_admin import agent
from tests.mailings.test_returns import record

pytestmark = pytest.mark.django_db
RETURNS = "admin:mailings_mailincident_changelist"
BLOCKS = "admin:mailings_suppression_changelist"
RIGHTS = ("view_mailincident", "handle_incident", "view_suppression", "lift_suppression")


@pytest.fixture
def staff(client):
    client.force_login(agent(*RIGHTS))
    return client


@pytest.mark.parametrize("number", [1, 3])
def test_lists_cost_the_same_whatever_their_length(staff, number, django_assert_num_queries):
    for n in range(number):
        record(f"bonjour {n}".encode())
    staff.get(reverse(RETURNS))

    with django_assert_num_queries(6):
        response = staff.get(reverse(RETURNS))

    assert len(response.context["cl"].result_list) == number


def test_message_is_shown_as_text_then_filed(staff):
    incident = record(b"Subject: x\n\n<script>alert(1)</script>")

    page = staff.get(reverse("admin:mailings_mailincident_change", args=[incident.pk])).text
    assert "&lt;script&gt;alert(1)" in page
    staff.post(reverse(RETURNS), {"action": "file_as_soft", "_selected_action": [incident.pk]})

    filed = MailIncident.objects.get()
    assert (filed.kind, filed.raw) == (IncidentKind.SOFT, None)


def test_reader_without_the_right_files_nothing(client):
    client.force_login(agent("view_mailincident"))
    incident = record(b"bonjour")

    client.post(reverse(RETURNS), {"action": "file_as_soft", "_selected_action": [incident.pk]})

    assert MailIncident.objects.get().kind == IncidentKind.UNREADABLE


def test_block_is_found_by_its_whole_address_and_lifted(staff):
    blocked = services.block_mailbox(address="zoe@firm.example", by_id=1, now=NOW)
    services.block_mailbox(address="bob@firm.example", by_id=1, now=NOW)

    found = staff.get(reverse(BLOCKS), {"q": "ZOE@firm.example"}).context["cl"].queryset
    assert [row.pk for row in found] == [blocked.pk]
    staff.post(reverse(BLOCKS), {"action": "free", "_selected_action": [blocked.pk]})

    assert Suppression.objects.active().count() == 1
