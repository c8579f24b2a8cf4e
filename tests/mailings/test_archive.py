"""Everyone may read what was sent, and clicks are counted of nobody."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from emn.mailings import clicks, tokens
from emn.mailings.clicks import Clicked, add_clicks
from emn.mailings.composing import freeze_editions
from emn.mailings.enums import CampaignStatus
from emn.mailings.models import CampaignLink, LinkClicks
from tests.mailings import letters
from tests.mailings.letters import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sent(slug="decembre", *, at=NOW, languages=("fr",), text="Bonjour.", **fields):
    """Return an envoi on its way, its editions frozen."""
    letter = letters.written(letters.campaign(slug=slug), languages=languages, text=text)
    freeze_editions(letter, now=at)
    values = {"status": CampaignStatus.SENDING, "started_at": at, "audience": 1} | fields
    for name, value in values.items():
        setattr(letter, name, value)
    letter.save()
    return letter


@pytest.fixture
def visitor():
    return Client(headers={"User-Agent": BROWSER})


@pytest.fixture(autouse=True)
def counted(monkeypatch):
    """Start with no click, and count by hand."""
    monkeypatch.setattr(clicks, "breath", clicks.Breath())
    monkeypatch.setattr(clicks, "clicks", clicks.Tally(add_clicks))


# --- Archive ---


@pytest.mark.parametrize("number", [1, 3])
def test_list_costs_the_same_whatever_its_length(visitor, number, django_assert_num_queries):
    for n in range(number):
        sent(f"lettre-{n}", languages=("fr", "de"))
    visitor.get(reverse("mailings:archives"))

    with django_assert_num_queries(2):
        page = visitor.get(reverse("mailings:archives"))

    assert page.text.count("Des nouvelles (fr)") == number
    assert not page.cookies


def test_list_has_the_last_first_and_only_what_everyone_may_read(visitor):
    sent("ancienne", at=NOW - timedelta(days=30))
    sent("recente", status=CampaignStatus.SENT)
    sent("pause", at=NOW - timedelta(days=1), status=CampaignStatus.PAUSED)
    sent("interne", is_archived=False)
    sent("annulee", status=CampaignStatus.CANCELLED)
    letters.written(letters.campaign(slug="brouillon"))
    sent("")

    page = visitor.get(reverse("mailings:archives")).context["page"]

    slugs = [edition.campaign.slug for edition in page]
    assert slugs == ["recente", "pause", "ancienne"]


def test_list_says_that_it_is_empty(visitor):
    assert "Aucune lettre" in visitor.get(reverse("mailings:archives")).text


def test_letter_shows_its_words_and_nothing_personal(visitor):
    sent(text="Voir [l’agenda](https://a.example/).")

    page = visitor.get("/lettre/archives/decembre/")

    link = CampaignLink.objects.get()
    assert f'<a href="http://127.0.0.1:8000{address_of(link)}">l’agenda</a>' in page.text
    assert "@@EMN" not in page.text
    assert " style=" not in page.text
    assert not page.cookies
    assert "public" in page["Cache-Control"]


def test_letter_is_shown_in_the_language_of_the_page_or_says_that_it_is_not(visitor):
    sent(languages=("fr", "de"))
    note = "notice"

    german = visitor.get("/de/lettre/archives/decembre/")
    english = visitor.get("/en/lettre/archives/decembre/")

    assert ("Des nouvelles (de)" in german.text, note in german.text) == (True, False)
    assert 'lang="fr">Des nouvelles (fr)</h1>' in english.text
    assert note in english.text


@pytest.mark.parametrize("fields", [{"is_archived": False}, {"status": CampaignStatus.CANCELLED}])
def test_letter_kept_out_is_not_found(visitor, fields):
    sent(**fields)

    assert visitor.get("/lettre/archives/decembre/").status_code == 404


def test_feed_holds_the_letters_whole_with_public_addresses(visitor):
    sent(text="C’est **là**.", languages=("fr", "de"))

    feed = visitor.get("/de/lettre/archives/rss/", headers={"Host": "ailleurs.example"})

    assert feed["Content-Type"] == "application/rss+xml; charset=utf-8"
    assert "Last-Modified" not in feed  # it would promise a 304 that the ETag alone gives
    assert "<title>Des nouvelles (de)</title>" in feed.text
    assert "<link>http://127.0.0.1:8000/de/lettre/archives/decembre/</link>" in feed.text
    assert "&lt;p&gt;C’est &lt;strong&gt;là" in feed.text
    assert "ailleurs.example" not in feed.text
    assert not feed.cookies


# --- Clicks ---


def link():
    sent(text="[a](https://a.example/?x=1)")
    return CampaignLink.objects.get()


def address_of(letter_link):
    return f"/lettre/l/{tokens.make(tokens.LINK, letter_link.pk)}/"


def counts():
    """Return the sum of the clicks once their breath is over."""
    later = timezone.now() + timedelta(seconds=clicks.BREATH_S)
    clicks.clicks.add(*clicks.breath.ended(now=later))
    clicks.clicks.flush()
    return sum(LinkClicks.objects.values_list("count", flat=True))


def test_link_leads_to_its_address_and_is_counted(visitor):
    letter_link = link()

    answer = visitor.get(address_of(letter_link), {"url": "https://evil.example/"})

    assert (answer.status_code, answer["Location"]) == (302, "https://a.example/?x=1")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies
    assert counts() == 1


def test_unknown_link_is_not_found(visitor):
    for token in ("99", str(link().pk), tokens.make(tokens.LINK, 99)):
        assert visitor.get(f"/lettre/l/{token}/").status_code == 404


@pytest.mark.parametrize("agent", ["", "Googlebot/2.1", "python-requests/2", "BarracudaScan"])
def test_robots_are_led_and_not_counted(agent):
    address = address_of(link())

    assert Client(headers={"User-Agent": agent}).get(address).status_code == 302
    assert counts() == 0


def test_a_look_without_reading_and_an_agent_are_not_counted(visitor, settings):
    address = address_of(link())

    assert visitor.head(address).status_code == 302
    visitor.cookies[settings.SESSION_COOKIE_NAME] = "x"
    visitor.get(address)

    assert counts() == 0


def test_a_burst_from_one_address_is_no_readers(visitor):
    address = address_of(link())
    for _n in range(6):
        visitor.get(address, REMOTE_ADDR="192.0.2.1")
    visitor.get(address, REMOTE_ADDR="192.0.2.2")

    assert counts() == 1


def test_what_is_held_is_told_once_its_breath_is_over():
    breath, start = clicks.Breath(), NOW.replace(second=0)
    made = Clicked(7, NOW.date())
    at = [start + timedelta(seconds=second) for second in (0, 1, 2, 3, 10, 19, 20)]
    held = [breath.hold("192.0.2.1", made, now=each) for each in at]

    # Four in the first breath are a robot's; two in the second are a reader's.
    assert held == [[], [], [], [], [], [], [made, made]]
    assert breath.ended(now=at[-1]) == []


def test_clicks_are_added_to_their_day_and_those_of_no_link_dropped():
    letter_link = link()
    day = NOW.date()

    add_clicks({Clicked(letter_link.pk, day): 2, Clicked(letter_link.pk + 1, day): 5})
    add_clicks({Clicked(letter_link.pk, day): 3, Clicked(letter_link.pk, day.replace(day=23)): 1})

    rows = LinkClicks.objects.order_by("on").values_list("link", "on", "count")
    assert list(rows) == [
        (letter_link.pk, day, 5),
        (letter_link.pk, day.replace(day=23), 1),
    ]
