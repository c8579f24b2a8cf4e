"""The committee: who sits, who is recused, the vote, decisions, sanctions, appeals."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from directory.enums import ComplaintSide
from directory.models import (
    Adhesion,
    CommitteeCase,
    CommitteeMember,
    CommitteeSeat,
    CommitteeVote,
    GroupMember,
    Need,
    Proposal,
    TrustEvent,
)
from directory.services import (
    charter_checks,
    charter_terms,
    committee,
    complaint_clocks,
    complaint_handling,
    complaints,
    panels,
    trust_charter,
    trust_computing,
    trust_rights,
)
from directory.services.charter import readmission_on
from directory.services.complaints import ComplaintRefused
from directory.services.panels import CaseRefused
from directory.trust.events import Kind
from emn.lib.calendar import add_months
from emn.lib.errors import DomainError
from emn.mailings.models import OutboundEmail
from tests.directory import charter, needs, trust_cards
from tests.directory import complaints as make
from tests.directory.factories import NOW, CompanyFactory, UserFactory, published_card

pytestmark = pytest.mark.django_db


def later(days):
    return NOW + timedelta(days=days)


def agent():
    return UserFactory(is_staff=True).pk


def facts_of(complaint, *, in_force=True):
    rows = TrustEvent.objects.filter(key__startswith=f"complaint:{complaint.pk}:").order_by("pk")
    undone = set(TrustEvent.objects.filter(kind=Kind.VOID).values_list("payload__event", flat=True))
    return [
        (row.kind, row.payload.get("outcome", ""))
        for row in rows
        if row.pk not in undone or not in_force
    ]


def case_of(complaint, instance="first"):
    return CommitteeCase.objects.get(complaint=complaint, instance=instance)


# --- The panel ---


def test_a_panel_has_two_members_of_each_college_who_sat_least():
    make.committee_of(3)
    first = make.first_case()
    second = make.first_case(charter.active())

    def seated(case):
        return set(case.seats.values_list("member", flat=True))

    assert (len(seated(first)), len(seated(second))) == (6, 6)
    assert len(seated(first) & seated(second)) == 3  # one of three a college has to sit twice
    convened = OutboundEmail.objects.filter(kind="directory/complaints/emails/convened")
    assert convened.count() == 12


def test_who_is_tied_to_a_party_is_recused_and_replaced_with_the_reason():
    adhesion = charter.active()
    own = make.member("providers", siren=adhesion.siren)
    linked = make.member("users", linked=[make.CLIENT])
    make.committee_of(1)

    case = make.first_case(adhesion)

    reasons = {seat.member_id: seat.recusal for seat in case.seats.exclude(recused_at=None)}
    assert reasons == {own.pk: "party", linked.pk: "linked"}
    assert panels.empty_colleges(case) == []


def rival_of(adhesion, *, sent_at):
    """A company that was proposed for a need that the signatory was proposed for too."""
    card = adhesion.company.providers.get()
    other = needs.matchable(name="Rival")
    need = Need.objects.create(contact_email="x@client.example", language="fr", created_at=NOW)
    for provider in (card, other):
        Proposal.objects.create(need=need, provider=provider, sent_at=sent_at, expires_at=sent_at)
    return other.company.siren


@pytest.mark.parametrize(("months", "is_recused"), [(11, True), (13, False)])
def test_a_competitor_on_the_same_need_is_recused_for_twelve_months(months, is_recused):
    adhesion = charter.active()
    sent_at = NOW.replace(year=2025, month=12) if months == 11 else NOW.replace(year=2025, month=10)
    rival = make.member("providers", siren=rival_of(adhesion, sent_at=sent_at))
    make.committee_of(2)

    case = make.first_case(adhesion)

    found = case.seats.filter(member=rival, recusal="competitor").exists()
    assert found is is_recused


def test_a_college_without_a_member_keeps_the_vote_closed_until_one_is_named():
    make.member("providers")
    make.member("users")
    case = make.heard(make.first_case())
    with pytest.raises(CaseRefused, match="Organismes publics"):
        committee.open_vote(case_id=case.pk, now=NOW)
    make.member("public")

    assert panels.complete_panel(case_id=case.pk, now=NOW) == 1

    committee.open_vote(case_id=case.pk, now=NOW)


def test_a_mandate_that_is_over_seats_nobody():
    member = make.member("public")
    member.mandates.update(ends_on=later(-1).date())

    case = make.first_case()

    assert not case.seats.filter(member=member).exists()


# --- The vote ---


def test_both_parties_are_heard_before_the_vote():
    case = make.first_case()
    with pytest.raises(CaseRefused, match="entendues"):
        committee.open_vote(case_id=case.pk, now=NOW)
    committee.note_hearing(
        case_id=case.pk, side=ComplaintSide.PROVIDER, heard_on=NOW.date(), words="Oui.", now=NOW
    )

    with pytest.raises(CaseRefused, match="entendues"):
        committee.open_vote(case_id=case.pk, now=NOW)
    with pytest.raises(DatabaseError, match="vote_after_both_are_heard"), transaction.atomic():
        CommitteeCase.objects.filter(pk=case.pk).update(vote_opened_at=NOW)


def test_a_vote_by_a_recused_member_is_rejected_by_the_service_and_the_database():
    case = make.voting(make.first_case())
    seat = case.seats.first()
    panels.recuse(seat_id=seat.pk, reason="declared", by_id=agent(), now=NOW)

    with pytest.raises(CaseRefused, match="récusé"):
        committee.cast(seat_id=seat.pk, measure=2, by_id=agent(), now=NOW)
    with pytest.raises(DatabaseError, match="recused"), transaction.atomic():
        CommitteeVote.objects.create(seat=seat, measure=2, cast_at=NOW)

    assert not CommitteeVote.objects.exists()


def test_a_link_that_appears_during_the_vote_recuses_and_the_vote_is_not_received():
    adhesion = charter.active()
    case = make.voting(make.first_case(adhesion))
    seat = case.seats.select_related("member").first()
    seat.member.linked_sirens = [adhesion.siren]
    seat.member.save()

    with pytest.raises(CaseRefused, match="liée"):
        committee.cast(seat_id=seat.pk, measure=0, by_id=agent(), now=NOW)


def test_a_link_that_appears_after_the_vote_makes_it_count_no_more():
    adhesion = charter.active()
    case = make.voting(make.first_case(adhesion))
    seats = list(case.seats.select_related("member"))
    for seat in seats:
        measure = 4 if seat == seats[0] else 0
        committee.cast(seat_id=seat.pk, measure=measure, by_id=agent(), now=NOW)
    seats[0].member.linked_sirens = [adhesion.siren]
    seats[0].member.save()

    committee.close_vote(case_id=case.pk, now=NOW)

    assert not CommitteeVote.objects.filter(seat=seats[0]).exists()
    assert CommitteeSeat.objects.get(pk=seats[0].pk).recusal == "linked"


def test_a_college_emptied_during_the_vote_is_filled_again():
    adhesion = charter.active()
    case = make.voting(make.first_case(adhesion))
    seats = case.seats.filter(college="public").select_related("member")
    CommitteeMember.objects.filter(pk__in=[seat.member_id for seat in seats]).update(
        siren=adhesion.siren
    )

    panels.complete_panel(case_id=case.pk, now=NOW)

    assert case.seats.filter(college="public", recused_at=None).count() == 2


def test_a_member_of_the_same_group_may_not_sit():
    adhesion = charter.active()
    case = make.voting(make.first_case(adhesion))
    seat = case.seats.select_related("member").first()
    CommitteeMember.objects.filter(pk=seat.member_id).update(siren="732829320")
    for siren in ("732829320", adhesion.siren):
        GroupMember.objects.create(siren=siren, head_siren="552100554")

    with pytest.raises(CaseRefused, match="liée"):
        committee.cast(seat_id=seat.pk, measure=0, by_id=agent(), now=NOW)


def test_who_is_recused_after_voting_loses_its_vote_and_is_replaced():
    case = make.voting(make.first_case())
    seat = case.seats.first()
    committee.cast(seat_id=seat.pk, measure=4, by_id=agent(), now=NOW)
    with pytest.raises(DatabaseError, match="has voted"), transaction.atomic():
        CommitteeSeat.objects.filter(pk=seat.pk).update(recusal="declared", recused_at=NOW)

    panels.recuse(seat_id=seat.pk, reason="declared", by_id=agent(), now=NOW)

    assert not CommitteeVote.objects.exists()
    assert case.seats.filter(recused_at=None, college=seat.college).count() == 2


def test_the_vote_is_not_closed_before_each_college_has_voted():
    case = make.voting(make.first_case())
    for seat in case.seats.exclude(college="public"):
        committee.cast(seat_id=seat.pk, measure=2, by_id=agent(), now=NOW)

    with pytest.raises(CaseRefused, match="Organismes publics"):
        committee.close_vote(case_id=case.pk, now=NOW)

    assert CommitteeCase.objects.get(pk=case.pk).status == "voting"


def test_nothing_is_decided_when_all_abstain():
    case = make.voting(make.first_case())
    for seat in case.seats.all():
        committee.cast(seat_id=seat.pk, measure=None, by_id=agent(), now=NOW)

    with pytest.raises(CaseRefused, match="abstenus"):
        committee.close_vote(case_id=case.pk, now=NOW)


def test_a_member_may_change_its_vote_until_the_closing_and_is_told_each_time():
    case = make.voting(make.first_case())
    seat = case.seats.first()
    committee.cast(seat_id=seat.pk, measure=4, by_id=agent(), now=NOW)
    committee.cast(seat_id=seat.pk, measure=0, by_id=agent(), now=later(1))

    assert CommitteeVote.objects.get().measure == 0
    assert OutboundEmail.objects.filter(kind="directory/complaints/emails/vote").count() == 2


def test_once_closed_no_vote_is_cast_nor_lost():
    case = make.voted(make.first_case(), 2)
    seat = case.seats.first()

    with pytest.raises(CaseRefused, match="Vote clos"):
        committee.cast(seat_id=seat.pk, measure=0, by_id=agent(), now=NOW)
    with pytest.raises(DatabaseError, match="outside the vote"), transaction.atomic():
        CommitteeVote.objects.filter(seat=seat).update(measure=0)
    with pytest.raises(DatabaseError, match="votes stand"), transaction.atomic():
        CommitteeVote.objects.filter(seat=seat).delete()


# --- The decision ---


@pytest.mark.parametrize(
    ("given", "match"),
    [({"reasons": " "}, "motivée"), ({"clauses": ()}, "quels engagements")],
)
def test_a_decision_has_reasons_and_a_basis(given, match):
    case = make.voted(make.first_case(), 2)
    asked = {"reasons": "Parce que.", "clauses": ("costs",), "by_id": agent(), "now": NOW}

    with pytest.raises(CaseRefused, match=match):
        committee.decide(case_id=case.pk, **asked | given)

    assert CommitteeCase.objects.get(pk=case.pk).status == "voted"
    assert case.complaint.status == "committee"


@pytest.mark.parametrize("stage", [make.heard, make.voting])
def test_nothing_is_decided_before_the_vote_is_closed(stage):
    case = stage(make.first_case())

    with pytest.raises(CaseRefused, match="n’est plus possible"):
        committee.decide(case_id=case.pk, reasons="Oui.", clauses=["costs"], by_id=agent(), now=NOW)


def test_a_decision_never_changes():
    case = make.decided(make.first_case(), 1)

    for changed in ({"reasons": "Autre."}, {"measure": 0}, {"clauses": []}):
        with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
            CommitteeCase.objects.filter(pk=case.pk).update(**changed)


def test_the_statement_of_reasons_says_all_that_it_must_to_both():
    case = make.decided(make.first_case(), 2)

    mails = make.mails("decided")

    assert {mail.to_email for mail in mails} == {make.ADDRESS, make.owner_of(case.complaint).email}
    for mail in mails:
        for words in (
            "Avertissement public",  # what
            "23 novembre 2027",  # its scope in time
            "Le devis ne disait rien",  # facts
            "Tenir le prix et les délais",  # ground
            "aucun programme n’a décidé",  # means
            "23 décembre 2026",  # redress
        ):
            assert words in mail.text_body


@pytest.mark.parametrize(
    ("measure", "outcome", "kinds"),
    [
        (0, "unfounded", ["complaint"]),
        (1, "upheld", ["complaint"]),
        (2, "upheld", ["complaint", "warning"]),
    ],
)
def test_the_ledger_says_the_outcome(measure, outcome, kinds):
    case = make.decided(make.first_case(), measure)

    said = facts_of(case.complaint)[1:]

    assert [kind for kind, _outcome in said] == kinds
    assert said[0] == ("complaint", outcome)


def test_a_suspension_takes_the_badge_off_and_gives_it_back_on_its_day():
    adhesion = charter.active()
    case = make.decided(make.first_case(adhesion), 3, suspended_until=later(60).date())

    adhesion = Adhesion.objects.get(pk=adhesion.pk)

    assert (adhesion.status, adhesion.suspended_until) == ("suspended", later(60).date())
    assert case.adhesion == adhesion
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=later(60))
    assert Adhesion.objects.get(pk=adhesion.pk).status == "active"


@pytest.mark.parametrize("days", [0, 190, None])
def test_a_suspension_lasts_six_months_at_most(days):
    case = make.voted(make.first_case(), 3)
    until = None if days is None else later(days).date()

    with pytest.raises(CaseRefused, match="au plus tard"):
        committee.decide(
            case_id=case.pk,
            reasons="Oui.",
            clauses=["costs"],
            suspended_until=until,
            by_id=agent(),
            now=NOW,
        )


def test_a_withdrawal_waits_for_the_end_of_the_appeal():
    adhesion = charter.active()
    make.decided(make.first_case(adhesion), 4)
    complaint_clocks.tick(now=later(30))
    assert Adhesion.objects.get(pk=adhesion.pk).status == "active"

    complaint_clocks.tick(now=later(31))

    adhesion = Adhesion.objects.get(pk=adhesion.pk)
    assert adhesion.status == "withdrawn"
    assert readmission_on(adhesion.siren, on=later(32).date()) == add_months(later(31).date(), 24)


def test_resigning_does_not_escape_a_withdrawal():
    adhesion = charter.active()
    case = make.voted(make.first_case(adhesion), 4)
    charter.charter.resign(
        adhesion_id=adhesion.pk, user_id=charter.owner_of(adhesion.company).pk, now=NOW
    )
    assert readmission_on(adhesion.siren, on=NOW.date()) is None

    committee.decide(
        case_id=case.pk, reasons="Oui.", clauses=["costs"], by_id=agent(), now=later(1)
    )

    assert readmission_on(adhesion.siren, on=later(1).date()) == add_months(later(1).date(), 24)


def test_an_adhesion_that_has_ended_is_left_as_it_is():
    adhesion = charter.active()
    case = make.voted(make.first_case(adhesion), 3)
    charter.charter.resign(
        adhesion_id=adhesion.pk, user_id=charter.owner_of(adhesion.company).pk, now=NOW
    )

    case = committee.decide(
        case_id=case.pk,
        reasons="Oui.",
        clauses=["costs"],
        suspended_until=later(30).date(),
        by_id=agent(),
        now=NOW,
    )

    assert (case.status, case.adhesion) == ("decided", None)


def test_a_second_card_of_the_company_says_the_same_once_published():
    adhesion = charter.active()
    complaint = make.decided(make.first_case(adhesion), 2).complaint
    said = facts_of(complaint)

    card = published_card(company=CompanyFactory(siret=f"{adhesion.siren}00025"))

    other = [
        (row.kind, row.payload.get("outcome", ""))
        for row in card.trust_file.events.filter(key__startswith="complaint:").order_by("pk")
    ]
    assert other == said
    assert facts_of(complaint) == said + said


# --- The worked journey ---


def test_complaint_committee_public_warning_five_points_gone_after_twelve_months(client):
    trust_cards.first_version()
    adhesion = charter.active(charter.company_of())
    card = adhesion.company.providers.get()
    trust_cards.write(card, trust_cards.Ledger().sound().events, prefix="sound:")
    before = trust_cards.compute(card).displayed
    case = make.decided(make.first_case(adhesion, severity=1), 2)
    file = trust_cards.compute(card)

    assert file.displayed == before  # the fall is announced first
    assert OutboundEmail.objects.filter(kind="directory/emails/trust_fall").exists()
    noticed = later(20)
    trust_cards.compute(card, now=noticed)
    snapshot = file.snapshots.order_by("-at", "-pk").first()
    assert snapshot.result["malus"] in {"5", "5.0000"}
    assert trust_cards.file_of(card).displayed < before

    shown = "Avertissement public du comité"
    for day, is_read in ((NOW, True), (later(364), True), (later(365), False)):
        warned = CommitteeCase.objects.warning([adhesion.siren], on=day.date())
        assert warned.exists() is is_read
    assert shown in client.get(card.get_absolute_url()).content.decode()
    after = trust_computing.version_on(later(366).date())
    events = [row.event() for row in trust_computing.ledger_of(file.pk, up_to=2**62)]
    result = trust_computing.compute(events, after.parameters, later(366).date())
    assert result.malus == 0
    assert case.warning_until == later(365).date()


# --- Appeals ---


def appealed(measure, *, side=ComplaintSide.PROVIDER, adhesion=None, **decision):
    case = make.decided(make.first_case(adhesion), measure, **decision)
    user = make.owner_of(case.complaint) if side == ComplaintSide.PROVIDER else None
    complaints.appeal(
        complaint_id=case.complaint_id,
        side=side,
        user_id=user and user.pk,
        ground="Le devis le disait.",
        now=later(10),
    )
    return case_of(case.complaint, "appeal")


def test_the_panel_of_an_appeal_has_no_member_of_the_first():
    case = appealed(2)
    first = case_of(case.complaint)

    sat = set(first.seats.values_list("member", flat=True))

    assert not sat & set(case.seats.values_list("member", flat=True))
    assert case.seats.count() == 6
    with pytest.raises(DatabaseError, match="sat in the decision"), transaction.atomic():
        CommitteeSeat.objects.create(case=case, member_id=min(sat), college="users")


def test_an_appeal_waits_for_members_when_all_have_sat():
    make.committee_of(2)

    case = appealed(2)

    assert not case.seats.exists()
    assert len(panels.empty_colleges(case)) == 3


def test_an_appeal_comes_within_thirty_days_of_the_decision():
    case = make.decided(make.first_case(), 2)
    asked = {
        "complaint_id": case.complaint_id,
        "side": ComplaintSide.PROVIDER,
        "user_id": make.owner_of(case.complaint).pk,
        "ground": "Non.",
    }

    with pytest.raises(ComplaintRefused, match="délai d’appel"):
        complaints.appeal(**asked, now=later(31))
    complaints.appeal(**asked, now=later(30))
    with pytest.raises(ComplaintRefused, match="n’est plus possible"):
        complaints.appeal(**asked, now=later(30))


def test_an_appeal_that_reverses_voids_and_changes_nothing():
    case = appealed(2)
    written = facts_of(case.complaint, in_force=False)

    make.decided(case, 0, now=later(40))

    complaint = make.again(case.complaint)
    assert (complaint.status, complaint.outcome) == ("closed", "unfounded")
    assert facts_of(complaint) == [("complaint", "pending"), ("complaint", "unfounded")]
    assert facts_of(complaint, in_force=False)[: len(written)] == written
    first = case_of(complaint)
    assert (first.measure, first.reversed_at) == (2, later(40))
    assert not CommitteeCase.objects.warning([complaint.siren], on=later(41).date()).exists()


def test_an_appeal_that_confirms_leaves_the_first_warning_as_it_was():
    case = appealed(2)

    make.decided(case, 2, now=later(40))

    shown = CommitteeCase.objects.warning([case.complaint.siren], on=later(41).date())
    assert [row.instance for row in shown] == ["first"]
    assert facts_of(case.complaint)[1:] == [("complaint", "upheld"), ("warning", "")]


def test_a_graver_appeal_stands_in_the_place_of_the_first():
    case = appealed(0, side=ComplaintSide.COMPLAINANT)

    make.decided(case, 2, now=later(40))

    assert facts_of(case.complaint) == [
        ("complaint", "pending"),
        ("complaint", "upheld"),
        ("warning", ""),
    ]
    shown = CommitteeCase.objects.warning([case.complaint.siren], on=later(41).date())
    assert [row.instance for row in shown] == ["appeal"]


def test_a_suspension_reversed_is_lifted_also_for_the_past():
    adhesion = charter.active()
    case = appealed(3, adhesion=adhesion, suspended_until=later(100).date())
    make.decided(case, 1, now=later(40))

    adhesion = Adhesion.objects.get(pk=adhesion.pk)

    assert (adhesion.status, adhesion.suspended_until) == ("active", later(40).date())
    suspended = TrustEvent.objects.get(key=f"charter:{adhesion.pk}:suspended")
    assert TrustEvent.objects.filter(kind=Kind.VOID, payload__event=suspended.pk).exists()
    before = TrustEvent.objects.count()
    with transaction.atomic():
        trust_charter.follow_company(adhesion.siren, now=later(41))
    assert TrustEvent.objects.count() == before  # what the appeal undid is not said again


def test_a_suspension_already_served_is_confirmed_without_a_second_one():
    adhesion = charter.active()
    case = appealed(3, adhesion=adhesion, suspended_until=later(30).date())

    make.decided(case, 3, now=later(60))

    first = case_of(case.complaint)
    assert first.reversed_at is None
    adhesion = Adhesion.objects.get(pk=adhesion.pk)
    assert adhesion.suspended_until == later(30).date()
    assert not TrustEvent.objects.filter(kind=Kind.VOID).exists()


def test_a_reversal_leaves_the_suspension_of_another_decision():
    adhesion = charter.active()
    case = appealed(3, adhesion=adhesion, suspended_until=later(30).date())
    charter_terms.keep_term(adhesion_id=adhesion.pk, now=later(31))
    other = later(90).date()
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=agent(), until=other, reason="Autre affaire", now=later(45)
    )

    make.decided(case, 0, now=later(60))

    adhesion = Adhesion.objects.get(pk=adhesion.pk)
    assert (adhesion.status_on(later(61).date()), adhesion.suspended_until) == ("suspended", other)


def test_a_withdrawal_confirmed_on_appeal_takes_effect_then():
    adhesion = charter.active()
    case = appealed(4, adhesion=adhesion)
    assert Adhesion.objects.get(pk=adhesion.pk).status == "active"

    make.decided(case, 4, now=later(40))

    assert Adhesion.objects.get(pk=adhesion.pk).status == "withdrawn"


# --- The appeal of an index contest ---


def rejected_contest():
    trust_cards.first_version()
    card = trust_cards.rated_card()
    owner = trust_cards.owner_of(card)
    fact = trust_cards.add(card, Kind.WARNING, case="ancien-1")
    contest = trust_rights.contest(
        provider_id=card.pk,
        user_id=owner.pk,
        component="malus",
        event_id=fact.pk,
        reason="Ce n’est pas nous.",
        now=NOW,
    )
    trust_rights.decide_contest(
        contest_id=contest.pk, granted=False, decision="C’est vous.", by_id=agent(), now=NOW
    )
    return contest, owner, fact


def test_a_rejected_contest_is_appealed_and_the_fact_voided_when_the_committee_grants_it():
    make.committee_of(2)
    contest, owner, fact = rejected_contest()
    asked = {"contest_id": contest.pk, "user_id": owner.pk, "ground": "Encore."}
    case = committee.appeal_contest(**asked, now=later(30))
    with pytest.raises(CaseRefused, match="déjà saisi"):
        committee.appeal_contest(**asked, now=later(30))

    make.decided(case, 0, now=later(30))

    assert TrustEvent.objects.filter(kind=Kind.VOID, payload__event=fact.pk).exists()
    mail = OutboundEmail.objects.get(kind="directory/emails/trust_contest_appeal")
    assert "donne raison" in mail.text_body


def test_a_contest_confirmed_by_the_committee_leaves_the_ledger_alone():
    make.committee_of(2)
    contest, owner, fact = rejected_contest()
    case = committee.appeal_contest(
        contest_id=contest.pk, user_id=owner.pk, ground="Encore.", now=NOW
    )
    voting = make.voting(case)
    with pytest.raises(CaseRefused, match="accueillie ou rejetée"):
        committee.cast(seat_id=voting.seats.first().pk, measure=2, by_id=agent(), now=NOW)
    for seat in voting.seats.all():
        committee.cast(seat_id=seat.pk, measure=1, by_id=agent(), now=NOW)
    committee.close_vote(case_id=case.pk, now=NOW)

    committee.decide(case_id=case.pk, reasons="Bien jugé.", by_id=agent(), now=NOW)

    assert not TrustEvent.objects.filter(kind=Kind.VOID, payload__event=fact.pk).exists()


def test_a_contest_is_appealed_by_its_own_within_thirty_days():
    contest, owner, _fact = rejected_contest()
    asked = {"contest_id": contest.pk, "ground": "Encore."}

    with pytest.raises(CaseRefused, match="susceptible"):
        committee.appeal_contest(**asked, user_id=owner.pk, now=later(31))
    with pytest.raises(type(contest).DoesNotExist):
        committee.appeal_contest(**asked, user_id=UserFactory().pk, now=NOW)


# --- Withdrawn while before the committee ---


def test_a_complaint_withdrawn_leaves_the_committee_nothing_to_decide():
    case = make.voting(make.first_case())

    complaints.withdraw(complaint_id=case.complaint_id, by_id=None, now=NOW)

    assert CommitteeCase.objects.get(pk=case.pk).status == "abandoned"
    with pytest.raises(CaseRefused, match="Sans objet"):
        committee.cast(seat_id=case.seats.first().pk, measure=2, by_id=agent(), now=NOW)


# --- Publication ---


def test_only_a_final_decision_without_a_name_is_published():
    case = make.decided(make.first_case(), 2)
    with pytest.raises(CaseRefused, match="définitive"):
        committee.publish(case_id=case.pk, text="Un prestataire.", by_id=agent(), now=NOW)
    complaint_clocks.tick(now=later(31))

    for text in (
        "La BOULANGERIE-MEYER s’est plainte.",
        "Mme Meyer s’est plainte.",
        f"Le prestataire {case.complaint.siren}.",
    ):
        with pytest.raises(CaseRefused, match="nomme encore"):
            committee.publish(case_id=case.pk, text=text, by_id=agent(), now=later(32))
    committee.publish(
        case_id=case.pk, text="Un coût n’était pas au devis.", by_id=agent(), now=later(32)
    )

    assert CommitteeCase.objects.published().get() == case


# --- Many at once ---


def together(acts):
    """Run the acts at once; return what each gave: True, or the refusal."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            act()
        except (DomainError, DatabaseError) as refusal:
            return str(refusal)
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_decisions_at_once_one_is_taken():
    case = make.voted(make.first_case(), 2)
    who = [agent(), agent()]

    def decide(by_id):
        return lambda: committee.decide(
            case_id=case.pk, reasons=f"Par {by_id}.", clauses=["costs"], by_id=by_id, now=NOW
        )

    done = together([decide(by_id) for by_id in who])

    assert done.count(True) == 1
    assert facts_of(case.complaint)[1:] == [("complaint", "upheld"), ("warning", "")]
    assert make.mails("decided").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_vote_at_the_closing_counts_or_is_refused():
    case = make.voting(make.first_case())
    seats = list(case.seats.order_by("pk"))
    for seat in seats:
        committee.cast(seat_id=seat.pk, measure=0, by_id=agent(), now=NOW)
    by_id = agent()

    def raised(seat):
        return lambda: committee.cast(seat_id=seat.pk, measure=4, by_id=by_id, now=later(1))

    acts = [raised(seat) for seat in seats]
    done = together([*acts, lambda: committee.close_vote(case_id=case.pk, now=later(1))])

    case.refresh_from_db()
    votes = committee.votes_of(case)
    assert done[-1] is True
    assert sum(step == 4 for _college, step in votes) == done[:-1].count(True)
    assert case.measure == committee.ballot.taken(votes)


