"""Article 14: imported people are told once, in their language, ahead of any letter (R2.10)."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from emn.mailings.enums import ActMethod, Basis, ConsentAct, DeliveryState, ListKind
from emn.mailings.models import (
    ConsentRecord,
    MailingList,
    OutboundEmail,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
)
from emn.mailings.services import consent, notices
from emn.mailings.services import subscriber_imports as imports
from tests.mailings import letters
from tests.mailings.conftest import NOW
from tests.mailings.subscribing import ask, confirm
from tests.mailings.test_campaign_delivery import (  # noqa: F401 -- fixtures
    no_bells,
    run,
    sink,
    started,
)
from tests.mailings.test_subscriber_import import (  # noqa: F401 -- rung: a fixture
    as_csv,
    check,
    functions,
    line,
    mailing_list,
    rung,
    start,
    write,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LATER = NOW + timedelta(days=2)


def imported(*emails, basis=Basis.CONSENT, code="lettre", **changed):
    """Import people into a list; return the import."""
    entry = start(as_csv([line(email, **changed) for email in emails]), basis=basis)
    SubscriberImport.objects.filter(pk=entry.pk).update(mailing_list=mailing_list(code))
    imports.check_import(import_id=entry.pk, now=NOW)
    entry.refresh_from_db()
    return write(entry)


def notices_sent():
    return OutboundEmail.objects.filter(kind="mailings/emails/imported").order_by("pk")


def informed():
    return ConsentRecord.objects.filter(act=ConsentAct.INFORMED).order_by("pk")


def test_the_notice_says_who_why_whence_how_long_and_the_way_out():
    functions("direction")
    imported(
        "lea@firm.example", basis=Basis.PROFESSION, fonction="direction", preuve="fichier clients"
    )

    assert notices.inform(now=NOW) == 1

    mail = notices_sent().get()
    for part in (mail.text_body, mail.html_body):
        for said in (
            "Espace Moselle Numérique",
            "contact@emn.example",
            "lettre",
            "intérêt légitime",
            "relation professionnelle · 31/12/2025 · fichier clients",
            "trois ans sans signe de votre part",
            "vous opposer aux envois",
            "https://www.cnil.fr",
            "/lettre/desinscription/",
            "/lettre/preferences/",
        ):
            assert said in part
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<img" not in mail.html_body


def test_a_notice_speaks_its_reader_s_language():
    MailingList.objects.create(
        code="lettre",
        kind=ListKind.NEWSLETTER,
        name_fr="La lettre",
        name_de="Der Newsletter",
        description_fr="x",
        description_de="y",
    )
    imported("lea@firm.example", langue="de")

    notices.inform(now=NOW)

    mail = notices_sent().get()
    assert (mail.language, "Der Newsletter" in mail.text_body) == ("de", True)
    assert "/de/lettre/desinscription/" in mail.text_body


def test_it_is_told_once_and_proven_with_its_words_and_its_message():
    entry = imported("lea@firm.example")

    assert [notices.inform(now=LATER) for _run in range(2)] == [1, 0]

    proof = informed().get()
    mail = notices_sent().get()
    assert (proof.method, proof.source, proof.at) == (ActMethod.IMPORT, mail.message_id, LATER)
    assert "vous avez donné votre accord" in proof.text.text
    assert "saisir la CNIL" in proof.text.text
    entry.refresh_from_db()
    assert (entry.informed_count, entry.informed_at) == (1, LATER)


def test_two_lists_are_told_together_and_each_import_counts_its_own():
    one = imported("lea@firm.example", "max@firm.example")
    two = imported("lea@firm.example", code="agenda", preuve="salon 2026")

    assert notices.inform(now=NOW) == 2

    hers = notices_sent().get(to_email="lea@firm.example").text_body
    assert all(said in hers for said in ("lettre. ", "agenda. ", "salon 2025", "salon 2026"))
    assert informed().count() == 3
    counts = SubscriberImport.objects.filter(pk__in=[one.pk, two.pk]).order_by("pk")
    assert list(counts.values_list("informed_count", flat=True)) == [2, 1]


def test_who_is_imported_again_is_not_told_again_unless_for_a_new_list():
    functions("direction")
    imported("lea@firm.example", basis=Basis.PROFESSION, fonction="direction")
    notices.inform(now=NOW)

    imported("lea@firm.example")
    assert (Subscription.objects.get().basis, notices.inform(now=NOW)) == (Basis.CONSENT, 0)
    imported("lea@firm.example", code="agenda")

    assert notices.inform(now=NOW) == 1
    assert "lettre. " not in notices_sent().last().text_body


def test_who_is_blocked_or_has_left_is_not_written_to_until_the_block_is_lifted():
    imported("blocked@firm.example", "gone@firm.example", "objected@firm.example")
    gone = Subscriber.objects.get(email="gone@firm.example")
    consent.unsubscribe(subscriber_id=gone.pk, method=ActMethod.LINK, now=NOW)
    objected = Subscriber.objects.get(email="objected@firm.example")
    consent.object_to_lists(subscriber_id=objected.pk, method=ActMethod.FORM, now=NOW)
    blocked = letters.block(Subscriber.objects.get(email="blocked@firm.example"))

    assert notices.inform(now=NOW) == 0
    Suppression.objects.filter(pk=blocked.pk).update(lifted_at=NOW)

    assert notices.inform(now=NOW) == 1
    assert notices_sent().get().to_email == "blocked@firm.example"


def test_who_subscribed_by_itself_is_not_told():
    imported("lea@firm.example")
    lea = Subscriber.objects.get()
    consent.unsubscribe(subscriber_id=lea.pk, method=ActMethod.LINK, now=NOW)
    ask("lettre", email=lea.email)
    confirm(lea)

    assert (Subscription.objects.confirmed().count(), notices.inform(now=NOW)) == (1, 0)


def test_a_run_takes_some_batches_and_the_next_goes_on(monkeypatch):
    monkeypatch.setattr(notices, "BATCH", 2)
    monkeypatch.setattr(notices, "A_RUN", 4)
    imported(*[f"p{n}@firm.example" for n in range(7)])

    assert [notices.inform(now=NOW) for _run in range(3)] == [4, 3, 0]
    assert notices_sent().values("to_email").distinct().count() == 7


@pytest.mark.parametrize("people", [1, 3])
def test_a_batch_costs_the_same_queries_but_for_each_message(people, django_assert_num_queries):
    imported(*[f"p{n}@firm.example" for n in range(people)])

    with django_assert_num_queries(17 + people):
        notices.inform(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_runs_at_once_tell_each_person_once():
    imported(*[f"p{n}@firm.example" for n in range(30)])
    start_together = threading.Barrier(4, timeout=60)

    def tell():
        try:
            start_together.wait()
            notices.inform(now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=tell) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    notices.inform(now=NOW)

    assert (notices_sent().count(), informed().count()) == (30, 30)


def test_a_failure_tells_nobody_of_its_batch(monkeypatch):
    imported("lea@firm.example")
    with monkeypatch.context() as patch:
        patch.setattr(notices, "_count", lambda *_args, **_options: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            notices.inform(now=NOW)
    assert (notices_sent().count(), informed().count()) == (0, 0)

    assert notices.inform(now=NOW) == 1


@pytest.mark.django_db(transaction=True)
def test_a_notice_that_is_late_is_an_error(caplog):
    imported("lea@firm.example")
    with transaction.atomic():
        Subscriber.objects.select_for_update().get()  # nobody else may take it
        thread = threading.Thread(target=_inform_in_thread, args=[NOW + timedelta(days=29)])
        thread.start()
        thread.join(20)

    assert "1 imported subscriptions were not told within the month" in caplog.text


def _inform_in_thread(now):
    notices.inform(now=now)
    connection.close()


def test_a_letter_waits_for_the_notice_and_nobody_else_does(sink):  # noqa: F811
    told = letters.reader()
    imported("lea@firm.example")
    letter = started()

    run(letter)
    assert sink.served == {told.email: 1}
    hers = letter.deliveries.get(subscriber__email="lea@firm.example")
    assert (hers.state, letter.status) == (DeliveryState.WAITING, "sending")

    notices.inform(now=NOW)
    letter.deliveries.filter(pk=hers.pk).update(next_attempt_at=NOW)
    run(letter)

    assert sink.served == {told.email: 1, "lea@firm.example": 1}
    letter.refresh_from_db()
    assert letter.status == "sent"
