"""Readers are counted by the worker, and anew whenever they may have changed."""

from datetime import timedelta

import pytest

from emn.mailings import segments, tasks
from emn.mailings.models import AudienceCount
from emn.mailings.queries import count_of
from emn.mailings.services import audiences, drafts
from tests.mailings import letters
from tests.mailings.letters import NOW, mailing_list, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

LATER = NOW + timedelta(minutes=2)


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    asked = []

    def ask(*, campaign_id):
        asked.append(campaign_id)

    monkeypatch.setattr(tasks.count_audience, "delay", ask)
    return asked


@pytest.fixture
def letter(rung):
    reader()
    letter = letters.written()
    rung.clear()
    return letter


def test_figures_are_written_with_their_hour(letter):
    reader(language="de")

    audiences.count(campaign_id=letter.pk, now=LATER)

    found = count_of(letter)
    assert (found.audience, found.counted_at, found.is_running) == (
        segments.count_audience(letter, now=LATER),
        LATER,
        False,
    )
    assert (found.audience.matching, found.audience.receiving) == (2, 1)


@pytest.mark.parametrize(
    "change",
    [
        lambda pk: drafts.save_segment(campaign_id=pk, segment={"language": ["fr"]}, now=LATER),
        lambda pk: drafts.save_editions(campaign_id=pk, editions={}, now=LATER),
        lambda pk: drafts.save_settings(
            campaign_id=pk,
            title="x",
            list_id=mailing_list("agenda").pk,
            priority=1,
            is_archived=True,
            now=LATER,
        ),
    ],
)
def test_what_may_change_the_readers_has_them_counted_anew(letter, rung, change):
    audiences.count(campaign_id=letter.pk, now=NOW)

    change(letter.pk)

    assert count_of(letter).is_running
    assert rung == [letter.pk]


def test_a_count_overtaken_by_a_change_is_not_written(letter, monkeypatch):
    real = segments.count_audience

    def changed_meanwhile(campaign, *, now):
        found = real(campaign, now=now)
        drafts.save_segment(campaign_id=campaign.pk, segment={"language": ["de"]}, now=LATER)
        return found

    monkeypatch.setattr(segments, "count_audience", changed_meanwhile)
    audiences.count(campaign_id=letter.pk, now=NOW)
    assert count_of(letter) == count_of(letter).__class__(None, None, is_running=True)

    monkeypatch.setattr(segments, "count_audience", real)
    audiences.count(campaign_id=letter.pk, now=LATER)
    assert count_of(letter).audience.receiving == 0


def test_what_is_counted_already_is_not_asked_twice_unless_it_was_lost(letter, rung):
    audiences.ask_again(campaign_id=letter.pk, now=NOW)
    assert rung == []

    audiences.ring_again(now=LATER)
    audiences.ask_again(campaign_id=letter.pk, now=LATER)

    assert rung == [letter.pk, letter.pk]


def test_a_count_that_is_done_is_neither_rung_nor_done_again(letter, rung, monkeypatch):
    audiences.count(campaign_id=letter.pk, now=NOW)
    monkeypatch.setattr(segments, "count_audience", None)

    audiences.ring_again(now=LATER)
    audiences.count(campaign_id=letter.pk, now=LATER)
    audiences.count(campaign_id=letter.pk + 1, now=LATER)

    assert rung == []


def test_a_criterion_that_no_longer_exists_ends_the_count_without_figures(letter):
    letter.segment = {"weather": ["rain"]}
    letter.save()

    audiences.count(campaign_id=letter.pk, now=LATER)

    found = count_of(letter)
    assert (found.audience, found.counted_at, found.is_running) == (None, LATER, False)
    assert AudienceCount.objects.get().figures is None
