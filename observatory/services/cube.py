"""The draft of a release: rows computed in SQL or read from files, before they are protected.

A draft is a temporary table of the transaction. The register is counted by PostgreSQL alone: rows
of the register never come to Python, whatever their number.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils import timezone

from emn.territory.enums import ImportState, Nomenclature
from emn.territory.models import ImportRun, SectorDefinition
from observatory.indicators.registry import Words

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

YEARS = 10  # closed years, and the running one
SECTOR = "tic"

_DRAFT = """
DROP TABLE IF EXISTS pg_temp.observatory_draft;
CREATE TEMP TABLE observatory_draft (
    level text, territory text, activity text, size text, item text, period text,
    value double precision, flag text NOT NULL DEFAULT '', source int NOT NULL DEFAULT 0,
    units int
) ON COMMIT DROP
"""

# One line for each kind of establishment; years before the first one shown are one and the same.
_BASE = """
DROP TABLE IF EXISTS pg_temp.observatory_base;
CREATE TEMP TABLE observatory_base ON COMMIT DROP AS
SELECT place.insee_code AS commune, coalesce(place.epci_id, '') AS epci,
       CASE WHEN unit.naf_code LIKE ANY(%(taken)s) AND NOT unit.naf_code LIKE ANY(%(left)s)
            THEN unit.naf_code ELSE '' END AS naf,
       CASE WHEN unit.headcount_band IN ('', 'NN') THEN 'NN'
            WHEN unit.headcount_band = '00' THEN '0'
            WHEN unit.headcount_band < '10' THEN '1-9'
            WHEN unit.headcount_band < '20' THEN '10-49'
            WHEN unit.headcount_band <= '31' THEN '50-249'
            ELSE '250+' END AS size,
       greatest(coalesce(extract(year FROM unit.created_on), 0), %(first)s - 1)::int AS opened,
       CASE WHEN unit.state = 'F' THEN extract(year FROM unit.period_started_on)::int END AS closed,
       count(*)::int AS units
FROM territory_establishment unit
JOIN territory_commune place ON place.insee_code = unit.commune_id
WHERE place.departement_code = %(departement)s AND unit.naf_nomenclature = %(nomenclature)s
      AND (unit.state = 'A' OR unit.period_started_on >= make_date(%(first)s, 1, 1))
GROUP BY 1, 2, 3, 4, 5, 6
"""

_WHEN = {
    "stock": "opened <= year AND (closed IS NULL OR closed > year)",
    "openings": "opened = year",
    "closures": "closed = year",
}

_COUNTS = """
INSERT INTO observatory_draft (level, territory, activity, size, item, period, value)
SELECT CASE WHEN grouping(commune) = 0 THEN 'C' WHEN grouping(epci) = 0 THEN 'E' ELSE 'D' END,
       CASE WHEN grouping(commune) = 0 THEN commune
            WHEN grouping(epci) = 0 THEN epci ELSE %(departement)s END,
       CASE WHEN grouping(naf) = 0 THEN naf
            WHEN grouping(division) = 0 THEN division ELSE '' END,
       CASE WHEN grouping(size) = 0 THEN size ELSE '' END,
       '', year::text, sum(units)
FROM (SELECT *, left(naf, 2) AS division FROM observatory_base WHERE naf <> '') counted
JOIN generate_series(%(first)s::int, %(last)s::int) year ON {when}
GROUP BY GROUPING SETS (
    (year), (year, division), (year, naf), (year, size),
    (year, epci), (year, epci, division), (year, epci, naf), (year, epci, size), (year, commune))
HAVING NOT (grouping(epci) = 0 AND epci = '')
"""

_ZEROS = """
INSERT INTO observatory_draft (level, territory, activity, size, item, period, value)
SELECT 'D', %(departement)s, '', '', '', year::text, 0
FROM generate_series(%(first)s::int, %(last)s::int) year
WHERE EXISTS (SELECT FROM observatory_draft)
      AND NOT EXISTS (SELECT FROM observatory_draft known
                      WHERE level = 'D' AND activity = '' AND size = '' AND period = year::text)
"""

_SHARE = """
INSERT INTO observatory_draft (level, territory, activity, size, item, period, value)
SELECT CASE WHEN grouping(epci) = 0 THEN 'E' ELSE 'D' END,
       CASE WHEN grouping(epci) = 0 THEN epci ELSE %(departement)s END,
       '', '', '', year::text,
       round(100.0 * coalesce(sum(units) FILTER (WHERE naf <> ''), 0) / sum(units), 3)
FROM observatory_base
JOIN generate_series(%(first)s::int, %(last)s::int) year
     ON opened <= year AND (closed IS NULL OR closed > year)
