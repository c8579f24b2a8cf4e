"""The indicators beside their pages: home, search, letters, sitemap, back office."""

import pytest
from django.contrib.auth.models import Group
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from emn.mailings.blocks import kind_of
from observatory import indicator_places
from observatory.models import HeldRelease, Release
from observatory.services import indicators
from tests.directory.factories import UserFactory
from tests.observatory.register import NOW, places, unit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def stock(monkeypatch):
    monkeypatch.setattr(indicators, "_draw_later", lambda _release_id: None)
    places()
    unit(opened=2018)
    return indicators.publish(code="etablissements-tic", now=NOW)


def test_the_home_page_has_no_figure_before_there_is_one():
    assert indicator_places.home_figure("etablissements-tic") is None


@pytest.mark.usefixtures("stock")
def test_the_home_page_shows_the_figure_with_its_day_and_its_page():
    figure = indicator_places.home_figure("etablissements-tic")

    assert (figure.value, figure.as_of, figure.url) == (
        1, timezone.localdate(NOW), "/observatoire/etablissements-tic/",
    )  # fmt: skip


@pytest.mark.usefixtures("stock")
def test_words_of_the_title_find_an_indicator():
    found = indicator_places.search("établissement numérique", 1)

    assert found.hits[0].url == "/observatoire/etablissements-tic/"
    assert found.hits[0].summary == "1 établissement (2026 (provisoire))"
    assert len(found.hits) == 1 < found.total
    assert indicator_places.search("zzz", 5).total == 0


def test_a_letter_shows_a_figure_only_when_there_is_one(stock):
    block = kind_of("indicator")

    assert block.data({"indicator": "population"}, "fr", NOW) is None
    shown = block.data({"indicator": "etablissements-tic"}, "fr", NOW)
    assert shown["summary"].release == stock
    assert shown["address"] == "/observatoire/etablissements-tic/"


@pytest.mark.usefixtures("stock")
def test_the_sitemap_names_what_is_published():
    assert indicator_places.IndicatorSitemap().items() == ["", "etablissements-tic"]


@pytest.fixture
def staff_with(settings):
    settings.STAFF_MFA_REQUIRED = False
    sync_roles()

    def agent(role):
        user = UserFactory(is_staff=True)
        user.groups.add(Group.objects.get(name=role.value))
        return user

    return agent


def correct(client, release, note):
    return client.post(
        reverse("admin:observatory_release_changelist"),
        {"action": "correct_indicators", "_selected_action": [release.pk], "note": note},
        follow=True,
    )


@pytest.fixture
def asked(monkeypatch):
    calls = []
    monkeypatch.setattr(
        "observatory.admin.indicators.correct_indicator.delay", lambda **given: calls.append(given)
    )
    return calls


def test_an_analyst_asks_for_a_correction_with_its_reason(client, stock, asked, staff_with):
    client.force_login(staff_with(Role.ANALYST))

    assert "Dites en une phrase" in correct(client, stock, " ").content.decode()
    assert asked == []
    correct(client, stock, "Doublon retiré.")
    assert asked == [{"code": "etablissements-tic", "note": "Doublon retiré."}]


def test_who_may_only_read_publishes_no_correction(client, stock, asked, staff_with):
    client.force_login(staff_with(Role.RECEPTION))

    correct(client, stock, "Doublon retiré.")

    assert asked == []


def test_a_correction_that_is_refused_is_told_and_harms_nothing(stock):
    from observatory.tasks import correct_indicator

    correct_indicator(code="etablissements-tic", note="Rien.")

    assert Release.objects.get() == stock
    assert HeldRelease.objects.get().note == "Rien."
