"""Versions of the formula: written as drafts, simulated on every ledger, published in time."""

import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.models import TrustFile, TrustParameters
from directory.services.trust_computing import every_ledger, standing_of, version_on
from directory.tasks import simulate_version
from directory.trust.formula import Result, class_of, compute
from directory.trust.parameters import (
    Parameters,
    ParametersInvalid,
    first_day_allowed,
    read,
    written,
)
from emn.lib.commit import after_commit
from emn.lib.db import advisory_lock, session_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.territory.services.reference import TableDiff

FIRST_VERSION_FILE = Path(__file__).parent.parent / "data" / "trust_parameters.json"
MOST_NAMED = 20  # providers, among those that a version moves the most
LARGEST_SIMULATION_AGE = timedelta(days=7)
_STEPS = (Decimal(-10), Decimal(-5), Decimal(-1), Decimal(1), Decimal(5), Decimal(10))


class VersionRefused(DomainError):
    """The version cannot be written, simulated or published so."""


@transaction.atomic(durable=True)
def sync_first_version(*, write: bool, now: datetime) -> TableDiff:
    """Compare the versions with the shipped first one; with `write`, add it when there is none."""
    content = json.loads(FIRST_VERSION_FILE.read_text(encoding="utf-8"))
    diff = TableDiff(str(TrustParameters._meta.verbose_name_plural), content["source"])
    advisory_lock("directory.trust_versions")
    if TrustParameters.objects.filter(is_first=True).exists():
        diff.unchanged = 1
        return diff
    diff.created.append(content["version"])
    if write:
        TrustParameters.objects.create(
            version=read(content["version"], content["values"]).version,
            values=content["values"],
            note="Première version.",
            created_at=now,
            is_first=True,
            published_on=content["effective_on"],
            effective_on=content["effective_on"],
        )
        touch()
    return diff


def check_values(version: str, values: Any) -> Parameters:
    """Return the parameters that a draft holds; raise VersionRefused with what is wrong."""
    if not isinstance(values, dict):
        raise VersionRefused(_("Les paramètres sont un objet JSON, par groupes."))
    try:
        return read(version, values)
    except ParametersInvalid as refusal:
        raise VersionRefused(str(refusal)) from refusal


def values_as_text(row: TrustParameters) -> str:
    """Return the parameters of a version as staff edits them: one group a line."""
    groups = (
        f"  {json.dumps(name)}: {json.dumps(row.values[name], ensure_ascii=False)}"
        for name in written(read(row.version, row.values))
    )
    return "{\n" + ",\n".join(groups) + "\n}"


@transaction.atomic(durable=True)
def write_draft(
    *, parameters_id: int | None, version: str, values: Mapping[str, Any], note: str, now: datetime
) -> TrustParameters:
    """Write a draft, or change one: its simulation is forgotten. Raises VersionRefused."""
    check_values(version, values)
    row = TrustParameters(created_at=now) if parameters_id is None else _draft(parameters_id)
    row.version, row.values, row.note = version, dict(values), note
    row.impact = row.simulated_at = row.simulation_asked_at = None
    if TrustParameters.objects.filter(version=version).exclude(pk=row.pk).exists():
        raise VersionRefused(_("La version %(version)s existe déjà.") % {"version": version})
    row.save()
    return row


@transaction.atomic(durable=True)
def ask_simulation(*, parameters_id: int, now: datetime) -> TrustParameters:
    """Have a draft simulated; asking again while one runs changes nothing."""
    row = _draft(parameters_id)
    row.simulation_asked_at = now
    row.save(update_fields=["simulation_asked_at"])
    after_commit(lambda: simulate_version.delay(parameters_id=parameters_id))
    return row


def simulate(*, parameters_id: int, now: datetime) -> bool:
    """Compute what a draft would change today, over every ledger; return whether it was written.

    One at a time; the ledgers are read without a lock. A draft changed meanwhile keeps nothing.
    """
    with session_lock(f"directory.simulation:{parameters_id}") as is_mine:
        if not is_mine:
            return False
        row = TrustParameters.objects.filter(pk=parameters_id, published_on=None).first()
        today = timezone.localdate(now)
        current = version_on(today)
        if row is None or current is None:
            return False
        draft = check_values(row.version, row.values)
        impact = _impact(current.parameters, draft, at=today)
        still = TrustParameters.objects.filter(pk=row.pk, published_on=None, values=row.values)
        return bool(still.update(impact=impact, simulated_at=now))


