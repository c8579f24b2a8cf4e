"""Turn rows of a stock file into lines of COPY, already masked, or say what is wrong with them.

A file has millions of rows. They are handled by the hundred, column after column, because Python
runs over a column far faster than over a row. A batch that holds a bad row is refused as a whole:
the caller cuts it in two until the bad row stands alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache

from stdnum.exceptions import ValidationError as NotANumber
from stdnum.fr import siren as siren_number
from stdnum.fr import siret as siret_number

from emn.territory.enums import Diffusion, EstablishmentState, HeadcountBand, LegalUnitState
from emn.territory.names import company_key
from emn.territory.sirene.errors import RowRejected
from emn.territory.sirene.layouts import COLUMNS, Columns, Kind

Table = list[list[str]]  # one list of values a column

NULL = "\x1a"  # stands for «no value» in the lines given to COPY
COMMA = "\ue000"  # stands for a comma inside a value (a private character of Unicode)
_OPEN = Diffusion.OPEN.value
_UNDISCLOSED = "[ND]"
_BANDS = {"", *HeadcountBand.values}
_LEAST_SCORE = "0.5"  # of 1: below, INSEE's geocoder found another street or only the town
_FAR = 1e8  # metres or degrees: no coordinate is beyond; also tells «nan» and «inf»

ESTABLISHMENT = (
    "siret", "diffusion", "siren", "is_masked", "state", "is_head_office", "created_on",
    "period_started_on", "processed_at", "headcount_band", "headcount_year", "naf_code",
    "naf_nomenclature", "naf_2025_code", "postcode", "town", "commune_code", "commune_id",
    "sign_name", "usual_name", "own_words", "address_extra", "street", "lambert_x_m",
    "lambert_y_m", "latitude", "longitude",
)  # fmt: skip
LEGAL_UNIT = (
    "siren", "diffusion", "state", "created_on", "processed_at", "legal_category", "naf_code",
    "naf_nomenclature", "naf_2025_code", "headcount_band", "headcount_year", "head_office_nic",
    "name", "acronym", "usual_name", "words",
)  # fmt: skip


def establishments(columns: Table, places: Sequence[int], communes: Mapping[str, str]) -> str:
    """Return the lines of COPY, columns of `ESTABLISHMENT` then the place of the row.

    `columns` are those of `COLUMNS`; `communes` gives today's code for each code of a commune of
    today or of yesterday. Raises RowRejected when any of the rows is bad.
    """
    (
        siret, diffusion, siren, state, head_office, created, started, processed, band, year,
        naf, nomenclature, naf_2025, postcode, town, commune,
        sign_1, sign_2, sign_3, usual, extra, number, repetition, way_type, way,
        lambert_x, lambert_y, latitude, longitude, score,
    ) = _masked(columns, COLUMNS[Kind.ESTABLISHMENTS])  # fmt: skip
    _check_sirets(siret, siren)
    _check_among(EstablishmentState.values, state, "état administratif inconnu")
    _check_common(diffusion, band, naf, nomenclature, naf_2025)
    _check_length(5, postcode, "code postal trop long")
    _check_length(5, commune, "code commune trop long")
    sign = _spaced(sign_1, sign_2, sign_3)
    names = zip(sign, usual, strict=True)
    for row in [row for row, value in enumerate(score) if value and value < _LEAST_SCORE]:
        latitude[row] = longitude[row] = ""
    return _lines(
        siret, diffusion, siren,
        ["f" if value == _OPEN else "t" for value in diffusion],
        state, ["t" if value == "true" else "f" for value in head_office],
        _days(created), _days(started), _instants(processed),
        band, map(_year, year), naf, nomenclature, naf_2025, postcode, town, commune,
        [communes.get(code, NULL) for code in commune],
        sign, usual, [company_key(f"{a} {b}") if a or b else "" for a, b in names],
        extra, _spaced(number, repetition, way_type, way),
        _coordinates(lambert_x), _coordinates(lambert_y),
        _coordinates(latitude), _coordinates(longitude),
        map(str, places),
    )  # fmt: skip


def legal_units(columns: Table, places: Sequence[int]) -> str:
    """Return the lines of COPY, columns of `LEGAL_UNIT` then the place of the row.

    A natural person is named by first and last name. Raises RowRejected when any row is bad.
    """
    (
        siren, diffusion, state, created, processed, category, naf, nomenclature, naf_2025,
        band, year, nic,
        registered, usual_first, first, married, last, acronym, usual_1, usual_2, usual_3,
    ) = _masked(columns, COLUMNS[Kind.LEGAL_UNITS])  # fmt: skip
    for value in siren:
        _check_siren(value)
    _check_among(LegalUnitState.values, state, "état administratif inconnu")
    _check_common(diffusion, band, naf, nomenclature, naf_2025)
    _check_length(4, category, "catégorie juridique trop longue")
    _check_length(5, nic, "NIC trop long")
    firsts = [chosen or other for chosen, other in zip(usual_first, first, strict=True)]
    lasts = [chosen or other for chosen, other in zip(married, last, strict=True)]
    names = [
        company or person
        for company, person in zip(registered, _spaced(firsts, lasts), strict=True)
    ]
    usual = _spaced(usual_1, usual_2, usual_3)
    return _lines(
        siren, diffusion, state, _days(created), _instants(processed), category,
        naf, nomenclature, naf_2025, band, map(_year, year), nic,
        names, acronym, usual, map(company_key, _spaced(names, usual, acronym)),
        map(str, places),
    )  # fmt: skip


def _masked(table: Table, columns: Columns) -> Table:
    """Blank what names or locates a unit that is not freely diffusible, before anything else.

    This is the only way in for the files; the database refuses what would come by another (R6.10).
    """
    hidden = [row for row, diffusion in enumerate(table[1]) if diffusion != _OPEN]
    for column in table[len(columns.public) :] if hidden else ():
        for row in hidden:
            column[row] = ""
    return table


def _lines(*columns: Iterable[str]) -> str:
    """Write the rows in PostgreSQL's COPY text format, without INSEE's mark of what is hidden."""
    lines = "\n".join(map("\t".join, zip(*columns, strict=True)))
    if COMMA in lines or _UNDISCLOSED in lines:
        lines = lines.replace(COMMA, ",").replace(_UNDISCLOSED, "")
    return f"{lines}\n"


def _spaced(*columns: Sequence[str]) -> list[str]:
    """Join the values of each row with one space; no value holds a tabulation."""
    filled = [column for column in columns if any(column)] or [columns[0]]
    joined = "\t".join(map(" ".join, zip(*filled, strict=True)))
    while "  " in joined:
        joined = joined.replace("  ", " ")
    return joined.replace("\t ", "\t").replace(" \t", "\t").strip(" ").split("\t")


def _check_among(known: Collection[str], column: Iterable[str], reason: str) -> None:
    for value in set(column).difference(known):
        raise RowRejected(f"{reason} : « {value} »")


def _check_length(longest: int, column: Iterable[str], reason: str) -> None:
    if max(map(len, column)) > longest:
        raise RowRejected(reason)


def _check_common(
    diffusion: Iterable[str],
    band: Iterable[str],
    naf: Iterable[str],
    nomenclature: Iterable[str],
    naf_2025: Iterable[str],
) -> None:
    _check_among(Diffusion.values, diffusion, "statut de diffusion inconnu")
    _check_among(_BANDS, band, "tranche d’effectif inconnue")
    _check_length(6, naf, "code d’activité trop long")
    _check_length(8, nomenclature, "nomenclature trop longue")
    _check_length(6, naf_2025, "code d’activité trop long")


_SIRET_LENGTH = 14
_SIREN_LENGTH = 9
_VALUES = bytes.maketrans(b"0123456789", bytes(range(10)))
_DOUBLED = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_REMAINDERS = bytes(value % 10 for value in range(256))


def _check_sirets(sirets: Sequence[str], sirens: Sequence[str]) -> None:
    """Check shape, SIREN and key of each SIRET.

    The Luhn sums of the whole column are made at once: each of the fourteen columns of digits is
    read as one large number, a byte a digit, and the numbers are added. A sum is at most 126, so
    no byte runs over into the next. Those that fail may be La Poste's, which have another key.
    """
    digits = "".join(sirets)
    well_formed = digits.isascii() and digits.isdecimal()
    if not well_formed or set(map(len, sirets)) != {_SIRET_LENGTH}:
        raise RowRejected("SIRET mal formé")
    if [siret[:_SIREN_LENGTH] for siret in sirets] != list(sirens):
        raise RowRejected("le SIRET ne commence pas par le SIREN")
    text = digits.encode()
    total = sum(
        int.from_bytes(text[place::_SIRET_LENGTH].translate(_VALUES if place % 2 else _DOUBLED))
        for place in range(_SIRET_LENGTH)
    )
    remainders = total.to_bytes(len(sirets)).translate(_REMAINDERS)
    for siret, remainder in zip(sirets, remainders, strict=True) if any(remainders) else ():
        if remainder and not siret_number.is_valid(siret):
            raise RowRejected("clé du SIRET fausse")


def _check_siren(siren: str) -> None:
    try:
        if siren_number.validate(siren) != siren:
            raise RowRejected("SIREN mal formé")
    except NotANumber:
        raise RowRejected("SIREN invalide") from None


def _days(column: Sequence[str]) -> list[str]:
    """Check days written YYYY-MM-DD."""
    _check_moments(column, date.fromisoformat, length=10)
    return [value or NULL for value in column]


def _instants(column: Sequence[str]) -> list[str]:
    """Check moments (Paris time) and drop the fraction of a second that some files have."""
    whole = [value[:19] for value in column]
    _check_moments(whole, datetime.fromisoformat, length=19)
    return [value or NULL for value in whole]


def _check_moments(column: Sequence[str], parse: Callable[[str], object], *, length: int) -> None:
    """Refuse what `parse` refuses, and the shorter or weekly forms of ISO 8601 that it accepts."""
    filled = [value for value in column if value]
    try:
        for _moment in map(parse, filled):
            pass
    except ValueError as error:
        raise RowRejected(f"date illisible ({error})") from None
    if not {length}.issuperset(map(len, filled)) or "W" in "".join(filled):
        raise RowRejected("date mal formée")


@lru_cache(maxsize=1000)
def _year(value: str) -> str:
    return value if len(value) == 4 and value.isascii() and value.isdecimal() else NULL  # noqa: PLR2004


def _coordinates(column: Sequence[str]) -> list[str]:
    """Return the coordinates as they are written; what is no number is no coordinate."""
    filled = [value for value in column if value]
    if not filled:
        return [NULL] * len(column)
    try:
        usual = sum(map(abs, map(float, filled))) < _FAR * len(column)  # false for «nan»
    except ValueError:
        usual = False
    return [value if value and (usual or _is_number(value)) else NULL for value in column]


def _is_number(value: str) -> bool:
    try:
        return abs(float(value)) < _FAR
    except ValueError:
        return False
