"""The pure parts of the import: positions, keys, names, batches."""

from string import printable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sirene_generator import ESTABLISHMENT_COLUMNS, with_key
from emn.lib.text import words
from emn.territory.names import company_key
from emn.territory.sirene import lambert, rows, stream
from emn.territory.sirene.errors import FileRefused, RowRejected
from emn.territory.sirene.layouts import recognise
from tests.territory.sirene import establishment, siret_number

SELECTION = stream.Selection("57", {"57463": "57463"}, [])


@pytest.mark.parametrize(
    ("x", "y", "latitude", "longitude"),
    [  # published by INSEE for the same addresses, in both systems
        (854198.6246446577, 6527077.226481752, 45.825879, 4.986337),
        (904305.7634022436, 6576135.981219119, 46.254209, 5.6526),
        (700000, 6600000, 46.5, 3.0),
    ],
)
def test_lambert_coordinates_become_degrees(x, y, latitude, longitude):
    assert lambert.to_degrees(x, y) == pytest.approx((latitude, longitude), abs=2e-6)


@given(st.text(alphabet=printable + "éàœŒ’ÇñßÀ", max_size=60))
def test_company_key_is_the_folded_words(name):
    assert company_key(name) == " ".join(words(name))


@given(st.lists(st.integers(0, 10**12 - 1), min_size=1, max_size=40))
def test_a_column_of_right_keys_is_accepted(numbers):
    sirets = [with_key(with_key(f"{n:012}"[:8]) + f"{n:012}"[8:]) for n in numbers]

    rows._check_sirets(sirets, [siret[:9] for siret in sirets])


@given(st.lists(st.integers(0, 9999), min_size=1, max_size=40, unique=True), st.data())
def test_one_wrong_key_in_a_column_is_refused(numbers, data):
    sirets = [siret_number(n) for n in numbers]
    place = data.draw(st.integers(0, len(sirets) - 1))
    step = data.draw(st.integers(1, 9))
    sirets[place] = sirets[place][:13] + str((int(sirets[place][13]) + step) % 10)

    with pytest.raises(RowRejected, match="clé du SIRET fausse"):
        rows._check_sirets(sirets, [siret[:9] for siret in sirets])


@given(
    st.lists(
        st.tuples(*[st.text("ab  \N{NO-BREAK SPACE}é", max_size=6)] * 3), min_size=1, max_size=9
    )
)
def test_values_are_joined_row_by_row_with_one_space(table):
    joined = rows._spaced(*zip(*table, strict=True))

    assert joined == [" ".join(part for part in " ".join(r).split(" ") if part) for r in table]


def read(text, selection=SELECTION):
    """Return the rejections and the lines of COPY, cut into their columns."""
    rejected = []
    lines = iter(text.split("\n"))
    layout = recognise(next(lines))
    reader = stream.Reader(lines, layout, lambda *said: rejected.append(said))
    out = "".join(stream.establishment_lines(reader, selection, stream.Tally()))
    names = (*rows.ESTABLISHMENT, "place")
    return rejected, [dict(zip(names, line.split("\t"), strict=True)) for line in out.splitlines()]


def as_text(*table):
    header = ",".join(ESTABLISHMENT_COLUMNS)
    lines = [",".join(row.get(name, "") for name in ESTABLISHMENT_COLUMNS) for row in table]
    return "\n".join([header, *lines, ""])


@given(st.sets(st.integers(0, 449), max_size=12))
def test_the_bad_rows_of_many_are_rejected_alone(bad):
    table = [
        establishment(rank, trancheEffectifs="??" if rank in bad else "NN") for rank in range(450)
    ]

    rejected, kept = read(as_text(*table))

    assert [line for line, _key, _reason in rejected] == [rank + 2 for rank in sorted(bad)]
    assert [row["siret"] for row in kept] == [siret_number(r) for r in range(450) if r not in bad]


@given(st.sampled_from("PN"), st.sets(st.integers(0, 29)))
def test_no_private_value_of_a_masked_row_goes_through(status, masked):
    table = [
        establishment(
            rank,
            statutDiffusion=status if rank in masked else "O",
            enseigne1=f"SECRET{rank}",
            libelleVoie=f"SECRET{rank}",
            coordonneeLambertAbscisse="931000",
            coordonneeLambertOrdonnee="6895000",
        )
        for rank in range(30)
    ]

    _rejected, kept = read(as_text(*table))

    for rank, row in enumerate(kept):
        shown = "SECRET" in "".join(row.values()).upper() or row["lambert_x_m"] != rows.NULL
        assert shown is (rank not in masked)


@pytest.mark.parametrize("cut", [1, 30, 120])
def test_a_last_line_that_is_cut_refuses_the_file(cut):
    text = as_text(establishment(1), establishment(2))

    with pytest.raises(FileRefused, match="ligne 3"):
        read(text[: -20 - cut])


def test_a_value_over_two_lines_counts_as_two_lines():
    table = [establishment(1, enseigne1='"DEUX\nLIGNES"'), establishment(2, trancheEffectifs="??")]

    rejected, kept = read(as_text(*table))

    assert kept[0]["sign_name"] == "DEUX LIGNES"
    assert rejected[0][0] == 4


def test_departements_that_were_left_out_are_named():
    table = [establishment(1, codeCommune=code) for code in ("01004", "97411", "2A004", "")]
    tally = stream.Tally()
    lines = iter(as_text(*table).split("\n"))
    reader = stream.Reader(lines, recognise(next(lines)), print)

    assert list(stream.establishment_lines(reader, SELECTION, tally)) == []
    assert tally.departements() == "01, 974, 2A, étranger"


@pytest.mark.parametrize(("siren", "known"), [("800000014", True), ("1", False), ("x", False)])
def test_selection_knows_its_legal_units(siren, known):
    selection = stream.Selection("57", {}, [5, 800000014, 900000000])

    assert selection.has_siren(siren) is known


def test_a_rejected_number_is_never_a_formula(tmp_path):
    with stream.RejectionReport(tmp_path / "report.csv") as report:
        report.reject(file=tmp_path / "a.csv", line=2, number="=cmd|'/c calc'!A0", reason="x")

    assert "a.csv,2,'=cmd" in (tmp_path / "report.csv").read_text(encoding="utf-8")
