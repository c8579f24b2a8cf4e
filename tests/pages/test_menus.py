"""The menus as staff set them, and as the portal has them before."""

import re
import threading
from datetime import timedelta
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, connections, transaction
from django.urls import reverse
from django.utils import timezone

from emn.accounts.enums import Role
from emn.lib import navigation
from emn.pages import menus
from emn.pages.enums import MenuPlace
from emn.pages.models import MenuEntry
from emn.pages.services import menus as services
from tests.directory.factories import UserFactory

HEADER, FOOTER = MenuPlace.HEADER, MenuPlace.FOOTER
stored = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
pytestmark = stored


@pytest.fixture
def told(monkeypatch):
    """Read the entries at each page, as outside a transaction after a change."""
    turns = iter(range(10_000))
    monkeypatch.setattr(menus, "generations", SimpleNamespace(now=lambda: (next(turns), 0)))
    monkeypatch.setattr(menus, "_known", [])


@pytest.fixture
def agent(client, django_user_model):
    call_command("sync_roles", stdout=StringIO())
    agent = UserFactory(is_staff=True)
    agent.groups.set(agent.groups.model.objects.filter(name=Role.EDITOR))
    client.force_login(agent)
    return agent


def shown(client, path="/accessibilite/", nav="Menu principal"):
    page = client.get(path).content.decode()
    part = page.split(f'aria-label="{nav}"')[1].split("</ul>")[0]
    return re.findall(r'<a href="(.*?)"(?: lang="fr")?(?: aria-current="true")?>(.*?)</a>', part)


def entry(place=HEADER, **fields):
    fields = {"position": services.next_position(place), "label_fr": "Libellé"} | fields
    return MenuEntry.objects.create(place=place, **fields)


def test_before_staff_sets_anything_the_menu_is_the_registered_one(client, told):
    assert shown(client) == [
        (reverse(item.url_name), str(item.label)) for item in navigation.menu if item.in_header
    ]


def test_filled_from_the_portal_the_menus_say_the_same(client, told):
    before = shown(client), shown(client, "/de/accessibilite/", "Hauptmenü")

    added = services.sync()

    assert added == MenuEntry.objects.count() > 0
    assert (shown(client), shown(client, "/de/accessibilite/", "Hauptmenü")) == before
    assert services.sync() == 0


def test_an_entry_leads_to_a_page_of_the_portal_of_staff_or_to_another_site(
    client, told, make_page
):
    entry(url_name="news:list", label_fr="", label_de="Neues")
    entry(page=make_page("centre"), label_fr="Le centre", label_en="The centre")
    entry(address="https://exemple.fr/", label_fr="Ailleurs")
    entry(url_name="home", label_fr="Masquée", is_shown=False)
    entry(FOOTER, url_name="home", label_fr="Au pied")

    assert shown(client) == [
        ("/actualites/", "Actualités"), ("/pages/centre/", "Le centre"),
        ("https://exemple.fr/", "Ailleurs"),
    ]  # fmt: skip
    german = client.get("/de/accessibilite/").content.decode()
    assert '<a href="/de/actualites/">Neues</a>' in german
    assert '<a href="/de/pages/centre/" lang="fr">Le centre</a>' in german
    assert '<a href="/en/pages/centre/">The centre</a>' in client.get("/en/").content.decode()
    assert shown(client, nav="Le portail") == [("/", "Au pied")]


def test_an_entry_whose_page_is_taken_down_or_unknown_is_left_out(client, told, make_page):
    page = make_page("centre")
    entry(page=page)
    entry(url_name="gone:page")
    entry(url_name="news:list", label_fr="Reste")
    type(page).objects.update(shown_until=timezone.now() + timedelta(microseconds=1))

    assert shown(client) == [("/actualites/", "Reste")]


def test_words_of_staff_are_escaped(client, told):
    entry(address="https://exemple.fr/", label_fr="<b>&")

    assert "&lt;b&gt;&amp;</a>" in client.get("/accessibilite/").content.decode()


