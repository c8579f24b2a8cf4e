"""A need from its draft to its end: each step, each refusal, each race."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction

from directory.enums import (
    ClosingReason,
    LossReason,
    MessageSide,
    NeedStatus,
    ProposalStatus,
    RefusalReason,
)
from directory.models import Company, Need, Proposal, Recommendation, RequestPause
from directory.services import need_clocks, need_handling, needs, proposals
from directory.services.needs import NeedRefused
from emn.accounts import personal_data
from emn.accounts.services import purge_personal_data
from emn.mailings.enums import EmailStatus
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, MembershipFactory, UserFactory
from tests.directory.needs import (
    ADDRESS,
    confirmed,
    deposited,
    draft,
    in_contact,
    mails,
    matchable,
    proposed,
    qualified,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

HOUR = timedelta(hours=1)


def again(row):
    row.refresh_from_db()
    return row


def statuses(need):
    return list(need.proposals.order_by("pk").values_list("status", flat=True))


# --- Writing and confirming ---


def test_a_draft_writes_to_nobody_and_makes_no_company():
    draft()

    assert not OutboundEmail.objects.exists()
    assert not Company.objects.exists()


def test_what_is_deposited_waits_for_its_mailbox():
    need = deposited()

    mail = mails("confirm").get()
    assert (need.status, need.confirmed_at, mail.to_email) == ("deposited", None, ADDRESS)
    assert needs.link(need.pk, needs.CONFIRM, "fr").partition("confirmer/")[0] in mail.text_body
    assert (mail.unsolicited, mail.secret, Company.objects.count()) == (True, True, 0)


def test_depositing_twice_writes_once():
    need = deposited()

    needs.deposit_need(need_id=need.pk, values={"text": "Autre chose, plus tard."}, now=NOW + HOUR)

    assert mails("confirm").count() == 1
    assert again(need).text.startswith("Refaire")


def test_a_stranger_s_mailbox_gets_three_messages_a_day():
    for _number in range(4):
        deposited()

    sent = list(mails("confirm").values_list("status", flat=True))
    assert sent == [EmailStatus.QUEUED] * 3 + [EmailStatus.CAPPED]


def test_confirming_makes_the_company_s_file_once():
    need = deposited()

    for minutes in (0, 5):
        needs.confirm_need(need_id=need.pk, now=NOW + timedelta(minutes=minutes))

    need = again(need)
    assert (need.status, need.confirmed_at, need.register_facts) == ("confirmed", NOW, None)
    assert need.company.siret == "41816609600069"
    assert mails("confirmed").count() == 1
    assert need.qualify_before.isoformat() == "2026-11-24"


def test_a_sixth_need_in_progress_is_refused_and_stays_confirmable():
    for _number in range(needs.MOST_ALIVE_PER_MAILBOX):
        confirmed()
    need = deposited()

    with pytest.raises(NeedRefused, match="5 besoins"):
        needs.confirm_need(need_id=need.pk, now=NOW)

    assert again(need).status == "deposited"


def test_no_message_to_the_company_may_be_read_by_staff():
    two_in_contact()

    assert set(OutboundEmail.objects.filter(to_email=ADDRESS).values_list("secret", flat=True)) == {
        True
    }
    assert mails("accepted").count() == 2


def test_nothing_is_written_after_it_was_sent():
    need = deposited()

    with pytest.raises(NeedRefused, match="déjà envoyé"):
        needs.write_contact(need_id=need.pk, name="X", email="x@y.example", phone="")


def test_a_closed_establishment_is_refused():
    with pytest.raises(NeedRefused, match="fermé"):
        draft(state="F")


# --- Qualifying and proposing ---


def test_only_what_is_confirmed_is_qualified_and_once():
    need = qualified()

    with pytest.raises(NeedRefused, match="autre personne"):
        need_handling.qualify_need(need_id=need.pk, values={}, by_id=UserFactory().pk, now=NOW)


def test_three_providers_are_asked_and_the_company_told_without_contact_data():
    cards = [matchable(email=f"p{number}@atelier.example") for number in range(4)]

    need = proposed()

    assert statuses(need) == ["sent"] * 3
    assert (need.status, need.proposed_at) == ("proposed", NOW)
    received = mails("received")
    assert received.count() == 3
    for mail in received:
        assert "boulangerie" not in mail.text_body
        assert "Meyer" not in mail.text_body
    told = mails("proposed").get()
    asked = set(need.proposals.values_list("provider__name", flat=True))
    assert all(name in told.text_body for name in asked)
    assert not any(card.email in told.text_body for card in cards)
    first = need.proposals.order_by("pk")[0]
    assert first.expires_at - first.sent_at == timedelta(hours=72)


def test_proposing_twice_asks_nobody_twice():
    for _number in range(6):
        matchable()
    need = proposed()

    assert proposals.propose(need_id=need.pk, now=NOW + HOUR) == 0
    assert (need.proposals.count(), mails("proposed").count()) == (3, 1)


def test_the_people_of_a_card_are_written_to_else_its_address():
    card = matchable(email="accueil@atelier.example")
    owner = MembershipFactory(company=card.company).user

    proposed()

    assert [mail.to_email for mail in mails("received")] == [owner.email]


def test_the_card_one_came_from_is_asked_first_when_it_is_eligible():
    far_down = matchable(client_sizes=["250+"])
    cards = [matchable() for _number in range(5)]
    first = proposed()
    last = next(card for card in cards if not first.proposals.filter(provider=card).exists())

    need = proposed(wished_slug=last.slug, email="autre@client.example")
    none = proposed(wished_slug=far_down.slug, email="tiers@client.example")

    assert need.proposals.order_by("pk")[0].provider_id == last.pk
    assert need.proposals.count() == 3
    assert far_down.pk not in none.proposals.values_list("provider_id", flat=True)


def test_a_need_without_candidate_is_known_at_once():
    need = proposed()

    assert (need.status, need.unanswered_at) == ("qualified", NOW)
    assert not mails("proposed").exists()
    assert list(Need.objects.unanswered()) == [need]


def test_two_more_once():
    for _number in range(6):
        matchable()
    need = proposed()

    needs.ask_for_more(need_id=need.pk, now=NOW)
    proposals.propose(need_id=need.pk, now=NOW)

    assert need.proposals.count() == 5
    with pytest.raises(NeedRefused):
        needs.ask_for_more(need_id=need.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_needs_at_once_do_not_overload_a_provider():
    card = matchable()
    for number in range(4):
        proposed(email=f"n{number}@client.example")
    rivals = [qualified(email=f"r{number}@client.example") for number in range(3)]
    barrier = Barrier(3)

    def go(need):
        barrier.wait()
        try:
            return proposals.propose(need_id=need.pk, now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(go, rivals)) == [0, 0, 1]
    assert card.proposals.count() == 5


# --- The provider's answer ---


def test_accepting_gives_each_the_contact_of_the_other():
    matchable(email="contact@atelier.example")

    need, accepted = in_contact()

    assert (accepted.status, need.status) == ("accepted", "in_contact")
    to_provider = mails("in_contact").get().text_body
    assert all(word in to_provider for word in ("Léa Meyer", ADDRESS, "03 87 00 00 00"))
    assert mails("accepted").get().to_email == ADDRESS
    assert accepted.exchange_before.isoformat() == "2026-11-30"


def test_accepting_twice_changes_nothing():
    matchable()
    need, accepted = in_contact()

    proposals.accept(proposal_id=accepted.pk, now=NOW + 5 * HOUR)

    assert again(need).contact_at == NOW + HOUR
    assert mails("accepted").count() == 1


@pytest.mark.parametrize("after", [timedelta(hours=72), timedelta(days=20)])
def test_an_answer_after_the_clock_is_refused(after):
    matchable()
    proposal = proposed().proposals.get()

    with pytest.raises(NeedRefused, match="délai"):
        proposals.accept(proposal_id=proposal.pk, now=NOW + after)


def refuse(proposal, **changed):
    values = {"reason": RefusalReason.BUSY, "words": "", "pauses": False, "now": NOW + HOUR}
    return proposals.refuse(proposal_id=proposal.pk, **values | changed)


def test_a_refusal_is_replaced_by_the_next():
    for _number in range(4):
        matchable()
    need = proposed()
    first = need.proposals.order_by("pk")[0]

    refuse(first)
    proposals.propose(need_id=need.pk, now=NOW + HOUR)

    assert statuses(need) == ["refused", "sent", "sent", "sent"]
    assert mails("replaced").count() == 1
    with pytest.raises(NeedRefused):
        proposals.accept(proposal_id=first.pk, now=NOW + HOUR)


def test_another_reason_wants_words_and_a_pause_is_kept():
    card = matchable()
    proposal = proposed().proposals.get()

    with pytest.raises(NeedRefused, match="pourquoi"):
        refuse(proposal, reason=RefusalReason.OTHER)
    refuse(proposal, pauses=True)

    assert RequestPause.objects.get().provider_id == card.pk
    proposals.set_pause(provider_id=card.pk, paused=False, now=NOW)
    assert not RequestPause.objects.exists()


def test_refused_by_all_is_a_need_without_answer():
    matchable()
    need = proposed()
    refuse(need.proposals.get())

    proposals.propose(need_id=need.pk, now=NOW + HOUR)

    assert again(need).unanswered_at == NOW + HOUR


def test_a_need_goes_to_twelve_providers_at_most(monkeypatch):
    monkeypatch.setattr(proposals, "MOST_PROVIDERS", 4)
    for _number in range(6):
        matchable()
    need = proposed()
    for proposal in need.proposals.order_by("pk"):
        refuse(proposal)

    assert proposals.propose(need_id=need.pk, now=NOW + HOUR) == 1


def test_refused_by_all_of_the_most_that_are_asked_is_without_answer_too(monkeypatch):
    monkeypatch.setattr(proposals, "MOST_PROVIDERS", 3)
    for _number in range(5):
        matchable()
    need = proposed()
    for proposal in need.proposals.order_by("pk"):
        assert again(need).unanswered_at is None
        refuse(proposal)

    assert need_clocks.tick(now=NOW + HOUR) == 0

    assert again(need).unanswered_at == NOW + HOUR
    assert list(Need.objects.unanswered()) == [need]


# --- The company's decisions ---


def two_in_contact():
    for _number in range(3):
        matchable()
    need = proposed()
    first, second, third = need.proposals.order_by("pk")
    for proposal in (first, second):
        proposals.accept(proposal_id=proposal.pk, now=NOW + HOUR)
    return need, first, second, third


def test_choosing_one_tells_the_others_why():
    need, first, second, third = two_in_contact()
    needs.note_quote(need_id=need.pk, proposal_id=first.pk, now=NOW)

    needs.choose(need_id=need.pk, proposal_id=first.pk, now=NOW + 2 * HOUR)

    assert again(need).status == "chosen"
    assert statuses(need) == ["chosen", "lost", "withdrawn"]
    assert again(second).loss_reason == LossReason.ANOTHER
    assert [mails(kind).count() for kind in ("chosen", "lost", "withdrawn")] == [1, 1, 1]
    with pytest.raises(NeedRefused, match="déjà choisi"):
        needs.choose(need_id=need.pk, proposal_id=first.pk, now=NOW)
    assert again(third).ended_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_choices_at_once_choose_one():
    need, first, second, _third = two_in_contact()
    barrier = Barrier(2)

    def go(proposal):
        barrier.wait()
        try:
            needs.choose(need_id=need.pk, proposal_id=proposal.pk, now=NOW)
        except NeedRefused:
            return 0
        finally:
            connection.close()
        return 1

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(go, [first, second])) == 1
    assert Proposal.objects.filter(status=ProposalStatus.CHOSEN).count() == 1


def test_a_provider_is_declined_with_a_reason_it_reads():
    need, first, _second, _third = two_in_contact()

    needs.decline(need_id=need.pk, proposal_id=first.pk, reason=LossReason.PRICE, now=NOW)

    assert (again(first).status, again(need).status) == ("lost", "in_contact")
    assert "le prix" in mails("lost").get().text_body


def test_whoever_gave_no_news_is_replaced_and_an_adviser_takes_up_a_need_without_contact():
    for _number in range(4):
        matchable()
    need = proposed()
    first, second, _third = need.proposals.order_by("pk")
    for proposal in (first, second):
        proposals.accept(proposal_id=proposal.pk, now=NOW + HOUR)

    needs.decline(need_id=need.pk, proposal_id=first.pk, reason=LossReason.NO_CALL, now=NOW)
    proposals.propose(need_id=need.pk, now=NOW + 2 * HOUR)

    assert statuses(need) == ["lost", "accepted", "sent", "sent"]
    assert not Need.objects.for_adviser().exists()

    needs.decline(need_id=need.pk, proposal_id=second.pk, reason=LossReason.PRICE, now=NOW)
    proposals.propose(need_id=need.pk, now=NOW + 3 * HOUR)

    assert statuses(need) == ["lost", "lost", "sent", "sent"]  # the second was met
    assert list(Need.objects.for_adviser()) == [need]
    assert again(need).status == "proposed"

    proposals.accept(proposal_id=need.proposals.order_by("pk")[3].pk, now=NOW + 4 * HOUR)

    assert not Need.objects.for_adviser().exists()
    assert again(need).status == "in_contact"


def test_a_proposal_of_another_need_is_not_found():
    need, *_rest = two_in_contact()
    other = proposed(email="autre@client.example").proposals.order_by("pk")[0]

    with pytest.raises(Proposal.DoesNotExist):
        needs.choose(need_id=need.pk, proposal_id=other.pk, now=NOW)


def test_closing_tells_whoever_was_asked_and_ends():
    need, *_rest = two_in_contact()

    needs.close_need(need_id=need.pk, reason=ClosingReason.ELSEWHERE, now=NOW)

    need = again(need)
    assert (need.status, need.closing_reason, need.ended_at) == ("closed", "elsewhere", NOW)
    assert statuses(need) == ["lost", "lost", "withdrawn"]
    with pytest.raises(NeedRefused, match="terminé"):
        needs.close_need(need_id=need.pk, reason=ClosingReason.DROPPED, now=NOW)


def test_done_asks_for_a_review_of_the_one_chosen(monkeypatch):
    asked = []
    monkeypatch.setattr(needs, "invite_review", lambda **values: asked.append(values))
    need, first, _second, _third = two_in_contact()
    with pytest.raises(NeedRefused, match="choisi"):
        needs.note_done(need_id=need.pk, now=NOW)
    needs.choose(need_id=need.pk, proposal_id=first.pk, now=NOW)

    needs.note_done(need_id=need.pk, now=NOW)

    assert again(need).status == "done"
    assert asked == [{"need_id": need.pk, "card_id": first.provider_id, "now": NOW}]


# --- Satisfaction ---


def satisfied(need, **changed):
    values = {"was_called": True, "was_useful": "yes", "outcome": "talking", "now": NOW}
    return needs.note_satisfaction(need_id=need.pk, **values | changed)


def test_the_last_answer_counts_and_two_outcomes_end_the_need():
    need, *_rest = two_in_contact()

    satisfied(need)
    assert again(need).is_alive
    satisfied(need, was_called=False, was_useful="no", outcome="elsewhere")

    need = again(need)
    assert (need.was_called, need.was_useful, need.outcome) == (False, "no", "elsewhere")
    assert (need.status, need.closing_reason) == ("closed", "elsewhere")


def test_no_satisfaction_before_any_contact():
    matchable()

    with pytest.raises(NeedRefused, match="encore"):
        satisfied(proposed())


def test_five_months_after_done_finishes_and_dropped_ends():
    need, first, _second, _third = two_in_contact()
    needs.choose(need_id=need.pk, proposal_id=first.pk, now=NOW)

    needs.note_later(need_id=need.pk, outcome="under_way", now=NOW)
    assert again(need).status == "chosen"
    needs.note_later(need_id=need.pk, outcome="done", now=NOW)

    assert (again(need).status, need.later_outcome) == ("done", "done")


def test_a_chosen_project_that_is_dropped_is_lost_for_its_provider():
    need, first, _second, _third = two_in_contact()
    needs.choose(need_id=need.pk, proposal_id=first.pk, now=NOW)

    needs.note_later(need_id=need.pk, outcome="dropped", now=NOW)

    assert (again(need).status, again(first).loss_reason) == ("closed", "dropped")


# --- The thread ---


def say(proposal, side=MessageSide.COMPANY, text="Quand venez-vous ?", now=NOW):
    return proposals.write_message(proposal_id=proposal.pk, side=side, text=text, now=now)


def test_a_message_tells_the_other_side_without_its_words():
    matchable(email="contact@atelier.example")
    _need, accepted = in_contact()

    say(accepted)
    say(accepted, MessageSide.PROVIDER, "Mardi.")

    assert [mail.to_email for mail in mails("message")] == ["contact@atelier.example", ADDRESS]
    assert not any("Mardi" in mail.text_body for mail in mails("message"))


def test_the_same_message_twice_in_a_row_is_one():
    matchable()
    _need, accepted = in_contact()

    say(accepted)
    say(accepted)

    assert (accepted.messages.count(), mails("message").count()) == (1, 1)


def test_no_message_before_acceptance_nor_after_the_end_nor_without_measure(monkeypatch):
    matchable()
    matchable()
    need, accepted = in_contact()
    waiting = need.proposals.get(status=ProposalStatus.SENT)
    with pytest.raises(NeedRefused, match="clos"):
        say(waiting)

    monkeypatch.setattr(proposals, "MESSAGES_PER_DAY", 2)
    say(accepted, text="Un")
    say(accepted, text="Deux")
    with pytest.raises(NeedRefused, match="Trop"):
        say(accepted, text="Trois")

    needs.close_need(need_id=need.pk, reason=ClosingReason.DROPPED, now=NOW)
    with pytest.raises(NeedRefused, match="clos"):
        say(accepted, text="Quatre", now=NOW + timedelta(days=2))


# --- Staff ---


def test_a_recommendation_is_a_line_with_its_reason_and_its_author():
    for _number in range(5):
        matchable()
    need, agent = proposed(), UserFactory()
    known = set(need.proposals.values_list("provider_id", flat=True))
    other = next(
        pk for pk in Proposal._meta.get_field("provider").related_model.objects.values_list(
            "pk", flat=True
        ) if pk not in known
    )  # fmt: skip

    entry = proposals.recommend(
        need_id=need.pk, provider_ids=[other], reason="Parle allemand.", by_id=agent.pk, now=NOW
    )

    assert (entry.made_by, entry.reason, need.proposals.count()) == (agent, "Parle allemand.", 4)
    assert entry.proposals.get().provider_id == other


@pytest.mark.parametrize(
    ("reason", "known", "message"),
    [("", False, "pourquoi"), ("Parce que.", True, "déjà été sollicité")],
)
def test_a_recommendation_without_reason_or_of_one_asked_already_is_refused(reason, known, message):
    matchable()
    need = proposed()
    asked = need.proposals.get().provider_id
    other = matchable().pk

    with pytest.raises(NeedRefused, match=message):
        proposals.recommend(
            need_id=need.pk,
            provider_ids=[asked if known else other],
            reason=reason,
            by_id=UserFactory().pk,
            now=NOW,
        )
    assert not Recommendation.objects.exists()


def test_who_does_not_pass_the_filters_is_not_recommended():
    matchable()
    need = proposed()
    wrong = matchable(client_sizes=["250+"])

    with pytest.raises(NeedRefused, match="filtres"):
        proposals.recommend(
            need_id=need.pk, provider_ids=[wrong.pk], reason="Ami.", by_id=UserFactory().pk, now=NOW
        )


def test_staff_closes_with_words_that_the_company_reads():
    need = confirmed()
    with pytest.raises(NeedRefused, match="pourquoi"):
        need_handling.close_by_staff(
            need_id=need.pk, reason=ClosingReason.OUT_OF_SCOPE, words=" ", now=NOW
        )

    need_handling.close_by_staff(
        need_id=need.pk, reason=ClosingReason.OUT_OF_SCOPE, words="C’est de la plomberie.", now=NOW
    )

    assert again(need).status == NeedStatus.CLOSED
    assert "plomberie" in mails("closed_by_staff").get().text_body


# --- Personal data ---


def test_what_nobody_confirmed_goes_after_a_week():
    draft()
    deposited(email="x@y.example")
    kept = confirmed()

    purge_personal_data(now=NOW + timedelta(days=8), write=True)

    assert list(Need.objects.all()) == [kept]


def test_three_years_after_its_end_only_what_counts_is_left():
    matchable()
    need, accepted = in_contact()
    say(accepted)
    needs.close_need(need_id=need.pk, reason=ClosingReason.DROPPED, now=NOW)

    purge_personal_data(now=NOW + timedelta(days=1_096), write=True)

    need = again(need)
    assert (need.contact_name, need.contact_email, need.contact_phone) == ("", "", "")
    assert (need.text, need.answers, need.forgotten_at is not None) == ("", {}, True)
    assert (need.service_id is not None, need.proposals.count()) == (True, 1)
    assert accepted.messages.count() == 0
    assert needs.need_of(needs.token(need.pk, needs.FOLLOW), needs.FOLLOW) is None


def test_erasing_a_person_ends_what_is_alive():
    matchable()
    need, accepted = in_contact()
    user = UserFactory(email=ADDRESS)
    exported = next(
        entry for entry in personal_data.export_of(user, now=NOW)["data"]
        if entry["what"] == "besoins"
    )  # fmt: skip
    assert exported["rows"][0]["contact_phone"] == "03 87 00 00 00"

    with transaction.atomic():
        personal_data.erase_everything_about(user)

    assert (again(need).status, again(accepted).status) == ("closed", "withdrawn")
