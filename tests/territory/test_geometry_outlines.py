"""Outlines in the database: schematic by default, official when the operator has them."""

import io
import json
from io import StringIO
from urllib.request import Request

import pytest
from django.core.management import CommandError, call_command

from emn.territory.geometry.contours import ContoursRefused, read_contours
from emn.territory.geometry.download import NoRedirect, fetch
from emn.territory.ground import map_ground
from emn.territory.models import Commune, Outline

CODES = {f"57{n:03d}" for n in range(1, 41)}


def run(*arguments):
    out = StringIO()
    call_command("sync_territory", *arguments, stdout=out)
    return out.getvalue()


def square(code, x=0.0, *, size=0.5):
    corners = [[6 + x, 49], [6 + x + size, 49], [6 + x + size, 50], [6 + x, 50], [6 + x, 49]]
    return {
        "type": "Feature",
        "properties": {"code": code, "nom": "X"},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }


def collection(features):
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def read(features, merged=None):
    return read_contours(collection(features), departement="57", known=CODES, merged=merged or {})


@pytest.fixture
def official(shared_data):
    return str(shared_data / "communes_57.geojson")


def test_dry_run_shows_the_outlines_and_writes_none(territory):
    said = run()

    assert "contours : 748 à créer" in said
    assert "d’après les centres des communes" in said
    assert not Outline.objects.exists()


def test_without_contours_schematic_outlines_are_drawn_once(territory):
    run("--write")

    assert Outline.objects.filter(kind="schematic", commune__isnull=False).count() == 725
    assert Outline.objects.filter(kind="schematic", epci__isnull=False).count() == 23
    assert map_ground().is_schematic
    assert run("--write").endswith("Rien à changer.\n")


def test_schematic_territory_is_whole(territory):
    run("--write")

    outlines = Outline.objects.filter(commune__isnull=False)

    assert [len(outline.rings) for outline in outlines] == [1] * 725


def test_official_contours_replace_schematic_ones_and_stay(territory, official):
    run("--write")

    said = run("--write", "--contours", official)

    assert "contours : 0 à créer, 748 à changer" in said
    assert "57001 : contour schématique → contour officiel" in said
    assert set(Outline.objects.values_list("kind", flat=True)) == {"official"}
    assert run("--write").endswith("Rien à changer.\n")
    assert run("--write", "--contours", official).endswith("Rien à changer.\n")
    assert not map_ground().is_schematic
    assert map_ground().source == "communes_57.geojson"


def test_ground_is_light_and_names_every_epci(territory, official):
    run("--write", "--contours", official)

    ground = map_ground()

    assert len(ground.epci) == 23
    assert sum(len(shape.path) for shape in ground.epci) < 25_000
    assert "Eurométropole de Metz" in {shape.name for shape in ground.epci}
    assert ground.towns[0].name == "Metz"
    x, y = ground.project(49.11, 6.18)
    assert 0 < x < 400
    assert 0 < y < ground.view.height


def test_the_source_is_the_one_that_the_operator_names(territory, official):
    run("--write", "--contours", official, "--source", "IGN, Admin Express 2018")

    assert map_ground().source == "IGN, Admin Express 2018"


def test_the_ground_of_an_empty_portal_can_still_be_drawn(db):
    ground = map_ground()

    assert ground.epci == []
    assert ground.view.view_box.startswith("0 0 1000 ")


def test_contours_of_another_departement_are_refused_and_change_nothing(territory, tmp_path):
    run("--write")
    file = tmp_path / "autres.geojson"
    file.write_bytes(collection([square("54395")]))

    with pytest.raises(CommandError, match="725 communes manquent"):
        run("--write", "--contours", str(file))

    assert set(Outline.objects.values_list("kind", flat=True)) == {"schematic"}
    assert Commune.objects.in_departement("57").count() == 725


def test_few_missing_or_unknown_codes_are_told():
    contours = read([square(code) for code in sorted(CODES - {"57001"})] + [square("57999")])

    assert (contours.missing, contours.unknown) == (["57001"], ["57999"])
    assert len(contours.rings) == 39


def test_a_former_commune_joins_the_one_that_holds_it():
    features = [square(code) for code in CODES] + [square("57900", 0.5)]

    contours = read(features, merged={"57900": "57001"})

    assert contours.unknown == []
    assert len(contours.rings["57001"][0]) == 6


def test_other_departements_of_a_national_file_are_left_out():
    contours = read([square(code) for code in [*CODES, "54395", "75056"]])

    assert set(contours.rings) == CODES
    assert contours.unknown == []


@pytest.mark.parametrize(
    "text",
    [b"", b"[1]", b"{}", b'{"features": 3}', b'{"features": [1]}', b"\xff\xfe", b"[" * 100_000],
)
def test_a_file_that_is_no_collection_is_refused(text):
    with pytest.raises(ContoursRefused):
        read_contours(text, departement="57", known=CODES, merged={})


@pytest.mark.parametrize(
    "geometry",
    [
        None,
        {"type": "Point", "coordinates": [6, 49]},
        {"type": "Polygon", "coordinates": [[[6, 49], [7, 49]]]},
        {"type": "Polygon", "coordinates": [[[930000, 6800000], [930000, 6900000], [940000, 1]]]},
        {"type": "Polygon", "coordinates": [[[6, 49], [7, "x"], [7, 50]]]},
        {"type": "Polygon", "coordinates": [[[6, 49], [7, None], [7, 50]]]},
        {"type": "MultiPolygon", "coordinates": 3},
    ],
)
def test_a_contour_that_is_no_polygon_in_degrees_is_refused(geometry):
    features = [square(code) for code in CODES]
    features[0]["geometry"] = geometry

    with pytest.raises(ContoursRefused, match="polygone en degrés"):
        read(features)


def test_a_contour_given_twice_is_refused():
    with pytest.raises(ContoursRefused, match="présent deux fois"):
        read([square(code) for code in [*CODES, "57001"]])


@pytest.mark.parametrize("place", ["http://geo.example/c.json", "ftp://geo.example/c", "file:///a"])
def test_only_https_addresses_are_fetched(place):
    with pytest.raises(ContoursRefused, match="https://"):
        fetch(place)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(ContoursRefused, match="pas pu être lus"):
        fetch(str(tmp_path / "absent.geojson"))


def test_a_redirection_is_not_followed():
    request = Request("https://geo.example/c.json")

    followed = NoRedirect().redirect_request(request, None, 302, "", {}, "https://other.example/")

    assert followed is None


class Opener:
    """The network's edge: answers as many bytes as asked."""

    def __init__(self, content):
        self.content = content

    def open(self, place, timeout):
        assert place == "https://geo.example/c.json"
        assert timeout == 30
        return io.BytesIO(self.content)


def test_an_https_address_is_read():
    assert fetch("https://geo.example/c.json", opener=Opener(b"{}")) == b"{}"


def test_a_file_that_is_too_large_is_refused(monkeypatch):
    monkeypatch.setattr("emn.territory.geometry.download.LARGEST_BYTES", 10)

    with pytest.raises(ContoursRefused, match="50 Mo"):
        fetch("https://geo.example/c.json", opener=Opener(b"x" * 11))