def test_the_home_page_is_not_marked_as_the_section_of_every_page(client, told):
    entry(url_name="home")
    entry(url_name="news:list")

    page = client.get("/actualites/").content.decode().split("</ul>")[0]

    assert re.findall(r'<a href="([^"]*)" aria-current', page) == ["/actualites/"]


def test_inside_a_transaction_nothing_is_read(django_assert_num_queries):
    with django_assert_num_queries(0):
        menus.links(HEADER, now=timezone.now(), may_look=True)


def test_a_page_of_error_shows_what_was_last_read(client, told, django_assert_num_queries):
    entry(url_name="news:list", label_fr="Nouvelles")
    client.get("/accessibilite/")

    with django_assert_num_queries(0):
        found = menus.links(HEADER, now=timezone.now(), may_look=False)

    assert [link.label for link in found] == ["Nouvelles"]


def test_one_query_for_one_entry_as_for_three(told, django_assert_num_queries, make_page):
    for number in range(3):
        entry(page=make_page(f"page-{number}"))
        with django_assert_num_queries(1):
            menus.links(HEADER, now=timezone.now(), may_look=True)


def test_a_move_changes_places_within_the_menu_and_stops_at_its_ends():
    entry(label_fr="1", address="https://a.fr/")
    second = entry(label_fr="2", address="https://a.fr/")
    other = entry(FOOTER, url_name="home")

    services.move(entry_id=second.pk, up=True)
    services.move(entry_id=second.pk, up=True)
    services.move(entry_id=other.pk, up=False)

    rows = MenuEntry.objects.in_order().values_list("label_fr", flat=True)
    assert list(rows.filter(place=HEADER)) == ["2", "1"]
    services.move(entry_id=second.pk, up=False)
    assert list(rows.filter(place=HEADER)) == ["1", "2"]


def test_a_page_that_is_new_to_the_portal_comes_last_and_hidden_when_the_header_is_full():
    services.sync()
    new = MenuEntry.objects.filter(url_name="news:list")
    new.delete()
    entry(url_name="home")

    services.sync()

    assert dict(new.values_list("place", "is_shown")) == {HEADER: False, FOOTER: True}
    assert new.get(place=HEADER) == MenuEntry.objects.filter(place=HEADER).in_order().last()


def test_the_command_writes_only_when_told():
    out = StringIO()
    call_command("sync_menus", stdout=out)
    assert "+ En-tête : news:list" in out.getvalue()
    assert not MenuEntry.objects.exists()

    call_command("sync_menus", "--write", stdout=out)

    assert MenuEntry.objects.exists()


