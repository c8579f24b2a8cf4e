"""Consent: nothing starts without the mailbox's own word, each act is on record, none is undone."""

import hashlib
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import timedelta

import pytest
from django.core import signing
from django.db import InternalError, connection, transaction
from django.utils.translation import override

from emn.accounts import personal_data
from emn.accounts.models import User
from emn.accounts.retention import periods
from emn.accounts.services import erase_account, purge_personal_data
from emn.mailings import links, tokens
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import ActMethod, Basis, EmailStatus, SuppressionReason
from emn.mailings.models import (
    ConsentRecord,
    ConsentText,
    OutboundEmail,
    Subscriber,
    Subscription,
    Suppression,
)
from emn.mailings.services import consent
from tests.mailings.conftest import NOW
from tests.mailings.subscribing import (
    EMAIL,
    PAGE,
    ask,
    confirm,
    list_of,
    subscribed,
    token_for,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

LATER = NOW + timedelta(days=1)


def kinds():
    names = OutboundEmail.objects.order_by("pk").values_list("kind", flat=True)
    return [name.rpartition("/")[2] for name in names]


def acts():
    rows = ConsentRecord.objects.order_by("pk")
    return list(rows.values_list("list__code", "act", "method"))


def standing():
    rows = Subscription.objects.order_by("list__position")
    return dict(rows.values_list("list__code", "status"))


def block(reason, email=EMAIL):
    return Suppression.objects.create(
        mailbox_hash=mailbox_hash(email), reason=reason, created_at=NOW
    )


# --- Asking ---


def test_asking_writes_to_the_mailbox_and_starts_nothing():
    ask("lettre", "formations", epci_code="200039865", topics=["ia"])

    mail = OutboundEmail.objects.get()
    assert standing() == {"lettre": "pending", "formations": "pending"}
    assert (mail.to_email, mail.unsolicited, mail.kind) == (EMAIL, True, "mailings/emails/confirm")
    assert "/lettre/confirmer/" in mail.text_body
    assert ("La lettre" in mail.text_body, "agenda des formations" in mail.text_body) == (
        True,
        True,
    )
    assert "List-Unsubscribe" not in mail.headers
    assert Subscription.objects.with_basis(topics=()).count() == 0


def test_the_request_is_on_record_with_the_words_shown_in_their_language():
    german = consent.Page(url="https://portail.example/de/lettre/", language="de")

    ask("lettre", language="fr", page=german)

    record = ConsentRecord.objects.get()
    with override("de"):
        words = consent.text_of(list_of("lettre"))
    assert words.startswith("Der Newsletter\n")
    assert (record.text.text, record.text.first_used_at) == (words, NOW)
    assert record.text_id == hashlib.sha256(words.encode()).hexdigest()
    assert (record.form_url, record.at) == ("https://portail.example/de/lettre/", NOW)
    assert (record.mailbox_hash, acts()) == (
        mailbox_hash(EMAIL),
        [("lettre", "requested", "form")],
    )


def test_asking_again_before_confirming_takes_the_last_wish_and_adds_no_line():
    ask("lettre")
    ask("lettre", email="LEA+x@Boulangerie.example", language="de", topics=["ia"], now=LATER)

    subscriber = Subscriber.objects.get()
    assert (subscriber.email, subscriber.language) == ("lea+x@boulangerie.example", "de")
    assert (subscriber.topics, Subscription.objects.get().requested_at) == (["ia"], LATER)
    assert (len(acts()), kinds()) == (1, ["confirm", "confirm"])


def test_asking_for_what_is_received_reminds_and_changes_nothing():
    subscribed("lettre", topics=["ia"])

    ask("lettre", email="Lea+x@Boulangerie.example", language="de", topics=["aides"], now=LATER)

    subscriber = Subscriber.objects.get()
    assert (subscriber.email, subscriber.language, subscriber.topics) == (EMAIL, "fr", ["ia"])
    assert standing() == {"lettre": "confirmed"}
    assert kinds() == ["confirm", "welcome", "already"]
    assert OutboundEmail.objects.latest("pk").unsolicited


def test_a_stranger_may_ask_for_one_more_list_but_not_change_what_is_confirmed():
    subscribed("lettre", topics=["ia"])

    ask("lettre", "enquetes", language="en", topics=[], now=LATER)

    assert standing() == {"lettre": "confirmed", "enquetes": "pending"}
    assert Subscriber.objects.get().topics == ["ia"]
    mail = OutboundEmail.objects.latest("pk")
    assert ("La lettre\n" in mail.text_body, "enquêtes" in mail.text_body) == (False, True)


def test_a_mailbox_gets_three_messages_a_day_at_most_that_strangers_cause():
    for number in range(5):
        ask("lettre", email=f"lea+{number}@boulangerie.example")

    states = OutboundEmail.objects.order_by("pk").values_list("status", flat=True)
    assert list(states) == [EmailStatus.QUEUED] * 3 + [EmailStatus.CAPPED] * 2


@pytest.mark.parametrize(
    "reason",
    [SuppressionReason.COMPLAINT, SuppressionReason.OBJECTION, SuppressionReason.STAFF],
)
def test_a_blocked_mailbox_gets_nothing_and_staff_sees_that_it_asks(reason):
    blocked = block(reason)

    ask("lettre")
    ask("lettre", now=LATER)

    blocked.refresh_from_db()
    assert (Subscriber.objects.count(), OutboundEmail.objects.count()) == (0, 0)
    assert (blocked.review_asked_at, blocked.lifted_at) == (NOW, None)


@pytest.mark.parametrize("reason", [SuppressionReason.HARD, SuppressionReason.SOFT])
def test_a_mailbox_blocked_by_bounces_lives_again_once_it_confirms(reason):
    blocked = block(reason)

    subscriber = ask("lettre")
    blocked.refresh_from_db()
    assert (kinds(), blocked.lifted_at) == (["confirm"], None)

    confirm(subscriber, now=LATER)
    blocked.refresh_from_db()
    assert blocked.lifted_at == LATER


@pytest.mark.parametrize("reason", [SuppressionReason.HARD, SuppressionReason.SOFT])
def test_a_subscriber_blocked_by_bounces_comes_back_by_asking_again(reason):
    subscriber = subscribed()
    blocked = block(reason)

    ask("lettre")
    blocked.refresh_from_db()
    assert (kinds(), blocked.lifted_at) == (["confirm", "welcome", "confirm"], None)
    assert standing() == {"lettre": "confirmed"}

    found = consent.confirmation_of(token_for(subscriber, "lettre"))
    assert [entry.code for entry in found.pending] == ["lettre"]
    confirm(subscriber, "lettre", now=LATER)
    blocked.refresh_from_db()
    assert blocked.lifted_at == LATER
    assert acts()[-1] == ("lettre", "renewed", "link")
    assert kinds() == ["confirm", "welcome", "confirm"]
    assert not consent.confirmation_of(token_for(subscriber, "lettre")).pending


# --- Confirming ---


def test_confirming_starts_the_lists_of_the_link_and_welcomes():
    subscriber = ask("lettre", "formations")
    ask("enquetes")

    confirm(subscriber, "lettre", "formations", now=LATER)

    assert standing() == {"lettre": "confirmed", "formations": "confirmed", "enquetes": "pending"}
    assert Subscription.objects.with_basis(topics=()).count() == 2
    assert acts()[-2:] == [("lettre", "confirmed", "link"), ("formations", "confirmed", "link")]
    mail = OutboundEmail.objects.latest("pk")
    assert (mail.kind, mail.unsolicited) == ("mailings/emails/welcome", False)
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    leave = tokens.make(tokens.LIST, subscriber.pk, links.EVERY_LIST)
    assert mail.headers["List-Unsubscribe"] == f"<{links.one_click_url(leave)}>"


def test_confirming_twice_is_confirming_once():
    subscriber = subscribed()

    confirm(subscriber, now=LATER)

    assert Subscription.objects.get().confirmed_at == NOW
    assert (kinds(), len(acts())) == (["confirm", "welcome"], 2)


@pytest.mark.django_db(transaction=True)
def test_two_confirmations_at_once_start_and_welcome_once():
    subscriber = ask()

    def press(_number):
        try:
            confirm(subscriber)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(press, range(6)))
    assert (kinds(), len(acts())) == (["confirm", "welcome"], 2)