GROUP BY GROUPING SETS ((year), (year, epci))
HAVING NOT (grouping(epci) = 0 AND epci = '')
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One cell to be; `units`: how many respondents stand behind it, where they are asked."""

    level: str
    territory: str
    period: str
    value: float | None
    activity: str = ""
    size: str = ""
    item: str = ""
    flag: str = ""
    source: int = 0
    units: int | None = None

    @property
    def place(self) -> tuple[str, ...]:
        """What makes it this cell and no other."""
        return self.level, self.territory, self.activity, self.size, self.item, self.period


@dataclass(slots=True, kw_only=True)
class Built:
    """What a builder gives beside the rows that it wrote by SQL.

    `margins`: the counts that the rows come from, when those are what must be protected; `is_mean`:
    a value is the mean of what its units contribute, `largest` the most that one of them does, by
    the place of the row.
    """

    as_of: date
    sources: list[dict[str, str]]
    rows: list[Row] = field(default_factory=list)
    labels: dict[str, Words] = field(default_factory=dict)
    margins: list[Row] = field(default_factory=list)
    largest: dict[tuple[str, ...], float] = field(default_factory=dict)
    is_mean: bool = False


def start_draft(cursor: "CursorWrapper") -> None:
    """Make the empty table of the draft, which ends with the transaction."""
    cursor.execute(_DRAFT)


def add_rows(cursor: "CursorWrapper", rows: Iterable[Row]) -> None:
    """Write rows that Python made."""
    columns = [entry.name for entry in fields(Row)]
    cursor.executemany(
        f"INSERT INTO observatory_draft ({', '.join(columns)}) "  # noqa: S608 -- constants
        f"VALUES ({', '.join(['%s'] * len(columns))})",
        [astuple(row) for row in rows],
    )


def count_register(cursor: "CursorWrapper", what: str, *, now: datetime) -> Built:
    """Count the establishments of the sector: `stock`, `openings`, `closures` or `share`."""
    sector = (
        SectorDefinition.objects.filter(code=SECTOR, nomenclature=Nomenclature.NAF_REV_2)
        .order_by("-version", "pk")
        .first()
    )
    source, as_of = _register_source(now)
    built = Built(as_of=as_of, sources=[source])
    if sector is None:
        return built
    values: dict[str, Any] = {
        "departement": settings.DEPARTEMENT,
        "nomenclature": sector.nomenclature,
        "taken": [f"{code}%" for code in sector.includes],
        "left": [f"{code}%" for code in sector.excludes],
        "first": as_of.year - YEARS,
        "last": as_of.year,
    }
    cursor.execute(_BASE, values)
    if what == "share":
        cursor.execute(_SHARE, values)
    else:
        cursor.execute(_COUNTS.format(when=_WHEN[what]), values)
        cursor.execute(_ZEROS, values)
    return built


def _register_source(now: datetime) -> tuple[dict[str, str], date]:
    """Return whom to cite, and the day of the register."""
    written = ImportRun.objects.filter(state=ImportState.WRITTEN).order_by("-finished_at", "-pk")
    last = written.first()
    if last is None:
        name = "registre inventé pour la démonstration" if settings.DEMO else "INSEE, base SIRENE"
        return {"name": name, "url": "", "on": "", "proof": "calcul"}, timezone.localdate(now)
    day = timezone.localdate(last.finished_at)
    return {
        "name": "INSEE, base SIRENE",
        "url": "https://www.data.gouv.fr/datasets/base-sirene-des-entreprises-et-de-leurs-etablissements-siren-siret",
        "on": day.isoformat(),
        "proof": "calcul",
    }, day


def fingerprint(cursor: "CursorWrapper") -> tuple[str, int, int]:
    """Return the SHA-256 of the draft's cells, how many there are, and how many are protected."""
    cursor.execute(
        """SELECT coalesce(encode(sha256(string_agg(
                      concat_ws('|', level, territory, activity, size, item, period, value, flag,
                                units),
                      E'\\n' ORDER BY level, territory, activity, size, item, period)::bytea),
                      'hex'), ''), count(*), count(*) FILTER (WHERE flag = 's')
           FROM observatory_draft"""
    )
    digest, cells, hidden = cursor.fetchone()
    return digest, cells, hidden


def keep_cells(cursor: "CursorWrapper", release_id: int) -> None:
    """Make the draft the cells of a release, in the order in which they are read."""
    cursor.execute(
        """INSERT INTO observatory_cell (release_id, level, territory, activity, size, item, period,
                                         value, flag, source, units)
           SELECT %s, level, territory, activity, size, item, period, value, flag, source, units
           FROM observatory_draft
           ORDER BY level, territory, activity, size, item, period""",
        [release_id],
    )