@pytest.mark.parametrize(
    ("fields", "constraint"),
    [
        ({}, "has_one_target"),
        ({"url_name": "home", "address": "https://a.fr/"}, "has_one_target"),
        ({"address": "http://a.fr/"}, "other_sites_by_https"),
        ({"address": "https://a.fr/", "label_fr": ""}, "says_something"),
    ],
)
def test_the_table_refuses(fields, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        entry(**fields)


def test_a_page_stands_once_in_a_menu():
    entry(url_name="home")
    with pytest.raises(IntegrityError, match="a_page_stands_once"), transaction.atomic():
        entry(url_name="home")


def test_two_entries_have_no_position_in_common():
    entry(url_name="home")

    def add_another():
        with transaction.atomic():
            entry(url_name="news:list", position=1)
            connection.check_constraints()

    with pytest.raises(IntegrityError, match="one_a_position"):
        add_another()


class TestBackOffice:
    LIST, ADD = "/admin/pages/menuentry/", "/admin/pages/menuentry/add/"

    def add(self, client, **fields):
        return client.post(self.ADD, {"place": "header", "is_shown": "on"} | fields)

    def test_an_entry_is_added_last(self, client, agent):
        entry(url_name="home")

        answer = self.add(client, address="https://a.fr/", label_fr="A")

        assert answer.status_code == 302
        assert MenuEntry.objects.in_order().last().label_fr == "A"

    @pytest.mark.parametrize(
        ("fields", "said"),
        [
            ({"label_fr": "A"}, "une seule cible"),
            ({"label_fr": "A", "url_name": "home", "address": "https://a.fr/"}, "une seule cible"),
            ({"label_fr": "A", "address": "http://a.fr/"}, "commence par https://"),
            ({"label_fr": "A", "address": "javascript:alert(1)"}, "URL valide"),
            ({"label_fr": "A", "url_name": "admin:index"}, "Sélectionnez un choix valide"),
            ({"url_name": "home"}, "Donnez un libellé"),
            ({"address": "https://a.fr/"}, "Donnez un libellé"),
        ],
    )
    def test_a_wrong_entry_comes_back_with_a_sentence(self, client, agent, fields, said):
        answer = self.add(client, **fields)

        assert answer.status_code == 200
        assert said in answer.content.decode()
        assert not MenuEntry.objects.exists()

    def test_the_room_of_the_header_is_said_before_it_is_met_and_kept(self, client, agent):
        for number in range(7):
            entry(address=f"https://a.fr/{number}")
        before = client.get(self.ADD).content.decode()

        answer = self.add(client, address="https://b.fr/", label_fr="B")

        assert "dans l’en-tête : 7, sept au plus" in before
        assert "masquez-en d’abord 1" in answer.content.decode()
        assert (
            self.add(client, address="https://b.fr/", label_fr="B", place="footer").status_code
            == 302
        )
        assert (
            self.add(client, address="https://b.fr/", label_fr="B", is_shown="").status_code == 302
        )

    def test_what_is_shown_already_may_be_changed_though_the_header_is_too_full(
        self, client, agent
    ):
        services.sync()
        row = MenuEntry.objects.filter(place=HEADER).first()

        answer = client.post(
            f"{self.LIST}{row.pk}/change/",
            {"url_name": row.url_name, "label_fr": "Autrement", "is_shown": "on"},
        )

        assert answer.status_code == 302
        assert MenuEntry.objects.get(pk=row.pk).label_fr == "Autrement"

    def test_the_list_says_where_each_leads(self, client, agent):
        entry(url_name="news:list")

        assert ">/actualites/<" in client.get(self.LIST).content.decode()

    def test_entries_move_by_an_action(self, client, agent):
        first, second = entry(url_name="home"), entry(url_name="news:list")

        client.post(self.LIST, {"action": "move_up", "_selected_action": [second.pk]})
        assert list(MenuEntry.objects.in_order()) == [second, first]
        client.post(self.LIST, {"action": "move_down", "_selected_action": [second.pk]})

        assert list(MenuEntry.objects.in_order()) == [first, second]

    def test_a_registered_page_is_hidden_not_deleted(self, client, agent):
        kept, gone = entry(url_name="news:list"), entry(address="https://a.fr/")

        refused = client.post(f"{self.LIST}{kept.pk}/delete/", {"post": "yes"})
        client.post(f"{self.LIST}{gone.pk}/delete/", {"post": "yes"})

        assert refused.status_code == 403
        assert list(MenuEntry.objects.all()) == [kept]

    def test_the_list_costs_the_same_for_one_as_for_three(
        self, client, agent, django_assert_num_queries, make_page
    ):
        for number in range(3):
            entry(page=make_page(f"page-{number}"))
            if number != 1:
                with django_assert_num_queries(7):
                    client.get(self.LIST)


@pytest.mark.django_db(transaction=True)
def test_two_agents_who_move_at_once_lose_nothing():
    rows = [entry(address=f"https://a.fr/{number}", label_fr=str(number)) for number in range(4)]
    start = threading.Barrier(2)

    def move(row):
        try:
            start.wait(timeout=20)
            services.move(entry_id=row.pk, up=True)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=move, args=[row]) for row in (rows[2], rows[3])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    order = "".join(MenuEntry.objects.in_order().values_list("label_fr", flat=True))
    positions = MenuEntry.objects.in_order().values_list("position", flat=True)
    assert order in {"0231", "0123"}  # one after the other, whichever came first
    assert list(positions) == [1, 2, 3, 4]
