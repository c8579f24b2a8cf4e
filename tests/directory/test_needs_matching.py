"""Which cards are candidates, and that the search among many gives what the whole list would."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from directory.enums import TrustStanding
from directory.matching import candidates, ranking
from directory.matching.candidates import best
from directory.models import (
    Need,
    PriceIndication,
    Proposal,
    Provider,
    Reference,
    RequestPause,
    SearchDocument,
    TrustFile,
)
from directory.search.index import index
from directory.services import charter_checks
from directory.services.proposals import asked_by
from emn.lib import page_cache
from emn.territory.models import Commune
from tests.directory import charter
from tests.directory.factories import (
    NOW,
    CommuneFactory,
    CompanyFactory,
    MembershipFactory,
    ServiceFactory,
    UserFactory,
)
from tests.directory.needs import confirmed, matchable, other_service, qualified

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


def found(need, **options):
    return [entry.card for entry in best(asked_by(need), now=NOW, wanted=20, **options)]


def far_commune(code="57463", name="Metz", latitude=49.12, longitude=6.18, departement="57"):
    return CommuneFactory(
        insee_code=code,
        name=name,
        name_folded=name.lower(),
        latitude=latitude,
        longitude=longitude,
        departement_code=departement,
    )


def test_a_card_with_the_service_nearby_is_a_candidate():
    card = matchable()

    assert found(confirmed()) == [card.pk]


@pytest.mark.parametrize(
    ("fields", "updates"),
    [
        ({"offers": "another"}, {}),
        ({"client_sizes": ["250+"]}, {}),
        ({"sectors": ["btp"]}, {}),
        ({"languages": ["de"]}, {}),
        ({}, {"quality": 0.49}),
        ({}, {"email": ""}),
    ],
)
def test_each_hard_filter_leaves_a_card_out(fields, updates):
    if fields.get("offers") == "another":
        fields = {"offers": [other_service()]}
    card = matchable(**fields)
    Provider.objects.filter(pk=card.pk).update(**updates)

    assert found(confirmed()) == []


def test_a_card_that_says_nothing_of_its_clients_serves_all():
    card = matchable(client_sizes=[], sectors=[], languages=[])

    assert found(confirmed()) == [card.pk]


def test_a_card_without_address_is_reached_by_who_holds_it():
    card = matchable()
    Provider.objects.filter(pk=card.pk).update(email="")
    MembershipFactory(company=card.company)

    assert found(confirmed()) == [card.pk]


@pytest.mark.parametrize(
    ("area", "departement", "is_found"),
    [
        ("", "57", False),
        ("nearby", "57", False),
        ("departement", "57", True),
        ("departement", "54", False),
        ("region", "54", True),
        ("region", "75", True),
        ("country", "75", True),
    ],
)
def test_the_zone_of_a_card_that_is_far_away(area, departement, is_found):
    commune = far_commune(code=f"{departement}463", departement=departement)
    card = matchable(company=CompanyFactory(commune=commune), service_area=area)

    assert found(confirmed()) == ([card.pk] if is_found else [])


def test_a_region_reaches_no_need_out_of_it(settings):
    settings.REGION_DEPARTEMENTS = ["54"]
    commune = far_commune(code="54463", departement="54")
    matchable(company=CompanyFactory(commune=commune), service_area="region")

    assert found(confirmed()) == []


def test_the_company_that_asks_is_not_proposed_to_itself():
    need = confirmed()
    matchable(company=CompanyFactory(siret="41816609600077"))  # the same SIREN

    assert found(need) == []


def test_a_paused_card_and_one_asked_already_are_left_out():
    paused, asked, free = matchable(), matchable(), matchable()
    RequestPause.objects.create(provider=paused, started_at=NOW)

    assert found(confirmed(), without=[asked.pk]) == [free.pk]


def test_five_requests_in_progress_are_enough_for_45_days():
    card = matchable()
    for number in range(5):
        need = qualified(email=f"n{number}@client.example")
        Proposal.objects.create(
            need=need, provider=card, sent_at=NOW, expires_at=NOW + timedelta(days=3)
        )
    asked = asked_by(confirmed())

    later = NOW + timedelta(days=46)
    assert best(asked, now=NOW, wanted=3) == []
    assert [entry.facts["open_requests"] for entry in best(asked, now=later, wanted=3)] == [0]


def test_a_suspension_keeps_out_every_establishment_of_the_company_and_no_other():
    adhesion = charter.active()
    sister = matchable(company=CompanyFactory(siret=f"{adhesion.siren}00025"))
    other = matchable()
    asked = asked_by(confirmed())
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=UserFactory().pk,
        until=charter.TODAY + timedelta(days=60), reason="Retrait du coffre.", now=NOW,
    )  # fmt: skip

    def proposed_at(now):
        return {entry.card for entry in best(asked, now=now, wanted=20)}

    assert proposed_at(NOW) == {other.pk}
    assert {sister.pk, other.pk} <= proposed_at(NOW + timedelta(days=60))


def test_among_equals_a_published_class_decides_and_none_stands_with_c():
    for _number in range(4):
        matchable()
    asked = asked_by(confirmed())
    before = [entry.card for entry in best(asked, now=NOW, wanted=4)]
    rated = {"opened_at": NOW, "standing": TrustStanding.RATED, "displayed": 50}

    TrustFile.objects.create(provider_id=before[3], letter="B", **rated)
    TrustFile.objects.create(provider_id=before[2], letter="C", **rated)
    TrustFile.objects.create(provider_id=before[0], letter="D", **rated)

    def after():
        return [entry.card for entry in best(asked, now=NOW, wanted=4)]

    assert after() == before  # none adheres today
    SearchDocument.objects.update(
        charter_since=charter.TODAY,
        charter_from=charter.TODAY,
        charter_until=charter.TODAY + timedelta(days=1),
    )
    assert after() == [before[3], before[1], before[2], before[0]]


def test_the_facts_of_a_candidate():
    boutique = other_service()
    card = matchable(
        offers=[ServiceFactory(), boutique],
        sectors=["artisanat"],
        company=CompanyFactory(commune=far_commune()),
        service_area="departement",
    )
    common = {"provider": card, "client_sector": "artisanat", "work": "Un site"}
    Reference.objects.create(**common, title="A", year=2019)
    Reference.objects.create(**common, title="B", year=2024)
    Reference.objects.create(**common | {"client_sector": "btp"}, title="C", year=2026)
    prices = {"provider": card, "basis": "project"}
    PriceIndication.objects.create(**prices, from_cents=9_000_000)
    PriceIndication.objects.create(**prices, service=ServiceFactory(), from_cents=200_000)
    PriceIndication.objects.create(provider=card, basis="hour", from_cents=6_000)
    need = confirmed()

    (entry,) = best(asked_by(need), now=NOW, wanted=3)

    assert entry.facts == {
        "siblings": 1,
        "distance_m": entry.facts["distance_m"],
        "knows_trade": 1,
        "reference_year": 2024,
        "budget": ranking.FITS,
        "open_requests": 0,
        "trust_class": 2,
    }
    assert 75_000 < entry.facts["distance_m"] < 79_000


def test_a_general_price_counts_when_the_service_has_none():
    card = matchable()
    PriceIndication.objects.create(provider=card, basis="project", from_cents=9_000_000)

    (entry,) = best(asked_by(confirmed()), now=NOW, wanted=3)

    assert entry.facts["budget"] == ranking.ABOVE


def test_what_is_not_published_changes_nothing():
    """R1.24: names, words, people and dates do not move anybody."""
    cards = [matchable() for _number in range(4)]
    asked = asked_by(confirmed())
    before = [entry.card for entry in best(asked, now=NOW, wanted=4)]
    last = Provider.objects.get(pk=before[-1])

    Provider.objects.filter(pk=last.pk).update(
        name="AAA Premier partenaire", tagline="Sponsor", phone="0387000000", answer_days=1,
        website="https://adherent.example", confirmed_at=NOW + timedelta(days=1), quality=1,
    )  # fmt: skip
    MembershipFactory(company=last.company)
    last.company.is_demo = True
    last.company.save()
    index(Provider.objects.get(pk=last.pk))

    assert len(cards) == 4
    assert [entry.card for entry in best(asked, now=NOW, wanted=4)] == before


@given(
    rows=st.lists(
        st.tuples(
            st.integers(0, 3),  # other services of the family
            st.sampled_from([0, 1, 2]),  # where
            st.booleans(),  # names the trade
            st.sampled_from([None, 2015, 2025]),
            st.sampled_from([None, 50_000, 900_000]),
        ),
        min_size=1,
        max_size=12,
    ),
    wanted=st.integers(1, 5),
)
@settings(max_examples=8, deadline=None)
def test_reading_by_batches_gives_what_reading_all_would(rows, wanted):
    """With batches of one, each stop is tried; nobody who should win may be left unread."""
    Provider.objects.all().delete()
    family = [other_service(code=f"web.s{number}") for number in range(3)]
    towns = [CommuneFactory(), far_commune(code="57001", name="Alpha", latitude=48.9),
             far_commune(code="57002", name="Beta", latitude=48.6, longitude=7.2)]  # fmt: skip
    for siblings, where, trade, year, price in rows:
        card = matchable(
            offers=[ServiceFactory(), *family[:siblings]],
            company=CompanyFactory(commune=Commune.objects.get(pk=towns[where].pk)),
            sectors=["artisanat"] if trade else [],
            service_area="departement",
        )
        if year:
            Reference.objects.create(
                provider=card, client_sector="artisanat", year=year, title="t", work="w"
            )
        if price:
            PriceIndication.objects.create(provider=card, basis="project", from_cents=price)
    asked = asked_by(confirmed(email=f"{len(rows)}-{wanted}@client.example"))
    whole = best(asked, now=NOW, wanted=len(rows))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(candidates, "FIRST_BATCH", 1)
        patch.setattr(candidates, "GROWTH", 1)
        some = best(asked, now=NOW, wanted=wanted)

    assert some == whole[:wanted]
    Need.objects.all().delete()


def test_the_number_of_statements_does_not_grow(django_assert_num_queries):
    matchable()
    asked = asked_by(confirmed())
    found_one = best(asked, now=NOW, wanted=3)  # what the process learns
    with django_assert_num_queries(7):
        best(asked, now=NOW, wanted=3)
    for _number in range(5):
        matchable()
    best(asked, now=NOW, wanted=3)

    with django_assert_num_queries(7):
        assert len(best(asked, now=NOW, wanted=20)) == 1 + 5
    assert len(found_one) == 1


def test_inside_a_transaction_too_the_statements_do_not_grow_with_the_communes():
    """Nothing is kept there: what is read for each commune would be read each time."""
    counts = []
    asked = asked_by(confirmed())
    for number in range(2):
        for town in range(1 + 4 * number):
            commune = far_commune(code=f"57{number}{town:02}", name=f"Ville {number}{town}")
            matchable(company=CompanyFactory(commune=commune), service_area="country")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_cache, "generations", SimpleNamespace(now=lambda: None))
            with CaptureQueriesContext(connection) as queries:
                best(asked, now=NOW, wanted=3)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] < 15