@pytest.mark.django_db(transaction=True)
def test_asking_while_a_confirmation_is_under_way_never_downgrades():
    subscriber = subscribed("formations")
    ask("lettre")

    def ask_again():
        try:
            ask("lettre")
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():  # as `confirm` does, slowly
            Subscriber.objects.select_for_update().get(pk=subscriber.pk)
            subscriber.subscriptions.update(status="confirmed", confirmed_at=NOW)
            asking = pool.submit(ask_again)
            wait([asking], timeout=1)
        asking.result()
    assert standing() == {"lettre": "confirmed", "formations": "confirmed"}
    assert kinds()[-1] == "already"


@pytest.mark.django_db(transaction=True)
def test_first_requests_at_once_make_one_subscriber():
    subscriber = ask(email="autre@boulangerie.example")

    def act(number):
        try:
            ask(email=f"lea+{number}@boulangerie.example")
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(act, range(6)))
    assert Subscriber.objects.exclude(pk=subscriber.pk).count() == 1


def test_who_is_written_to_without_consent_may_give_one_and_nothing_stops_meanwhile():
    subscriber = subscribed()
    Subscription.objects.update(basis=Basis.PROFESSION, inform_by=LATER)

    ask("lettre", now=LATER)
    asked = Subscription.objects.get()
    assert (asked.status, asked.basis, kinds()[-1]) == ("confirmed", "profession", "confirm")
    assert consent.confirmation_of(token_for(subscriber)).pending == [list_of("lettre")]
    confirm(subscriber, now=LATER)

    given = Subscription.objects.get()
    assert (given.status, given.basis, given.inform_by) == ("confirmed", "consent", None)
    assert acts()[-1] == ("lettre", "confirmed", "link")
    assert consent.confirmation_of(token_for(subscriber)).pending == []


