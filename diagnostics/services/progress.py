"""The next stages, T1 and T2: reminded of, begun, compared with the start (mechanics 5.8)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from diagnostics import assessing
from diagnostics.enums import Depth, Stage
from diagnostics.models import Diagnostic, ReferentialVersion, StageReminder
from diagnostics.progress import (
    MONTHS,
    MONTHS_AHEAD,
    POINTS_THAT_COUNT,
    Paired,
    interval,
    stage_due,
)
from diagnostics.referential import ReferentialRefused
from diagnostics.services.reference import referential_of
from directory.models import Membership
from emn.accounts.models import User
from emn.lib.calendar import add_months
from emn.lib.clocks import each
from emn.lib.errors import DomainError
from emn.mailings.services import queue_email
from emn.questionnaires import services as questionnaires

AT_ONCE = 200


class StageRefused(DomainError):
    """This stage cannot be begun now."""


# --- Which, and when ---


def made_on(diagnostic: Diagnostic) -> date:
    """Return the day of a finished diagnostic; its run is loaded."""
    assert diagnostic.run.finished_at is not None  # it has a result
    return timezone.localdate(diagnostic.run.finished_at)


def due(diagnostic: Diagnostic, *, made: Iterable[str], now: datetime) -> str | None:
    """Return the stage that may follow this first diagnostic now; `made`: those that are there."""
    return stage_due(made_on(diagnostic), made=set(made), today=timezone.localdate(now))


def first_of(company_id: int, depth: str) -> Diagnostic | None:
    """Return the first diagnostic that later ones of the company follow: its newest of stage T0."""
    rows = Diagnostic.objects.first_of_company().filter(company=company_id, depth=depth)
    return rows.select_related("run").order_by("-run__finished_at", "-pk").first()


def next_for(company_id: int, depth: str, *, now: datetime) -> tuple[str, Diagnostic | None]:
    """Return what a diagnostic begun now would be: its stage, and the one that it follows.

    To be called in the transaction that begins it.
    """
    first = first_of(company_id, depth)
    if first is None:
        return Stage.T0, None
    Diagnostic.objects.select_for_update(of=("self",), no_key=True).get(pk=first.pk)
    stage = due(first, made=first.followed_by.values_list("stage", flat=True), now=now)
    return (stage, first) if stage else (Stage.T0, None)


def stage_for(company_id: int, depth: str, *, now: datetime) -> str:
    """Return the stage that a diagnostic begun now would be."""
    first = first_of(company_id, depth)
    if first is None:
        return Stage.T0
    made = first.followed_by.values_list("stage", flat=True)
    return due(first, made=made, now=now) or Stage.T0


def version_for(first: Diagnostic | None) -> ReferentialVersion | None:
    """Return the version to begin with: that of the start while this code can read it, so that
    both compare; else the newest."""
    rows = ReferentialVersion.objects.published().defer("content")
    if first is not None:
        try:
            referential_of(first.referential_id)
        except ReferentialRefused:
            return rows.first()
        return rows.get(pk=first.referential_id)
    return rows.first()


# --- Begin and compare ---


@transaction.atomic(durable=True)
def begin_flash(
    *, diagnostic_id: int, user_id: int, language: str, now: datetime
) -> Diagnostic:  # fmt: skip
    """Begin the next flash diagnostic of a company of the person; begun twice is begun once.

    It goes in the file of the company once it is finished. Raises Diagnostic.DoesNotExist (not one
    of the person's, not a first one), or StageRefused (not due, a later start was made).
    """
    rows = Diagnostic.objects.first_of_company().filter(
        depth=Depth.FLASH, company__memberships__user=user_id
    )
    asked = rows.select_for_update(of=("self",), no_key=True).select_related("run").get(
        pk=diagnostic_id
    )  # fmt: skip
    assert asked.company_id is not None  # it is in a file
    newest = first_of(asked.company_id, Depth.FLASH)
    if newest is None or newest.pk != asked.pk:
        raise StageRefused(_("Un diagnostic plus récent sert désormais de départ."))
    there = {row.stage: row for row in asked.followed_by.select_related("run")}
    stage = due(asked, made=[s for s, row in there.items() if row.result is not None], now=now)
    if stage is None:
        raise StageRefused(_("Il est trop tôt : le point se refait un an après, puis deux."))
    if stage in there:
        return there[stage]
    version = version_for(asked)
    assert version is not None  # that of the start, at least
    run = questionnaires.start_run(version_id=version.flash_id, language=language, now=now)
    return Diagnostic.objects.create(
        referential=version, run=run, depth=Depth.FLASH, stage=stage, follows=asked
    )


def settle(diagnostic: Diagnostic, kept: questionnaires.Kept, *, now: datetime) -> list[str]:
    """Compare a diagnostic that was just finished with the one that it follows.

    In the caller's transaction, which saves the fields returned. A flash one then joins the file of
    the company. Nothing is compared across versions.
    """
    first = diagnostic.follows
    if first is None:
        return []
    if first.referential_id == diagnostic.referential_id:
        diagnostic.progress = assessing.progress(
            referential_of(diagnostic.referential_id),
            diagnostic.depth,
            before=(questionnaires.kept(first.run).answers, first.result),
            after=(kept.answers, diagnostic.result),
        )
    if diagnostic.depth == Depth.FLASH:
        diagnostic.company_id, diagnostic.claimed_at = first.company_id, now
    return ["progress", "company", "claimed_at"]


# --- Reminders ---


def remind_due(*, now: datetime) -> int:
    """Write to the companies whose next stage opens; return how many. One that fails stays due."""
    return sum(
        each(_unreminded(stage, now=now), partial(_remind_row, stage), now=now) for stage in MONTHS
    )


def _remind_row(stage: str, key: int, now: datetime) -> int:
    return remind(diagnostic_id=key, stage=stage, now=now)


def _unreminded(stage: str, *, now: datetime) -> list[int]:
    """Return the first diagnostics whose stage opened within a year, and that wait for a word.

    Not those that a later start replaced, nor a flash one where an adviser came.
    """
    today = timezone.localdate(now)
    latest = add_months(today, MONTHS_AHEAD - MONTHS[stage])
    later = Diagnostic.objects.first_of_company().filter(
        Q(depth=OuterRef("depth"), run__finished_at__gt=OuterRef("run__finished_at"))
        | Q(depth=Depth.ON_SITE) & ~Q(depth=OuterRef("depth")),
        company=OuterRef("company"),
    )
    rows = Diagnostic.objects.first_of_company().filter(
        ~Exists(later),
        Exists(Membership.objects.filter(company=OuterRef("company"), user__is_active=True)),
        run__finished_at__date__lte=latest,
        run__finished_at__date__gt=add_months(latest, -12),
    )
    rows = rows.exclude(followed_by__stage=stage).exclude(reminders__stage=stage)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def remind(*, diagnostic_id: int, stage: str, now: datetime) -> int:
    """Write once to who put it in the file, or to who acts for the company now; return 1 or 0.

    Raises Diagnostic.DoesNotExist.
    """
    rows = Diagnostic.objects.select_for_update(of=("self",), no_key=True).select_related(
        "run", "company", "appointment"
    )
    diagnostic = rows.get(pk=diagnostic_id)
    person = contact_of(diagnostic)
    if person is None or diagnostic.reminders.filter(stage=stage).exists():
        return 0
    StageReminder.objects.create(diagnostic=diagnostic, stage=stage, sent_at=now)
    with override(person.language):
        name = "book" if diagnostic.depth == Depth.ON_SITE else "mine"
        page = settings.PUBLIC_URL + reverse(f"diagnostics:{name}")
    queue_email(
        to=person.email,
        template="diagnostics/emails/stage",
        context={
            "company": diagnostic.company,
            "made_on": made_on(diagnostic),
            "is_visit": diagnostic.depth == Depth.ON_SITE,
            "years": MONTHS[stage] // 12,
            "page": page,
        },
        language=person.language,
        dedup_key=f"diagnostics.stage:{diagnostic.pk}:{stage}",
        now=now,
    )
    return 1


def contact_of(diagnostic: Diagnostic) -> User | None:
    """Return who is written to about it: whoever began it, if they still act for the company."""
    members = Membership.objects.filter(company=diagnostic.company_id, user__is_active=True)
    rows = list(members.select_related("user").order_by("joined_at", "pk"))
    wished = diagnostic.claimed_by_id
    if diagnostic.appointment is not None:
        wished = diagnostic.appointment.booked_by_id
    return next((row.user for row in rows if row.user_id == wished), rows[0].user if rows else None)


# --- All companies, for staff ---


@dataclass(frozen=True, slots=True)
class StageFigures:
    """What a stage brought: the whole and each axis (None under five companies)."""

    depth: str
    stage: str
    count: int
    whole: Paired | None
    axes: dict[str, Paired | None]


# Points are kept as exact fractions, « 7/3 ». PostgreSQL sums them: memory does not grow with rows.
_FIGURES = """
    WITH latest AS (
        SELECT DISTINCT ON (made.depth, made.stage, left(company.siret, 9))
            made.depth, made.stage, made.progress
        FROM diagnostics_diagnostic AS made
        JOIN questionnaires_run AS run ON run.id = made.run_id
        JOIN directory_company AS company ON company.id = made.company_id
        WHERE made.progress IS NOT NULL AND (made.depth = %(flash)s OR made.signed_at IS NOT NULL)
        ORDER BY made.depth, made.stage, left(company.siret, 9), run.finished_at DESC, made.id DESC
    ), told AS (
        SELECT depth, stage, axis, split_part(points, '/', 1)::numeric
            / coalesce(nullif(split_part(points, '/', 2), ''), '1')::numeric AS points
        FROM latest, LATERAL (
            SELECT '' AS axis, progress -> 'whole' ->> 'points' AS points
            UNION ALL SELECT key, value ->> 'points' FROM jsonb_each(progress -> 'axes')
        ) AS each_axis
    )
    SELECT depth, stage, axis, count(*), count(points), avg(points)::float,
        stddev_samp(points)::float, count(*) FILTER (WHERE points >= %(counts)s)
    FROM told GROUP BY depth, stage, axis ORDER BY depth, stage, axis
"""


def figures() -> list[StageFigures]:
    """Return the change of all companies, by depth and stage (one query).

    A company (SIREN) counts once, by its latest; a visit, once it is signed.
    """
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, {"flash": Depth.FLASH.value, "counts": POINTS_THAT_COUNT})
        rows = cursor.fetchall()
    found: dict[tuple[str, str], dict[str, Paired | None]] = defaultdict(dict)
    companies: dict[tuple[str, str], int] = {}
    for depth, stage, axis, count, known, mean, deviation, improved in rows:
        found[depth, stage][axis] = interval(known, mean or 0, deviation or 0, improved)
        companies[depth, stage] = max(count, companies.get((depth, stage), 0))
    return [
        StageFigures(
            depth=depth,
            stage=stage,
            count=companies[depth, stage],
            whole=axes.pop(""),
            axes=axes,
        )
        for (depth, stage), axes in found.items()
    ]
