"""Complaints from the writing to the end: who is told, by when, what the ledger keeps."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction

from directory.enums import ComplaintSide
from directory.models import Complaint, ComplaintEvent, TrustEvent
from directory.services import charter as charter_services
from directory.services import complaint_clocks, complaint_handling, complaints
from directory.services.complaints import ComplaintRefused
from emn.accounts.enums import Role
from emn.accounts.services import sync_roles
from emn.lib.documents import Document
from emn.mailings.models import OutboundEmail
from tests.directory import charter
from tests.directory import complaints as make
from tests.directory.factories import NOW, UserFactory

pytestmark = pytest.mark.django_db
ONE_DAY = timedelta(days=1)


def later(days):
    return NOW + timedelta(days=days)


def outcomes(complaint):
    rows = complaint.facts.select_related("event").order_by("pk")
    return [row.event.payload["outcome"] for row in rows if row.event.kind == "complaint"]


def agent():
    return UserFactory(is_staff=True).pk


# --- Filing ---


def test_nothing_is_a_complaint_before_its_mailbox_confirms():
    complaint = make.filed()

    assert complaint.status == "unconfirmed"
    assert not Complaint.objects.confirmed().exists()
    mail = OutboundEmail.objects.get(kind="directory/complaints/emails/confirm")
    assert (mail.to_email, "/plaintes/confirmer/" in mail.text_body) == (make.ADDRESS, True)


def test_a_confirmed_complaint_waits_for_its_acknowledgment_two_working_days():
    complaint = make.received()

    assert (complaint.status, complaint.due_on) == ("received", (NOW + 2 * ONE_DAY).date())
    assert "/plaintes/suivi/" in make.mails("received").get().text_body
    assert not make.mails("admitted").exists()


def test_confirming_twice_is_once():
    complaint = make.received()

    complaints.confirm_complaint(complaint_id=complaint.pk, now=later(1))

    assert make.again(complaint).confirmed_at == NOW
    assert make.mails("received").count() == 1


def test_a_mailbox_has_three_complaints_in_progress_at_most():
    adhesion = charter.active()
    for _number in range(3):
        make.received(adhesion)
    one_more = make.filed(adhesion)

    with pytest.raises(ComplaintRefused, match="3 plaintes"):
        complaints.confirm_complaint(complaint_id=one_more.pk, now=NOW)

    assert make.again(one_more).status == "unconfirmed"


def test_from_an_account_the_address_is_known_and_the_complaint_leaves_at_once():
    user = UserFactory(email="lea@client.example")
    adhesion = charter.active()
    complaint = complaints.file_complaint(
        siren=adhesion.siren,
        values=make.values(contact_email=""),
        language="fr",
        user_id=user.pk,
        now=NOW,
    )

    assert (complaint.status, complaint.contact_email) == ("received", "lea@client.example")


def test_the_company_must_have_signed():
    with pytest.raises(charter_services.Adhesion.DoesNotExist):
        complaints.file_complaint(
            siren="999999999", values=make.values(), language="fr", user_id=None, now=NOW
        )


# --- R1.04 ---


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"client_kind": "consumer"}, "consumer"),
        ({"client_kind": "large"}, "large"),
        ({"contract_on": (NOW - ONE_DAY).date()}, "outside_term"),
        ({"is_lowest_price": True}, "lowest_price"),
    ],
)
def test_out_of_scope_is_not_admitted_and_the_reason_is_sent(changed, reason):
    complaint = make.acknowledged(**changed)
    asked = {"complaint_id": complaint.pk, "by_id": agent(), "now": NOW}

    with pytest.raises(ComplaintRefused, match="Hors du champ"):
        complaint_handling.admit(**asked, severity=1, grounds="Motif.")
    complaint_handling.declare_inadmissible(**asked, reason=reason, words="Voici pourquoi.")

    complaint = make.again(complaint)
    assert (complaint.status, complaint.refusal) == ("inadmissible", reason)
    body = make.mails("inadmissible").get().text_body
    assert str(complaint.get_refusal_display()) in body
    assert "Voici pourquoi." in body
    assert not complaint.facts.exists()
    assert make.mails("").filter(to_email=make.owner_of(complaint).email).count() == 0


def test_a_reason_that_the_facts_contradict_is_refused():
    complaint = make.acknowledged()

    with pytest.raises(ComplaintRefused, match="ne donnent pas"):
        complaint_handling.declare_inadmissible(
            complaint_id=complaint.pk, by_id=agent(), reason="consumer", words="Non.", now=NOW
        )

    assert make.again(complaint).status == "acknowledged"


def test_facts_are_corrected_while_they_are_examined_only():
    complaint = make.acknowledged(client_kind="consumer")
    facts = {
        "client_kind": "independent",
        "contract_on": NOW.date(),
        "is_lowest_price": False,
        "kind": "breach",
        "clause": "scope",
    }
    asked = {"complaint_id": complaint.pk, "by_id": agent(), "now": NOW}
    complaint_handling.correct_facts(**asked, values=facts)

    complaint_handling.admit(**asked, severity=1, grounds="Motif.")

    assert make.again(complaint).clause == "scope"
    with pytest.raises(ComplaintRefused, match="pendant l’examen"):
        complaint_handling.correct_facts(**asked, values=facts)


# --- The provider ---


def test_an_admitted_complaint_is_weighed_and_put_to_the_provider():
    complaint = make.admitted(severity=3)

    assert (complaint.status, complaint.severity) == ("reply", 3)
    assert complaint.due_on == later(15).date()
    told = make.mails("admitted").values_list("to_email", flat=True)
    assert set(told) == {make.ADDRESS, make.owner_of(complaint).email}
    assert outcomes(complaint) == ["pending"]


def test_the_provider_never_reads_who_wrote():
    complaint = make.admitted()

    body = make.mails("admitted").get(to_email=make.owner_of(complaint).email).text_body

    assert "Boulangerie Meyer" in body
    assert "Léa" not in body
    assert make.ADDRESS not in body


def test_a_provider_that_nobody_can_reach_is_invited_first():
    complaint = make.acknowledged()
    make.owner_of(complaint).delete()

    with pytest.raises(ComplaintRefused, match="invitez-le"):
        complaint_handling.admit(
            complaint_id=complaint.pk, by_id=agent(), severity=1, grounds="Motif.", now=NOW
        )


def test_a_reply_opens_the_conciliation():
    complaint = make.replied()

    assert (complaint.status, complaint.due_on) == ("conciliation", later(60).date())
    assert make.mails("conciliation").count() == 2


def test_another_company_s_person_cannot_reply():
    complaint = make.admitted()

    with pytest.raises(Complaint.DoesNotExist):
        complaints.reply(complaint_id=complaint.pk, user_id=UserFactory().pk, text="Non.", now=NOW)


def test_the_provider_knows_nothing_before_the_admission():
    complaint = make.acknowledged()

    with pytest.raises(Complaint.DoesNotExist):
        complaints.reply(
            complaint_id=complaint.pk, user_id=make.owner_of(complaint).pk, text="Non.", now=NOW
        )


def test_silence_counts_on_the_sixteenth_day_and_a_late_reply_is_still_taken():
    complaint = make.admitted()
    complaint_clocks.tick(now=later(15))
    assert make.again(complaint).status == "reply"

    assert complaint_clocks.tick(now=later(16)) == 1
    assert complaint_clocks.tick(now=later(16)) == 0

    complaint = make.again(complaint)
    assert (complaint.status, complaint.outcome) == ("no_reply", "no_reply")
    assert outcomes(complaint) == ["pending", "no_reply"]
    assert make.mails("no_reply").count() == 2
    complaints.reply(
        complaint_id=complaint.pk,
        user_id=make.owner_of(complaint).pk,
        text="Pardon.",
        now=later(17),
    )
    assert make.again(complaint).status == "conciliation"


# --- Conciliation ---


@pytest.mark.parametrize(("days", "outcome"), [(30, "conciliated_fast"), (31, "conciliated_late")])
def test_an_agreement_counts_by_its_delay(days, outcome):
    complaint = make.replied()

    complaint_handling.note_settlement(
        complaint_id=complaint.pk, by_id=agent(), words="Il rembourse.", now=later(days)
    )

    complaint = make.again(complaint)
    assert (complaint.status, complaint.outcome) == ("conciliated", outcome)
    assert outcomes(complaint) == ["pending", outcome]
    assert "Il rembourse." in make.mails("conciliated").first().text_body


def test_a_court_action_stops_the_conciliation_and_gives_its_days_back():
    complaint = make.replied()
    asked = {"complaint_id": complaint.pk, "by_id": agent()}
    complaint_handling.note_court(**asked, since=later(10).date(), now=later(12))

    assert not make.again(complaint).is_late(on=later(200).date())
    complaint_handling.end_court(**asked, now=later(50))

    complaint = make.again(complaint)
    assert (complaint.court_stopped_days, complaint.due_on) == (40, later(100).date())
    complaint_handling.note_settlement(**asked, words="Accord.", now=later(70))
    assert make.again(complaint).outcome == "conciliated_fast"


def test_a_court_action_does_not_keep_the_committee_from_deciding():
    make.committee_of()
    complaint = make.admitted()
    asked = {"complaint_id": complaint.pk, "by_id": agent(), "now": NOW}
    with pytest.raises(ComplaintRefused, match="peut encore répondre"):
        complaint_handling.refer(**asked, ground="Vite.")
    complaint_handling.note_court(**asked, since=NOW.date())

    complaint_handling.refer(**asked, ground="Le tribunal est saisi.")

    complaint = make.again(complaint)
    assert complaint.status == "committee"
    assert complaint.is_late(on=later(61).date())


@pytest.mark.parametrize(
    ("with_fault", "outcome"), [(False, "withdrawn"), (True, "conciliated_fast")]
)
def test_a_withdrawal_counts_when_a_fault_was_owned(with_fault, outcome):
    complaint = make.replied()

    complaints.withdraw(
        complaint_id=complaint.pk,
        by_id=agent(),
        with_fault=with_fault,
        settlement="Il reconnaît." if with_fault else "",
        now=later(3),
    )

    assert outcomes(make.again(complaint)) == ["pending", outcome]


def test_a_complaint_withdrawn_before_it_was_admitted_leaves_no_trace_in_the_ledger():
    complaint = make.received()

    complaints.withdraw(complaint_id=complaint.pk, by_id=None, now=NOW)

    assert make.again(complaint).status == "withdrawn"
    assert not TrustEvent.objects.filter(key__startswith="complaint:").exists()
    assert make.mails("withdrawn").count() == 1


# --- F1.07 a: the mention of the charter ---


def test_a_first_lack_of_mention_is_a_formal_notice_and_the_second_goes_to_the_committee():
    make.committee_of()
    adhesion = charter.active()
    first = make.acknowledged(adhesion, kind="publicity", clause="")
    asked = {"by_id": agent(), "now": NOW}
    with pytest.raises(ComplaintRefused, match="mis en demeure"):
        complaint_handling.admit(complaint_id=first.pk, severity=1, grounds="Motif.", **asked)
    complaint_handling.give_notice(complaint_id=first.pk, words="Citez la charte.", **asked)
    second = make.acknowledged(adhesion, kind="publicity", clause="")

    with pytest.raises(ComplaintRefused, match="l’a déjà été"):
        complaint_handling.give_notice(complaint_id=second.pk, words="Encore.", **asked)
    complaint_handling.admit(complaint_id=second.pk, severity=1, grounds="Récidive.", **asked)
    complaints.reply(
        complaint_id=second.pk, user_id=make.owner_of(second).pk, text="Oubli.", now=NOW
    )

    assert make.again(first).status == "noticed"
    assert make.again(second).status == "committee"
    assert not first.facts.exists()


def test_a_breach_is_never_settled_by_a_formal_notice():
    complaint = make.acknowledged()

    with pytest.raises(ComplaintRefused, match="défaut de mention"):
        complaint_handling.give_notice(
            complaint_id=complaint.pk, by_id=agent(), words="Non.", now=NOW
        )


# --- Documents, history, clocks ---


def test_a_document_is_kept_once_and_ten_at_most():
    complaint = make.received()
    side = ComplaintSide.COMPLAINANT

    def add(data):
        document = Document(name="devis.pdf", suffix=".pdf", data=data)
        return complaints.add_file(complaint_id=complaint.pk, side=side, document=document, now=NOW)

    add(b"0")
    with pytest.raises(ComplaintRefused, match="déjà parmi"):
        add(b"0")
    for number in range(1, 10):
        add(str(number).encode())
    with pytest.raises(ComplaintRefused, match="10 pièces"):
        add(b"11")


def test_history_is_append_only():
    line = make.received().events.first()

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ComplaintEvent.objects.filter(pk=line.pk).update(kind="final")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ComplaintEvent.objects.filter(pk=line.pk).delete()


def test_the_secretariat_is_told_of_each_delay_once():
    sync_roles()
    secretary = UserFactory(is_staff=True)
    secretary.groups.add(*charter_group())
    complaint = make.received()
    complaint_clocks.tick(now=later(2))
    assert not late_mails().exists()

    for _hour in range(3):
        complaint_clocks.tick(now=later(3))

    assert late_mails().get().to_email == secretary.email
    assert complaint.reference in late_mails().get().text_body
    complaint_handling.acknowledge(complaint_id=complaint.pk, by_id=agent(), now=later(3))
    complaint_clocks.tick(now=later(60))
    assert late_mails().count() == 2


def charter_group():
    from django.contrib.auth.models import Group

    return Group.objects.filter(name=Role.CHARTER.value)


def late_mails():
    return OutboundEmail.objects.filter(kind="directory/emails/complaints_late")
