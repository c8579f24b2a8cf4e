"""The register's two tables and their temporary twins, in SQL: stage, compare, write.

Identifiers come from this module only, values as parameters.
"""
# ruff: noqa: S608 -- every name put into a statement is a constant of this module

from dataclasses import dataclass
from datetime import datetime

from django.db.backends.utils import CursorWrapper

from emn.territory.sirene import rows

PLACE = "place"  # of a row in the files: number of the file, then of the line


@dataclass
class TableChange:
    """What the files change in one table, in rows.

    `closed` (closed or ceased) and `masked` (no longer diffusible) are among `changed`; `returned`
    were unseen and are back; `unseen` stand in the register and in none of the files.
    """

    read: int = 0
    created: int = 0
    changed: int = 0
    closed: int = 0
    masked: int = 0
    returned: int = 0
    unseen: int = 0

    @property
    def is_empty(self) -> bool:
        """Whether writing would change no row."""
        return not (self.created or self.changed or self.returned or self.unseen)


@dataclass(frozen=True)
class Table:
    """A table of the register, its temporary twin, and how a row of one becomes a row of the other.

    `derived` columns come from the legal unit; `is_masked` and `is_unseen` are conditions on a row.
    """

    name: str
    key: str
    columns: tuple[str, ...]
    closed: str
    is_masked: str
    derived: tuple[tuple[str, str], ...] = ()
    is_unseen: str = "false"

    @property
    def staged(self) -> str:
        """The temporary table of the rows read from the files."""
        return f"staged_{self.name}"

    @property
    def known(self) -> str:
        """The temporary table of the keys read that the register already holds."""
        return f"known_{self.name}"

    @property
    def all_columns(self) -> list[str]:
        """The columns that an import writes."""
        return [*self.columns, *(name for name, _value in self.derived)]

    @property
    def resolved(self) -> str:
        """A subquery that gives the staged rows with every column that an import writes."""
        if not self.derived:
            return f"(SELECT * FROM {self.staged})"
        values = ", ".join(f"{value} AS {name}" for name, value in self.derived)
        return (
            f"(SELECT r.*, {values} FROM {self.staged} r LEFT JOIN company c ON c.siren = r.siren)"
        )


ESTABLISHMENTS = Table(
    name="territory_establishment",
    key="siret",
    columns=rows.ESTABLISHMENT,
    closed="F",
    is_masked="{}.is_masked",
    is_unseen="{}.unseen_since IS NOT NULL",
    derived=(
        ("legal_name", "CASE WHEN r.is_masked THEN '' ELSE coalesce(c.name, '') END"),
        ("legal_words", "CASE WHEN r.is_masked THEN '' ELSE coalesce(c.words, '') END"),
    ),
)
LEGAL_UNITS = Table(
    name="territory_legalunit",
    key="siren",
    columns=rows.LEGAL_UNIT,
    closed="C",
    is_masked="{}.diffusion <> 'O'",
)
_HIDE = (
    "is_masked = true, usual_name = '', sign_name = '', own_words = '', address_extra = '', "
    "street = '', lambert_x_m = NULL, lambert_y_m = NULL, latitude = NULL, longitude = NULL"
)
_IS_RENAMED = f"""
    c.siren = e.siren AND NOT e.is_masked
    AND (c.diffusion <> 'O' OR (e.legal_name, e.legal_words) <> (c.name, c.words))
    AND NOT EXISTS (SELECT FROM {ESTABLISHMENTS.staged} s WHERE s.siret = e.siret)
"""

SIRENS = (  # the legal units that have an establishment, read or registered
    f"SELECT siren::integer FROM {ESTABLISHMENTS.staged} "
    f"UNION SELECT siren::integer FROM {ESTABLISHMENTS.name} ORDER BY 1"
)


def create_staging(cursor: CursorWrapper) -> None:
    """Make the empty temporary twins, with the register's own types."""
    drop_staging(cursor)
    for table in (ESTABLISHMENTS, LEGAL_UNITS):
        cursor.execute(
            f"CREATE TEMPORARY TABLE {table.staged} AS SELECT {_list(table.columns)}, "
            f"0::bigint AS {PLACE} FROM {table.name} WITH NO DATA"
        )


def drop_staging(cursor: CursorWrapper) -> None:
    """Remove every temporary table of an import."""
    cursor.execute("DROP TABLE IF EXISTS company")
    for table in (ESTABLISHMENTS, LEGAL_UNITS):
        cursor.execute(f"DROP TABLE IF EXISTS {table.staged}, {table.known}")


def copy_statement(table: Table) -> str:
    """Return the COPY that fills the twin of `table` with the lines of `sirene.rows`."""
    return f"COPY {table.staged} FROM STDIN (NULL '{rows.NULL}')"


def take_duplicates(cursor: CursorWrapper, table: Table) -> list[tuple[str, int, int]]:
    """Keep the first row of each key; return (key, place left out, place kept) of the others."""
    cursor.execute(
        f"""
        DELETE FROM {table.staged} s USING (
            SELECT {PLACE}, {table.key} AS key,
                   first_value({PLACE}) OVER same AS kept, row_number() OVER same AS rank
            FROM {table.staged} WINDOW same AS (PARTITION BY {table.key} ORDER BY {PLACE})
        ) d
        WHERE s.{PLACE} = d.{PLACE} AND d.rank > 1
        RETURNING d.key, d.{PLACE}, d.kept
        """
    )
    return sorted(cursor.fetchall(), key=lambda row: row[1])