@pytest.mark.django_db(transaction=True)
def test_a_vote_and_a_recusal_at_once_leave_no_vote_of_the_recused():
    for _round in range(3):
        case = make.voting(make.first_case(charter.active()))
        seat = case.seats.first()
        by_id = agent()

        together(
            [
                lambda seat=seat, by_id=by_id: committee.cast(
                    seat_id=seat.pk, measure=2, by_id=by_id, now=NOW
                ),
                lambda seat=seat, by_id=by_id: panels.recuse(
                    seat_id=seat.pk, reason="declared", by_id=by_id, now=NOW
                ),
            ]
        )

        assert case.seats.get(pk=seat.pk).recused_at is not None
        assert not CommitteeVote.objects.filter(seat=seat).exists()


@pytest.mark.django_db(transaction=True)
def test_a_decision_and_a_withdrawal_at_once_take_one_of_them():
    case = make.voted(make.first_case(), 2)
    by_id = agent()

    done = together(
        [
            lambda: committee.decide(
                case_id=case.pk, reasons="Oui.", clauses=["costs"], by_id=by_id, now=NOW
            ),
            lambda: complaints.withdraw(complaint_id=case.complaint_id, by_id=by_id, now=NOW),
        ]
    )

    assert done.count(True) == 1
    status = make.again(case.complaint).status
    assert status == ("decided" if done[0] is True else "withdrawn")


@pytest.mark.django_db(transaction=True)
def test_two_referrals_at_once_open_one_case():
    make.committee_of()
    complaint = make.replied()
    by_id = agent()

    def refer():
        complaint_handling.refer(
            complaint_id=complaint.pk, by_id=by_id, ground="Aucun accord.", now=NOW
        )

    assert together([refer, refer]).count(True) == 1
    assert CommitteeCase.objects.count() == 1