def test_an_old_link_does_not_bring_back_who_has_left():
    subscriber = subscribed()
    consent.unsubscribe(subscriber_id=subscriber.pk, method=ActMethod.LINK, now=NOW)

    confirm(subscriber, now=LATER)

    assert standing() == {"lettre": "ended"}


def test_the_link_dies_after_seven_days(monkeypatch):
    token = token_for(ask())
    clock = signing.time.time

    monkeypatch.setattr(signing.time, "time", lambda: clock() + 7 * 86_400 - 60)
    assert consent.confirmation_of(token).pending == [list_of("lettre")]
    monkeypatch.setattr(signing.time, "time", lambda: clock() + 7 * 86_400 + 60)
    assert consent.confirmation_of(token) is None


def test_a_secret_of_another_kind_confirms_nothing():
    subscriber = ask()
    other = signing.dumps([subscriber.pk, [list_of("lettre").pk]], salt="directory.alerts.confirm")

    assert consent.confirmation_of(other) is None


def test_the_messages_speak_the_readers_language():
    subscribed("lettre", language="de")

    mail = OutboundEmail.objects.latest("pk")
    assert (mail.language, "Der Newsletter" in mail.text_body) == ("de", True)
    assert "/de/lettre/preferences/" in mail.text_body


# --- Choosing and leaving ---


def choose(subscriber, *codes, now=LATER, **wishes):
    consent.update_preferences(
        subscriber_id=subscriber.pk,
        list_ids=[list_of(code).pk for code in codes],
        wishes=consent.Wishes(**{"language": "fr"} | wishes),
        page=PAGE,
        now=now,
    )


def test_choosing_adds_and_leaves_at_once_each_with_its_line():
    subscriber = subscribed("lettre", "formations")

    choose(subscriber, "formations", "enquetes", language="en", epci_code="1", topics=["ia"])

    assert standing() == {"lettre": "ended", "formations": "confirmed", "enquetes": "confirmed"}
    assert acts()[-2:] == [("enquetes", "confirmed", "form"), ("lettre", "withdrawn", "form")]
    subscriber.refresh_from_db()
    assert (subscriber.language, subscriber.epci_code, subscriber.topics) == ("en", "1", ["ia"])
    assert (subscriber.last_contact_at, kinds()[-1]) == (LATER, "welcome")


