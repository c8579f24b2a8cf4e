"""Asking to act for a company: the proof, who decides, and what nobody may learn or force."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from directory.enums import ClaimStatus, MembershipRole
from directory.models import Claim, Company, Membership
from directory.services import claims as services
from directory.services import providers
from emn.accounts.enums import Role
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    UserFactory,
    facts,
    published_card,
)
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
ADDRESS = "alice@atelier.example"


def code_sent():
    mail = OutboundEmail.objects.filter(kind="directory/emails/claim_code").latest("pk")
    return re.search(r"^\d{6}$", mail.text_body, re.MULTILINE)[0]


def ask(card, person=None, *, email=ADDRESS, now=NOW):
    return services.claim_by_email(
        company_id=card.company_id, user_id=(person or UserFactory()).pk, email=email, now=now
    )


def prove(claim, *, now=NOW, code=None):
    return services.prove_claim(
        claim_id=claim.pk, user_id=claim.user_id, code=code or code_sent(), now=now
    )


def write(card, person=None):
    return services.claim_by_message(
        company_id=card.company_id,
        user_id=(person or UserFactory()).pk,
        message="Je suis la gérante.",
        now=NOW,
    )


def told(person):
    return list(OutboundEmail.objects.filter(to_email=person.email).values_list("kind", flat=True))


@pytest.mark.parametrize(
    ("fields", "domains"),
    [
        ({"website": "https://www.atelier.example/contact", "email": ""}, ["atelier.example"]),
        ({"website": "", "email": "x@Studio.example"}, ["studio.example"]),
        ({"website": "https://facebook.com/atelier", "email": "atelier@orange.fr"}, []),
    ],
)
def test_the_firm_s_domains_are_those_of_its_cards_but_shared_ones(fields, domains):
    card = published_card(**fields)

    assert services.firm_domains(card.company) == domains


def test_a_domain_that_the_centre_has_not_read_proves_nothing():
    owner = UserFactory()
    card = published_card(owner=owner)
    providers.edit_card(
        provider_id=card.pk,
        user_id=owner.pk,
        values={"website": "https://intrus.example"},
        now=NOW + timedelta(minutes=1),
    )

    assert services.firm_domains(card.company) == []


def test_a_company_that_nobody_holds_goes_to_who_reads_its_mail():
    card, person = published_card(), UserFactory()
    claim = ask(card, person)

    claim = prove(claim)

    assert claim.status == ClaimStatus.ACCEPTED
    assert (claim.email, claim.proven_at, claim.code_hash) == (ADDRESS, NOW, "")
    assert [(m.user, m.role) for m in card.company.memberships.all()] == [
        (person, MembershipRole.OWNER)
    ]
    assert told(person) == ["directory/emails/claim_accepted"]


@pytest.mark.parametrize("email", ["alice@gmail.com", "alice@atelier.example.evil.example"])
def test_an_address_elsewhere_is_refused_and_gets_nothing(email):
    card = published_card()

    with pytest.raises(services.ClaimRefused, match="domaine"):
        ask(card, email=email)

    assert not OutboundEmail.objects.filter(kind="directory/emails/claim_code").exists()


def test_the_code_is_neither_kept_nor_shown_to_staff():
    claim = ask(published_card())

    assert code_sent() not in claim.code_hash
    assert OutboundEmail.objects.get(kind="directory/emails/claim_code").secret


def test_a_code_pasted_with_its_space_is_the_code():
    claim = ask(published_card())
    code = code_sent()

    assert prove(claim, code=f"{code[:3]} {code[3:]} ").status == ClaimStatus.ACCEPTED


def test_a_code_serves_once():
    claim = ask(published_card())
    code = code_sent()
    prove(claim, code=code)

    with pytest.raises(services.ClaimRefused, match="déjà servi"):
        prove(claim, code=code)


def test_a_code_expires():
    claim = ask(published_card())

    with pytest.raises(services.ClaimRefused, match="plus valable"):
        prove(claim, now=NOW + services.CODE_LIFE)


def test_a_code_cannot_be_guessed_at_leisure():
    claim = ask(published_card())
    wrong = f"{(int(code_sent()) + 1) % 10**6:06}"
    for _ in range(services.TRIES_PER_HOUR):
        with pytest.raises(services.ClaimRefused, match="bon code"):
            prove(claim, code=wrong)

    with pytest.raises(services.ClaimRefused, match="Trop d’essais"):
        prove(claim)

    assert not claim.company.memberships.exists()


def test_a_code_is_for_the_address_it_was_sent_to():
    card, person = published_card(website="https://studio.example"), UserFactory()
    ask(card, person)
    first = code_sent()
    claim = ask(card, person, email="bob@studio.example")

    if first != code_sent():
        with pytest.raises(services.ClaimRefused, match="bon code"):
            prove(claim, code=first)


def test_another_person_s_claim_is_not_found():
    claim = ask(published_card())

    with pytest.raises(Claim.DoesNotExist):
        services.prove_claim(claim_id=claim.pk, user_id=UserFactory().pk, code=code_sent(), now=NOW)


def test_codes_are_counted_by_person_and_by_company(monkeypatch):
    card, person = published_card(), UserFactory()
    monkeypatch.setattr(services, "CODES_PER_DAY_AND_COMPANY", 3)
    for n in range(3):
        ask(card, person, email=f"boite{n}@atelier.example")

    with pytest.raises(services.ClaimRefused, match="Trop de codes"):
        ask(card, UserFactory())


def test_a_held_company_stays_its_owner_s_until_decided():
    owner, person = UserFactory(), UserFactory()
    card = published_card(owner=owner)

    claim = prove(ask(card, person))

    assert claim.status == ClaimStatus.WAITING_OWNER
    assert list(card.company.members.all()) == [owner]
    assert told(owner)[-1] == "directory/emails/claim_received"
    services.accept_claim(claim_id=claim.pk, by_id=owner.pk, as_owner_of=owner, now=NOW)
    assert Membership.objects.get(user=person).role == MembershipRole.EDITOR


def test_without_anybody_a_message_goes_to_the_centre():
    claim = write(published_card())

    assert claim.status == ClaimStatus.WAITING_STAFF
    assert list(Claim.objects.for_staff(now=NOW)) == [claim]


def test_an_owner_who_does_not_answer_is_overtaken_by_the_centre():
    claim = write(published_card(owner=UserFactory()))

    assert not Claim.objects.for_staff(now=NOW + timedelta(days=7)).exists()
    assert Claim.objects.for_staff(now=NOW + timedelta(days=7, seconds=1)).get() == claim


def test_a_writer_of_the_company_does_not_decide():
    card = published_card(owner=UserFactory())
    writer = MembershipFactory(company=card.company, role=MembershipRole.EDITOR).user
    claim = write(card)

    with pytest.raises(Claim.DoesNotExist):
        services.accept_claim(claim_id=claim.pk, by_id=writer.pk, as_owner_of=writer, now=NOW)


def test_a_refusal_needs_a_reason_and_is_told():
    person = UserFactory()
    claim = write(published_card(), person)

    with pytest.raises(services.ClaimRefused, match="Dites pourquoi"):
        services.refuse_claim(claim_id=claim.pk, by_id=1, reason=" ", now=NOW)
    agent = UserFactory()
    services.refuse_claim(claim_id=claim.pk, by_id=agent.pk, reason="Inconnue.", now=NOW)

    assert "Inconnue." in OutboundEmail.objects.get(to_email=person.email).text_body


def test_a_decided_claim_is_not_decided_again():
    claim, agent = write(published_card()), UserFactory()
    services.accept_claim(claim_id=claim.pk, by_id=agent.pk, now=NOW)

    with pytest.raises(services.ClaimRefused, match="ne se décide plus"):
        services.refuse_claim(claim_id=claim.pk, by_id=agent.pk, reason="Non.", now=NOW)


def test_a_person_has_few_open_claims():
    person = UserFactory()
    for _ in range(services.MOST_OPEN_CLAIMS):
        write(published_card(), person)

    with pytest.raises(services.ClaimRefused, match="demandes en cours"):
        write(published_card(), person)


def test_a_message_sent_twice_is_one_claim():
    card, person = published_card(), UserFactory()
    write(card, person)

    with pytest.raises(services.ClaimRefused, match="déjà en cours"):
        write(card, person)


def test_what_goes_nowhere_expires():
    person = UserFactory()
    unproven, undecided = ask(published_card()), write(published_card(), person)

    assert services.expire_claims(now=NOW + timedelta(days=2)) == 1
    assert services.expire_claims(now=NOW + timedelta(days=61)) == 1

    for claim in (unproven, undecided):
        claim.refresh_from_db()
        assert claim.status == ClaimStatus.EXPIRED
    assert told(person) == ["directory/emails/claim_expired"]


def test_a_message_waits_again_when_the_code_asked_after_it_was_never_typed():
    card, person = published_card(), UserFactory()
    claim = write(card, person)
    ask(card, person)

    assert services.expire_claims(now=NOW + timedelta(days=2)) == 0

    claim.refresh_from_db()
    assert claim.status == ClaimStatus.WAITING_STAFF
    assert services.accept_claim(claim_id=claim.pk, by_id=UserFactory().pk, now=NOW).closed_at


@pytest.mark.django_db(transaction=True)
def test_two_who_prove_at_once_make_one_owner():
    card = published_card()
    claims = []
    for n in range(2):
        claim = ask(card, email=f"boite{n}@atelier.example")
        claims.append((claim, code_sent()))

    def attempt(pair):
        try:
            return prove(pair[0], code=pair[1]).status
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        states = sorted(pool.map(attempt, claims))

    assert states == [ClaimStatus.ACCEPTED, ClaimStatus.WAITING_OWNER]
    assert card.company.memberships.count() == 1


# --- Pages ---


def claim_page(card):
    return reverse("directory:claim", args=[card.company.siret])


def test_the_card_invites_to_claim_it(client):
    card = published_card()

    assert claim_page(card) in client.get(card.get_absolute_url()).content.decode()


def test_a_card_is_claimed_from_its_page(client):
    card, person = published_card(), UserFactory()
    client.force_login(person)

    asked = client.post(claim_page(card), {"way": "email", "adresse-email": ADDRESS})
    done = client.post(asked["Location"], {"code": code_sent()}, follow=True)

    assert card.name in done.content.decode()
    assert card.company.members.get() == person


def test_opening_the_pages_changes_nothing(client):
    card, person = published_card(), UserFactory()
    claim = ask(card, person)
    client.force_login(person)
    before = list(Claim.objects.values())

    for address in (
        claim_page(card) + "?way=email&adresse-email=" + ADDRESS,
        reverse("directory:claim_code", args=[claim.pk]) + f"?code={code_sent()}",
        reverse("directory:claims"),
    ):
        assert client.get(address).status_code == 200

    assert list(Claim.objects.values()) == before


def test_nobody_learns_whether_a_company_is_held(client):
    free, held = published_card(), published_card(owner=UserFactory())
    client.force_login(UserFactory())
    sent = {"way": "message", "message-message": "C’est moi."}

    pages = [client.get(claim_page(card)).content.decode() for card in (free, held)]
    answers = [client.post(claim_page(card), sent, follow=True) for card in (free, held)]

    assert len({re.sub(r"\d|value=\"\w+\"", "", page) for page in pages}) == 1
    assert len({str(next(iter(answer.context["messages"]))) for answer in answers}) == 1
    states = re.findall(r"En attente de réponse|Chez le|Au centre", answers[1].content.decode())
    assert states == ["En attente de réponse"] * 2


def test_a_company_that_sells_nothing_digital_finds_its_way_to_its_file(client, monkeypatch):
    CommuneFactory()
    monkeypatch.setattr("directory.company_search.lookup", lambda _siret: facts())
    person = UserFactory()
    client.force_login(person)

    empty = client.get(reverse("dossier:files")).content.decode()
    found = client.get(reverse("dossier:join"), {"entreprise": "418 166 096 00069"})
    page = reverse("directory:claim", args=["41816609600069"])
    shown = client.get(page).content.decode()
    assert not Company.objects.exists()  # looking writes nothing
    client.post(page, {"way": "message", "message-message": "La boulangère, 03 87 00 00 00"})
    claim = Claim.objects.get()
    services.accept_claim(claim_id=claim.pk, by_id=UserFactory(is_staff=True).pk, now=NOW)

    assert reverse("dossier:join") in empty
    assert page in found.content.decode()
    assert "fiche" not in shown.split("<main")[1].split("</main")[0]
    assert client.get(reverse("dossier:files"))["Location"] == reverse(
        "dossier:file", args=[claim.company_id]
    )
    mail = OutboundEmail.objects.get(kind="directory/emails/claim_accepted")
    assert "/dossier/" in mail.text_body
    assert "fiche" not in mail.text_body + mail.subject


def test_a_siret_that_nobody_knows_is_not_claimed(client):
    client.force_login(UserFactory())

    assert client.get(reverse("directory:claim", args=["41816609600069"])).status_code == 404


def test_joining_with_a_known_company_leads_to_the_claim(client, monkeypatch):
    CommuneFactory()
    card = ProviderFactory(company=CompanyFactory(siret="41816609600069"))
    monkeypatch.setattr("directory.company_search.lookup", lambda _siret: facts())
    client.force_login(UserFactory())

    response = client.get(reverse("directory:card_start", args=[card.company.siret]))

    assert response["Location"] == claim_page(card)


def test_a_stranger_does_not_decide(client):
    claim = write(published_card(owner=UserFactory()))
    client.force_login(UserFactory())

    response = client.post(reverse("directory:claim_decide", args=[claim.pk]), {"accept": "1"})

    assert response.status_code == 404
    claim.refresh_from_db()
    assert claim.is_waiting


@pytest.mark.parametrize("count", [1, 4])
def test_the_list_costs_the_same_queries_whatever_its_length(
    client, count, django_assert_num_queries
):
    owner = UserFactory()
    card = published_card(owner=owner)
    for _ in range(count):
        write(card)
        write(published_card(), owner) if _ < 2 else None
    client.force_login(owner)

    with django_assert_num_queries(5):
        client.get(reverse("directory:claims"))


def test_the_centre_decides_in_the_back_office(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sign_in(client, Role.RECEPTION)
    claim = write(published_card())
    page = client.get(reverse("admin:directory_claim_change", args=[claim.pk]))
    button = page.context["buttons"][0][0]

    client.get(button)
    claim.refresh_from_db()
    assert claim.is_waiting
    client.post(button)

    claim.refresh_from_db()
    assert claim.status == ClaimStatus.ACCEPTED
    assert "1" in client.get("/admin/").content.decode()
