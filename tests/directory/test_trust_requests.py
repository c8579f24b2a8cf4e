"""What requests routed to a signatory say in its ledger: how soon it answered, or never."""

from datetime import timedelta

import pytest

from directory.models import Need, Proposal, TrustEvent
from directory.services import need_handling, proposals, trust_computing
from directory.services.need_clocks import tick
from directory.trust.events import Kind
from directory.trust_clients import client_hash
from tests.directory.factories import NOW, MembershipFactory, UserFactory
from tests.directory.needs import ADDRESS, matchable, proposed
from tests.directory.trust_cards import TODAY, first_version, write
from tests.directory.trust_ledgers import Ledger

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

DAY = timedelta(days=1)
CLIENT = "418166096"


@pytest.fixture(autouse=True)
def version():
    first_version()


def signatory(**fields):
    card = matchable(**fields)
    ledger = Ledger()
    ledger.add(Kind.ADHESION, 30, state="active", ends_on=(TODAY + timedelta(days=600)).isoformat())
    write(card, ledger.events)
    return card


def requests():
    return TrustEvent.objects.filter(kind=Kind.REQUEST).order_by("pk")


def replies_of(card, *, on):
    """The points of D: half of ten when nothing counts."""
    trust_computing.compute_file(file_id=card.trust_file.pk, now=on)
    card.trust_file.refresh_from_db()
    result = card.trust_file.snapshots.latest("pk").result
    return result["components"]["D"]


def refuse(proposal, now):
    return proposals.refuse(proposal_id=proposal.pk, reason="busy", words="", pauses=False, now=now)


@pytest.mark.parametrize("answers", [
    lambda proposal, now: proposals.accept(proposal_id=proposal.pk, now=now), refuse,
])  # fmt: skip
def test_an_answer_is_a_fact_of_the_ledger_and_a_refusal_is_one(answers):
    signatory()
    proposal = proposed().proposals.get()

    answers(proposal, NOW + 2 * DAY)

    fact = requests().get()
    assert (fact.key, fact.source, fact.effective_on) == (
        f"request:{proposal.pk}", "requests", TODAY + 2 * DAY,
    )  # fmt: skip
    assert fact.payload == {
        "request": str(proposal.pk),
        "client": client_hash(CLIENT),
        "asked_on": TODAY.isoformat(),
        "answered_on": (TODAY + 2 * DAY).isoformat(),
        "excluded": "",
    }
    assert CLIENT not in fact.payload["client"]


def test_whoever_kept_silent_is_recorded_after_ten_working_days_and_once():
    signatory()
    proposed()
    tick(now=NOW + 3 * DAY)
    last = NOW + timedelta(days=14)  # the tenth working day

    tick(now=last)
    assert not requests().exists()
    tick(now=last + DAY)
    tick(now=last + 2 * DAY)

    fact = requests().get()
    assert (fact.payload["answered_on"], fact.effective_on) == (None, (last + DAY).date())
    assert Proposal.objects.get().recorded_at == last + DAY


def test_what_the_company_withdrew_before_an_answer_is_no_silence():
    signatory()
    need = proposed()
    need_handling.close_by_staff(
        need_id=need.pk, reason="out_of_scope", words="Hors du numérique.", now=NOW + DAY
    )

    tick(now=NOW + timedelta(days=40))

    assert not requests().exists()


def test_of_a_card_without_adhesion_nothing_is_kept():
    matchable()
    proposal = proposed().proposals.get()

    proposals.accept(proposal_id=proposal.pk, now=NOW)

    assert not TrustEvent.objects.exists()


def test_a_request_that_was_not_serious_counts_no_more():
    card = signatory()
    need = proposed()
    proposals.accept(proposal_id=need.proposals.get().pk, now=NOW)
    counted = replies_of(card, on=NOW)

    need_handling.close_by_staff(
        need_id=need.pk, reason="not_serious", words="Fantaisiste.", now=NOW
    )

    assert [fact.payload["excluded"] for fact in requests()] == ["", "spam"]
    assert counted != replies_of(card, on=NOW)
    assert replies_of(card, on=NOW)["value"] == replies_of(signatory(), on=NOW)["value"]


@pytest.mark.parametrize("link", ["member", "domain"])
def test_a_request_of_a_linked_party_does_not_count(link):
    card = signatory()
    if link == "member":
        user = UserFactory(email=ADDRESS)
        MembershipFactory(company=card.company, user=user)
    else:
        card.email = "contact@" + ADDRESS.partition("@")[2]
        card.reviewed_at = card.edited_at
        card.save()

    proposals.accept(proposal_id=proposed().proposals.get().pk, now=NOW)

    assert requests().get().payload["excluded"] == "linked_party"


def test_a_request_of_a_company_that_has_closed_does_not_count():
    signatory()
    need = proposed()
    company = Need.objects.get(pk=need.pk).company
    company.closed_on = TODAY
    company.save()

    proposals.accept(proposal_id=need.proposals.get().pk, now=NOW)

    assert requests().get().payload["excluded"] == "unverified"
