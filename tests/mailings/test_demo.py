"""The demonstration has a letter that was sent, in three languages, and one that is written."""

from collections import Counter

import pytest
from django.utils import timezone

from emn.accounts.models import User
from emn.mailings.enums import CampaignStatus
from emn.mailings.models import Campaign, Delivery, Subscriber
from emn.mailings.services import delivery
from emn.mailings.services.demo import write_demo_letters
from emn.mailings.services.lists import sync_lists

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def agent(monkeypatch, settings, tmp_path):
    settings.MAIL_DIR = tmp_path
    monkeypatch.setattr(delivery.tasks.run_campaign, "apply_async", lambda **_call: None)
    sync_lists(write=True)
    return User.objects.create_user("agent@centre.example", is_staff=True)


def write(agent):
    return write_demo_letters(by_id=agent.pk, now=timezone.now())


def test_letters_are_written_once_by_the_services(agent, client):
    assert [write(agent), write(agent)] == [2, 0]

    sent = Campaign.objects.get(status=CampaignStatus.SENT)
    assert Counter(sent.deliveries.values_list("language", "state")) == {
        ("fr", "sent"): 3,
        ("de", "sent"): 2,
        ("en", "sent"): 1,
    }
    assert (sent.sent, sent.left, Subscriber.objects.count()) == (6, 0, 6)
    for prefix in ("", "/de", "/en"):
        page = client.get(f"{prefix}/lettre/archives/{sent.slug}/")
        assert page.status_code == 200
        assert sent.editions.get(language=prefix[1:] or "fr").subject in page.text
    draft = Campaign.objects.get(status=CampaignStatus.DRAFT)
    assert set(draft.editions.values_list("language", flat=True)) == {"fr", "de"}


def test_what_the_first_run_could_not_finish_is_taken_up(agent, monkeypatch):
    monkeypatch.setattr("emn.mailings.services.demo.campaigns.schedule_campaign", _dies)
    with pytest.raises(SystemExit):
        write(agent)
    monkeypatch.undo()
    monkeypatch.setattr(delivery.tasks.run_campaign, "apply_async", lambda **_call: None)

    write(agent)

    assert Counter(Campaign.objects.values_list("status", flat=True)) == {"sent": 1, "draft": 1}
    assert Delivery.objects.count() == 6


def _dies(**_values):
    raise SystemExit
