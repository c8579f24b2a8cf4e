"""Writing the counts, shortening them when they are old, and the weekly report (ADR 10)."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import override

from directory.models import CardDay, Provider
from directory.wording import search_in_words
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.mailings.services import queue_email

if TYPE_CHECKING:
    from directory.measures import Asked, Seen

MONTHS_OF_WORDS = 13
MONTHS_OF_VIEWS = 25
REPORTED = 20
COUNTED = ("listed", "opened", "phoned", "mailed", "visited")


@transaction.atomic(durable=True)
def add_searches(counts: "Mapping[Asked, int]") -> None:
    """Add searches to their days; the last number of results stays."""
    sums: dict[tuple[date, str, str, str], tuple[int, int]] = {}
    for asked, times in counts.items():
        key = (asked.day, asked.language, asked.words, asked.filters)
        sums[key] = (asked.results, times + sums.get(key, (0, 0))[1])
    rows = [(*key, *sums[key]) for key in sorted(sums)]  # in order: two processes never cross
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO directory_searchcount AS counted
                   (day, language, words, filters, results, times)
               VALUES (%s, %s, %s, %s, %s, %s)
               ON CONFLICT (day, language, words, filters) DO UPDATE SET
                   times = counted.times + excluded.times, results = excluded.results""",
            rows,
        )


@transaction.atomic(durable=True)
def add_views(counts: "Mapping[Seen, int]") -> None:
    """Add what happened to cards to their days; what names no published card is dropped."""
    slugs = {seen.slug for seen in counts}
    cards = dict(Provider.objects.published().filter(slug__in=slugs).values_list("slug", "pk"))
    sums: dict[tuple[int, date], Counter[str]] = defaultdict(Counter)
    for seen, times in counts.items():
        if seen.slug in cards:
            sums[cards[seen.slug], seen.day][seen.what] += times
    with connection.cursor() as cursor:
        cursor.executemany(
            """INSERT INTO directory_cardday AS counted
                   (provider_id, day, listed, opened, phoned, mailed, visited)
               VALUES (%s, %s, %s, %s, %s, %s, %s)
               ON CONFLICT (provider_id, day) DO UPDATE SET
                   listed = counted.listed + excluded.listed,
                   opened = counted.opened + excluded.opened,
                   phoned = counted.phoned + excluded.phoned,
                   mailed = counted.mailed + excluded.mailed,
                   visited = counted.visited + excluded.visited""",
            [(*key, *(sums[key][what] for what in COUNTED)) for key in sorted(sums)],
        )


@transaction.atomic(durable=True)
def shorten_counts(*, now: datetime) -> None:
    """Replace searches older than 13 whole months by their monthly sums; delete old views."""
    first = timezone.localdate(now).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH gone AS (
                   DELETE FROM directory_searchcount WHERE day < %s
                   RETURNING day, language, results, times
               )
               INSERT INTO directory_searchmonth AS summed
                   (month, language, times, times_without_result)
               SELECT date_trunc('month', day)::date, language, sum(times),
                      coalesce(sum(times) FILTER (WHERE results = 0), 0)
               FROM gone GROUP BY 1, 2
               ON CONFLICT (month, language) DO UPDATE SET
                   times = summed.times + excluded.times,
                   times_without_result =
                       summed.times_without_result + excluded.times_without_result""",
            [_months_before(first, MONTHS_OF_WORDS)],
        )
    CardDay.objects.filter(day__lt=_months_before(first, MONTHS_OF_VIEWS)).delete()


def _months_before(first: date, months: int) -> date:
    """Return the first day of the month that many months before `first`, a first day."""
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(year, month + 1, 1)


@dataclass(frozen=True)
class Unanswered:
    """A search that found nothing, over some days."""

    words: str
    filters: str
    times: int
    last_on: date

    @property
    def query(self) -> str:
        """The search as its address says it; masked words stay masked."""
        asked = urlencode({"q": self.words}) if self.words else ""
        return "&".join(part for part in (asked, self.filters) if part)


def unanswered(*, since: date, until: date, limit: int) -> tuple[list[Unanswered], int]:
    """Return the searches without result of those days (`until` left out), and how many they are.

    The first `limit` ones, most asked first: one statement.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT words, filters, sum(times), max(day), count(*) OVER ()
               FROM directory_searchcount WHERE results = 0 AND day >= %s AND day < %s
               GROUP BY words, filters ORDER BY sum(times) DESC, words, filters LIMIT %s""",
            [since, until, limit],
        )
        rows = cursor.fetchall()
    return [Unanswered(*row[:-1]) for row in rows], rows[0][-1] if rows else 0


@transaction.atomic(durable=True)
def report_unanswered(*, now: datetime) -> int:
    """Write last week's searches without result to the editors; return how many are told.

    To the directors where nobody edits. Once a week and person, however often it runs; nothing when
    every search was answered.
    """
    monday = timezone.localdate(now) - timedelta(days=timezone.localdate(now).weekday())
    since = monday - timedelta(days=7)
    found, total = unanswered(since=since, until=monday, limit=REPORTED)
    if not found:
        return 0
    people = _with_role(Role.EDITOR) or _with_role(Role.DIRECTOR)
    for person in people:
        with override(person.language):
            lines = [(search_in_words(row.query), row.times) for row in found]
        queue_email(
            to=person.email,
            template="directory/emails/unanswered",
            context={
                "since": since,
                "until": monday - timedelta(days=1),
                "lines": lines,
                "more": total - len(found),
            },
            language=person.language,
            dedup_key=f"directory.unanswered:{since.isoformat()}:{person.pk}",
            now=now,
        )
    return len(people)


def _with_role(role: Role) -> list[User]:
    people = User.objects.filter(is_staff=True, is_active=True, groups__name=role.value)
    return list(people.order_by("pk"))