def test_choosing_the_same_writes_no_line():
    subscriber = subscribed("lettre")

    choose(subscriber, "lettre")

    assert len(acts()) == 2
    assert Subscription.objects.get().confirmed_at == NOW


def test_choosing_leaves_alone_what_still_waits_for_a_word():
    subscriber = subscribed("lettre")
    ask("enquetes")

    choose(subscriber, "lettre")

    assert standing() == {"lettre": "confirmed", "enquetes": "pending"}


def test_choosing_one_more_list_from_a_blocked_mailbox_tells_staff_that_it_asks():
    subscriber = subscribed("lettre")
    blocked = block(SuppressionReason.COMPLAINT)

    choose(subscriber, "lettre")
    blocked.refresh_from_db()
    assert blocked.review_asked_at is None

    choose(subscriber, "lettre", "enquetes")
    blocked.refresh_from_db()
    assert (blocked.review_asked_at, blocked.lifted_at) == (LATER, None)


def test_leaving_one_list_keeps_the_others_and_twice_is_once():
    subscriber = subscribed("lettre", "formations")

    for _click in range(2):
        consent.unsubscribe(
            subscriber_id=subscriber.pk,
            list_id=list_of("lettre").pk,
            method=ActMethod.ONE_CLICK,
            now=LATER,
        )

    assert standing() == {"lettre": "ended", "formations": "confirmed"}
    assert acts()[4:] == [("lettre", "withdrawn", "one_click")]


def test_who_left_may_come_back_by_asking_and_confirming():
    subscriber = subscribed()
    Subscription.objects.update(basis=Basis.PROFESSION)
    consent.unsubscribe(subscriber_id=subscriber.pk, method=ActMethod.LINK, now=NOW)

    subscribed(now=LATER)

    back = Subscription.objects.get()
    assert (back.status, back.confirmed_at, back.ended_at) == ("confirmed", LATER, None)
    assert back.basis == Basis.CONSENT


def test_objecting_erases_the_address_and_keeps_a_fingerprint_that_blocks():
    subscriber = subscribed("lettre", "formations")

    consent.object_to_lists(subscriber_id=subscriber.pk, method=ActMethod.FORM, now=LATER)
    ask("lettre", now=LATER)

    assert (Subscriber.objects.count(), Subscription.objects.count()) == (0, 0)
    assert acts()[4:] == [("lettre", "withdrawn", "form"), ("formations", "withdrawn", "form")]
    blocked = Suppression.objects.get()
    assert (blocked.reason, blocked.mailbox_hash) == ("objection", mailbox_hash(EMAIL))
    assert kinds() == ["confirm", "welcome"]


def test_objecting_is_stronger_than_a_bounce():
    subscriber = subscribed()
    block(SuppressionReason.SOFT)

    consent.object_to_lists(subscriber_id=subscriber.pk, method=ActMethod.FORM, now=LATER)

    assert Suppression.objects.get().reason == "objection"


# --- The register ---


@pytest.mark.parametrize("change", [{"act": "confirmed"}, {"at": LATER}])
def test_a_line_of_the_register_is_never_changed(change):
    ask()

    with pytest.raises(InternalError, match="append-only"):
        ConsentRecord.objects.update(**change)


def test_the_words_accepted_are_kept_once():
    subscribed(email="a@boulangerie.example")
    subscribed(email="b@boulangerie.example")

    assert (ConsentRecord.objects.count(), ConsentText.objects.count()) == (4, 1)


# --- Growing old ---


NEARLY = NOW + consent.SILENCE - consent.STAY_NOTICE + timedelta(minutes=1)
OVER = NOW + consent.SILENCE + timedelta(days=2)


def purge(now):
    purge_personal_data(now=now, write=True)


def test_the_periods_are_those_of_the_page():
    assert periods()["silent_subscriber"].length == consent.SILENCE


