"""`import_sirene`: INSEE's stock files into the register, all or nothing."""

import gzip
import threading
import zipfile
from io import BytesIO, StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from emn.lib import page_cache
from emn.lib.db import try_advisory_lock
from emn.territory.models import Establishment, ImportRun, LegalUnit
from emn.territory.services import register
from tests.territory.sirene import (
    ESTABLISHMENT_COLUMNS,
    ESTABLISHMENT_COLUMNS_2021,
    GEOCODED,
    establishment,
    legal_unit,
    siren_number,
    siret_number,
    write,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def moselle(settings, tmp_path):
    settings.DEPARTEMENT = "57"
    settings.DATA_DIR = tmp_path / "var"


def run(*paths, write=True):
    out = StringIO()
    call_command("import_sirene", *map(str, paths), write=write, stdout=out)
    return out.getvalue()


def state():
    return list(Establishment.objects.order_by("pk").values()), list(
        LegalUnit.objects.order_by("pk").values()
    )


def report(settings):
    files = list((settings.DATA_DIR / "imports").glob("*-rejets.csv"))
    assert len(files) == 1
    return files[0].read_text(encoding="utf-8").splitlines()[1:]


# --- What is read -------------------------------------------------------------------------------


def test_import_without_write_shows_the_difference_and_writes_nothing(tmp_path):
    file = write(tmp_path / "stock.csv", [establishment(1), establishment(2)])

    said = run(file, write=False)

    assert "Établissements : 2 lus, 2 à créer, 0 à changer" in said
    assert said.endswith("Rien n’est écrit : relancez avec --write.\n")
    assert state() == ([], [])
    assert not ImportRun.objects.exists()


def test_import_keeps_the_facts_of_a_row(territory, tmp_path):
    row = establishment(
        1,
        coordonneeLambertAbscisse="931000.5",
        coordonneeLambertOrdonnee="6895000.5",
        enseigne2="LAB",
        denominationUsuelle="CODE, DONNÉES & CIE",
        indiceRepetition="B",
        complementAdresse="BATIMENT A",
        etatAdministratif="F",
    )
    run(write(tmp_path / "stock.csv", [row]))

    one = Establishment.objects.select_related("commune").get()
    assert one.pk == siret_number(1)
    assert (one.siren, one.nic) == (siren_number(1), siret_number(1)[9:])
    assert (one.sign_name, one.usual_name) == ("ATELIER DU CODE LAB", "CODE, DONNÉES & CIE")
    assert (one.street, one.address_extra) == ("12 B RUE DES CLERCS", "BATIMENT A")
    assert (one.postcode, one.town, str(one.commune)) == ("57000", "METZ", "Metz")
    assert (one.state, one.is_open, one.is_head_office) == ("F", False, True)
    assert (str(one.created_on), str(one.period_started_on)) == ("2010-05-01", "2015-01-01")
    assert one.processed_at.isoformat() == "2024-03-22T14:40:57+00:00"
    assert (one.headcount_band, one.headcount_year) == ("01", 2022)
    assert one.position == pytest.approx((49.1, 6.2), abs=0.2)


def test_import_keeps_old_nomenclatures_as_they_are(tmp_path):
    rows = [
        establishment(1, activitePrincipale="72.2C", nomenclatureActivitePrincipale="NAF1993"),
        establishment(2, activitePrincipale="55.72", nomenclatureActivitePrincipale="NAP"),
    ]
    columns = [*ESTABLISHMENT_COLUMNS, "activitePrincipaleNAF25Etablissement"]
    rows[0]["activitePrincipaleNAF25Etablissement"] = "62.10Y"

    run(write(tmp_path / "stock.csv", rows, columns))

    assert list(
        Establishment.objects.order_by("pk").values_list(
            "naf_code", "naf_nomenclature", "naf_2025_code"
        )
    ) == [("72.2C", "NAF1993", "62.10Y"), ("55.72", "NAP", "")]


def test_import_gives_the_present_commune_of_a_former_code(territory, tmp_path):
    run(
        write(
            tmp_path / "stock.csv",
            [establishment(1, codeCommune="57722"), establishment(2, codeCommune="57999")],
        )
    )

    assert list(Establishment.objects.order_by("pk").values_list("commune_code", "commune_id")) == [
        ("57722", "57578"),
        ("57999", None),
    ]


@pytest.mark.parametrize(
    "columns",
    [
        ESTABLISHMENT_COLUMNS_2021,
        ESTABLISHMENT_COLUMNS,
        [*ESTABLISHMENT_COLUMNS, *GEOCODED],
        [*reversed(ESTABLISHMENT_COLUMNS_2021), "colonneNouvelle"],
    ],
    ids=["2021", "2025", "2025 geocoded", "any order"],
)
def test_import_reads_every_layout(tmp_path, columns):
    row = {name: value for name, value in establishment(1).items() if name in columns}
    if "longitude" in columns:
        row |= {"longitude": "6.175", "latitude": "49.118", "geo_score": "0.9"}

    run(write(tmp_path / "stock.csv", [row], columns))

    one = Establishment.objects.get()
    assert one.sign_name == "ATELIER DU CODE"
    assert one.position == ((49.118, 6.175) if "longitude" in columns else None)


def test_import_leaves_out_a_poor_position(tmp_path):
    row = establishment(1, longitude="6.175", latitude="49.118", geo_score="0.3")

    run(write(tmp_path / "stock.csv", [row], [*ESTABLISHMENT_COLUMNS, *GEOCODED]))

    assert Establishment.objects.get().position is None


@pytest.mark.parametrize("shape", ["csv", "bom", "crlf", "gz", "zip"])
def test_import_reads_each_shape(tmp_path, shape):
    plain = write(tmp_path / "StockEtablissement_utf8.csv", [establishment(1), establishment(2)])
    data = plain.read_bytes()
    file = tmp_path / f"stock.{shape}"
    if shape == "gz":
        file.write_bytes(gzip.compress(data))
    elif shape == "zip":
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("StockEtablissement_utf8.csv", data)
    else:
        changed = {"bom": b"\xef\xbb\xbf" + data, "crlf": data.replace(b"\n", b"\r\n")}
        file.write_bytes(changed.get(shape, data))

    run(file)

    assert Establishment.objects.count() == 2


def test_import_takes_only_the_departement(settings, tmp_path):
    file = write(
        tmp_path / "stock.csv",
        [
            establishment(1, codeCommune="54395", numeroVoie="57"),
            establishment(2),
            establishment(3, codeCommune="2A004", codePostal="57000"),
        ],
    )

    run(file)

    assert Establishment.objects.get().pk == siret_number(2)


@pytest.mark.parametrize(("departement", "commune"), [("2A", "2A004"), ("974", "97411")])
def test_import_knows_departements_that_are_not_two_digits(
    settings, tmp_path, departement, commune
):
    settings.DEPARTEMENT = departement

    run(write(tmp_path / "stock.csv", [establishment(1, codeCommune=commune), establishment(2)]))

    assert Establishment.objects.get().commune_code == commune


def test_import_accepts_the_post_office_key(tmp_path):
    row = establishment(1) | {"siret": "35600000009075", "siren": "356000000", "nic": "09075"}

    run(write(tmp_path / "stock.csv", [row]))

    assert Establishment.objects.get().siren == "356000000"


@pytest.mark.parametrize("name", ["A\\B", "A\tB", "A\nB", 'A "B" C', "A,B", "\\N", "\\."])
def test_import_keeps_special_characters_apart(tmp_path, name):
    run(write(tmp_path / "stock.csv", [establishment(1), establishment(2, enseigne1=name)]))

    kept = Establishment.objects.get(pk=siret_number(2)).sign_name
    assert kept == name.replace("\t", " ").replace("\n", " ")


def test_real_establishments_of_2025_are_imported_and_found(settings, shared_data):
    settings.DEPARTEMENT = "01"

    run(shared_data / "sirene" / "etablissements_geo_2025_echantillon.csv")

    assert Establishment.objects.count() == 20
    found = Establishment.objects.named_like("barrault").get()
    assert (found.street, found.town) == ("165 RUE DU FORT", "VIRIAT")
    assert set(Establishment.objects.values_list("naf_nomenclature", flat=True)) == {
        "NAFRev2",
        "NAFRev1",
        "NAF1993",
        "NAP",
    }


def test_real_legal_units_are_read_and_left_out_when_nobody_needs_them(settings, shared_data):
    settings.DEPARTEMENT = "01"
    folder = shared_data / "sirene"

    said = run(
        folder / "unites_legales_2021_echantillon.csv",
        folder / "etablissements_geo_2025_echantillon.csv",
    )

    assert "Unités légales : 0 lus" in said
    assert not LegalUnit.objects.exists()


# --- Legal units --------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [1, -1])
def test_legal_units_are_kept_for_the_establishments_in_either_order(tmp_path, order):
    files = [
        write(tmp_path / "etab.csv", [establishment(1)]),
        write(tmp_path / "ul.csv", [legal_unit(1), legal_unit(2)]),
    ]

    run(*files[::order])

    assert LegalUnit.objects.get().pk == siren_number(1)
    one = Establishment.objects.get()
    assert (one.legal_name, one.name) == ("MOSELLE LOGICIELS", "MOSELLE LOGICIELS")
    assert list(Establishment.objects.named_like("logic moselle")) == [one]


def test_a_natural_person_is_named_by_first_and_last_name(tmp_path):
    unit = legal_unit(
        1, denomination="", prenom1="JEANNE", prenomUsuel="JANE", nom="DUPONT", nomUsage=""
    )

    run(write(tmp_path / "etab.csv", [establishment(1)]), write(tmp_path / "ul.csv", [unit]))

    assert LegalUnit.objects.get().name == "JANE DUPONT"


def test_legal_units_alone_rename_the_establishments(tmp_path):
    run(write(tmp_path / "etab.csv", [establishment(1)]))

    said = run(write(tmp_path / "ul.csv", [legal_unit(1)]))

    assert "établissements renommés ou masqués par là : 1" in said
    assert Establishment.objects.get().legal_name == "MOSELLE LOGICIELS"


def test_legal_units_alone_are_refused_on_an_empty_register(tmp_path):
    with pytest.raises(CommandError, match="aucun établissement"):
        run(write(tmp_path / "ul.csv", [legal_unit(1)]))


# --- Differences --------------------------------------------------------------------------------


def test_import_twice_changes_nothing(tmp_path):
    files = [
        write(tmp_path / "etab.csv", [establishment(rank) for rank in range(5)]),
        write(tmp_path / "ul.csv", [legal_unit(rank) for rank in range(5)]),
    ]
    run(*files)
    before = state()

    said = run(*files)

    assert "5 lus, 0 à créer, 0 à changer" in said
    assert said.endswith("Rien à changer.\n")
    assert state() == before


def test_import_tells_created_changed_closed_unseen_and_returned(tmp_path):
    run(write(tmp_path / "a.csv", [establishment(rank) for rank in (1, 2, 3)]))
    file = write(
        tmp_path / "b.csv",
        [
            establishment(1, etatAdministratif="F"),
            establishment(2, enseigne1="AUTRE"),
            establishment(4),
        ],
    )

    said = run(file)

    assert "3 lus, 1 à créer, 2 à changer (dont 1 fermés, 0 masqués), 0 revus, 1 absents" in said
    assert Establishment.objects.exclude(unseen_since=None).get().pk == siret_number(3)
    assert "0 à changer" in run(file)
    assert "1 revus" in run(write(tmp_path / "c.csv", [establishment(r) for r in (1, 2, 3, 4)]))
    assert not Establishment.objects.exclude(unseen_since=None).exists()


def test_import_leaves_other_departements_alone(settings, tmp_path):
    settings.DEPARTEMENT = "54"
    run(write(tmp_path / "a.csv", [establishment(1, codeCommune="54395")]))
    settings.DEPARTEMENT = "57"

    said = run(write(tmp_path / "b.csv", [establishment(2)]))

    assert "0 absents des fichiers" in said
    assert not Establishment.objects.exclude(unseen_since=None).exists()


def test_a_written_import_is_recorded_and_public_pages_are_told(tmp_path):
    before = page_cache.read_generation()
    run(write(tmp_path / "a.csv", [establishment(1)]))

    entry = ImportRun.objects.get()
    assert (entry.state, entry.departement_code, entry.files) == ("written", "57", ["a.csv"])
    assert entry.counts["etablissements"]["created"] == 1
    assert page_cache.read_generation() != before


# --- Diffusion ----------------------------------------------------------------------------------

PRIVATE = (
    "legal_name", "usual_name", "sign_name", "own_words", "legal_words", "address_extra", "street",
)  # fmt: skip


def assert_hidden(one):
    assert one.is_masked
    assert [getattr(one, name) for name in PRIVATE] == [""] * len(PRIVATE)
    assert one.position is None
    assert one.name == ""
    assert (one.siren, one.naf_code, one.commune_code) == (siren_number(1), "62.01Z", "57463")


SECRETS = {
    "enseigne1": "NOM SECRET",
    "denominationUsuelle": "NOM SECRET",
    "complementAdresse": "CHEZ SECRET",
    "libelleVoie": "SECRETE",
    "coordonneeLambertAbscisse": "931000",
    "coordonneeLambertOrdonnee": "6895000",
}


@pytest.mark.parametrize("status", ["P", "N"])
def test_a_masked_establishment_shows_nothing_even_when_the_file_does(tmp_path, status):
    run(write(tmp_path / "a.csv", [establishment(1, statutDiffusion=status, **SECRETS)]))

    assert_hidden(Establishment.objects.get())


def test_marks_of_what_is_hidden_are_never_shown(tmp_path):
    row = establishment(1, enseigne1="[ND]", libelleVoie="[ND]", numeroVoie="[ND]")

    run(write(tmp_path / "a.csv", [row]))

    one = Establishment.objects.get()
    assert "ND" not in one.sign_name + one.street + one.own_words


def test_an_establishment_that_is_no_longer_diffusible_is_masked_at_once(tmp_path):
    run(write(tmp_path / "a.csv", [establishment(1, **SECRETS)]))
    assert Establishment.objects.named_like("secret").exists()

    said = run(write(tmp_path / "b.csv", [establishment(1, statutDiffusion="P", **SECRETS)]))

    assert "1 masqués" in said
    assert_hidden(Establishment.objects.get())
    assert not Establishment.objects.named_like("secret").exists()


@pytest.mark.parametrize("with_establishments", [True, False])
def test_a_company_that_is_no_longer_diffusible_masks_its_establishments(
    tmp_path, with_establishments
):
    etab = write(tmp_path / "a.csv", [establishment(1, **SECRETS)])
    run(etab, write(tmp_path / "ul.csv", [legal_unit(1)]))
    masked = write(tmp_path / "ul2.csv", [legal_unit(1, statutDiffusion="P", sigle="SECRET")])

    run(masked, *([etab] if with_establishments else []))

    assert_hidden(Establishment.objects.get())
    unit = LegalUnit.objects.get()
    assert (unit.name, unit.acronym, unit.usual_name, unit.words) == ("", "", "", "")


def test_a_unit_that_becomes_diffusible_again_is_shown_again(tmp_path):
    etab = write(tmp_path / "a.csv", [establishment(1)])
    run(etab, write(tmp_path / "ul.csv", [legal_unit(1, statutDiffusion="P")]))

    run(etab, write(tmp_path / "ul2.csv", [legal_unit(1)]))

    assert Establishment.objects.get().name == "MOSELLE LOGICIELS"


def test_the_database_refuses_a_name_on_a_masked_row(tmp_path):
    run(write(tmp_path / "a.csv", [establishment(1, statutDiffusion="P")]))

    with pytest.raises(IntegrityError, match="masked_shows_nothing"), transaction.atomic():
        Establishment.objects.update(sign_name="SECRET")


# --- Bad lines ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"siret": "80000001000011"}, "SIREN"),
        ({"siret": siret_number(2)[:13] + "X"}, "SIRET mal formé"),
        ({"siret": ""}, "SIRET mal formé"),
        ({"statutDiffusion": "Z"}, "statut de diffusion inconnu : « Z »"),
        ({"etatAdministratif": ""}, "état administratif inconnu"),
        ({"dateCreation": "2024-02-30"}, "date illisible"),
        ({"dateDebut": "20240101"}, "date mal formée"),
        ({"dateDebut": "2024-W05-1"}, "date mal formée"),
        ({"dateDernierTraitement": "hier"}, "date illisible"),
        ({"trancheEffectifs": "99"}, "tranche d’effectif inconnue"),
        ({"activitePrincipale": "62.01Z trop long"}, "code d’activité trop long"),
        ({"codePostal": "570000"}, "code postal trop long"),
    ],
)
def test_a_bad_line_is_reported_and_the_others_are_kept(settings, tmp_path, values, reason):
    rows = [establishment(1), establishment(2, **values), establishment(3)]

    said = run(write(tmp_path / "stock.csv", rows))

    assert "2 lus, 2 à créer" in said
    assert "Lignes rejetées : 1" in said
    (line,) = report(settings)
    assert line.startswith("stock.csv,3,")
    assert reason in line


