"""Reminders, confirmation from a mail, hiding after silence, closed establishments."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from directory.enums import ProviderStatus
from directory.models import Provider, SearchDocument
from directory.registrations import cards_of_closed_establishments
from directory.services import freshness
from directory.services import providers as services
from directory.tasks import keep_cards_fresh
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, UserFactory, published_card

pytestmark = pytest.mark.django_db
REMINDERS = freshness.periods().reminder_days
HIDE = freshness.periods().hide_days


def after(days):
    return NOW + timedelta(days=days)


def sweep(now):
    return [freshness.keep_fresh(provider_id=pk, now=now) for pk in freshness.due_cards(now=now)]


def kinds():
    rows = OutboundEmail.objects.order_by("pk").values_list("kind", flat=True)
    return [kind.rpartition("/")[2] for kind in rows if "published" not in kind]


@pytest.fixture
def card():
    return published_card(owner=UserFactory(email="alice@atelier.example"))


def test_the_periods_are_a_year_three_reminders_and_eighteen_months():
    assert (REMINDERS[0], len(REMINDERS), HIDE) == (365, 3, 548)
    assert list(REMINDERS) == sorted(REMINDERS)
    assert REMINDERS[-1] + freshness.periods().days_between_mails <= HIDE


@pytest.mark.parametrize(("days", "due"), [(364, []), (365, [True])])
def test_the_first_reminder_waits_a_year(card, days, due):
    assert sweep(after(days)) == due


def test_each_reminder_is_sent_once_then_the_card_is_hidden(card, client):
    for days in range(360, HIDE + 5):
        sweep(after(days))

    card.refresh_from_db()
    assert kinds() == ["card_reminder"] * 3 + ["card_silenced"]
    assert (card.status, card.silenced_at) == (ProviderStatus.HIDDEN, after(HIDE))
    assert client.get(card.get_absolute_url()).status_code == 404
    assert not SearchDocument.objects.exists()


def test_the_last_reminder_says_when_the_card_will_be_hidden(card):
    for days in REMINDERS:
        sweep(after(days))

    mails = OutboundEmail.objects.filter(kind="directory/emails/card_reminder").order_by("pk")
    assert ["18 mois après" in mail.text_body for mail in mails] == [False, False, True]


def test_a_portal_that_slept_reminds_before_it_hides(card):
    late = HIDE + 200
    days = [late, late + 1, late + 14, late + 28, late + 42]

    for day in days:
        sweep(after(day))

    card.refresh_from_db()
    assert kinds() == ["card_reminder"] * 3 + ["card_silenced"]
    assert card.silenced_at == after(late + 42)


def test_a_confirmation_starts_the_year_again(card):
    sweep(after(365))
    owner = card.company.members.get()
    services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=after(370))

    assert [sweep(after(370 + days)) for days in (0, 364, 365)] == [[], [], [True]]
    assert kinds() == ["card_reminder", "card_reminder"]


def token_for(card):
    user = card.company.members.get()
    return freshness.confirmation_token(provider_id=card.pk, user_id=user.pk)


def test_the_mail_carries_a_link_that_shows_first_and_acts_on_post(card, client):
    sweep(after(365))
    mail = OutboundEmail.objects.get(kind="directory/emails/card_reminder")
    address = next(word for word in mail.text_body.split() if "/annuaire/confirmer/" in word)
    address = address.partition("/annuaire/")[2]

    page = client.get(f"/annuaire/{address}")
    looked = Provider.objects.get().confirmed_at
    thanks = client.post(f"/annuaire/{address}", follow=True).content.decode()

    assert mail.secret
    assert page.status_code == 200
    assert "Oui, tout est juste" in page.content.decode()
    assert looked == NOW
    assert Provider.objects.get().confirmed_at > NOW
    assert "Votre fiche est confirmée" in thanks


def test_a_silenced_card_comes_back_with_one_post(card, client):
    for days in (*REMINDERS, HIDE):
        sweep(after(days))
    address = reverse("directory:confirm", args=[token_for(card)])

    assert "Elle est masquée" in client.get(address).content.decode()
    client.post(address)

    card.refresh_from_db()
    assert (card.status, card.silenced_at) == (ProviderStatus.PUBLISHED, None)
    assert SearchDocument.objects.filter(provider=card).exists()


def test_a_card_that_staff_hid_does_not_come_back_by_the_link(card, client):
    services.hide_card(provider_id=card.pk, reason="Motif.", now=after(1))

    page = client.post(reverse("directory:confirm", args=[token_for(card)]), follow=True)

    card.refresh_from_db()
    assert card.status == ProviderStatus.HIDDEN
    assert "n’est plus possible" in page.content.decode()


def test_a_card_that_staff_publishes_again_is_reminded_again(card):
    for days in (*REMINDERS, HIDE):
        sweep(after(days))
    services.publish_card(provider_id=card.pk, now=after(HIDE + 20))

    sweep(after(HIDE + 20))

    assert kinds()[-2:] == ["card_silenced", "card_reminder"]


def test_the_link_is_one_person_s_and_opens_nothing_else(card, client):
    good = token_for(card)
    stranger = freshness.confirmation_token(provider_id=card.pk, user_id=UserFactory().pk)
    owner = card.company.members.get()
    services.confirm_card(provider_id=card.pk, user_id=owner.pk, now=after(1))

    for bad in (good[:-1], f"{good}x", "x", stranger):
        assert client.post(reverse("directory:confirm", args=[bad])).status_code == 404
    card.company.memberships.all().delete()
    assert client.get(reverse("directory:confirm", args=[good])).status_code == 404
    assert Provider.objects.get().confirmed_at == after(1)


def test_an_old_link_is_refused(card, client, monkeypatch):
    token = token_for(card)
    monkeypatch.setattr("django.core.signing.time.time", lambda: 10_000_000_000)

    assert client.get(reverse("directory:confirm", args=[token])).status_code == 404


def test_reading_one_s_mail_signs_nobody_in(card, client):
    client.post(reverse("directory:confirm", args=[token_for(card)]))

    assert client.get(reverse("directory:card_edit", args=[card.pk])).status_code == 302


def test_the_night_task_runs_twice_without_a_second_mail(card):
    Provider.objects.update(confirmed_at=NOW - timedelta(days=3_000))

    keep_cards_fresh()
    keep_cards_fresh()

    assert kinds() == ["card_reminder"]


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_one_mail():
    card = published_card(owner=UserFactory())

    def attempt(_n):
        try:
            return freshness.keep_fresh(provider_id=card.pk, now=after(400))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(attempt, range(4))) == 1
    assert kinds() == ["card_reminder"]


def test_a_card_of_a_closed_establishment_waits_for_staff(card):
    before = cards_of_closed_establishments(None)
    card.company.closed_on = date(2026, 11, 1)
    card.company.save()

    assert (before, cards_of_closed_establishments(None)) == (0, 1)
    services.hide_card(provider_id=card.pk, reason="Fermé.", now=after(1))
    assert cards_of_closed_establishments(None) == 0
