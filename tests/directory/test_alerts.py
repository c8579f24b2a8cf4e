"""Alerts: nothing starts without a button, nothing is told twice, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.utils import timezone

from directory.enums import AlertFrequency
from directory.models import Provider, SearchAlert, SearchDocument
from directory.search.index import index
from directory.services import alerts, providers
from emn.accounts.services import purge_personal_data
from emn.lib.forms import is_proof, new_challenge
from emn.lib.page_cache import touch
from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, ServiceFactory, published_card, submitted_card

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

NEXT_DAY = NOW + timedelta(days=1)


def ask(email="lea@boulangerie.example", parameters="q=site", **changed):
    values = {"frequency": AlertFrequency.DAILY, "language": "fr", "now": NOW} | changed
    alerts.request_alert(email=email, parameters=parameters, **values)


def active(now=NOW, **changed):
    ask(now=now, **changed)
    alert = SearchAlert.objects.latest("pk")
    return alerts.confirm_alert(alert_id=alert.pk, now=now)


def written_at(card, instant):
    SearchDocument.objects.filter(pk=card.pk).update(written_at=instant)
    return card


def new_card(instant=NOW + timedelta(hours=2), **fields):
    return written_at(published_card(**fields), instant)


def kinds():
    names = OutboundEmail.objects.order_by("pk").values_list("kind", flat=True)
    return [name.rpartition("_")[2] for name in names]


def digests():
    return OutboundEmail.objects.filter(kind="directory/emails/alert_digest").order_by("pk")


# --- Asking ---


def test_asking_writes_to_the_mailbox_and_starts_nothing():
    ask()

    alert = SearchAlert.objects.get()
    mail = OutboundEmail.objects.get()
    assert (alert.confirmed_at, alert.email) == (None, "lea@boulangerie.example")
    assert alerts.link(alert, alerts.CONFIRM).partition("confirmer/")[0] in mail.text_body
    assert "site" in mail.text_body
    assert "List-Unsubscribe" not in mail.headers
    assert (mail.unsolicited, alerts.send_due_digests(now=NEXT_DAY)) == (True, 0)


def test_asking_again_before_confirming_keeps_one_alert_with_the_last_wish():
    ask()
    ask(frequency=AlertFrequency.WEEKLY)

    assert SearchAlert.objects.get().frequency == AlertFrequency.WEEKLY
    assert kinds() == ["confirm", "confirm"]


def test_asking_for_what_is_followed_reminds_and_changes_nothing():
    alert = active()

    ask(frequency=AlertFrequency.WEEKLY, language="de", email="Lea+x@Boulangerie.example")

    alert.refresh_from_db()
    assert (alert.frequency, alert.language, alert.is_active) == ("daily", "fr", True)
    assert kinds() == ["confirm", "already"]


def test_a_mailbox_gets_three_messages_a_day_at_most_that_strangers_cause():
    for number in range(5):
        ask(parameters=f"q=mot{number}")

    states = OutboundEmail.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == [EmailStatus.QUEUED] * 3 + [EmailStatus.CAPPED] * 2


def test_an_eleventh_alert_is_refused_by_mail():
    for number in range(alerts.MOST_PER_MAILBOX):
        active(parameters=f"q=mot{number}", now=NOW - timedelta(days=number))

    ask(parameters="q=encore")

    assert SearchAlert.objects.count() == alerts.MOST_PER_MAILBOX
    assert kinds()[-1] == "limit"


def test_requests_in_the_name_of_a_mailbox_push_out_only_unconfirmed_ones():
    kept = active(parameters="q=gardee")

    for number in range(alerts.MOST_PER_MAILBOX + 3):
        ask(parameters=f"q=mot{number}", now=NOW + timedelta(minutes=number))

    assert SearchAlert.objects.filter(confirmed_at=None).count() == alerts.MOST_PER_MAILBOX
    assert SearchAlert.objects.filter(pk=kept.pk).exists()


def test_a_search_beyond_measure_is_refused():
    with pytest.raises(alerts.AlertRefused, match="trop longue"):
        ask(parameters="q=" + "a" * 1_000)


# --- The pages ---


def send(client, url, email="lea@boulangerie.example"):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    values = {"email": email, "frequency": "weekly", "challenge": challenge, "proof": proof}
    return client.post(url, values)


def test_the_answer_is_the_same_for_a_new_and_for_a_known_address(client):
    active()

    answers = [
        send(client, "/annuaire/alertes/nouvelle/?q=site", email)
        for email in ("lea@boulangerie.example", "autre@boulangerie.example")
    ]

    assert {(answer.status_code, answer["Location"]) for answer in answers} == {
        (302, "/annuaire/alertes/envoyee/")
    }


def test_the_search_followed_is_the_one_of_the_address_in_one_order(client):
    send(client, "/annuaire/alertes/nouvelle/?langue=de&page=3&q=%20site%20%20web&utm=x")

    assert SearchAlert.objects.get().parameters == "q=site+web&langue=de"


def test_the_form_says_the_search_in_words_and_needs_an_address(client):
    page = client.get("/annuaire/alertes/nouvelle/?q=site&langue=de")
    refused = send(client, "/annuaire/alertes/nouvelle/?q=site", email="personne")

    assert "«\N{NO-BREAK SPACE}site\N{NO-BREAK SPACE}», Allemand" in page.content.decode()
    assert refused.status_code == 200
    assert SearchAlert.objects.count() == 0


def path_of(alert, purpose):
    return alerts.link(alert, purpose).partition("//")[2].partition("/")[2].join(["/", ""])


def test_opening_the_links_changes_nothing_and_the_buttons_act(client):
    ask()
    alert = SearchAlert.objects.get()

    assert client.get(path_of(alert, alerts.CONFIRM)).status_code == 200
    assert not SearchAlert.objects.get().is_active

    client.post(path_of(alert, alerts.CONFIRM))
    first = SearchAlert.objects.get()
    client.post(path_of(alert, alerts.CONFIRM))
    assert first.is_active
    assert SearchAlert.objects.get().confirmed_at == first.confirmed_at

    assert client.get(path_of(alert, alerts.MANAGE)).status_code == 200
    assert client.get(path_of(alert, alerts.STOP)).status_code == 200
    assert SearchAlert.objects.get().is_active


def test_the_mailbox_stops_in_one_click_without_cookie_nor_token():
    alert = active()
    mailbox = Client(enforce_csrf_checks=True)

    answers = [
        mailbox.post(path_of(alert, alerts.STOP), {"List-Unsubscribe": "One-Click"})
        for _click in range(2)
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    stopped = SearchAlert.objects.get()
    assert (stopped.email, stopped.is_active, bytes(stopped.known)) == ("", False, b"")


@pytest.mark.parametrize("purpose", [alerts.CONFIRM, alerts.MANAGE])
def test_the_other_buttons_need_their_own_page(purpose):
    alert = active()

    answer = Client(enforce_csrf_checks=True).post(path_of(alert, purpose))

    assert answer.status_code == 403


def test_a_secret_opens_only_what_it_was_made_for(client):
    alert = active()
    stop = alerts.token(alert.pk, alerts.STOP)

    assert client.get(f"/annuaire/alertes/gerer/{stop}/").status_code == 404
    assert client.get(f"/annuaire/alertes/arret/{stop}x/").status_code == 404
    assert client.get(f"/annuaire/alertes/arret/{alert.pk}/").status_code == 404


def test_the_link_that_confirms_dies_after_seven_days(monkeypatch):
    ask()
    alert = SearchAlert.objects.get()
    secret = alerts.token(alert.pk, alerts.CONFIRM)
    clock = signing.time.time

    monkeypatch.setattr(signing.time, "time", lambda: clock() + 7 * 86_400 - 60)
    assert alerts.alert_of(secret, alerts.CONFIRM) == alert
    monkeypatch.setattr(signing.time, "time", lambda: clock() + 7 * 86_400 + 60)
    assert alerts.alert_of(secret, alerts.CONFIRM) is None


def test_a_stopped_alert_is_not_started_again_by_its_old_link(client):
    alert = active()
    alerts.stop_alert(alert_id=alert.pk, now=NOW)

    assert client.post(path_of(alert, alerts.CONFIRM)).status_code == 404
    with pytest.raises(SearchAlert.DoesNotExist):
        alerts.renew_alert(alert_id=alert.pk, frequency="daily", now=NOW)


def test_managing_changes_the_frequency_and_gives_one_more_year(client):
    alert = active()
    other = active(parameters="q=logiciel")

    page = client.post(path_of(alert, alerts.MANAGE), {"frequency": "weekly"})

    alert.refresh_from_db()
    assert alert.frequency == "weekly"
    assert alert.renewed_at > NOW
    html = page.content.decode()
    assert "repart pour un an" in html
    assert alerts.token(other.pk, alerts.MANAGE).partition(":")[0] in html


# --- Telling ---


def test_only_cards_that_are_new_to_the_search_are_told():
    old = new_card(NOW - timedelta(days=3), name="Ancienne")
    active()
    written_at(old, NOW + timedelta(hours=1))  # edited: it answered already
    new_card(name="Atelier neuf")
    new_card(name="Hors sujet", offers=[], description="Des caisses.", tagline="Caisses")

    assert alerts.send_due_digests(now=NEXT_DAY) == 1

    mail = digests().get()
    assert mail.subject == "Une nouvelle fiche pour « site »"
    assert ("Atelier neuf" in mail.text_body, "Ancienne" in mail.text_body) == (True, False)
    assert "Hors sujet" not in mail.text_body
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "/annuaire/alertes/arret/" in mail.headers["List-Unsubscribe"]


def test_a_card_that_comes_to_answer_is_told():
    card = new_card(NOW - timedelta(days=3), name="Reconvertie", offers=[],
                    description="Rien de tel.", tagline="")  # fmt: skip
    active()
    card.services.add(ServiceFactory())
    touch()
    index(Provider.objects.with_place().get(pk=card.pk))
    written_at(card, NOW + timedelta(hours=3))

    alerts.send_due_digests(now=NEXT_DAY)

    assert "Reconvertie" in digests().get().text_body


def test_nothing_new_sends_nothing_and_waits_for_the_next_morning():
    alert = active()

    assert alerts.send_due_digests(now=NEXT_DAY) == 1

    alert.refresh_from_db()
    assert digests().count() == 0
    assert alert.seen_until == NEXT_DAY
    assert alert.next_digest_at > NEXT_DAY


def test_a_card_is_told_once_even_when_it_is_edited_or_hidden_and_published_again():
    active()
    card = new_card()
    alerts.send_due_digests(now=NEXT_DAY)
    providers.hide_card(provider_id=card.pk, reason="Pause", now=NEXT_DAY)
    providers.publish_card(provider_id=card.pk, now=NEXT_DAY)
    written_at(card, NEXT_DAY + timedelta(hours=1))

    alerts.send_due_digests(now=NEXT_DAY + timedelta(days=1))

    assert digests().count() == 1


def test_a_card_committed_after_the_reading_but_written_before_is_not_lost():
    active()
    alerts.send_due_digests(now=NEXT_DAY)
    new_card(NEXT_DAY - timedelta(minutes=5))

    alerts.send_due_digests(now=NEXT_DAY + timedelta(days=1))

    assert digests().count() == 1


def test_a_digest_shows_ten_cards_and_counts_the_others():
    active()
    for number in range(12):
        new_card(name=f"Atelier numéro {number}", slug=f"numero-{number}")

    alerts.send_due_digests(now=NEXT_DAY)

    mail = digests().get()
    assert mail.text_body.count("Atelier numéro") == 10
    assert "Et 2 autres." in mail.text_body
    assert mail.html_body.count("Atelier numéro") == 10


@pytest.mark.parametrize(("language", "prefix"), [("fr", ""), ("de", "/de"), ("en", "/en")])
def test_a_digest_leads_to_the_pages_of_its_language(language, prefix):
    active(language=language)
    card = new_card()

    alerts.send_due_digests(now=NEXT_DAY)

    mail = digests().get()
    assert mail.language == language
    assert f"{prefix}/annuaire/{card.slug}/" in mail.text_body
    assert f"{prefix}/annuaire/alertes/arret/" in mail.headers["List-Unsubscribe"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_send_twice():
    active()
    new_card()

    def work(_number):
        try:
            return alerts.send_due_digests(now=NEXT_DAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 1
    assert digests().count() == 1


def test_a_crash_loses_nothing_and_holds_no_other_back(monkeypatch):
    active(email="a@boulangerie.example")
    active(email="b@boulangerie.example")
    new_card()
    write = alerts._write_to

    def fail_for_a(alert, *args, **kwargs):
        write(alert, *args, **kwargs)
        if alert.email.startswith("a@"):
            raise RuntimeError

    monkeypatch.setattr(alerts, "_write_to", fail_for_a)
    assert alerts.send_due_digests(now=NEXT_DAY) == 1
    assert [mail.to_email for mail in digests()] == ["b@boulangerie.example"]

    monkeypatch.setattr(alerts, "_write_to", write)
    assert alerts.send_due_digests(now=NEXT_DAY) == 1
    assert digests().count() == 2


@pytest.mark.parametrize(
    ("frequency", "now", "expected"),
    [
        ("daily", datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 24, 6, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 23, 9, tzinfo=UTC), datetime(2026, 11, 30, 6, tzinfo=UTC)),
        ("weekly", datetime(2026, 11, 29, 9, tzinfo=UTC), datetime(2026, 11, 30, 6, tzinfo=UTC)),
        ("daily", datetime(2027, 3, 27, 9, tzinfo=UTC), datetime(2027, 3, 28, 5, tzinfo=UTC)),
    ],
)
def test_digests_leave_at_seven_in_local_time(frequency, now, expected):
    assert alerts.next_digest(frequency, now=now) == expected


# --- Ending ---


def test_an_alert_is_announced_once_before_it_ends_then_purged():
    active()
    for days in (334, 336, 337):
        alerts.announce_endings(now=NOW + timedelta(days=days))
    assert kinds() == ["confirm", "ending"]

    purge_personal_data(now=NOW + timedelta(days=366), write=True)

    assert SearchAlert.objects.count() == 0


def test_what_nobody_confirmed_is_purged_after_seven_days():
    ask()
    active(parameters="q=autre")

    purge_personal_data(now=NOW + timedelta(days=7, minutes=1), write=True)

    assert SearchAlert.objects.get().parameters == "q=autre"


def test_the_proof_of_a_stopped_alert_stays_three_years():
    alert = active()
    alerts.stop_alert(alert_id=alert.pk, now=NOW)

    purge_personal_data(now=NOW + timedelta(days=1094), write=True)
    assert SearchAlert.objects.get().consent_text_hash
    purge_personal_data(now=NOW + timedelta(days=1096), write=True)
    assert SearchAlert.objects.count() == 0


def test_a_card_not_published_is_never_told():
    active()
    submitted_card()

    alerts.send_due_digests(now=NEXT_DAY)

    assert digests().count() == 0
