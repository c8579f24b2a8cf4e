"""What an owner writes beyond the row: references, prices, labels, pictures, languages."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override
from PIL import Image

from directory import certifications
from directory.cards import PriceLine, composed
from directory.models import PriceIndication, Provider, Reference
from directory.services import providers as services
from directory.services import writing
from tests.directory.factories import NOW, ProviderFactory, UserFactory, published_card

pytestmark = pytest.mark.django_db
REFERENCE = {
    "title": "La boutique d’une fromagerie",
    "client_sector": "commerce",
    "year": 2025,
    "work": "Soixante produits, retrait au magasin.",
    "link": "",
}
QUOTE = {"service_id": None, "basis": "quote", "from_cents": None, "to_cents": None}


@pytest.fixture
def owner(client):
    user = UserFactory()
    client.force_login(user)
    return user


def edit(card, owner, **values):
    return services.edit_card(provider_id=card.pk, user_id=owner.pk, values=values, now=NOW)


def section(card, slug):
    return reverse("directory:card_section", args=[card.pk, slug])


def rows(*given, initial=0, **more):
    sent = {"rows-TOTAL_FORMS": len(given), "rows-INITIAL_FORMS": initial, **more}
    for rank, row in enumerate(given):
        sent |= {f"rows-{rank}-{name}": value for name, value in row.items()}
    return sent


def picture(width=2_000, height=1_000, colour="#0b5566"):
    written = BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "JPEG")
    return SimpleUploadedFile("atelier.jpg", written.getvalue(), content_type="image/jpeg")


def size_of(file):
    with file, Image.open(file) as image:
        return image.size


def test_a_reference_is_added_changed_and_taken_away(client, owner):
    card = published_card(owner=owner)
    address = section(card, "references")

    client.post(address, rows(REFERENCE, {"title": ""}, save="1"))
    row = Reference.objects.get()
    changed = REFERENCE | {"id": row.pk, "year": 2024}
    client.post(address, rows(changed, REFERENCE | {"title": "Une autre"}, initial=1))
    kept = list(Reference.objects.order_by("position").values_list("pk", "year", "title"))
    page = client.get(card.get_absolute_url()).content.decode()
    client.post(
        address, rows(changed | {"DELETE": "on"}, REFERENCE | {"title": "Seule"}, initial=1)
    )

    assert kept[0] == (row.pk, 2024, REFERENCE["title"])
    assert [title for _pk, _year, title in kept] == [REFERENCE["title"], "Une autre"]
    assert "Une autre" in page
    assert [row.title for row in Reference.objects.all()] == ["Seule"]


def test_a_row_of_another_card_is_never_changed(client, owner):
    theirs = Reference.objects.create(provider=ProviderFactory(), **REFERENCE)
    card = ProviderFactory(owner=owner)

    client.post(section(card, "references"), rows(REFERENCE | {"id": theirs.pk, "title": "À moi"}))

    theirs.refresh_from_db()
    assert theirs.title == REFERENCE["title"]
    assert [row.title for row in card.references.all()] == ["À moi"]


@pytest.mark.parametrize(
    ("slug", "row", "words"),
    [
        ("references", REFERENCE | {"year": 2199}, "année déjà commencée"),
        ("references", REFERENCE | {"year": 1899}, "1990"),
        ("references", REFERENCE | {"work": ""}, "obligatoire"),
        ("references", REFERENCE | {"link": "javascript:alert(1)"}, "URL"),
        ("prix", {"basis": "day"}, "sur devis"),
        ("prix", {"basis": "day", "low": 500, "high": 400}, "au moins égal"),
        ("prix", {"basis": "day", "low": 0}, "supérieur"),
        ("prix", {"basis": "day", "low": 400, "service_id": 999_999}, "valide"),
        ("certifications", {"code": "inventee", "ends_on": "2027-01-01"}, "valide"),
        ("certifications", {"code": "qualiopi", "ends_on": "2099-01-01"}, "certificat"),
    ],
)
def test_a_bad_row_is_refused_and_comes_back_filled(client, owner, slug, row, words):
    card = ProviderFactory(owner=owner)

    response = client.post(section(card, slug), rows(row))

    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    for value in row.values():
        assert str(value) in page
    assert not any(getattr(card, name).exists() for name in ("references", "prices"))
    assert not card.certifications.exists()


@pytest.mark.parametrize("sent", [{}, {"rows-TOTAL_FORMS": "x"}, {"rows-TOTAL_FORMS": "5000"}])
def test_a_forged_list_is_refused(client, owner, sent):
    card = ProviderFactory(owner=owner)
    Reference.objects.create(provider=card, **REFERENCE)

    assert client.post(section(card, "references"), sent).status_code == 200
    assert card.references.count() == 1


def test_a_list_is_bounded(owner):
    card = ProviderFactory(owner=owner)

    with pytest.raises(writing.ContentRefused, match="12 lignes"):
        edit(card, owner, references=[REFERENCE] * 13)

    assert not card.references.exists()


def test_prices_are_typed_in_euros_and_kept_in_cents(client, owner):
    card = published_card(owner=owner)
    service = card.services.get()
    sent = rows(
        {"service_id": service.pk, "basis": "project", "low": "1 800", "high": 4500},
        {"basis": "quote", "low": 3},
    )
    sent["rows-0-low"] = "1800"

    client.post(section(card, "prix"), sent)
    page = client.get(card.get_absolute_url()).content.decode()

    amounts = list(PriceIndication.objects.order_by("pk").values_list("from_cents", "to_cents"))
    assert amounts == [(180_000, 450_000), (None, None)]
    assert "de 1\xa0800\xa0€ à 4\xa0500\xa0€" in page
    assert "sur devis" in page


def test_a_price_goes_with_its_service(owner):
    card = ProviderFactory(owner=owner)
    priced = {"service_id": card.services.get().pk, "basis": "day", "from_cents": 1, "to_cents": 2}
    edit(card, owner, prices=[priced, QUOTE])

    edit(card, owner, services=[])

    assert [row.basis for row in card.prices.all()] == ["quote"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, "sur devis"),
        (45_000, None, "à partir de 450\xa0€ par jour"),
        (45_000, 45_000, "450\xa0€ par jour"),
        (45_000, 70_000, "de 450\xa0€ à 700\xa0€ par jour"),
    ],
)
def test_a_price_reads_as_it_is_said(low, high, words):
    assert PriceLine(None, "quote" if low is None else "day", low, high).amount == words


@pytest.mark.parametrize(
    "row",
    [
        {"basis": "day"},
        {"basis": "quote", "from_cents": 1},
        {"basis": "day", "from_cents": 2, "to_cents": 1},
        {"basis": "year", "from_cents": 2},
    ],
)
def test_the_database_refuses_a_price_that_says_nothing(row):
    card = ProviderFactory()

    with pytest.raises(IntegrityError), transaction.atomic():
        PriceIndication.objects.create(provider=card, **row)


def test_a_label_is_shown_until_its_end_and_not_after(client, owner):
    card = published_card(owner=owner)
    today = timezone.localdate()
    client.post(
        section(card, "certifications"),
        rows({"code": "fit-4-digital", "ends_on": today.isoformat()}),
    )

    card = Provider.objects.get()
    on_its_last_day = composed(card, on=today).certifications
    after = composed(card, on=today + timedelta(days=1)).certifications

    assert [line.kind.issuer for line in on_its_last_day] == ["Luxinnovation"]
    assert after == ()
    assert "Fit 4 Digital" in client.get(card.get_absolute_url()).content.decode()


def test_a_label_comes_once(client, owner):
    card = ProviderFactory(owner=owner)
    row = {"code": "qualiopi", "ends_on": "2028-01-01"}

    page = client.post(section(card, "certifications"), rows(row, row)).content.decode()

    assert "qu’une fois" in page
    assert not card.certifications.exists()


def test_labels_may_change_places(owner):
    card = ProviderFactory(owner=owner)
    first, second = (
        {"code": code, "link": "", "ends_on": date(2028, 1, 1)} for code in ("qualiopi", "passi")
    )
    edit(card, owner, certifications=[first, second])
    ids = list(card.certifications.order_by("position").values_list("pk", flat=True))

    edit(
        card,
        owner,
        certifications=[
            first | {"id": ids[1]},
        ],
    )

    assert [row.code for row in card.certifications.all()] == ["qualiopi"]


def test_two_labels_swap(owner):
    card = ProviderFactory(owner=owner)
    end = date(2099, 1, 1)
    codes = ["qualiopi", "etic-benelux"]
    edit(card, owner, certifications=[{"code": code, "link": "", "ends_on": end} for code in codes])
    ids = list(card.certifications.order_by("position").values_list("pk", flat=True))

    edit(
        card,
        owner,
        certifications=[
            {"id": pk, "code": code, "link": "", "ends_on": end}
            for pk, code in zip(ids, reversed(codes), strict=True)
        ],
    )

    held = dict(card.certifications.values_list("pk", "code"))
    assert held == dict(zip(ids, reversed(codes), strict=True))


def test_two_languages_swap(owner):
    card = ProviderFactory(owner=owner)
    words = {"tagline": "", "description": "Hallo"}
    edit(card, owner, translations=[words | {"language": code} for code in ("de", "en")])
    ids = list(card.translations.order_by("pk").values_list("pk", flat=True))

    rows = zip(ids, ("en", "de"), strict=True)
    edit(card, owner, translations=[words | {"id": pk, "language": code} for pk, code in rows])

    assert [row.language for row in card.translations.order_by("pk")] == ["en", "de"]


def test_the_list_of_labels_is_sound():
    known = certifications.kinds()

    assert {"etic-benelux", "fit-4-digital", "edih-saarland", "qualiopi"} <= set(known)
    assert max(map(len, known)) <= 30  # what the column holds


def test_a_picture_is_stored_in_three_widths_shown_and_taken_away(
    client, owner, django_capture_on_commit_callbacks
):
    card = published_card(owner=owner)
    sent = {"new_picture": picture(), "new_alt": "L’atelier vu de la rue"}
    client.post(section(card, "images"), sent)
    row = card.pictures.get()
    page = client.get(card.get_absolute_url()).content.decode()
    stored = [card.logo.storage.exists(name) for name in row.files]
    sizes = [size_of(card.logo.storage.open(name)) for name in row.files]

    with django_capture_on_commit_callbacks(execute=True):
        client.post(section(card, "images"), {f"alt_{row.pk}": row.alt, f"remove_{row.pk}": "on"})

    assert (row.width, row.height, row.widths) == (1600, 800, [480, 960, 1600])
    assert sizes == [(480, 240), (960, 480), (1600, 800)]
    assert stored == [True, True, True]
    assert 'alt="L’atelier vu de la rue"' in page
    assert "480w, " in page
    assert 'width="1600" height="800"' in page
    assert not card.pictures.exists()
    assert not any(card.logo.storage.exists(name) for name in row.files)


def test_a_picture_taken_away_and_added_again_at_once_keeps_its_files(
    client, owner, django_capture_on_commit_callbacks
):
    card = ProviderFactory(owner=owner)
    client.post(section(card, "images"), {"new_picture": picture(), "new_alt": "Avant"})
    row = card.pictures.get()
    sent = {f"alt_{row.pk}": row.alt, f"remove_{row.pk}": "on"}

    with django_capture_on_commit_callbacks(execute=True):
        client.post(section(card, "images"), sent | {"new_picture": picture(), "new_alt": "Après"})

    again = card.pictures.get()
    assert again.alt == "Après"
    assert all(card.logo.storage.exists(name) for name in again.files)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (lambda: {"new_picture": picture()}, "choisissez à nouveau"),
        (lambda: {"new_alt": "Une image"}, "Choisissez le fichier"),
        (
            lambda: {"new_picture": SimpleUploadedFile("a.jpg", b"<svg/>"), "new_alt": "x"},
            "lisible",
        ),
    ],
)
def test_a_picture_without_its_words_or_its_file_is_refused(client, owner, sent, words):
    card = ProviderFactory(owner=owner)

    assert words in client.post(section(card, "images"), sent()).content.decode()
    assert not card.pictures.exists()


def test_six_pictures_are_the_most(client, owner):
    card = ProviderFactory(owner=owner)
    for rank in range(7):
        colour = f"#{rank:02d}{rank:02d}{rank:02d}"
        last = client.post(
            section(card, "images"),
            {f"alt_{row.pk}": row.alt for row in card.pictures.all()}
            | {"new_picture": picture(60, 60, colour), "new_alt": f"Image {rank}"},
        )

    assert card.pictures.count() == writing.MOST_PICTURES
    assert last.status_code == 302  # the field is gone: the seventh is not looked at
    with pytest.raises(writing.ContentRefused, match="6 images"):
        edit(card, owner, new_picture=(b"", "x"))


def test_each_page_marks_the_language_of_the_card_s_own_words(client, owner):
    card = published_card(owner=owner, tagline="Klare Seiten", language="de")
    edit(
        card,
        owner,
        translations=[{"language": "en", "tagline": "Clear sites", "description": "In English."}],
    )

    address = card.get_absolute_url()
    pages = {code: client.get(f"{prefix}{address}").content.decode() for code, prefix in (
        ("fr", ""), ("de", "/de"), ("en", "/en"),
    )}  # fmt: skip

    assert '<p class="lead" lang="de">Klare Seiten</p>' in pages["fr"]
    assert 'class="language-note"' in pages["fr"]
    assert '<p class="lead">Klare Seiten</p>' in pages["de"]
    assert 'class="language-note"' not in pages["de"]
    assert '<p class="lead">Clear sites</p>' in pages["en"]
    assert "In English." in pages["en"]
    assert 'class="language-note"' not in pages["en"]


def test_a_card_is_found_by_the_words_of_its_references_labels_and_languages(client, owner):
    card = published_card(owner=owner)
    edit(
        card,
        owner,
        references=[REFERENCE],
        certifications=[{"code": "etic-benelux", "link": "", "ends_on": date(2099, 1, 1)}],
        translations=[{"language": "de", "tagline": "Bäckereien", "description": ""}],
    )

    for words in ("fromagerie", "benelux", "bäckerei"):
        assert card.name in client.get("/annuaire/", {"q": words}).content.decode()


@pytest.mark.parametrize("count", [1, 5])
def test_a_card_costs_the_same_queries_whatever_it_says(
    client, owner, count, django_assert_num_queries
):
    card = published_card(owner=owner)
    edit(
        card,
        owner,
        references=[REFERENCE] * count,
        prices=[QUOTE] * count,
    )

    with override("fr"), django_assert_num_queries(13):
        assert client.get(card.get_absolute_url()).status_code == 200


def test_the_overview_names_each_section_and_what_is_filled(client, owner):
    card = ProviderFactory(owner=owner)

    page = client.get(reverse("directory:card_edit", args=[card.pk])).content.decode()

    for slug in ("essentiel", "services", "clients", "contact", "prix", "references", "images"):
        assert section(card, slug) in page
    assert client.get(section(card, "inconnue")).status_code == 404


@pytest.mark.parametrize(
    ("button", "target"), [("next", "prix"), ("more", "contact"), ("save", None)]
)
def test_each_button_leads_where_it_says(client, owner, button, target):
    card = ProviderFactory(owner=owner)

    response = client.post(section(card, "contact"), {"phone": "03 87 00 00 00", button: "1"})

    expected = section(card, target) if target else reverse("directory:card_edit", args=[card.pk])
    assert response["Location"] == expected
