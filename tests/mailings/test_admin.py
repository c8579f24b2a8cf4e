"""The outbox in the back office: found, read, decided on, and never a way into an account."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.urls import reverse

from emn.accounts.models import User
from emn.lib import staff_tasks
from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail
from tests.mailings.conftest import NOW, queue

pytestmark = pytest.mark.django_db
LIST = "admin:mailings_outboundemail_changelist"


def agent(*codenames):
    user = User.objects.create_user("agent@x.example", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="mailings", codename__in=codenames)
    )
    return user


@pytest.fixture
def reader(client):
    """A visitor signed in as an agent who may read and decide."""
    client.force_login(agent("view_outboundemail", "decide_dead_letter"))
    return client


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_whatever_its_length(reader, number, django_assert_num_queries):
    for n in range(number):
        queue(to=f"p{n}@x.example")
    reader.get(reverse(LIST))

    with django_assert_num_queries(6):
        response = reader.get(reverse(LIST))

    assert response.text.count("@x.example</td>") == number


def test_search_finds_by_whole_address_even_once_erased(reader):
    email = queue(to="bob@x.example")
    queue(to="carol@x.example")
    OutboundEmail.objects.filter(pk=email.pk).update(to_email="", purged=True)

    for term in ["BOB@x.example", email.message_id, email.message_id.strip("<>")]:
        found = reader.get(reverse(LIST), {"q": term}).context["cl"].queryset
        assert [row.pk for row in found] == [email.pk]


def test_page_shows_the_text_and_no_field_to_change(reader):
    email = queue(template="letters/welcome", context={"name": "<b>Zoé", "season": "été"})

    page = reader.get(reverse("admin:mailings_outboundemail_change", args=[email.pk])).text

    assert "Bonjour &lt;b&gt;Zoé" in page
    assert 'name="_save"' not in page


def test_page_hides_what_opens_an_account(reader):
    email = queue(secret=True)

    page = reader.get(reverse("admin:mailings_outboundemail_change", args=[email.pk])).text

    assert "Rien de plus" not in page
    assert "Confidentiel" in page


@pytest.mark.parametrize(
    ("action", "status"), [("retry", EmailStatus.QUEUED), ("abandon", EmailStatus.CANCELLED)]
)
def test_action_decides_on_dead_letters_and_is_logged(reader, action, status):
    dead, waiting = queue(), queue(now=NOW)
    OutboundEmail.objects.filter(pk=dead.pk).update(status=EmailStatus.FAILED)

    asked = {"action": action, "_selected_action": [dead.pk, waiting.pk]}
    page = reader.post(reverse(LIST), asked)
    dead.refresh_from_db()
    assert ("2 lignes choisies." in page.text, dead.status) == (True, EmailStatus.FAILED)
    response = reader.post(reverse(LIST), asked | {"confirmed": "1"}, follow=True)

    dead.refresh_from_db()
    assert dead.status == status
    said = [str(message) for message in response.context["messages"]]
    assert said[0] == f"n° {waiting.pk} : Ce courriel n’est plus en échec."
    assert said[1].startswith("1 courriel ")
    assert LogEntry.objects.get().object_id == str(dead.pk)


def test_action_is_refused_to_who_may_only_read(client):
    client.force_login(agent("view_outboundemail"))
    email = queue()
    OutboundEmail.objects.update(status=EmailStatus.FAILED)

    asked = {"action": "retry", "_selected_action": [email.pk], "confirmed": "1"}
    client.post(reverse(LIST), asked)

    email.refresh_from_db()
    assert email.status == EmailStatus.FAILED


def test_dead_letters_wait_for_who_may_decide(reader):
    queue()
    dead = queue()
    OutboundEmail.objects.filter(pk=dead.pk).update(status=EmailStatus.FAILED)
    user = User.objects.get()

    [waiting] = [one for one in staff_tasks.waiting_for(user) if "mailings" in one.url]

    assert waiting.count == 1
    assert [row.pk for row in reader.get(waiting.url).context["cl"].queryset] == [dead.pk]
