"""A firm takes its card in hand; staff merges duplicates and brings in a file."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from directory import tasks
from directory.models import CardDay, CardImport, CardMerge, Provider
from directory.services import duplicates
from emn.accounts.models import User
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory.factories import NOW, CompanyFactory, ServiceFactory, published_card
from tests.directory.test_transfers import as_csv, line
from tests.e2e.conftest import PHONE

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
PASSWORD = "phrase-de-passe-longue"
OWNER_READS = {
    "": {
        "claim": "Demandez à tenir cette fiche",
        "confirm": "Valider",
        "yours": "la fiche est à vous",
        "improve": "Modifier et améliorer",
        "before": "40 sur 100",
        "advice": "Dites comment vous préférez être joint",
        "continue": "Enregistrer et continuer",
        "save": "Enregistrer",
        "after": "80 sur 100",
        "see": "Voir la fiche",
        "write": "Écrire au prestataire",
        "views": "Vue par vos clients",
        "listed": "Vue dans une liste",
        "opened": "Fiche ouverte",
    },
    "/de": {
        "claim": "Beantragen Sie, diesen Eintrag zu betreuen",
        "confirm": "Bestätigen",
        "yours": "Der Eintrag gehört Ihnen",
        "improve": "Ändern und verbessern",
        "before": "40 von 100",
        "advice": "Sagen Sie, wie man Sie am besten erreicht",
        "continue": "Speichern und weiter",
        "save": "Speichern",
        "after": "80 von 100",
        "see": "Eintrag ansehen",
        "write": "Dem Anbieter schreiben",
        "views": "Von Ihren Kunden gesehen",
        "listed": "In einer Liste gesehen",
        "opened": "Eintrag geöffnet",
    },
    "/en": {
        "claim": "Ask to manage this profile",
        "confirm": "Confirm",
        "yours": "the profile is yours",
        "improve": "Edit and improve",
        "before": "40 out of 100",
        "advice": "Say how you prefer to be contacted",
        "continue": "Save and continue",
        "save": "Save",
        "after": "80 out of 100",
        "see": "See the profile",
        "write": "Write to the provider",
        "views": "Seen by your clients",
        "listed": "Seen in a list",
        "opened": "Profile opened",
    },
}


@pytest.fixture(autouse=True)
def no_second_factor(settings):
    settings.STAFF_MFA_REQUIRED = False


def sign_in(page, email):
    page.fill("[name=login]", email)
    page.fill("[name=password]", PASSWORD)
    page.click("main form button[type=submit]")


def person(email, **fields):
    from allauth.account.models import EmailAddress

    user = User.objects.create_user(email, PASSWORD, **fields)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


@pytest.mark.parametrize(("prefix", "words"), OWNER_READS.items())
def test_a_provider_claims_its_card_improves_it_and_sees_its_funnel_without_javascript(
    visit, prefix, words
):
    card = published_card(name="Atelier du Web")
    yesterday = timezone.localdate() - timedelta(days=1)
    CardDay.objects.create(provider=card, day=yesterday, listed=100, opened=40, phoned=10)
    person("gerante@ailleurs.example")

    page = visit(f"{prefix}/annuaire/{card.slug}/", viewport=PHONE, javascript=False)
    page.click(f"text={words['claim']}")
    sign_in(page, "gerante@ailleurs.example")
    page.fill("[name=adresse-email]", "alice@atelier.example")
    page.click("button[value=email]")
    page.wait_for_selector("[name=code]")
    mail = OutboundEmail.objects.get(kind="directory/emails/claim_code")
    page.fill("[name=code]", re.search(r"^\d{6}$", mail.text_body, re.MULTILINE)[0])
    page.click(f"text={words['confirm']}")
    page.wait_for_selector(f"text={words['yours']}")

    page.click(f"text={words['improve']}")
    page.wait_for_selector(f"text={words['before']}")
    page.get_by_role("link", name=words["advice"]).first.click()
    page.select_option("[name=contact_mode]", "email")
    page.fill("[name=answer_days]", "2")
    page.click(f"text={words['continue']}")
    page.select_option("[name=rows-0-basis]", "quote")
    page.click(f"text={words['continue']}")
    page.fill("[name=rows-0-title]", "La boutique d’une fromagerie")
    page.fill("[name=rows-0-year]", "2025")
    page.fill("[name=rows-0-work]", "Soixante produits, retrait au magasin.")
    page.get_by_role("button", name=words["save"], exact=True).click()
    page.wait_for_selector(f"text={words['after']}")
    page.get_by_role("link", name=words["see"]).click()
    page.get_by_role("heading", name="La boutique d’une fromagerie").wait_for()
    page.wait_for_selector(f"text={words['write']}")
    card.refresh_from_db()
    assert card.quality == 0.8

    page.goto(f"{prefix}/annuaire/mes-fiches/")
    page.get_by_role("link", name=words["views"]).click()
    page.locator("tbody tr").first.wait_for()
    rows = page.locator("tbody").first.locator("tr").all_inner_texts()
    assert [re.split(r"\s*[\t%]", row)[:4] for row in rows[:2]] == [
        [words["listed"], "100", "0", "–"],
        [words["opened"], "40", "0", "40"],
    ]
    assert urlsplit(page.url).path.startswith(f"{prefix}/annuaire/")


def test_a_reader_reports_an_error_without_javascript(visit, monkeypatch):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))
    card = published_card()

    page = visit(card.get_absolute_url(), javascript=False)
    page.click("text=Signalez-le")
    page.check("text=L’entreprise a fermé ou déménagé")
    page.click("text=Envoyer")

    assert page.is_visible("text=bien arrivé")
    assert card.reports.count() == 1


def test_staff_merges_duplicates_and_the_old_link_redirects(visit):
    person("agent@centre.example", is_staff=True, is_superuser=True)
    kept = published_card(name="Atelier du Web", tagline="Ancienne phrase")
    merged = published_card(name="L’Atelier du Web", tagline="Phrase neuve")
    duplicates.find_duplicates(now=NOW)

    page = visit("/admin/")
    sign_in(page, "agent@centre.example")
    page.click("text=doublons possibles à comparer")
    page.click("#result_list tbody a")
    page.check("[name=tagline][value=merged]")
    page.click("text=Réunir les deux fiches")
    page.wait_for_selector("text=son adresse y mène")
    assert CardMerge.objects.get().kept == kept

    for prefix in ("", "/de", "/en"):
        reader = visit(f"{prefix}/annuaire/{merged.slug}/")
        assert urlsplit(reader.url).path == f"{prefix}/annuaire/{kept.slug}/"
        assert reader.is_visible("text=Phrase neuve")


def test_staff_brings_in_a_file_and_follows_it(visit, monkeypatch):
    monkeypatch.setattr(tasks.run_import, "delay", lambda **_ids: None)
    person("agent@centre.example", is_staff=True, is_superuser=True)
    ServiceFactory()
    content = as_csv([line(CompanyFactory().siret)])

    page = visit("/admin/directory/cardimport/nouveau/")
    sign_in(page, "agent@centre.example")
    file = {"name": "fiches.csv", "mimeType": "text/csv", "buffer": content}
    page.set_input_files("[name=file]", file)
    page.click("text=Lire le fichier")
    page.wait_for_selector("text=En attente de lecture")
    tasks.run_import(import_id=CardImport.objects.get().pk)
    page.click("text=Écrire ces fiches")  # the page reads itself again
    page.wait_for_selector("text=Écriture en cours")
    tasks.run_import(import_id=CardImport.objects.get().pk)
    page.wait_for_selector("text=Tout est écrit")

    assert Provider.objects.get().name == "Atelier importé"
