"""Quotes: written, numbered without a gap, frozen, answered, offered to the charter, forgotten."""

import hashlib
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import DatabaseError, connection, transaction

from directory.enums import EvidenceStatus, LossReason, NeedStatus, ProposalStatus, QuoteStatus
from directory.models import Evidence, Need, Proposal, Provider, Quote, TrustEvent
from directory.services import charter, merging, needs, quotes
from directory.services.needs import NeedRefused
from directory.services.quotes import QuoteRefused
from emn.accounts import personal_data
from emn.accounts.services import purge_personal_data
from emn.mailings.models import OutboundEmail
from tests.directory import charter as signing
from tests.directory import quoting
from tests.directory.factories import NOW, MembershipFactory, UserFactory, published_card
from tests.directory.needs import in_contact, matchable

pytestmark = pytest.mark.django_db

AGENT_WORDS = ("need", "scope", "costs", "roles", "means", "lasting", "rights")


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}").order_by("pk")


def asked():
    """A need in contact with a card of `owner`."""
    owner = UserFactory()
    card = matchable(owner=owner)
    need, proposal = in_contact()
    return need, proposal, card, owner


# --- Sending ---


def test_a_quote_is_numbered_frozen_and_sent():
    card, owner = quoting.card_of()

    quote = quoting.sent(card, owner)

    quote.refresh_from_db()
    with quote.document.open("rb") as file:
        document = file.read()
    assert (quote.status, quote.number, quote.commitments) == (QuoteStatus.SENT, 1, 7)
    assert quote.reference == f"DE-{card.pk}-0001"
    assert quote.sha256 == quotes.digest_of(quote)
    assert quote.document_sha256 == hashlib.sha256(document).hexdigest()
    assert document.startswith(b"%PDF")
    assert quote.issuer["name"] == card.name
    mail = mails("quote_received").get()
    assert (mail.to_email, mail.unsolicited, mail.secret) == (quoting.CLIENT, True, True)
    secret = re.search(r"/devis/lire/(\S+)/", mail.text_body)[1]
    assert quotes.quote_of(secret) == quote


def test_numbers_follow_each_other_a_card_at_a_time():
    card, owner = quoting.card_of()
    other, other_owner = quoting.card_of()

    got = [quoting.sent(card, owner).number for _ in range(3)]
    got_other = quoting.sent(other, other_owner).number
    quotes.delete_draft(quote_id=quoting.draft(card, owner).pk, user_id=owner.pk)

    assert (got, got_other) == ([1, 2, 3], 1)
    assert quoting.sent(card, owner).number == 4


@pytest.mark.django_db(transaction=True)
def test_several_sends_at_once_give_numbers_without_a_gap():
    card, owner = quoting.card_of()
    drafts = [quoting.draft(card, owner).pk for _ in range(4)]
    barrier = Barrier(len(drafts))

    def send(quote_id):
        try:
            barrier.wait()
            return quotes.send_quote(quote_id=quote_id, user_id=owner.pk, now=NOW).number
        finally:
            connection.close()

    with ThreadPoolExecutor(len(drafts)) as pool:
        assert sorted(pool.map(send, drafts)) == [1, 2, 3, 4]


@pytest.mark.django_db(transaction=True)
def test_the_same_quote_sent_at_once_is_sent_once():
    card, owner = quoting.card_of()
    quote = quoting.draft(card, owner)
    barrier = Barrier(3)

    def send(_n):
        try:
            barrier.wait()
            quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)
        except QuoteRefused:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(send, range(3))) == 1

    assert Quote.objects.get().number == 1
    assert mails("quote_received").count() == 1


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "Autre chose"},
        {"content": {}},
        {"number": 9},
        {"sha256": "0" * 64},
        {"client_email": "autre@ailleurs.example"},
        {"valid_until": NOW.date()},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_was_sent_never_changes(changes):
    quote = quoting.sent()

    with pytest.raises(DatabaseError, match="was sent"), transaction.atomic():
        Quote.objects.filter(pk=quote.pk).update(**changes)
    with pytest.raises(DatabaseError, match="its number stays"), transaction.atomic():
        Quote.objects.filter(pk=quote.pk).delete()
    with pytest.raises(QuoteRefused, match="ne change plus"):
        quotes.write_part(
            quote_id=quote.pk,
            user_id=quote.provider.company.members.get().pk,
            values={"need": "x"},
            now=NOW,
        )


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ({"title": " "}, "objet"),
        ({"client_email": ""}, "courriel"),
        ({"valid_until": None}, "validité"),
        ({"valid_until": NOW.date() - timedelta(days=1)}, "validité"),
        ({"valid_until": NOW.date() + timedelta(days=366)}, "validité"),
        ({"content": {}}, "prix"),
    ],
)
def test_what_is_missing_refuses_the_sending_and_keeps_the_draft(head, words):
    card, owner = quoting.card_of()
    quote = quoting.draft(card, owner, **head)

    with pytest.raises(QuoteRefused, match=words):
        quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    quote.refresh_from_db()
    assert quote.is_draft
    assert not mails("quote_received").exists()