def test_a_wrong_key_is_reported(settings, tmp_path):
    bad = siret_number(2)[:13] + str((int(siret_number(2)[13]) + 1) % 10)

    run(write(tmp_path / "stock.csv", [establishment(1), establishment(2, siret=bad)]))

    assert report(settings) == [f"stock.csv,3,{bad},clé du SIRET fausse"]


def test_every_bad_line_among_many_is_found(settings, tmp_path):
    rows = [
        establishment(rank, etatAdministratif="?" if rank % 97 == 5 else "A") for rank in range(999)
    ]

    run(write(tmp_path / "stock.csv", rows))

    bad = [rank for rank in range(999) if rank % 97 == 5]
    assert [int(line.split(",")[1]) for line in report(settings)] == [rank + 2 for rank in bad]
    assert Establishment.objects.count() == 999 - len(bad)


def test_a_line_with_too_few_columns_is_reported(settings, tmp_path):
    file = write(tmp_path / "stock.csv", [establishment(rank) for rank in range(3)])
    lines = file.read_text().splitlines(keepends=True)
    lines.insert(2, "une,ligne,courte\n\n")
    file.write_text("".join(lines))

    run(file)

    assert report(settings) == ['stock.csv,3,"une,ligne,cour","3 colonnes, et non 53"']


