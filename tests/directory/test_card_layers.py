"""Three layers that never overwrite one another, what staff reads, and two people on one card."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.urls import reverse

from directory.content import changes, content_of, version_of
from directory.enums import CorrectionOutcome
from directory.models import Correction, Provider, SearchDocument
from directory.services import corrections
from directory.services import providers as services
from directory.services.companies import refresh_companies
from emn.accounts.enums import Role
from emn.accounts.services import erase_account, sync_roles
from emn.mailings.models import OutboundEmail
from tests.directory.factories import (
    NOW,
    MembershipFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    published_card,
    submitted_card,
)

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


def correct(card, *, field="tagline", value="Corrigé", reason="C’était faux.", agent=None):
    return corrections.correct_card(
        provider_id=card.pk,
        field=field,
        value=value,
        reason=reason,
        agent_id=(agent or UserFactory(is_staff=True)).pk,
        now=LATER,
    )


def edit(card, user, **values):
    return services.edit_card(
        provider_id=card.pk, user_id=user.pk, values=values, now=LATER + timedelta(hours=1)
    )


# --- Layers ---


def test_a_correction_is_shown_everywhere_over_the_owner_s_words(client):
    owner = UserFactory()
    card = published_card(owner=owner, tagline="Faux")

    correct(card, value="Juste")
    edit(card, owner, tagline="Encore trompé")
    page = client.get(card.get_absolute_url()).content.decode()

    assert Provider.objects.get().tagline == "Encore trompé"
    assert SearchDocument.objects.get().tagline == "Juste"
    assert page.count("Juste") >= 4  # title, description, page, JSON-LD
    assert "trompé" not in page


def test_lifting_a_correction_shows_the_owner_s_words_again(client):
    card = published_card(tagline="À moi")
    row = correct(card)

    corrections.lift_correction(provider_id=card.pk, correction_id=row.pk, now=LATER)

    row.refresh_from_db()
    assert row.outcome == CorrectionOutcome.LIFTED
    assert SearchDocument.objects.get().tagline == "À moi"
    with pytest.raises(corrections.CorrectionRefused, match="plus en vigueur"):
        corrections.lift_correction(provider_id=card.pk, correction_id=row.pk, now=LATER)


def test_an_accepted_correction_becomes_the_owner_s_words(client):
    owner = UserFactory()
    card = published_card(owner=owner, tagline="Faux")
    row = correct(card, value="Juste")
    client.force_login(owner)
    overview = client.get(reverse("directory:card_edit", args=[card.pk])).content.decode()

    client.post(reverse("directory:correction_accept", args=[card.pk, row.pk]))

    row.refresh_from_db()
    assert "C’était faux." in overview
    assert row.outcome == CorrectionOutcome.ACCEPTED
    assert Provider.objects.get().tagline == "Juste"
    assert SearchDocument.objects.get().tagline == "Juste"


def test_someone_else_cannot_accept_a_correction(client):
    card = published_card()
    row = correct(card)
    client.force_login(UserFactory())

    response = client.post(reverse("directory:correction_accept", args=[card.pk, row.pk]))

    assert response.status_code == 404
    assert Correction.objects.standing().exists()


def test_a_second_correction_of_a_field_replaces_the_first():
    card = published_card()
    first = correct(card, value="Un")

    correct(card, value="Deux")

    first.refresh_from_db()
    assert first.outcome == CorrectionOutcome.REPLACED
    assert SearchDocument.objects.get().tagline == "Deux"


@pytest.mark.parametrize(
    ("field", "value", "reason", "words"),
    [
        ("tagline", "x", "  ", "pourquoi"),
        ("name", "", "Motif.", "vide"),
        ("website", "javascript:alert(1)", "Motif.", "URL"),
        ("email", "pas une adresse", "Motif.", "valide"),
        ("tagline", "x" * 121, "Motif.", "120"),
    ],
)
def test_a_correction_that_the_field_cannot_hold_is_refused(field, value, reason, words):
    card = published_card()

    with pytest.raises(corrections.CorrectionRefused, match=words):
        correct(card, field=field, value=value, reason=reason)

    assert not Correction.objects.exists()


def test_the_owner_is_told_why():
    owner = UserFactory(email="alice@atelier.example")
    card = published_card(owner=owner)

    correct(card, value="Juste", reason="Le nom du client n’est pas à vous.")

    mail = OutboundEmail.objects.get(kind="directory/emails/card_corrected")
    assert mail.to_email == "alice@atelier.example"
    assert "Le nom du client n’est pas à vous." in mail.text_body
    assert "Juste" in mail.text_body


def test_the_register_overwrites_neither_the_owner_nor_the_centre():
    card = published_card(tagline="À moi")
    correct(card, field="name", value="Nom corrigé")

    refresh_companies(now=LATER)

    card.refresh_from_db()
    assert (card.tagline, SearchDocument.objects.get().name) == ("À moi", "Nom corrigé")


def test_erasing_people_erases_contacts_in_every_layer():
    owner, agent = UserFactory(), UserFactory(is_staff=True)
    card = published_card(owner=owner, phone="03 87 44 55 66")
    correct(card, field="phone", value="03 87 99 99 99")
    correct(card, field="tagline", agent=agent)

    erase_account(user_id=owner.pk)
    erase_account(user_id=agent.pk)

    card.refresh_from_db()
    assert (card.reviewed_content["phone"], card.reviewed_content["email"]) == ("", "")
    assert list(card.corrections.values_list("field", "made_by")) == [("tagline", None)]


# --- What staff reads ---


def test_the_difference_since_the_review_names_each_field_and_list():
    owner = UserFactory()
    card = published_card(owner=owner, tagline="Avant")
    other = ServiceFactory(code="web.boutique", slug="boutique", name_fr="Boutique en ligne")
    edit(
        card,
        owner,
        tagline="Après",
        services=[other],
        sectors=["btp"],
        prices=[{"service_id": None, "basis": "day", "from_cents": 45_000, "to_cents": None}],
    )
    card.refresh_from_db()

    found = changes(card.reviewed_content, content_of(card))

    assert [(change.field, change.before, change.after) for change in found] == [
        ("tagline", ["Avant"], ["Après"]),
        ("sectors", [], ["Bâtiment et travaux publics"]),
        ("services", ["Création ou refonte de site internet"], ["Boutique en ligne"]),
        ("prices", [], ["En général · à partir de 450\xa0€ par jour"]),
    ]


@pytest.mark.parametrize(
    "review",
    [
        lambda card: services.publish_card(provider_id=card.pk, now=LATER),
        lambda card: services.send_card_back(provider_id=card.pk, reason="Motif.", now=LATER),
    ],
)
def test_a_review_starts_the_difference_afresh(review):
    card = submitted_card(tagline="Lu")

    review(card)

    card.refresh_from_db()
    assert changes(card.reviewed_content, content_of(card)) == []


@pytest.fixture
def reception(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    sync_roles()
    agent = UserFactory(is_staff=True)
    agent.groups.add(Group.objects.get(name=Role.RECEPTION))
    client.force_login(agent)
    return agent


def test_staff_reads_the_difference_corrects_and_lifts(client, reception):
    owner = UserFactory()
    card = published_card(owner=owner, tagline="Avant")
    edit(card, owner, tagline="Après")
    address = reverse("admin:directory_provider_change", args=[card.pk])
    page = client.get(address).content.decode()
    sent = {"field": "tagline", "value": "Mieux", "reason": "Trop vague."}

    client.post(reverse("admin:directory_provider_correct", args=[card.pk]), sent)
    corrected = SearchDocument.objects.get().tagline
    row = Correction.objects.get()
    shown = client.get(address).content.decode()
    lift = reverse("admin:directory_provider_lift", args=[card.pk, row.pk])
    looked = client.get(lift).status_code
    client.post(lift)

    assert "<del>Avant</del>" in page
    assert "<ins>Après</ins>" in page
    assert (corrected, row.made_by) == ("Mieux", reception)
    assert lift in shown
    assert looked == 405
    assert SearchDocument.objects.get().tagline == "Après"


def test_correcting_needs_the_permission(client, reception):
    reception.groups.set([Group.objects.get(name=Role.ADVISER)])
    card = published_card()
    row = correct(card)

    for name, arguments in (("correct", [card.pk]), ("lift", [card.pk, row.pk])):
        address = reverse(f"admin:directory_provider_{name}", args=arguments)
        assert client.post(address).status_code == 403


# --- Two people on one card ---


def section(card, slug="essentiel"):
    return reverse("directory:card_section", args=[card.pk, slug])


def test_the_second_of_two_people_keeps_its_words_and_sees_what_changed(client):
    owner, other = UserFactory(), UserFactory()
    card = published_card(owner=owner, tagline="Avant")
    MembershipFactory(company=card.company, user=other)
    client.force_login(other)
    version = client.get(section(card)).context["version"]
    edit(card, owner, tagline="De la première personne")
    sent = {
        "name": card.name,
        "tagline": "De la seconde",
        "description": card.description,
        "language": "fr",
    }

    refused = client.post(section(card), sent | {"version": version})
    page = refused.content.decode()
    between = Provider.objects.get().tagline
    client.post(section(card), sent | {"version": refused.context["version"]})

    assert 'value="De la seconde"' in page
    assert "De la première personne" in page
    assert [change.field for change in refused.context["changes"]] == ["tagline"]
    assert between == "De la première personne"
    assert Provider.objects.get().tagline == "De la seconde"


def test_a_form_refused_for_another_reason_does_not_hide_what_changed_meanwhile(client):
    owner = UserFactory()
    card = published_card(owner=owner, tagline="Avant")
    client.force_login(owner)
    version = client.get(section(card)).context["version"]
    edit(card, owner, tagline="De la première personne")
    sent = {"tagline": "De la seconde", "description": card.description, "language": "fr"}

    invalid = client.post(section(card), sent | {"name": "", "version": version})
    mended = sent | {"name": card.name, "version": invalid.context["version"]}
    refused = client.post(section(card), mended)

    assert [change.field for change in refused.context["changes"]] == ["tagline"]
    assert Provider.objects.get().tagline == "De la première personne"


def test_two_people_on_two_sections_do_not_meet(client):
    owner = UserFactory()
    card = published_card(owner=owner)
    client.force_login(owner)
    version = client.get(section(card, "contact")).context["version"]
    edit(card, owner, tagline="Autre")

    response = client.post(
        section(card, "contact"), {"phone": "03 87 00 00 00", "version": version}
    )

    assert response.status_code == 302
    assert Provider.objects.get().phone == "03 87 00 00 00"


def test_a_list_changed_by_someone_else_is_a_conflict_too(client):
    owner = UserFactory()
    card = published_card(owner=owner)
    client.force_login(owner)
    version = client.get(section(card, "prix")).context["version"]
    quote = {"service_id": None, "basis": "quote", "from_cents": None, "to_cents": None}
    edit(card, owner, prices=[quote])
    sent = {
        "rows-TOTAL_FORMS": 1,
        "rows-INITIAL_FORMS": 0,
        "rows-0-basis": "day",
        "rows-0-low": 400,
        "version": version,
    }

    page = client.post(section(card, "prix"), sent).content.decode()

    assert "sur devis" in page
    assert 'value="400"' in page
    assert [row.basis for row in card.prices.all()] == ["quote"]


@pytest.mark.parametrize("typed", ["", "tagline", "x=y", "tagline=zz", "a=b," * 500, "\x00"])
def test_a_forged_version_is_never_an_error(client, typed):
    owner = UserFactory()
    card = ProviderFactory(owner=owner)
    client.force_login(owner)

    response = client.post(section(card), {"name": "X", "language": "fr", "version": typed})

    assert response.status_code in {200, 302}


@pytest.mark.django_db(transaction=True)
def test_of_two_people_who_save_at_once_one_is_told():
    owner = UserFactory()
    card = published_card(owner=owner)
    read = version_of(content_of(card), ["tagline"])

    def attempt(words):
        try:
            services.edit_card(
                provider_id=card.pk,
                user_id=owner.pk,
                values={"tagline": words},
                read_version=read,
                now=LATER,
            )
        except services.CardChanged as refusal:
            return refusal.changes[0].after
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(attempt, [f"Texte {n}" for n in range(4)]))

    winner = Provider.objects.get().tagline
    assert sorted(answers, key=bool) == [None, [winner], [winner], [winner]]