def test_a_card_that_is_not_public_sends_nothing():
    card, owner = quoting.card_of()
    quote = quoting.draft(card, owner)
    Provider.objects.filter(pk=card.pk).update(status="hidden")

    with pytest.raises(QuoteRefused, match="Publiez"):
        quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)


def test_a_card_sends_twenty_a_day(monkeypatch):
    monkeypatch.setattr(quotes, "SENT_PER_DAY", 1)
    card, owner = quoting.card_of()
    quoting.sent(card, owner)

    with pytest.raises(QuoteRefused, match="demain"):
        quoting.sent(card, owner)
    quoting.sent(card, owner, now=NOW + timedelta(days=1, minutes=1))


def test_a_mailbox_gets_three_that_it_did_not_ask_for_and_the_sender_sees_no_difference():
    card, owner = quoting.card_of()

    statuses = [quoting.sent(card, owner).status for _ in range(4)]

    assert set(statuses) == {QuoteStatus.SENT}
    assert [mail.status for mail in mails("quote_received")][-1] == "capped"


def test_a_stranger_has_no_hold_on_a_quote():
    quote, stranger = quoting.draft(), UserFactory()
    who = {"quote_id": quote.pk, "user_id": stranger.pk}

    for act in (
        lambda: quotes.write_part(**who, values={"need": "x"}, now=NOW),
        lambda: quotes.write_head(**who, values={"title": "x"}, now=NOW),
        lambda: quotes.send_quote(**who, now=NOW),
        lambda: quotes.copy_quote(**who, now=NOW),
        lambda: quotes.delete_draft(**who),
        lambda: quotes.offer_as_evidence(**who, now=NOW),
    ):
        with pytest.raises(Quote.DoesNotExist):
            act()
    with pytest.raises(Provider.DoesNotExist):
        quotes.start_quote(user_id=stranger.pk, provider_id=quote.provider_id, now=NOW)


# --- A request ---


def test_a_quote_for_a_request_takes_its_words_and_moves_the_need():
    need, proposal, card, owner = asked()
    quote = quotes.start_quote(
        user_id=owner.pk, provider_id=card.pk, proposal_id=proposal.pk, now=NOW
    )
    assert (quote.client_email, quote.content["need"]) == (need.contact_email, need.text)

    values = {"client_email": "autre@ailleurs.example", "title": "Site"}
    quotes.write_head(quote_id=quote.pk, user_id=owner.pk, values=values, now=NOW)
    quotes.write_part(quote_id=quote.pk, user_id=owner.pk, values=quoting.whole_content(), now=NOW)
    quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    proposal.refresh_from_db()
    need.refresh_from_db()
    assert (proposal.status, need.status) == (ProposalStatus.QUOTED, NeedStatus.QUOTED)
    mail = mails("quote_received").get()
    assert (mail.to_email, mail.unsolicited) == (need.contact_email, False)


def test_accepting_the_quote_of_a_request_chooses_the_provider():
    need, proposal, card, owner = asked()
    quote = quoting.sent(card, owner, proposal=proposal)

    quotes.accept_quote(quote_id=quote.pk, now=NOW)
    quotes.accept_quote(quote_id=quote.pk, now=NOW)

    need.refresh_from_db()
    assert need.status == NeedStatus.CHOSEN
    assert Proposal.objects.get(pk=proposal.pk).status == ProposalStatus.CHOSEN
    assert Quote.objects.get().status == QuoteStatus.ACCEPTED
    assert [mail.to_email for mail in mails("quote_accepted")] == [owner.email]


