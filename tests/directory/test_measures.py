"""What is counted, what is left out, and what the owner and the editors are told."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone, translation

from directory import measures
from directory.funnel import funnel
from directory.measures import Asked, Seen, masked
from directory.models import CardDay, SearchCount, SearchMonth
from directory.services import measures as services
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.lib.tally import Tally
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    UserFactory,
    published_card,
    submitted_card,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

PERSON = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def nothing_counted(monkeypatch, caplog):
    monkeypatch.setattr(measures, "searches", Tally(services.add_searches))
    monkeypatch.setattr(measures, "views", Tally(services.add_views))
    monkeypatch.setattr(measures, "view_minute", measures._Minute())
    monkeypatch.setattr(measures, "search_minute", measures._Minute())
    yield
    refused = [said for said in caplog.get_records("call") if said.name == "emn.lib.tally"]
    assert refused == []  # such a count would be tried for ever, and block the others


def search(client, query, **headers):
    response = client.get(f"/annuaire/{query}", headers={"User-Agent": PERSON} | headers)
    assert response.status_code == 200
    return response


def searches():
    measures.searches.flush()
    rows = SearchCount.objects.order_by("pk")
    return list(rows.values_list("words", "filters", "results", "times"))


def tell(client, what, *slugs, **headers):
    response = client.post(
        "/annuaire/mesure/",
        {"quoi": what, "fiche": slugs},
        headers={"User-Agent": PERSON, "Sec-Fetch-Site": "same-origin"} | headers,
    )
    assert (response.status_code, response.content) == (204, b"")
    assert not response.cookies


def views():
    measures.views.flush()
    rows = CardDay.objects.order_by("provider__slug", "day")
    return list(rows.values_list("provider__slug", *services.COUNTED))


# --- Searches ---


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Écrire un SITE", "ecrire un site"),
        ("lea.martin@firme.fr site", "* site"),
        ("appeler 06 12 34 56 78", "appeler *"),
        ("06.12.34.56.78", "*"),
        ("41816609600069", "*"),
        ("metz 57000", "metz *"),
        ("office 365", "office 365"),
        ("a" * 200, "a" * 80),
        ("si\x00te", "site"),
    ],
)
def test_words_are_kept_without_what_could_name_a_person(typed, kept):
    assert masked(typed) == kept


def test_hostile_words_are_written_or_dropped(client):
    for words in ("%00", "%F0%9F%92%A9", "%27%29%3B--", "a" * 5_000, "%ED%A0%80"):
        search(client, f"?q={words}")

    assert len(searches()) == 4


def test_a_search_is_counted_by_day_with_its_filters_and_results(client):
    CommuneFactory()
    published_card()

    search(client, "?q=Site&langue=de&commune=Sarrebourg")
    search(client, "?langue=de&q=site&commune=57630&rayon=20")
    search(client, "?q=introuvable")

    assert searches() == [
        ("introuvable", "", 0, 1),
        ("site", "langue=de&commune=57630&rayon=20", 1, 2),
    ]


def test_a_search_answered_word_by_word_only_counts_as_unanswered(client):
    published_card()

    search(client, "?q=site+xylophone")

    assert searches() == [("site xylophone", "", 0, 1)]


def test_what_a_visitor_types_as_a_filter_is_not_kept(client):
    search(client, "?q=site&service=lea-martin&territoire=0612345678&commune=Chez+Lea&langue=xx")

    assert searches() == [("site", "", 0, 1)]


@pytest.mark.parametrize(
    ("query", "agent"),
    [
        ("", PERSON),
        ("?utm=x", PERSON),
        ("?q=site", ""),
        ("?q=site", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
        ("?q=site", "curl/8.5.0"),
        ("?q=site", "Go-http-client/2.0"),
    ],
)
def test_a_search_that_asks_nothing_or_a_robot_is_not_counted(client, query, agent):
    search(client, query, **{"User-Agent": agent})

    assert searches() == []


def test_further_pages_of_one_search_are_not_counted(client):
    for number in range(21):
        published_card(name=f"Atelier {number}")

    search(client, "?q=atelier")
    search(client, "?q=atelier&page=2")

    assert searches() == [("atelier", "", 21, 1)]


def test_a_signed_in_person_is_not_counted(client):
    client.force_login(UserFactory())
    card = published_card()

    search(client, "?q=site")
    tell(client, "opened", card.slug)

    assert (searches(), views()) == ([], [])


def test_counting_asks_the_database_nothing(client, django_assert_max_num_queries):
    request_count = {}
    for agent in ("curl", PERSON):
        search(client, "?q=site", **{"User-Agent": agent})
        with connection.execute_wrapper(_counter(request_count, agent)):
            search(client, "?q=site", **{"User-Agent": agent})

    assert request_count["curl"] == request_count[PERSON]


def _counter(counts, name):
    def count(execute, *args):
        counts[name] = counts.get(name, 0) + 1
        return execute(*args)

    return count


@pytest.mark.django_db(transaction=True)
def test_two_processes_add_to_the_same_day():
    asked = Asked(DAY, "fr", "site", "", 3)

    def write(_number):
        try:
            services.add_searches({asked: 2})
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))

    assert SearchCount.objects.get().times == 8


def test_one_search_whose_results_changed_stays_one_row():
    services.add_searches({Asked(DAY, "fr", "site", "", 3): 2, Asked(DAY, "fr", "site", "", 4): 1})

    row = SearchCount.objects.get()
    assert (row.times, row.results) == (3, 4)


def test_old_searches_become_monthly_sums_and_old_views_go():
    services.add_searches(
        {
            Asked(date(2025, 9, 2), "fr", "site", "", 3): 2,
            Asked(date(2025, 9, 30), "fr", "rien", "", 0): 5,
            Asked(date(2025, 10, 1), "fr", "site", "", 3): 7,
        }
    )
    card = published_card()
    for day in (date(2024, 9, 30), date(2024, 10, 1)):
        CardDay.objects.create(provider=card, day=day, opened=1)

    for _run in range(2):
        services.shorten_counts(now=NOW)

    month = SearchMonth.objects.get()
    assert (month.month, month.times, month.times_without_result) == (date(2025, 9, 1), 7, 5)
    assert SearchCount.objects.get().day == date(2025, 10, 1)
    assert CardDay.objects.get().day == date(2024, 10, 1)


# --- The report ---


def editor(email="edith@emn.example", **fields):
    person = User.objects.create_user(email, is_staff=True, **fields)
    person.groups.add(Group.objects.get_or_create(name=Role.EDITOR.value)[0])
    return person


def test_editors_get_last_weeks_searches_without_result_once():
    editor()
    User.objects.create_user("autre@emn.example", is_staff=True)
    services.add_searches(
        {
            Asked(DAY - timedelta(days=7), "fr", "drone", "langue=de", 0): 2,
            Asked(DAY - timedelta(days=1), "de", "drone", "langue=de", 0): 3,
            Asked(DAY - timedelta(days=1), "fr", "site", "", 12): 9,
            Asked(DAY - timedelta(days=8), "fr", "vieux", "", 0): 1,
            Asked(DAY, "fr", "neuf", "", 0): 1,
        }
    )

    for _run in range(2):
        services.report_unanswered(now=NOW)

    mail = OutboundEmail.objects.get()
    assert mail.to_email == "edith@emn.example"
    lines = [line for line in mail.text_body.splitlines() if line.startswith("- ")]
    assert lines == ["- «\N{NO-BREAK SPACE}drone\N{NO-BREAK SPACE}», Allemand (5)"]


def test_the_director_is_told_where_nobody_edits():
    director = User.objects.create_user("dir@emn.example", is_staff=True)
    director.groups.add(Group.objects.get_or_create(name=Role.DIRECTOR.value)[0])
    services.add_searches({Asked(DAY - timedelta(days=1), "fr", "drone", "", 0): 1})

    services.report_unanswered(now=NOW)

    assert OutboundEmail.objects.get().to_email == "dir@emn.example"


def test_a_week_without_a_hole_writes_nothing():
    editor()

    assert services.report_unanswered(now=NOW) == 0
    assert OutboundEmail.objects.count() == 0


@pytest.mark.parametrize("count", [1, 8])
def test_report_page_asks_the_same_queries_whatever_it_lists(
    admin_client, django_assert_num_queries, count
):
    CommuneFactory()
    day = timezone.localdate()
    services.add_searches(
        {Asked(day, "fr", f"mot{n}", "commune=57630&rayon=20", 0): 1 for n in range(count)}
    )
    admin_client.get("/admin/directory/searchcount/sans-reponse/")

    with django_assert_num_queries(3):
        page = admin_client.get("/admin/directory/searchcount/sans-reponse/").content.decode()

    assert page.count("à 20\N{NO-BREAK SPACE}km au plus de Sarrebourg") == count
    assert 'href="/annuaire/?q=mot0&amp;commune=57630&amp;rayon=20"' in page


def test_the_report_is_for_those_who_may_read_the_counts(client):
    client.force_login(User.objects.create_user("agent@emn.example", is_staff=True))

    assert client.get("/admin/directory/searchcount/sans-reponse/").status_code == 403


# --- Views of cards ---


def test_what_pages_tell_is_added_by_card_and_day(client):
    published_card(slug="a")
    published_card(slug="b")

    tell(client, "listed", "a", "b", "a")
    tell(client, "listed", "b")
    for what in ("opened", "phoned", "mailed", "visited"):
        tell(client, what, "a")
    assert views() == [("a", 1, 1, 1, 1, 1), ("b", 2, 0, 0, 0, 0)]
    tell(client, "opened", "a")

    assert views()[0] == ("a", 1, 2, 1, 1, 1)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "none"},
        {"User-Agent": "SomeBot/1.0"},
        {"User-Agent": ""},
    ],
)
def test_other_sites_and_robots_count_for_nothing(client, headers):
    tell(client, "opened", published_card().slug, **headers)

    assert views() == []


def test_hidden_unknown_and_senseless_are_dropped(client):
    draft = submitted_card()

    tell(client, "opened", draft.slug, "personne", "\x00", "x" * 5_000)
    tell(client, "provider_id", published_card().slug)
    tell(client, "")

    assert views() == []


def test_a_flood_from_one_address_counts_no_more_than_a_minute_may(client, monkeypatch):
    monkeypatch.setattr(measures.timezone, "now", lambda: NOW)
    card = published_card()

    for _message in range(measures.MOST_A_MINUTE + 10):
        tell(client, "opened", card.slug)
    assert views()[0][2] == measures.MOST_A_MINUTE

    monkeypatch.setattr(measures.timezone, "now", lambda: NOW + timedelta(minutes=1))
    tell(client, "opened", card.slug)
    assert views()[0][2] == measures.MOST_A_MINUTE + 1


def test_a_flood_of_searches_counts_no_more_than_a_minute_may(client, monkeypatch):
    monkeypatch.setattr(measures, "MOST_A_MINUTE", 2)
    monkeypatch.setattr(measures.timezone, "now", lambda: NOW)

    for number in range(4):
        search(client, f"?q=mot{number}")

    assert [words for words, *_rest in searches()] == ["mot0", "mot1"]


def test_the_report_reads_no_more_than_it_shows():
    asked = {Asked(DAY, "fr", f"mot{number}", "", 0): number + 1 for number in range(4)}
    services.add_searches(asked)

    found, total = services.unanswered(since=DAY, until=DAY + timedelta(days=1), limit=2)

    assert ([row.words for row in found], total) == (["mot3", "mot2"], 4)


def test_the_address_takes_no_get(client):
    assert client.get("/annuaire/mesure/").status_code == 405


@pytest.mark.django_db(transaction=True)
def test_counts_of_a_card_are_added_in_one_order_by_every_process():
    for number in range(3):
        published_card(slug=f"carte-{number}")
    seen = {Seen(DAY, f"carte-{number}", "listed"): 1 for number in range(3)}

    def write(number):
        try:
            services.add_views(dict(sorted(seen.items(), reverse=number % 2 == 0)))
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(write, range(12)))

    assert [row[1] for row in views()] == [12, 12, 12]


# --- The owner's page ---


def day_of(card, days_ago, **counts):
    CardDay.objects.create(provider=card, day=DAY - timedelta(days=days_ago), **counts)


def test_the_owner_sees_two_periods_and_shares_of_what_is_enough():
    card = published_card()
    day_of(card, 0, opened=1_000)
    day_of(card, 1, listed=200, opened=50, phoned=5, mailed=2)
    day_of(card, 30, listed=100)
    day_of(card, 31, listed=10, opened=4)
    day_of(card, 60, listed=1)
    day_of(card, 61, listed=1_000)

    seen = funnel(provider_id=card.pk, today=DAY)

    assert [(step.recent, step.before, step.share) for step in seen.steps] == [
        ("300", "11", None),
        ("50", "moins de 5", 17),
        ("5", "0", 10),
        ("moins de 5", "0", None),
        ("0", "0", 0),
    ]
    assert seen.counted_from == DAY - timedelta(days=61)


@pytest.mark.parametrize(
    ("language", "count"), [("fr", "1\xa0234"), ("de", "1.234"), ("en", "1,234")]
)
def test_large_numbers_are_written_as_in_the_language_of_the_page(language, count):
    card = published_card()
    day_of(card, 1, listed=1_234)

    with translation.override(language):
        assert funnel(provider_id=card.pk, today=DAY).steps[0].recent == count


def test_a_share_of_too_little_is_not_said():
    card = published_card()
    day_of(card, 1, listed=29, opened=20)

    assert [step.share for step in funnel(provider_id=card.pk, today=DAY).steps] == [None] * 5


def test_bars_are_whole_weeks_and_hide_small_counts():
    card = published_card()
    day_of(card, 7, opened=20)
    day_of(card, 1, opened=20)
    day_of(card, 14, opened=1)
    day_of(card, 84, opened=10)
    day_of(card, 85, opened=900)

    bars = funnel(provider_id=card.pk, today=DAY).bars

    assert [bar.count for bar in bars] == ["10", *["0"] * 9, "moins de 5", "40"]
    assert [bar.height for bar in bars] == [25.0, *[0.0] * 9, 6.2, 100.0]


@pytest.mark.parametrize("days", [1, 40])
def test_the_page_asks_the_same_queries_however_many_days(client, django_assert_num_queries, days):
    owner = UserFactory()
    card = published_card(owner=owner)
    for ago in range(1, days + 1):
        CardDay.objects.create(
            provider=card, day=timezone.localdate() - timedelta(days=ago), listed=9
        )
    client.force_login(owner)
    client.get(f"/annuaire/mes-fiches/{card.pk}/vues/")

    with django_assert_num_queries(7):
        html = client.get(f"/annuaire/mes-fiches/{card.pk}/vues/").content.decode()

    assert html.count("<rect") == 12
    assert "Ce qui est compté, et ce qui ne l’est pas" in html


def test_anothers_card_is_not_found(client):
    client.force_login(UserFactory())

    assert client.get(f"/annuaire/mes-fiches/{published_card().pk}/vues/").status_code == 404


def test_a_card_never_seen_says_so(client):
    owner = UserFactory()
    card = published_card(owner=owner)
    client.force_login(owner)

    html = client.get(f"/annuaire/mes-fiches/{card.pk}/vues/").content.decode()

    assert "Aucun passage compté" in html
    assert "<rect" not in html
