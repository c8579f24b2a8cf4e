"""Finding a commune by name, postcode or distance."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emn.territory.distance import EARTH_RADIUS_KM, box_around
from emn.territory.models import Commune
from emn.territory.queries import communes_matching

degrees = st.floats(-89, 89), st.floats(-179, 179)


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("metz", "Metz"),
        ("METZ", "Metz"),
        ("sarreb", "Sarrebourg"),
        ("St Avold", "Saint-Avold"),
        ("saint-avold", "Saint-Avold"),
        ("avold", "Saint-Avold"),
        ("l'hopital", "L’Hôpital"),
        ("L’Hôpital", "L’Hôpital"),
        ("bitche", "Bitche"),
        ("57100", "Thionville"),
        ("nancy", "Nancy"),
        ("sarguemines", "Sarreguemines"),
        ("thionvile", "Thionville"),
    ],
)
def test_communes_matching_finds(territory, text, first):
    assert communes_matching(text)[0].name == first


@pytest.mark.parametrize(
    "text", ["", "  ", "%", "_", "zzzzzzzz", "\0", "99999", "'" * 500, "é" * 10_000]
)
def test_communes_matching_finds_nothing_for(territory, text):
    assert communes_matching(text) == []


def test_communes_matching_takes_a_postcode_prefix(territory):
    assert {code[:3] for c in communes_matching("572", limit=50) for code in c.postcodes} == {"572"}


def test_communes_matching_asks_a_constant_number_of_queries(territory, django_assert_num_queries):
    with django_assert_num_queries(1):
        communes_matching("metz")
    with django_assert_num_queries(3):
        communes_matching("sarguemines")


def test_within_keeps_the_disc_and_gives_the_distance(territory):
    metz = Commune.objects.get(pk="57463")

    near = Commune.objects.within(
        latitude=metz.latitude, longitude=metz.longitude, radius_km=5
    ).order_by("distance_km", "pk")

    assert near[0] == metz
    assert near[0].distance_km == pytest.approx(0, abs=1e-3)
    assert {"Montigny-lès-Metz", "Longeville-lès-Metz"} < {c.name for c in near}
    assert max(c.distance_km for c in near) <= 5


@pytest.mark.parametrize("radius_km", [1e9, math.inf])
def test_within_a_radius_beyond_the_globe_keeps_everything(territory, radius_km):
    found = Commune.objects.within(latitude=49, longitude=6, radius_km=radius_km)

    assert found.count() == Commune.objects.count()


def test_metz_to_nancy_is_47_km(territory):
    nancy = Commune.objects.get(pk="54395")
    metz = Commune.objects.with_distance(latitude=nancy.latitude, longitude=nancy.longitude).get(
        pk="57463"
    )

    assert metz.distance_km == pytest.approx(47, abs=2)


@given(*degrees, st.floats(0, 500), st.floats(0, 2 * math.pi))
def test_the_box_holds_every_point_of_the_disc(latitude, longitude, radius_km, bearing):
    angle = radius_km / EARTH_RADIUS_KM
    lat1 = math.radians(latitude)
    lat2 = math.asin(
        math.sin(lat1) * math.cos(angle) + math.cos(lat1) * math.sin(angle) * math.cos(bearing)
    )
    lon2 = math.radians(longitude) + math.atan2(
        math.sin(bearing) * math.sin(angle) * math.cos(lat1),
        math.cos(angle) - math.sin(lat1) * math.sin(lat2),
    )

    box = box_around(latitude=latitude, longitude=longitude, radius_km=radius_km)

    assert box.south - 1e-6 <= math.degrees(lat2) <= box.north + 1e-6
    whole_turn = box.east - box.west >= 360
    assert whole_turn or box.west - 1e-6 <= math.degrees(lon2) <= box.east + 1e-6
