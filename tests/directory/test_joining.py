"""The pages by which a provider joins, and what they refuse."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from PIL import Image

from directory.enums import MembershipRole, ProviderStatus
from directory.models import Provider
from directory.services import providers as services
from emn.mailings.models import OutboundEmail
from emn.territory.models import Establishment
from tests.directory.factories import (
    DESCRIPTION,
    NOW,
    CommuneFactory,
    MembershipFactory,
    ProviderFactory,
    UserFactory,
    published_card,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = UserFactory()
    client.force_login(user)
    return user


def filled(**changed):
    return {
        "name": "Atelier du Web",
        "tagline": "Des sites clairs",
        "description": DESCRIPTION,
        "language": "fr",
        "save": "1",
    } | changed


def section(card, slug="essentiel"):
    return reverse("directory:card_section", args=[card.pk, slug])


def logo(colour="#0b5566"):
    written = BytesIO()
    Image.new("RGB", (800, 800), colour).save(written, "PNG")
    return SimpleUploadedFile("mon logo.png", written.getvalue(), content_type="image/png")


def test_another_company_s_card_is_not_found(client, owner):
    card = ProviderFactory(owner=UserFactory())

    assert client.get(reverse("directory:card_edit", args=[card.pk])).status_code == 404
    assert client.get(section(card)).status_code == 404
    for name in ("card_submit", "card_confirm"):
        response = client.post(reverse(f"directory:{name}", args=[card.pk]))
        assert response.status_code == 404
    assert client.post(section(card), filled()).status_code == 404


def test_a_visitor_is_sent_to_sign_in_and_comes_back(client):
    response = client.get("/annuaire/inscription/41816609600069/")

    assert response.status_code == 302
    assert response["Location"].endswith("?next=/annuaire/inscription/41816609600069/")


def test_a_logo_is_written_again_shown_and_replaced(
    client, owner, django_capture_on_commit_callbacks
):
    card = published_card(owner=owner)
    address = section(card, "images")

    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"logo": logo()})
    card.refresh_from_db()
    first = card.logo.name
    shown = client.get(card.logo.url)
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"logo": logo("#b4380b")})
    card.refresh_from_db()
    second = card.logo.name
    with django_capture_on_commit_callbacks(execute=True):
        client.post(address, {"logo": logo("#12232e")})
    card.refresh_from_db()

    assert len({first, second, card.logo.name}) == 3  # browsers keep each for a year
    assert Image.open(BytesIO(b"".join(shown.streaming_content))).size == (512, 512)
    assert not card.logo.storage.exists(first)


def test_a_refused_logo_keeps_what_was_typed(client, owner):
    card = ProviderFactory(owner=owner)
    sent = {"logo_alt": "Une plume", "logo": SimpleUploadedFile("logo.png", b"MZ not a picture")}

    page = client.post(section(card, "images"), sent).content.decode()

    assert "pas une image" in page
    assert 'value="Une plume"' in page
    card.refresh_from_db()
    assert card.logo_alt == ""


@pytest.mark.parametrize(
    ("slug", "sent", "words"),
    [
        ("services", {"keywords": ",".join(f"m{n}" for n in range(11))}, "10 mots-clés au plus"),
        ("services", {"keywords": "x" * 41}, "40 signes au plus"),
        ("contact", {"website": "javascript:alert(1)"}, "URL"),
        ("contact", {"contact_mode": "phone"}, "remplissez cette ligne"),
        ("contact", {"answer_days": "31"}, "30"),
        ("clients", {"languages": ["xx"]}, "xx"),
        ("essentiel", {"name": ""}, "obligatoire"),
        ("essentiel", {"name": "a\x00b"}, "nul"),
    ],
)
def test_a_bad_value_is_refused_with_its_reason(client, owner, slug, sent, words):
    card = ProviderFactory(owner=owner, name="Avant")

    response = client.post(section(card, slug), sent)

    assert response.status_code == 200
    assert words in response.content.decode()
    assert Provider.objects.get().edited_at == NOW


@pytest.mark.parametrize("typed", ["", "%00", "x" * 500, "418166096", "'", "%F0%9F%A5%90"])
def test_looking_for_one_s_company_never_fails(client, typed):
    assert client.get(f"/annuaire/inscription/?entreprise={typed}").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_my_cards_cost_the_same_queries_for_one_and_for_three(
    client, owner, count, django_assert_num_queries
):
    for _ in range(count):
        ProviderFactory(owner=owner)

    with django_assert_num_queries(4):
        client.get("/annuaire/mes-fiches/")


def test_only_a_published_card_is_shown(client):
    card = ProviderFactory()

    assert client.get(card.get_absolute_url()).status_code == 404


def test_a_change_is_seen_at_once_and_a_hidden_card_no_more(client):
    owner = UserFactory()
    card = published_card(owner=owner)
    address = card.get_absolute_url()
    client.get(address)

    services.edit_card(
        provider_id=card.pk, user_id=owner.pk, values={"phone": "03 87 11 22 33"}, now=NOW
    )
    edited = client.get(address).content.decode()
    services.hide_card(provider_id=card.pk, reason="Motif.", now=NOW)

    assert "03 87 11 22 33" in edited
    assert client.get(address).status_code == 404


def test_a_card_hidden_while_it_is_read_is_not_found(client):
    address = published_card().get_absolute_url()

    def hide_after_the_index_is_read(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if 'FROM "directory_searchdocument"' in sql:
            with connection.cursor() as cursor:
                cursor.cursor.execute("DELETE FROM directory_searchdocument")
        return result

    with connection.execute_wrapper(hide_after_the_index_is_read):
        response = client.get(address)

    assert response.status_code == 404


def test_a_published_card_is_not_emptied_and_the_form_stays_filled(client, owner):
    card = published_card(owner=owner)
    sent = filled(tagline="Nouveau", description="Trop court.")

    page = client.post(section(card), sent).content.decode()

    assert "200 signes" in page
    assert 'value="Nouveau"' in page
    card.refresh_from_db()
    assert card.description == DESCRIPTION


def test_a_hidden_card_is_handed_over_again(client, owner):
    card = published_card(owner=owner)
    services.hide_card(provider_id=card.pk, reason="Motif.", now=NOW)
    address = reverse("directory:card_submit", args=[card.pk])

    offered = address in client.get(reverse("directory:my_cards")).content.decode()
    client.post(address)

    card.refresh_from_db()
    assert offered
    assert card.status == ProviderStatus.SUBMITTED


def test_what_an_owner_writes_cannot_leave_the_card_s_data(client):
    attack = "</script><script>alert(1)</script>"
    card = published_card(tagline=attack[:120], description=attack * 8)

    page = client.get(card.get_absolute_url()).content.decode()

    assert attack not in page


def test_looking_for_a_company_is_limited_and_reading_the_page_is_not(client):
    address = "/annuaire/inscription/"
    answers = [client.get(address, {"entreprise": "zzz"}).status_code for _search in range(61)]

    assert (answers[:60], answers[60]) == ([200] * 60, 429)
    assert client.get(address).status_code == 200
    assert client.head(address, {"entreprise": "zzz"}).status_code == 200


def test_the_one_responsible_takes_the_card_out_and_hands_it_over_again(client, owner):
    card = published_card(owner=owner)
    address = reverse("directory:card_withdraw", args=[card.pk])

    offered = address in client.get(reverse("directory:card_edit", args=[card.pk])).content.decode()
    client.post(address)
    client.post(address)  # pressed twice

    card.refresh_from_db()
    assert offered
    assert card.status == ProviderStatus.HIDDEN
    assert client.get(card.get_absolute_url()).status_code == 404
    assert card.name not in client.get("/annuaire/").content.decode()
    told = OutboundEmail.objects.filter(kind="directory/emails/card_withdrawn")
    assert told.get().to_email == owner.email
    client.post(reverse("directory:card_submit", args=[card.pk]))
    card.refresh_from_db()
    assert card.status == ProviderStatus.SUBMITTED


def test_whoever_only_writes_the_card_does_not_take_it_out(client, owner):
    card = published_card(owner=owner)
    editor = MembershipFactory(company=card.company, role=MembershipRole.EDITOR).user
    address = reverse("directory:card_withdraw", args=[card.pk])

    for person in (editor, UserFactory()):
        client.force_login(person)
        assert client.post(address).status_code == 404
    client.force_login(editor)

    assert (
        address not in client.get(reverse("directory:card_edit", args=[card.pk])).content.decode()
    )
    assert client.get(card.get_absolute_url()).status_code == 200


def test_whoever_leaves_is_told_what_becomes_of_the_card(client, owner):
    address, cards = reverse("account_delete"), reverse("directory:my_cards")
    before = client.get(address).content.decode()

    published_card(owner=owner)

    assert cards not in before
    assert cards in client.get(address).content.decode()


def test_the_number_of_the_firm_leads_to_its_establishment(client):
    """Nine digits, as many know them by heart, with their spaces."""
    commune = CommuneFactory()
    Establishment.objects.create(
        siret="80295478500028", siren="802954785", legal_name="ATELIER DU CODE", commune=commune,
        commune_code=commune.insee_code, diffusion="O", is_masked=False, state="A",
        is_head_office=True,
    )  # fmt: skip

    page = client.get("/annuaire/inscription/", {"entreprise": "802 954 785"}).content.decode()

    assert "/annuaire/inscription/80295478500028/" in page
