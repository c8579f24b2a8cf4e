"""Cards that may be the same: what makes them alike, and what is remembered."""

from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from directory.enums import PairStatus, ProviderStatus
from directory.merging.similarity import MOST_PER_KEY, Portrait, compare, is_likely, keys
from directory.models import DuplicatePair
from directory.services import duplicates as services
from tests.directory.factories import NOW, CompanyFactory, ProviderFactory

pytestmark = pytest.mark.django_db


def portrait(**changed):
    values = {
        "pk": 1,
        "name": "Atelier du Web",
        "siret": "41816609600069",
        "street": "1 rue du Moulin",
        "commune": "57630",
        "phone": "03 87 11 22 33",
        "email": "contact@atelier.example",
        "host": "atelier.example",
    }
    return Portrait(**values | changed)


def stranger(**same):
    other = {
        "pk": 2,
        "siret": "99999999900011",
        "street": "40 avenue Foch",
        "commune": "57463",
        "phone": "",
        "email": "",
        "host": "",
    }
    return portrait(**other | same)


@pytest.mark.parametrize(
    ("same", "reasons", "proposed"),
    [
        ({"name": "Atelier du Son", "siret": "41816609600069"}, ["siret"], False),
        ({"name": "L’Atelier du web SARL", "commune": "57630"}, ["name"], True),
        ({"name": "Atelier du Wbe", "phone": "+33 3 87 11 22 33"}, ["name", "phone"], True),
        ({"name": "Atelier du Web"}, ["name"], False),
        ({"name": "Boulangerie Muller", "siret": "41816609600069"}, ["siret"], False),
        ({"name": "Boulangerie Muller", "phone": "0387112233"}, ["phone"], False),
        (
            {"name": "Atelier Web", "street": "1, rue du Moulin", "commune": "57630"},
            ["name", "address"],
            True,
        ),
    ],
)
def test_two_cards_are_alike_for_reasons(same, reasons, proposed):
    score, found = compare(portrait(), stranger(**same))

    assert found == reasons
    assert is_likely(score, found) == proposed


def test_two_brands_of_a_company_are_not_one_card():
    score, reasons = compare(
        portrait(name="Atelier du Web", phone="", email="", host=""),
        portrait(pk=2, name="Atelier du Son", phone="", email="", host=""),
    )

    assert reasons == ["siret"]
    assert not is_likely(score, reasons)


@given(st.text(max_size=40), st.text(max_size=40))
def test_likeness_is_symmetric_and_bounded(one, other):
    first, second = portrait(name=one), stranger(name=other)

    assert compare(first, second) == compare(second, first)
    assert 0 <= compare(first, second)[0] <= 100


def test_cards_that_share_a_contact_share_a_key():
    for same in ({"phone": "+33387112233"}, {"email": "Contact@atelier.example"}):
        assert set(keys(portrait())) & set(keys(stranger(name="Autre chose", **same)))


# --- The search ---


def card(name="Atelier du Web", **fields):
    return ProviderFactory(name=name, status=ProviderStatus.SUBMITTED, submitted_at=NOW, **fields)


def find(now=NOW, **options):
    return services.find_duplicates(now=now, **options)


@pytest.mark.parametrize("batch", [1, 2, 100])
def test_alike_cards_are_proposed_with_their_reasons(batch):
    first = card(company=CompanyFactory(siret="41816609600069"))
    second = card("L’atelier du web")
    card("Boulangerie numérique", email="x@pain.example")

    assert find(batch=batch) == 1

    pair = DuplicatePair.objects.get()
    assert (pair.first, pair.second) == (first, second)
    assert pair.reasons == ["name", "email"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'directory_card_key%'")
        assert cursor.fetchone() == (0,)


def test_a_draft_is_not_compared():
    card()
    ProviderFactory(name="Atelier du Web")

    assert find() == 0


def test_a_dismissed_pair_is_not_proposed_again():
    card(), card()
    find()

    services.dismiss_pair(pair_id=DuplicatePair.objects.get().pk, now=NOW)

    assert find(now=NOW + timedelta(days=1)) == 0
    assert DuplicatePair.objects.get().status == PairStatus.DISMISSED


def test_what_is_no_longer_alike_goes():
    card()
    other = card()
    find()
    other.name, other.email = "Boulangerie numérique", "x@pain.example"
    other.save()

    assert find(now=NOW + timedelta(days=1)) == 0
    assert not DuplicatePair.objects.exists()


def test_a_key_that_too_many_share_is_left():
    company = CompanyFactory()
    for n in range(MOST_PER_KEY + 1):
        card(
            f"Enseigne {n} {'abcdefghij'[n % 10]}{n}",
            company=company,
            email="",
            phone="03 87 00 00 00",
        )

    assert find() == 0


def test_a_pair_already_merged_is_not_dismissed():
    with pytest.raises(services.PairRefused, match="déjà été réunies"):
        services.dismiss_pair(pair_id=0, now=NOW)