def test_of_a_siret_that_comes_twice_the_first_line_is_kept(settings, tmp_path):
    rows = [establishment(1), establishment(2), establishment(1, enseigne1="SECONDE")]

    run(write(tmp_path / "a.csv", rows), write(tmp_path / "b.csv", [establishment(2)]))

    assert Establishment.objects.count() == 2
    assert Establishment.objects.get(pk=siret_number(1)).sign_name == "ATELIER DU CODE"
    assert report(settings) == [
        f"a.csv,4,{siret_number(1)},numéro déjà lu à la ligne 2 de a.csv",
        f"b.csv,2,{siret_number(2)},numéro déjà lu à la ligne 3 de a.csv",
    ]


# --- Bad files ----------------------------------------------------------------------------------


def cut(data):
    return data[: len(data) * 2 // 3]


def bad_zip(members):
    def make(data):
        out = BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in members:
                archive.writestr(name, data)
        return out.getvalue()

    return make


BAD = {
    "empty": (lambda _data: b"", "vide"),
    "truncated csv": (cut, "tronqué"),
    "truncated gz": (lambda data: cut(gzip.compress(data)), "tronqué"),
    "damaged gz": (lambda data: gzip.compress(data)[:-8] + b"abcdefgh", "tronqué"),
    "truncated zip": (lambda data: cut(bad_zip(["a.csv"])(data)), "tronqué"),
    "zip without csv": (bad_zip(["a.txt"]), "0 fichiers .csv"),
    "zip with two csv": (bad_zip(["a.csv", "b.csv"]), "2 fichiers .csv"),
    "cp1252": (lambda data: data.replace(b"ATELIER", "CAFÉ".encode("cp1252")), "pas en UTF-8"),
    "utf-16": (lambda data: data.decode().encode("utf-16"), "UTF-16"),
    "utf-16 without mark": (lambda data: data.decode().encode("utf-16-le"), "UTF-16"),
    "semicolons": (lambda data: data.replace(b",", b";"), "points-virgules"),
    "null bytes": (lambda data: data.replace(b"METZ", b"ME\0TZ"), "octets nuls"),
    "no lines": (lambda data: data.replace(b"\n", b",") * 300, "pas découpé en lignes"),
    "open quote": (lambda data: data.replace(b"METZ", b'"METZ', 1), "tronqué"),
    "other layout": (
        lambda data: data.replace(b"codeCommuneEtab", b"codeEtab"),
        "il lui manque : codeCommuneEtablissement",
    ),
    "other file": (lambda _data: b"a,b\n1,2\n", "il lui manque : siren"),
    "picture": (lambda _data: b"\x89PNG\r\n\x1a\n" + b"\xff" * 99, "UTF-8"),
    "wrong departement": (
        lambda data: data.replace(b",57463,", b",01004,"),
        "Départements lus : 01",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("spoil", "sentence"), BAD.values(), ids=BAD)
def test_a_bad_file_is_refused_in_one_sentence_and_nothing_is_written(tmp_path, spoil, sentence):
    run(write(tmp_path / "good.csv", [establishment(1)]))
    before = state()
    good = write(tmp_path / "x.csv", [establishment(rank) for rank in range(1, 400)])
    bad = tmp_path / "bad.csv"
    bad.write_bytes(spoil(good.read_bytes()))

    with pytest.raises(CommandError) as refusal:
        run(bad)

    assert refusal.value.returncode == 1
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert state() == before
    assert ImportRun.objects.get(state="refused").error == str(refusal.value)


def test_a_bad_second_file_undoes_the_first(tmp_path):
    good = write(tmp_path / "good.csv", [establishment(1)])
    bad = write(tmp_path / "bad.csv", [establishment(rank) for rank in range(2, 300)])
    bad.write_bytes(cut(bad.read_bytes()))

    with pytest.raises(CommandError, match="bad"):
        run(good, bad)

    assert state() == ([], [])


@pytest.mark.parametrize("path", ["absent.csv", "."])
def test_a_file_that_cannot_be_opened_is_refused(tmp_path, path):
    with pytest.raises(CommandError, match="ne peut pas être lu"):
        run(tmp_path / path)


@pytest.mark.django_db(transaction=True)
def test_a_second_import_at_the_same_time_is_refused(tmp_path):
    file = write(tmp_path / "stock.csv", [establishment(1)])
    locked, release = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            try_advisory_lock("territory.import_register")
            locked.set()
            release.wait(20)
        connection.close()

    other = threading.Thread(target=hold)
    other.start()
    locked.wait(20)
    try:
        with pytest.raises(register.ImportRefused, match="Un autre import"):
            register.import_register(paths=[file], write=True, now=timezone.now())
    finally:
        release.set()
        other.join()

    register.import_register(paths=[file], write=True, now=timezone.now())
    assert Establishment.objects.count() == 1
