"""The benchmarks, computed ahead every night; a request only reads them (mechanics 5.7)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Left
from django.utils import timezone

from diagnostics.benchmark import WHOLE, Cell, Respondent, cells, fewest_known, may_renew
from diagnostics.enums import Depth
from diagnostics.models import BenchmarkCell, Diagnostic, ReferentialVersion
from diagnostics.sectors import sector_of
from emn.lib.clocks import each
from emn.questionnaires.models import Answer

SIZE, TRADE = "size", "trade"  # the questions of the profile
BATCH = 2000  # rows in memory at a time as they came


def refresh(*, now: datetime) -> int:
    """Publish again the cells that may be, of each version and depth; return how many."""
    versions = ReferentialVersion.objects.published().values_list("pk", flat=True)
    return each(list(versions), _refresh_version, now=now)


def _refresh_version(version_id: int, now: datetime) -> int:
    today = timezone.localdate(now)
    return sum(_refresh(version_id, depth, today=today) for depth in Depth.values)


@transaction.atomic(durable=True)
def _refresh(version_id: int, depth: str, *, today: date) -> int:
    ReferentialVersion.objects.select_for_update(of=("self",), no_key=True).get(pk=version_id)
    rows = BenchmarkCell.objects.filter(referential=version_id, depth=depth)
    before: dict[str, dict[str, Mapping[str, int]]] = defaultdict(dict)
    for size, sector, members in rows.values_list("size", "sector", "members"):
        before[size][sector] = members
    after: dict[str, dict[str, Cell]] = defaultdict(dict)
    for cell in cells(_respondents(version_id, depth)):
        after[cell.size][cell.sector] = cell
    rows.filter(size__in=before.keys() - after.keys()).update(is_shown=False)
    written = 0
    for size, made in after.items():
        members = {sector: cell.members for sector, cell in made.items()}
        if not may_renew(before[size], members, fewest=fewest_known(size)):
            continue
        of_size = rows.filter(size=size)
        of_size.exclude(sector__in=made).update(is_shown=False)
        of_size.filter(sector__in=made).delete()
        written += len(
            BenchmarkCell.objects.bulk_create(
                BenchmarkCell(
                    referential_id=version_id, depth=depth, size=size, sector=sector,
                    count=cell.count, axes=cell.means, members=cell.members, made_on=today,
                )
                for sector, cell in made.items()
            )
        )  # fmt: skip
    return written


def _respondents(version_id: int, depth: str) -> list[Respondent]:
    """Return the companies (SIREN) of a version and depth, each by its latest diagnostic (one
    query, read in batches)."""
    rows = Diagnostic.objects.finished().filter(
        Q(depth=Depth.FLASH) | Q(signed_at__isnull=False),
        referential=version_id,
        depth=depth,
        company__isnull=False,
    )
    latest = (
        rows.annotate(siren=Left("company__siret", 9), size=_said(SIZE), trade=_said(TRADE))
        .order_by("siren", "-run__finished_at", "-pk")
        .distinct("siren")
        .values_list("pk", "siren", "size", "trade", "company__naf_code", "result")
    )
    return [
        Respondent(
            company=siren,
            diagnostic=pk,
            size=size,
            sector=sector_of(str(trade or naf_code)),
            scores={axis: _raw(entry) for axis, entry in result["axes"].items()}
            | {WHOLE: _raw(result["whole"])},
        )
        for pk, siren, size, trade, naf_code, result in latest.iterator(chunk_size=BATCH)
        if isinstance(size, str)
    ]


def _said(question: str) -> Subquery:
    answers = Answer.objects.filter(run=OuterRef("run"), question=question)
    return Subquery(answers.values("value")[:1])


def _raw(entry: Mapping[str, Any]) -> Fraction | None:
    return None if entry["raw"] is None else Fraction(entry["raw"])


def cell_for(diagnostic: Diagnostic) -> BenchmarkCell | None:
    """Return the nearest cell of a finished diagnostic: its size and sector, else its size, else
    none (two queries, three when it has a company)."""
    answers = Answer.objects.filter(run=diagnostic.run_id, question__in=(SIZE, TRADE))
    profile = dict(answers.values_list("question", "value"))
    company = diagnostic.company
    trade = profile.get(TRADE) or (company.naf_code if company else "")
    cells_of_size = BenchmarkCell.objects.filter(
        referential=diagnostic.referential_id,
        depth=diagnostic.depth,
        is_shown=True,
        size=str(profile.get(SIZE)),
        sector__in=["", sector_of(str(trade))],
    )
    return cells_of_size.defer("members").order_by("-sector", "pk").first()
