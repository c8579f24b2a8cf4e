"""Companies follow the register: what it hides (R6.10) leaves the card and the search."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from directory.models import Company, SearchDocument
from directory.services import companies
from directory.services.companies import refresh_companies
from directory.tasks import refresh_companies as nightly_refresh
from emn.lib import page_cache
from emn.territory.services.register import import_register
from tests.directory.factories import NOW, CommuneFactory, CompanyFactory, published_card
from tests.territory.sirene import establishment, siret_number, write

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def moselle(settings, tmp_path):
    settings.DEPARTEMENT = "57"
    settings.DATA_DIR = tmp_path / "var"


@pytest.fixture
def imported(tmp_path, django_capture_on_commit_callbacks):
    """Import one row, as INSEE's stock file of the month, with what follows the commit."""

    def run(**values):
        row = establishment(1, enseigne1="ZORGLUB CONSEIL", **values)
        with django_capture_on_commit_callbacks(execute=True):
            import_register(paths=[write(tmp_path / "stock.csv", [row])], write=True, now=LATER)

    return run


@pytest.fixture
def card():
    """A published card of that establishment, as the register first gave it."""
    metz = CommuneFactory(insee_code="57463", name="Metz", name_folded="metz")
    company = CompanyFactory(
        siret=siret_number(1),
        name="ZORGLUB CONSEIL",
        street="12 RUE DES CLERCS",
        postcode="57000",
        commune=metz,
        naf_code="62.01Z",
        naf_nomenclature="NAFRev2",
        headcount_band="01",
    )
    return published_card(company=company)


def found(word):
    return SearchDocument.objects.filter(terms__contains=[f"n:{word}"])


def test_a_company_that_becomes_masked_leaves_the_card_and_the_search(client, card, imported):
    address = reverse("directory:provider", args=[card.slug])
    assert "RUE DES CLERCS" in client.get(address).content.decode()
    assert found("zorglub").exists()

    imported(statutDiffusion="P")

    page = client.get(address).content.decode()
    company = Company.objects.get()
    assert (company.name, company.street) == (company.siret, "")
    assert "CLERCS" not in page
    assert "ZORGLUB" not in page
    assert not found("zorglub").exists()
    assert SearchDocument.objects.filter(provider=card).exists()


def test_a_company_that_closes_has_its_day_and_one_that_opens_again_has_none(card, imported):
    imported(etatAdministratif="F", dateDebut="2026-10-31")
    company = Company.objects.get()
    assert (company.closed_on, company.checked_at) == (date(2026, 10, 31), LATER)

    imported(etatAdministratif="A", dateDebut="2026-11-15")
    assert Company.objects.get().closed_on is None


def test_a_company_that_moves_is_found_where_it_is(card, imported):
    CommuneFactory(insee_code="57672", name="Thionville", name_folded="thionville")

    imported(codeCommune="57672", codePostal="57100", libelleVoie="DU MANEGE")

    company = Company.objects.get()
    assert (company.street, company.postcode) == ("12 RUE DU MANEGE", "57100")
    assert SearchDocument.objects.get().commune_name == "Thionville"


def test_unchanged_companies_and_those_of_the_demonstration_are_left_alone(card, imported):
    imported()
    Company.objects.update(is_demo=True, street="1 rue inventée")
    before = page_cache.read_generation()

    assert refresh_companies(now=LATER) == 0
    assert Company.objects.get().checked_at == NOW
    assert page_cache.read_generation() == before


def test_the_night_makes_up_for_what_an_import_could_not_do(card, imported):
    imported()
    Company.objects.update(street="1 rue d’avant")

    nightly_refresh()

    assert Company.objects.get().street == "12 RUE DES CLERCS"


def test_a_batch_that_fails_leaves_those_before_it_written(tmp_path, monkeypatch):
    rows = [establishment(n) for n in (1, 2, 3)]
    import_register(paths=[write(tmp_path / "stock.csv", rows)], write=True, now=LATER)
    metz = CommuneFactory(insee_code="57463", name="Metz", name_folded="metz")
    for n in (1, 2, 3):
        published_card(company=CompanyFactory(siret=siret_number(n), name="AVANT", commune=metz))
    index_all, calls = companies.index_all, []

    def broken(cards):
        calls.append(len(cards))
        if len(calls) == 2:
            raise RuntimeError("broken")
        return index_all(cards)

    monkeypatch.setattr(companies, "index_all", broken)

    with pytest.raises(RuntimeError):
        refresh_companies(now=LATER, batch=1)
    assert (calls, Company.objects.filter(name="AVANT").count()) == ([1, 1], 2)

    assert refresh_companies(now=LATER, batch=1) == 2
    assert not Company.objects.filter(name="AVANT").exists()