def resolve(cursor: CursorWrapper) -> None:
    """Give each staged establishment its company, as the files say or else as the register says.

    An establishment whose company is not diffusible is masked at once.
    """
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE company AS
        SELECT siren, diffusion, name, words FROM {LEGAL_UNITS.staged}
        UNION ALL
        SELECT siren, diffusion, name, words FROM {LEGAL_UNITS.name} u
        WHERE NOT EXISTS (SELECT FROM {LEGAL_UNITS.staged} s WHERE s.siren = u.siren)
        """
    )
    cursor.execute(f"ANALYZE company, {ESTABLISHMENTS.staged} (siret, siren)")
    cursor.execute(
        f"UPDATE {ESTABLISHMENTS.staged} s SET {_HIDE} FROM company c "
        "WHERE c.siren = s.siren AND c.diffusion <> 'O' AND NOT s.is_masked"
    )


def compare(cursor: CursorWrapper, table: Table) -> TableChange:
    """Count what the staged rows change; keep the keys that the register already holds."""
    new, old = _list(table.all_columns, "s"), _list(table.all_columns, "t")
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE {table.known} AS
        SELECT s.{table.key} AS key,
               ({new}) IS DISTINCT FROM ({old}) AS changed,
               s.state = %s AND t.state <> %s AS closed,
               {table.is_masked.format("s")} AND NOT ({table.is_masked.format("t")}) AS masked,
               {table.is_unseen.format("t")} AS returned
        FROM {table.resolved} s JOIN {table.name} t ON t.{table.key} = s.{table.key}
        """,
        [table.closed, table.closed],
    )
    cursor.execute(f"ANALYZE {table.known}")
    cursor.execute(
        f"""
        SELECT (SELECT count(*) FROM {table.staged}), count(*), count(*) FILTER (WHERE changed),
               count(*) FILTER (WHERE closed), count(*) FILTER (WHERE masked),
               count(*) FILTER (WHERE returned)
        FROM {table.known}
        """
    )
    read, known, changed, closed, masked, returned = cursor.fetchone()
    return TableChange(read, read - known, changed, closed, masked, returned)


def count_unseen(cursor: CursorWrapper, departement: str) -> int:
    """Count the establishments of the département that no file holds any more."""
    cursor.execute(f"SELECT count(*) {_unseen()}", [f"{departement}%"])
    return int(cursor.fetchone()[0])


def mark_unseen(cursor: CursorWrapper, departement: str, since: datetime) -> None:
    """Note since when these establishments are in no file."""
    cursor.execute(
        f"UPDATE {ESTABLISHMENTS.name} SET unseen_since = %s WHERE siret IN "
        f"(SELECT t.siret {_unseen()})",
        [since, f"{departement}%"],
    )


def count_renamed(cursor: CursorWrapper) -> int:
    """Count the establishments in no file whose company is renamed or no longer diffusible."""
    cursor.execute(f"SELECT count(*) FROM {ESTABLISHMENTS.name} e, company c WHERE {_IS_RENAMED}")
    return int(cursor.fetchone()[0])


def rename(cursor: CursorWrapper) -> None:
    """Give these establishments the name of their company, or hide them."""
    hide = ", ".join(
        f"{column} = CASE WHEN c.diffusion = 'O' THEN e.{column} ELSE {value} END"
        for column, value in (part.split(" = ") for part in _HIDE.split(", "))
    )
    cursor.execute(
        f"UPDATE {ESTABLISHMENTS.name} e SET legal_name = c.name, legal_words = c.words, {hide} "
        f"FROM company c WHERE {_IS_RENAMED}"
    )


def write(cursor: CursorWrapper, table: Table, change: TableChange) -> None:
    """Create and change the rows that `compare` found."""
    columns = _list(table.all_columns)
    if change.created:
        cursor.execute(
            f"INSERT INTO {table.name} ({columns}) SELECT {_list(table.all_columns, 's')} "
            f"FROM {table.resolved} s "
            f"WHERE NOT EXISTS (SELECT FROM {table.known} k WHERE k.key = s.{table.key})"
        )
    if not change.changed and not change.returned:
        return
    seen = ", unseen_since = NULL" if table is ESTABLISHMENTS else ""
    cursor.execute(
        f"UPDATE {table.name} t SET ({columns}) = ROW({_list(table.all_columns, 's')}){seen} "
        f"FROM {table.resolved} s JOIN {table.known} k ON k.key = s.{table.key} "
        f"WHERE t.{table.key} = s.{table.key} AND (k.changed OR k.returned)"
    )


def _unseen() -> str:
    return (
        f"FROM {ESTABLISHMENTS.name} t WHERE t.unseen_since IS NULL AND t.commune_code LIKE %s "
        f"AND NOT EXISTS (SELECT FROM {ESTABLISHMENTS.staged} s WHERE s.siret = t.siret)"
    )


def _list(columns: "tuple[str, ...] | list[str]", alias: str = "") -> str:
    return ", ".join(f"{alias}.{name}" if alias else name for name in columns)