def _impact(before: Parameters, after: Parameters, *, at: date) -> dict[str, Any]:
    """Return how many move from which class to which, by how many points, and who the most."""
    moves: Counter[tuple[str, str]] = Counter()
    steps: Counter[str] = Counter()
    total, both, moved = 0, 0, Decimal(0)
    most: list[tuple[Decimal, int, int, int]] = []
    with transaction.atomic():
        for file_id, events in every_ledger():
            old, new = compute(events, before, at), compute(events, after, at)
            total += 1
            moves[_place(old, before), _place(new, after)] += 1
            if old.is_published and new.is_published:
                change = new.value - old.value
                both, moved = both + 1, moved + abs(change)
                steps[_step(change)] += 1
                most.append((change, file_id, old.displayed, new.displayed))
                if len(most) > 10 * MOST_NAMED:
                    most = _largest(most)
    named = {
        file.pk: str(file)
        for file in TrustFile.objects.select_related("provider").filter(
            pk__in=[file_id for _change, file_id, *_points in _largest(most)]
        )
    }
    return {
        "at": at.isoformat(),
        "from": before.version,
        "files": total,
        "published_in_both": both,
        "mean_change": str(round(moved / both, 2)) if both else None,
        "moves": [[old, new, count] for (old, new), count in sorted(moves.items())],
        "steps": [[name, steps[name]] for name in _step_names()],
        "most": [
            [named[file_id], old, new, str(round(change, 2))]
            for change, file_id, old, new in _largest(most)
        ],
    }


def _largest(rows: list[tuple[Decimal, int, int, int]]) -> list[tuple[Decimal, int, int, int]]:
    return sorted(rows, key=lambda row: (-abs(row[0]), row[1]))[:MOST_NAMED]


def _place(result: Result, parameters: Parameters) -> str:
    """Return where an index stands: a class, `N` (engaged) or `-` (no adhesion)."""
    if result.is_published:
        return class_of(result.displayed, parameters)
    return "-" if standing_of(result) == "none" else "N"


def _step_names() -> list[str]:
    bounds = [str(step) for step in _STEPS]
    return [
        f"< {bounds[0]}",
        *(f"{low} … {high}" for low, high in pairwise(bounds)),
        f"> {bounds[-1]}",
    ]


def _step(change: Decimal) -> str:
    """Return the name of the step that a change of points falls in."""
    return _step_names()[bisect_right(_STEPS, change)]


@transaction.atomic(durable=True)
def publish_version(*, parameters_id: int, effective_on: date, now: datetime) -> TrustParameters:
    """Publish a draft, for good: it takes effect 30 days later at the earliest (I16).

    Raises VersionRefused (already published, not simulated or too long ago, too soon, no reason).
    """
    row = _draft(parameters_id)
    today = timezone.localdate(now)
    check_values(row.version, row.values)
    if row.impact is None or row.simulated_at is None:
        raise VersionRefused(_("Lancez d’abord la simulation : elle est publiée avec la version."))
    if now - row.simulated_at > LARGEST_SIMULATION_AGE:
        raise VersionRefused(_("La simulation a plus de sept jours : refaites-la."))
    if not row.note.strip():
        raise VersionRefused(_("Dites ce qui change, et pourquoi."))
    earliest = first_day_allowed(today)
    if effective_on < earliest:
        raise VersionRefused(
            _("Une version s’applique 30 jours au moins après sa publication : le %(day)s.")
            % {"day": earliest.strftime("%d/%m/%Y")}
        )
    if TrustParameters.objects.published().filter(effective_on__gte=effective_on).exists():
        raise VersionRefused(_("Une autre version publiée s’applique déjà à cette date ou après."))
    row.published_on, row.effective_on = today, effective_on
    row.save()
    touch()
    return row


def _draft(parameters_id: int) -> TrustParameters:
    row = TrustParameters.objects.select_for_update(of=("self",)).get(pk=parameters_id)
    if row.published_on is not None:
        raise VersionRefused(_("Une version publiée ne change plus : écrivez-en une autre."))
    return row