def test_a_silent_person_is_asked_once_then_erased_and_it_stays_on_record():
    subscriber = subscribed()

    assert consent.ask_to_stay(now=NEARLY - timedelta(minutes=2)) == 0
    assert [consent.ask_to_stay(now=NEARLY) for _night in range(2)] == [1, 0]
    assert links.renew_url(subscriber) in OutboundEmail.objects.latest("pk").text_body
    assert kinds() == ["confirm", "welcome", "stay"]
    purge(NEARLY + consent.STAY_NOTICE - timedelta(minutes=2))
    assert Subscriber.objects.count() == 1

    purge(OVER)

    assert (Subscriber.objects.count(), acts()[-1]) == (0, ("lettre", "withdrawn", "retention"))


def test_who_was_never_asked_is_never_erased():
    subscribed()

    purge(OVER)

    assert Subscriber.objects.count() == 1


def test_staying_gives_three_more_years():
    subscriber = subscribed()
    consent.ask_to_stay(now=NEARLY)

    consent.renew(subscriber_id=subscriber.pk, page=PAGE, now=NEARLY)
    purge(OVER)

    subscriber.refresh_from_db()
    assert (subscriber.last_contact_at, subscriber.asked_to_stay_at) == (NEARLY, None)
    assert acts()[-1] == ("lettre", "renewed", "link")
    assert consent.ask_to_stay(now=OVER) == 0


def test_a_blocked_person_is_not_written_to_but_grows_old_too():
    subscribed()
    block(SuppressionReason.HARD)

    consent.ask_to_stay(now=NEARLY)
    assert kinds() == ["confirm", "welcome"]
    purge(OVER)

    assert Subscriber.objects.count() == 0


def test_what_nobody_confirmed_is_erased_after_thirty_days_and_nothing_else():
    ask("lettre", email="jamais@boulangerie.example")
    kept = subscribed("lettre")
    ask("formations")

    purge(NOW + timedelta(days=30, minutes=-1))
    assert Subscriber.objects.count() == 2
    purge(NOW + timedelta(days=30, minutes=1))

    assert list(Subscriber.objects.all()) == [kept]
    assert standing() == {"lettre": "confirmed"}


def test_the_address_of_who_left_everything_is_erased_after_thirty_days():
    subscriber = subscribed("lettre", "formations")
    consent.unsubscribe(subscriber_id=subscriber.pk, method=ActMethod.LINK, now=LATER)

    purge(LATER + timedelta(days=30, minutes=-1))
    assert Subscriber.objects.count() == 1
    purge(LATER + timedelta(days=30, minutes=1))

    assert (Subscriber.objects.count(), len(acts())) == (0, 6)


def test_proofs_go_three_years_after_the_person_and_never_before():
    old = NOW - timedelta(days=1_200)
    subscribed(email="ancienne@boulangerie.example", now=old)
    subscribed(email="toujours@boulangerie.example", now=old)
    gone = Subscriber.objects.get(email="ancienne@boulangerie.example")
    Subscriber.objects.filter(pk=gone.pk).delete()

    purge(NOW)

    boxes = set(ConsentRecord.objects.values_list("mailbox_hash", flat=True))
    assert boxes == {mailbox_hash("toujours@boulangerie.example")}


def test_erasing_an_account_leaves_every_list_and_keeps_the_fingerprints():
    subscriber = subscribed("lettre", "formations")
    ask("enquetes")
    consent.unsubscribe(
        subscriber_id=subscriber.pk,
        list_id=list_of("formations").pk,
        method=ActMethod.LINK,
        now=NOW,
    )
    user = User.objects.create_user(EMAIL)
    exported = personal_data.export_of(user, now=NOW)["data"]
    lists = next(part["rows"] for part in exported if part["what"] == "abonnements")
    assert [row["status"] for row in lists] == ["confirmed", "ended", "pending"]

    erase_account(user_id=user.pk)

    assert (Subscriber.objects.count(), Subscription.objects.count()) == (0, 0)
    assert acts()[-1] == ("lettre", "withdrawn", "form")
    assert set(ConsentRecord.objects.values_list("mailbox_hash", flat=True)) == {
        mailbox_hash(EMAIL)
    }