def test_a_new_quote_for_the_same_request_replaces_the_one_that_waits():
    _need, proposal, card, owner = asked()
    first = quoting.sent(card, owner, proposal=proposal)

    second = quoting.sent(card, owner, proposal=proposal)

    first.refresh_from_db()
    assert (first.status, second.number) == (QuoteStatus.REPLACED, 2)
    with pytest.raises(QuoteRefused, match="nouveau devis"):
        quotes.accept_quote(quote_id=first.pk, now=NOW)


def test_a_request_that_has_ended_takes_no_quote():
    need, proposal, card, owner = asked()
    quote = quoting.draft(card, owner, proposal=proposal)
    needs.close_need(need_id=need.pk, reason="dropped", now=NOW)

    with pytest.raises(NeedRefused):
        quotes.send_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)
    with pytest.raises(QuoteRefused, match="en contact"):
        quotes.start_quote(user_id=owner.pk, provider_id=card.pk, proposal_id=proposal.pk, now=NOW)


def test_another_card_cannot_quote_for_the_request():
    _need, proposal, _card, _owner = asked()
    other, other_owner = quoting.card_of()

    with pytest.raises(Proposal.DoesNotExist):
        quotes.start_quote(
            user_id=other_owner.pk, provider_id=other.pk, proposal_id=proposal.pk, now=NOW
        )


# --- Answers ---


