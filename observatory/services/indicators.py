"""Publishing indicators: a release is computed, protected, compared, and kept for good.

Each night every indicator is counted again; a release follows only where something changed and its
cadence allows it. What people told of themselves is counted by closed period: what was published of
a period is carried over as it is, so that no later erasure or answer can be read by subtraction.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils import timezone

from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from observatory.indicator_enums import Flag, ReleaseKind
from observatory.indicators.registry import Indicator, indicators
from observatory.models import Cell, HeldRelease, Release
from observatory.services import cube
from observatory.services.cube import Built, Row
from observatory.services.cube_portal import PORTAL_BUILDERS, least_units, month_of, quarter_of
from observatory.services.cube_sourced import SOURCED
from observatory.services.release_files import write_files
from observatory.statistics import secrecy

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper

logger = logging.getLogger(__name__)

REGISTER = "register_"
PERIOD: Mapping[str, Callable[[date], str]] = {"monthly": month_of, "quarterly": quarter_of}


class NotPublished(DomainError):
    """No release follows, and why."""


class ReleaseHeldBack(NotPublished):
    """A release that would tell, beside the one before it, the answer of a few."""


class NothingToPublish(NotPublished):
    """A correction that changes nothing."""


def refresh(*, now: datetime) -> int:
    """Publish a release of each indicator that has changed; return how many.

    One that fails is logged and holds no other back.
    """
    published = 0
    for code in indicators():
        try:
            published += publish(code=code, now=now) is not None
        except ReleaseHeldBack as held:
            note_held(code=code, note="", reason=held.message, now=now)
        except Exception:
            logger.exception("indicator %s was not computed", code)
    return published


@transaction.atomic(durable=True)
def publish(*, code: str, now: datetime) -> Release | None:
    """Publish a release of an indicator when its figures changed and its cadence allows one.

    Raises ReleaseHeldBack when the change would give away the answer of a few.
    """
    indicator = indicators()[code]
    advisory_lock(f"observatory.release:{code}")
    previous = _latest(code)
    if previous is not None and not _is_due(indicator, previous, now):
        return None
    kind = ReleaseKind.UPDATE if previous else ReleaseKind.FIRST
    if previous is not None and previous.definition != indicator.definition:
        kind = ReleaseKind.DEFINITION
    return _publish(indicator, previous, kind=kind, note="", now=now)


@transaction.atomic(durable=True)
def correct(*, code: str, note: str, now: datetime) -> Release:
    """Compute an indicator anew, closed periods too, and publish it with a line that says why.

    Raises NothingToPublish, or ReleaseHeldBack when the change would give away the answer of a few.
    """
    indicator = indicators()[code]
    advisory_lock(f"observatory.release:{code}")
    previous = _latest(code)
    release = previous and _publish(
        indicator, previous, kind=ReleaseKind.CORRECTION, note=note, now=now
    )
    if release is None:
        raise NothingToPublish("Les chiffres sont déjà ceux-là : il n’y a rien à corriger.")
    return release


@transaction.atomic(durable=True)
def note_held(*, code: str, note: str, reason: str, now: datetime) -> HeldRelease:
    """Tell staff of what was not published, and why; told anew, it stays one row."""
    said = {"reason": reason[:300], "held_at": now}
    return HeldRelease.objects.update_or_create(indicator=code, note=note, defaults=said)[0]


def _latest(code: str) -> Release | None:
    return Release.objects.filter(indicator=code).order_by("-number", "-pk").first()


def _is_due(indicator: Indicator, previous: Release, now: datetime) -> bool:
    """Whether the cadence lets a release follow; a new definition waits for nothing."""
    period = PERIOD.get(indicator.cadence)
    if period is None or previous.definition != indicator.definition:
        return True
    return period(timezone.localdate(now)) != period(timezone.localdate(previous.computed_at))


def _publish(
    indicator: Indicator, previous: Release | None, *, kind: ReleaseKind, note: str, now: datetime
) -> Release | None:
    with connection.cursor() as cursor:
        cube.start_draft(cursor)
        carried = [] if kind == ReleaseKind.DEFINITION else _carried(indicator, previous)
        known = {row.period for row in carried} if kind == ReleaseKind.UPDATE else set()
        built = _build(indicator, cursor, now, known=frozenset(known))
        rows, labels = built.rows, built.labels
        if indicator.is_protected:
            rows = _protected(built)
            recounted = {row.period for row in rows}  # a table is protected whole
            carried = [row for row in carried if row.period not in recounted]
        if previous is not None and carried:
            fresh = {row.place for row in rows}
            rows = [*rows, *(row for row in carried if row.place not in fresh)]
            labels = previous.labels | labels
        if previous is not None and indicator.is_protected:
            _refuse_differences(previous, rows)
        cube.add_rows(cursor, rows)
        digest, cells, hidden = cube.fingerprint(cursor)
        held = HeldRelease.objects.filter(indicator=indicator.code)
        if not cells or (previous is not None and previous.fingerprint == digest):
            held.filter(note="").delete()  # nothing waits any more
            return None
        release = Release.objects.create(
            indicator=indicator.code, number=previous.number + 1 if previous else 1, kind=kind,
            note=note, definition=indicator.definition, computed_at=now, as_of=built.as_of,
            labels=labels, sources=built.sources, fingerprint=digest, cell_count=cells,
            hidden_count=hidden,
        )  # fmt: skip
        cube.keep_cells(cursor, release.pk)
    # An update carries closed periods over: what a correction would change in them still waits.
    (held.filter(note="") if kind == ReleaseKind.UPDATE else held).delete()
    write_files(release)
    touch()
    after_commit(lambda: _draw_later(release.pk))
    return release


def _draw_later(release_id: int) -> None:
    from observatory.tasks import draw_release  # noqa: PLC0415 -- leaf

    draw_release.delay(release_id=release_id)


def _build(
    indicator: Indicator, cursor: "CursorWrapper", now: datetime, *, known: frozenset[str]
) -> Built:
    if indicator.builder.startswith(REGISTER):
        return cube.count_register(cursor, indicator.builder.removeprefix(REGISTER), now=now)
    if indicator.is_sourced:
        return SOURCED[indicator.builder](now)
    return PORTAL_BUILDERS[indicator.builder](now, known)


def _carried(indicator: Indicator, previous: Release | None) -> list[Row]:
    """Return the cells of the release before that may stay: the portal counts by period."""
    if previous is None or indicator.cadence == "change":
        return []
    names = ("level", "territory", "period", "value", "activity", "size", "item", "flag", "source",
             "units")  # fmt: skip
    cells = Cell.objects.filter(release=previous).order_by("pk").values(*names)
    return [Row(**cell) for cell in cells]


def _protected(built: Built) -> list[Row]:
    """Return the rows as they may be published: what secrecy hides keeps no value."""
    table = built.margins or built.rows
    hidden: set[tuple[str, str, str]] = set()
    by_period = sorted(table, key=lambda row: row.period)
    for period, rows in groupby(by_period, key=lambda row: row.period):
        hidden |= {(period, *key) for key in _hidden(list(rows), built)}
    return [
        replace(row, value=None, units=None, flag=Flag.SECRET)
        if (row.period, row.size, row.item) in hidden
        else row
        for row in built.rows
    ]


def _hidden(rows: list[Row], built: Built) -> set[tuple[str, str]]:
    """Return the (size, item) to hide in the table of one period, for every measure at once."""
    sizes = list(dict.fromkeys(row.size for row in rows))
    items = list(dict.fromkeys(row.item for row in rows))
    sums = []
    if "" in items:
        parts = [item for item in items if item]
        sums += [secrecy.Sum((size, ""), tuple((size, item) for item in parts)) for size in sizes]
    if len(sizes) > 1 and "" in sizes:
        parts = [size for size in sizes if size]
        sums += [secrecy.Sum(("", item), tuple((size, item) for size in parts)) for item in items]
    counts = {
        (row.size, row.item): secrecy.Count(row.units or 0, row.units or 0, least=least_units(row))
        for row in rows
    }
    hidden: set[tuple[str, str]] = set(secrecy.protect(counts, sums).hidden)
    if built.is_mean:
        totals = {
            (row.size, row.item): secrecy.Count(
                (row.value or 0) * (row.units or 0),
                row.units or 0,
                # Everyone at 0, or everyone at 100: the mean says what each answered (R6.07).
                largest=float("inf")
                if secrecy.is_revealing_share(row.value or 0, row.units or 0, least_units(row))
                else built.largest.get(row.place, 0.0),
                least=least_units(row),
            )
            for row in rows
        }
        hidden |= secrecy.protect(totals, sums, also_hidden=hidden).hidden
        # The same people answer for every item: a size that is hidden for one is for all.
        small = {size for size, _item in hidden}
        hidden = {(size, item) for size in small for item in items}
    return hidden


def _refuse_differences(previous: Release, rows: list[Row]) -> None:
    before = {
        _place(cell): secrecy.Count(cell.value or 0, cell.units or 0)
        for cell in Cell.objects.filter(release=previous, flag="").order_by("pk")
    }
    after = {
        row.place: secrecy.Count(row.value or 0, row.units or 0, least=least_units(row))
        for row in rows
        if not row.flag
    }
    if told := secrecy.differences(before, after):
        raise ReleaseHeldBack(
            f"{len(told)} chiffres changeraient de trop peu de réponses : par soustraction, on "
            "lirait celles de quelques entreprises."
        )


def _place(cell: Cell) -> tuple[str, ...]:
    return cell.level, cell.territory, cell.activity, cell.size, cell.item, cell.period
