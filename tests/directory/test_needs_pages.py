"""The pages of a need: no account, no cookie, no JavaScript; links show, buttons act."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.enums import ProposalStatus
from directory.models import Need, Proposal, RequestPause
from directory.services import needs, proposals
from emn.lib.forms import is_proof, new_challenge
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CompanyFactory,
    MembershipFactory,
    ServiceFactory,
    UserFactory,
)
from tests.directory.needs import (
    ADDRESS,
    TEXT,
    confirmed,
    deposited,
    draft,
    in_contact,
    matchable,
    proposed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]

SIRET = "41816609600069"


def start(client, email=ADDRESS, query="", **changed):
    challenge = new_challenge(now=timezone.now() - timedelta(seconds=10))
    proof = next(str(number) for number in count() if is_proof(challenge, str(number)))
    values = {
        "name": "Léa Meyer",
        "email": email,
        "phone": "",
        "service": "",
        "fiche": "",
        "challenge": challenge,
        "proof": proof,
    }
    return client.post(f"/besoins/nouveau/{query}", values | changed)


def details(**changed):
    values = {
        "service": ServiceFactory().pk,
        "text": TEXT,
        "commune": "Sarrebourg",
        "budget": "1000-5000",
        "deadline": "month",
        "working_language": "fr",
        "family": "web",
    }
    return values | changed


def page_of(row, purpose):
    return needs.path(row.pk, purpose, "fr")


def live(**fields):
    return proposed(now=timezone.now(), **fields)


def test_three_steps_then_a_mail_and_no_cookie(client):
    CompanyFactory(siret=SIRET)
    ServiceFactory()

    first = start(client, phone="03 87 00 00 00")
    found = client.get(first["Location"], {"entreprise": "418 166 096 00069"})
    second = client.post(
        first["Location"], {"siret": SIRET, "client_size": "1-9", "sector": "artisanat"}
    )
    shown = client.get(second["Location"])
    third = client.post(second["Location"], details(question_existing="boulangerie.example"))

    need = Need.objects.get()
    assert "ATELIER DU WEB" in found.content.decode()
    assert 'value="57630"' in shown.content.decode() or "Sarrebourg" in shown.content.decode()
    assert third["Location"] == "/besoins/envoye/"
    assert (need.status, need.commune_id, need.answers) == (
        "deposited",
        "57630",
        {"existing": "boulangerie.example"},
    )
    assert OutboundEmail.objects.get().to_email == ADDRESS
    assert not client.cookies


def test_the_last_step_answers_the_same_whoever_is_written_to(client):
    answers = []
    for email in (ADDRESS, "inconnue@ailleurs.example"):
        need = draft(email=email, now=timezone.now())
        answers.append(client.post(page_of(need, needs.DRAFT), details())["Location"])
        confirmed(email=email)

    assert len(set(answers)) == 1


def test_what_is_refused_comes_back_filled_and_is_kept(client):
    need = draft(now=timezone.now())
    url = page_of(need, needs.DRAFT)

    refused = client.post(url, details(commune="Atlantis", budget="5000-15000"))

    assert "commune" in refused.context["form"].errors
    assert TEXT in refused.content.decode()
    again = Client().get(url).content.decode()  # later, on another machine
    assert TEXT in again
    need.refresh_from_db()
    assert (need.status, need.budget) == ("draft", "5000-15000")


def test_a_service_whose_questions_were_not_shown_brings_them(client):
    need = draft(now=timezone.now())
    url = page_of(need, needs.DRAFT)

    asked = client.post(url, details(family="")).content.decode()

    assert "Encore deux questions" in asked
    assert 'name="question_existing"' in asked
    assert TEXT in asked
    assert Need.objects.get().status == "draft"
    assert client.post(url, details())["Location"] == "/besoins/envoye/"


def test_details_wait_for_the_company(client):
    need = needs.start_need(
        name="A", email=ADDRESS, phone="", language="fr", service_id=None, wished_slug="",
        now=timezone.now(),
    )  # fmt: skip

    response = client.get(page_of(need, needs.DRAFT))

    assert response["Location"].endswith("/entreprise/")


def test_the_card_and_the_service_one_came_from_are_kept(client):
    card = matchable()
    service = ServiceFactory()

    start(client, fiche=card.slug, service=service.slug)

    need = Need.objects.get()
    assert (need.wished, need.service) == (card, service)


def test_a_form_sent_by_a_robot_is_refused(client):
    assert start(client, website="https://spam.example").status_code == 200
    assert not Need.objects.exists()


def test_an_unknown_siret_loses_nothing(client):
    need = draft(now=timezone.now())
    url = f"{page_of(need, needs.DRAFT)}entreprise/"

    response = client.post(url, {"siret": "00000000000001", "client_size": "1-9", "sector": "btp"})

    assert "ne connaît pas ce SIRET" in response.content.decode()


def test_opening_the_link_of_the_mail_confirms_nothing(client):
    need = deposited(now=timezone.now())
    url = page_of(need, needs.CONFIRM)

    for _time in range(3):
        assert client.get(url).status_code == 200
        client.head(url)
    assert Need.objects.get().confirmed_at is None

    client.post(url)
    client.post(url)
    assert Need.objects.get().status == "confirmed"
    assert OutboundEmail.objects.filter(kind__endswith="/confirmed").count() == 1


@pytest.mark.parametrize("purpose", [needs.CONFIRM, needs.FOLLOW, needs.DRAFT, needs.ANSWER])
def test_a_secret_opens_only_what_it_was_made_for(client, purpose):
    matchable()
    need = live()
    proposal = need.proposals.get()
    good = {needs.ANSWER: proposal.pk}.get(purpose, need.pk)
    addresses = {
        needs.CONFIRM: "confirmer",
        needs.FOLLOW: "suivi",
        needs.DRAFT: "brouillon",
        needs.ANSWER: "reponse",
    }

    for other, part in addresses.items():
        response = client.get(f"/besoins/{part}/{needs.token(good, purpose)}/")
        if other == purpose:
            assert response.status_code in {200, 302}
        else:
            assert response.status_code == 404


def test_a_draft_s_address_ends_after_a_week(client):
    need = draft()
    old = needs.signing.TimestampSigner.timestamp
    with pytest.MonkeyPatch.context() as patch:
        past = needs.signing.b62_encode(int(timezone.now().timestamp()) - 8 * 86_400)
        patch.setattr(needs.signing.TimestampSigner, "timestamp", lambda _self: past)
        url = page_of(need, needs.DRAFT)
    assert needs.signing.TimestampSigner.timestamp is old

    assert client.get(url).status_code == 404


# --- The provider ---


def test_reading_the_request_changes_nothing_and_says_not_who_asks(client):
    matchable()
    need = live()
    proposal = need.proposals.get()

    html = client.get(page_of(proposal, needs.ANSWER)).content.decode()

    assert TEXT in html
    assert not any(word in html for word in ("Meyer", ADDRESS, "03 87", "ATELIER DU WEB"))
    assert Proposal.objects.get().status == "sent"


def test_accepting_from_the_mail_shows_who_asks_to_both(client):
    matchable(email="contact@atelier.example")
    need = live()
    proposal = need.proposals.get()
    before = client.get(page_of(need, needs.FOLLOW)).content.decode()

    accepted = client.post(page_of(proposal, needs.ANSWER), {"do": "accept"}, follow=True)

    after = client.get(page_of(need, needs.FOLLOW)).content.decode()
    assert all(word in accepted.content.decode() for word in ("Meyer", ADDRESS, "03 87 00 00 00"))
    assert ("contact@atelier.example" in before, "contact@atelier.example" in after) == (
        False,
        True,
    )
    assert not client.cookies


def test_refusing_wants_a_reason_and_keeps_what_was_typed(client):
    matchable()
    proposal = live().proposals.get()
    url = page_of(proposal, needs.ANSWER)

    bare = client.post(url, {"do": "refuse", "words": "Trop loin de mes clients."})
    assert "Trop loin de mes clients." in bare.content.decode()
    assert Proposal.objects.get().status == "sent"

    client.post(url, {"do": "refuse", "reason": "place", "pauses": "on"})
    assert (Proposal.objects.get().status, Proposal.objects.get().refusal_reason) == (
        "refused",
        "place",
    )
    assert client.post(url, {"do": "resume"}).status_code == 409  # an old link commands nothing
    assert hasattr(Proposal.objects.get().provider, "pause")


def test_too_late_is_said_and_changes_nothing(client):
    matchable()
    proposal = live().proposals.get()
    Proposal.objects.update(expires_at=timezone.now())
    url = page_of(proposal, needs.ANSWER)

    assert "délai de réponse est passé" in client.get(url).content.decode()
    assert client.post(url, {"do": "accept"}).status_code == 409
    assert Proposal.objects.get().status == "sent"


def test_contact_data_leave_the_provider_s_page_with_the_end(client):
    matchable()
    need = live()
    proposal = need.proposals.get()
    proposals.accept(proposal_id=proposal.pk, now=timezone.now())
    needs.choose(need_id=need.pk, proposal_id=proposal.pk, now=timezone.now())
    needs.note_done(need_id=need.pk, now=timezone.now())

    html = client.get(page_of(proposal, needs.ANSWER)).content.decode()

    assert ADDRESS not in html
    assert "Meyer" not in html


# --- The company's page ---


def test_each_decision_is_a_button(client):
    for _number in range(6):
        matchable()
    need = live()
    url = page_of(need, needs.FOLLOW)
    proposal = need.proposals.order_by("pk")[0]
    proposals.accept(proposal_id=proposal.pk, now=timezone.now())
    one = {"proposal": proposal.pk}

    for sent in (
        {"do": "more"},
        one | {"do": "message", "text": "Quand venez-vous ?"},
        one | {"do": "quote"},
        one | {"do": "choose"},
        {"do": "done"},
    ):
        response = client.post(url, sent)
        assert response["Location"] == f"{url}?dit={sent['do']}"
        assert client.get(response["Location"]).status_code == 200

    need.refresh_from_db()
    assert (need.status, need.more_asked) == ("done", True)
    assert proposal.messages.get().text == "Quand venez-vous ?"


def test_a_refused_message_is_not_lost(client):
    matchable()
    need = live()
    proposal = need.proposals.get()

    response = client.post(
        page_of(need, needs.FOLLOW),
        {"do": "message", "proposal": proposal.pk, "text": "Un long message."},
    )

    assert response.status_code == 409
    assert "Un long message." in response.content.decode()


@pytest.mark.parametrize(
    "sent",
    [
        {"do": "fly"},
        {"do": "choose", "proposal": "x"},
        {"do": "choose", "proposal": "9" * 5_000},
        {},
    ],
)
def test_what_is_no_button_is_not_found(client, sent):
    matchable()

    assert client.post(page_of(live(), needs.FOLLOW), sent).status_code == 404


def test_a_proposal_of_another_company_is_not_found(client):
    matchable()
    need = live()
    other = live(email="autre@client.example").proposals.get()

    response = client.post(page_of(need, needs.FOLLOW), {"do": "choose", "proposal": other.pk})

    assert response.status_code == 404


def test_three_questions_then_one(client):
    matchable()
    need = live()
    proposals.accept(proposal_id=need.proposals.get().pk, now=timezone.now())
    url = page_of(need, needs.FOLLOW)

    wrong = client.post(f"{url}bilan/", {"was_called": "yes"})
    right = client.post(
        f"{url}bilan/", {"was_called": "no", "was_useful": "no", "outcome": "talking"}
    )
    last = client.post(f"{url}et-maintenant/", {"outcome": "dropped"})

    need.refresh_from_db()
    assert wrong.context["form"].errors
    assert "Merci" in right.content.decode()
    assert "Merci" in last.content.decode()
    assert (need.was_called, need.was_useful, need.outcome) == (False, "no", "talking")
    assert (need.status, need.later_outcome) == ("closed", "dropped")


def test_the_page_costs_the_same_for_five_providers_as_for_one(client):
    counts = []
    for cards in (1, 4):
        for _number in range(cards):
            matchable()
        need = live(email=f"n{cards}@client.example")
        if cards > 1:
            needs.ask_for_more(need_id=need.pk, now=timezone.now())
            proposals.propose(need_id=need.pk, now=timezone.now())
        for proposal in need.proposals.all():
            proposals.accept(proposal_id=proposal.pk, now=timezone.now())
        assert need.proposals.filter(status=ProposalStatus.ACCEPTED).count() == (
            1 if cards == 1 else 5
        )
        client.get(page_of(need, needs.FOLLOW))
        with CaptureQueriesContext(connection) as queries:
            client.get(page_of(need, needs.FOLLOW))
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_the_ways_in(client):
    card = matchable()

    home = client.get("/").content.decode()
    nothing = client.get("/annuaire/?q=zzzzzz").content.decode()
    fiche = client.get(card.get_absolute_url()).content.decode()

    assert "/besoins/nouveau/" in home
    assert "/besoins/nouveau/" in nothing
    assert f"/besoins/nouveau/?fiche={card.slug}&amp;service=" in fiche


def test_twelve_refusals_are_said_to_the_company(client, monkeypatch):
    monkeypatch.setattr(proposals, "MOST_PROVIDERS", 1)
    matchable()
    need = proposed()
    proposal = need.proposals.get()
    proposals.refuse(proposal_id=proposal.pk, reason="busy", words="", pauses=False, now=NOW)
    proposals.propose(need_id=need.pk, now=NOW)

    page = client.get(needs.path(need.pk, needs.FOLLOW, "fr")).content.decode()

    assert "nous n’en solliciterons pas d’autres" in page
    assert "vous disons au neuvième jour" not in page
    assert "Demander deux prestataires" not in page


def test_the_link_of_a_request_that_has_ended_commands_no_pause(client):
    card = matchable()
    owner = UserFactory()
    MembershipFactory(company=card.company, user=owner)
    need, proposal = in_contact()
    page = needs.path(proposal.pk, needs.ANSWER, "fr")

    client.post(page, {"do": "pause"})
    client.post(page, {"do": "pause"})
    assert RequestPause.objects.exists()
    told = OutboundEmail.objects.get(kind="directory/emails/requests_paused")
    assert told.to_email == owner.email
    client.post(page, {"do": "resume"})
    assert not RequestPause.objects.exists()

    needs.close_need(need_id=need.pk, reason="dropped", now=NOW)
    refused = client.post(page, {"do": "pause"})

    assert (refused.status_code, RequestPause.objects.exists()) == (409, False)
    assert "Suspendre les demandes" not in client.get(page).content.decode()