def test_declining_says_why_and_the_quote_may_be_taken_up_again():
    card, owner = quoting.card_of()
    quote = quoting.sent(card, owner)

    quotes.decline_quote(quote_id=quote.pk, reason=LossReason.PRICE, now=NOW)
    again = quotes.copy_quote(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    assert "le prix" in mails("quote_declined").get().text_body
    assert (again.is_draft, again.covered, again.client_email) == (True, 7, quoting.CLIENT)
    assert "issuer" not in again.content
    with pytest.raises(QuoteRefused, match="déjà répondu"):
        quotes.accept_quote(quote_id=quote.pk, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_accepted_and_declined_at_once_is_one_of_them():
    quote = quoting.sent()
    barrier = Barrier(2)

    def answer(act):
        try:
            barrier.wait()
            act()
        except QuoteRefused:
            return False
        finally:
            connection.close()
        return True

    acts = [
        lambda: quotes.accept_quote(quote_id=quote.pk, now=NOW),
        lambda: quotes.decline_quote(quote_id=quote.pk, reason="price", now=NOW),
    ]
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(answer, acts)) == 1
    assert OutboundEmail.objects.filter(kind__contains="quote_").count() == 2


def test_a_quote_ends_with_its_last_day_whatever_the_task_did():
    quote = quoting.sent()
    late = NOW + timedelta(days=31)

    with pytest.raises(QuoteRefused, match="plus valable"):
        quotes.accept_quote(quote_id=quote.pk, now=late)
    assert quotes.expire_quotes(now=NOW + timedelta(days=30)) == 0
    assert quotes.expire_quotes(now=late) == 1
    assert quotes.expire_quotes(now=late) == 0
    assert mails("quote_expired").count() == 1


# --- The charter ---


def signatory():
    owner = UserFactory()
    company = signing.company_of(owner)
    return signing.signed(company), company.providers.get(), owner


def test_a_whole_quote_becomes_a_document_for_staff_to_read_and_attests_nothing_by_itself():
    adhesion, card, owner = signatory()
    quote = quoting.sent(card, owner)

    piece = quotes.offer_as_evidence(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    with piece.file.open("rb") as file:
        assert file.read().startswith(b"%PDF")
    assert (piece.adhesion_id, piece.kind) == (adhesion.pk, quotes.EVIDENCE_KIND)
    assert (piece.status, piece.clauses) == (EvidenceStatus.WAITING, [])
    assert not TrustEvent.objects.exists()
    with pytest.raises(charter.AdhesionRefused, match="déjà"):
        quotes.offer_as_evidence(quote_id=quote.pk, user_id=owner.pk, now=NOW)


def test_the_document_stands_for_the_quote_that_an_adhesion_needs_and_attests_seven():
    adhesion, card, owner = signatory()
    piece = quotes.offer_as_evidence(
        quote_id=quoting.sent(card, owner).pk, user_id=owner.pk, now=NOW
    )

    charter.submit(adhesion_id=adhesion.pk, user_id=owner.pk, now=NOW)
    signing.accept(piece, clauses=AGENT_WORDS)

    assert Evidence.objects.get().clauses == list(AGENT_WORDS)


def test_the_client_is_masked_in_the_document(monkeypatch):
    _adhesion, card, owner = signatory()
    content = quoting.whole_content() | {"client_lead": "Léa Meyer, de la boulangerie"}
    quote = quoting.sent(card, owner, content=content)
    shown = []
    monkeypatch.setattr(
        "directory.quote_documents.render_pdf",
        lambda _template, data, at: shown.append(data) or b"%PDF-1.7 %%EOF",
    )

    quotes.offer_as_evidence(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    (data,) = shown
    for name in ("Léa Meyer", "Trois Évêchés", quoting.CLIENT, quote.title):
        assert name not in str(data)
    assert card.name in str(data)


@pytest.mark.parametrize("case", ["draft", "six", "unsigned"])
def test_what_is_not_whole_sent_or_signed_for_is_no_document(case):
    if case == "unsigned":
        card, owner = quoting.card_of()
    else:
        _adhesion, card, owner = signatory()
    content = quoting.whole_content() | ({"ownership": ""} if case == "six" else {})
    make = quoting.draft if case == "draft" else quoting.sent
    quote = make(card, owner, content=content)

    with pytest.raises(QuoteRefused):
        quotes.offer_as_evidence(quote_id=quote.pk, user_id=owner.pk, now=NOW)

    assert not Evidence.objects.exists()


# --- What is kept ---


def test_erasing_the_client_keeps_the_number_and_ends_what_waits(
    django_capture_on_commit_callbacks,
):
    client = UserFactory(email=quoting.CLIENT)
    card, owner = quoting.card_of()
    quote = quoting.sent(card, owner)
    draft = quoting.draft(card, owner)
    storage, name = quote.document.storage, quote.document.name
    entry = next(e for m, e in personal_data._registered.items() if m is Quote)

    with django_capture_on_commit_callbacks(execute=True):
        entry.erase_rows(entry.rows_about(client))

    quote.refresh_from_db()
    assert (quote.status, quote.number, quote.client_email, quote.content) == (
        QuoteStatus.EXPIRED, 1, "", {},
    )  # fmt: skip
    assert len(quote.sha256) == 64
    assert not storage.exists(name)
    assert not Quote.objects.filter(pk=draft.pk).exists()
    assert quotes.quote_of(quotes.token(quote.pk)) is None
    assert quoting.sent(card, owner).number == 2


def test_an_accepted_quote_outlives_the_clients_account():
    client = UserFactory(email=quoting.CLIENT)
    quote = quoting.sent(now=NOW)
    quotes.accept_quote(quote_id=quote.pk, now=NOW)
    entry = personal_data._registered[Quote]

    entry.erase_rows(entry.rows_about(client))

    quote.refresh_from_db()
    assert quote.client_email == quoting.CLIENT


def test_retention_forgets_old_quotes_and_old_drafts():
    old = NOW - timedelta(days=1096)
    quote = quoting.sent(now=old)
    quotes.accept_quote(quote_id=quote.pk, now=old)
    kept = quoting.draft(now=NOW - timedelta(days=179))
    quoting.draft(now=NOW - timedelta(days=181))

    purge_personal_data(now=NOW, write=True)

    quote.refresh_from_db()
    assert (quote.client_email, quote.number) == ("", 1)
    assert Quote.objects.filter(status="draft").get() == kept


def test_quotes_follow_a_merged_card_with_the_series_that_numbered_them():
    company = quoting.card_of()[0].company
    owner = company.members.get()
    kept, merged = company.providers.get(), published_card(company=company)
    first, second = quoting.sent(kept, owner), quoting.sent(merged, owner)

    merging.merge_cards(
        kept_id=kept.pk,
        merged_id=merged.pk,
        choices={},
        move_people=True,
        by_id=UserFactory().pk,
        now=NOW,
    )

    second.refresh_from_db()
    assert second.provider_id == kept.pk
    assert second.reference == f"DE-{merged.pk}-0001"
    assert (first.number, quoting.sent(kept, owner).number) == (1, 2)


def test_a_colleague_may_write_and_send():
    card, owner = quoting.card_of()
    colleague = MembershipFactory(company=card.company).user
    quote = quoting.draft(card, owner)

    quotes.send_quote(quote_id=quote.pk, user_id=colleague.pk, now=NOW)

    assert Need.objects.count() == 0
