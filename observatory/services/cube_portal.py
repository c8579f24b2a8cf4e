"""What the portal itself records, counted: directory, needs, diagnostics, agenda.

Facts that anyone can read on the portal (cards, sessions) are open. What companies told of
themselves (needs, diagnostics) is counted by closed period and carries how many stand behind it:
`observatory.services.indicators` protects it before it is written anywhere (R6.02).
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import date, datetime
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.db.models.functions import ExtractQuarter, ExtractYear, Left
from django.utils import timezone
from django.utils.translation import override

from diagnostics.models import Diagnostic
from directory.enums import SpokenLanguage
from directory.models import Need, Provider, ServiceCategory
from events.enums import SessionKind
from events.models import Session
from observatory.indicator_enums import Level
from observatory.indicators.registry import Words
from observatory.services.cube import Built, Row
from observatory.statistics.secrecy import SOLE_TRADERS, SURVEY

PORTAL = {"name": "portail EMN", "url": "", "on": "", "proof": "calcul"}
QUARTERS = 12  # of the agenda
LANGUAGES = [code for code, _name in settings.LANGUAGES]
# Sizes that a diagnostic asks for, in the words of the cube.
ALONE = "1"
UNKNOWN = "?"
SIZES = {"alone": ALONE, "micro": "2-10", "small": "11-49", "large": "50+"}


def month_of(day: date) -> str:
    """Return the month as the cube writes it: 2026-11."""
    return f"{day:%Y-%m}"


def quarter_of(day: date) -> str:
    """Return the quarter as the cube writes it: 2026-T4."""
    return f"{day.year}-T{(day.month + 2) // 3}"


def _local(now: datetime) -> date:
    return timezone.localdate(now)


def _spoken(words: Mapping[str, Any]) -> Words:
    return {language: str(words.get(language) or words["fr"]) for language in LANGUAGES}


def _translated(message: object) -> Words:
    """Return a lazy text in every language."""
    said = {}
    for language in LANGUAGES:
        with override(language):
            said[language] = str(message)
    return said


def _families() -> dict[int, ServiceCategory]:
    return {row.pk: row for row in ServiceCategory.objects.order_by("position", "pk")}


def _family_words(family: ServiceCategory) -> Words:
    return _spoken({code: getattr(family, f"name_{code}", None) for code in LANGUAGES}
                   | {"fr": getattr(family, "name_fr", None) or family.name})  # fmt: skip


def services(now: datetime, _known: frozenset[str]) -> Built:
    """Published cards by family of services, and by EPCI."""
    today = _local(now)
    built = Built(as_of=today, sources=[PORTAL])
    cards = Provider.objects.published()
    by_family = cards.values("services__category", "company__commune__epci").annotate(
        cards=Count("pk", distinct=True)
    )
    families = _families()
    totals: dict[str, int] = defaultdict(int)
    for found in by_family.order_by("services__category", "company__commune__epci"):
        family = families.get(found["services__category"])
        if family is None:
            continue
        totals[family.code] += found["cards"]
        built.labels[family.code] = _family_words(family)
        if epci := found["company__commune__epci"]:
            built.rows.append(_snapshot(Level.EPCI, epci, family.code, found["cards"], today))
    by_epci = cards.values("company__commune__epci").annotate(cards=Count("pk"))
    for place in by_epci.order_by("company__commune__epci"):
        if epci := place["company__commune__epci"]:
            built.rows.append(_snapshot(Level.EPCI, epci, "", place["cards"], today))
    return _with_totals(built, totals, total=cards.count(), today=today)


def languages(now: datetime, _known: frozenset[str]) -> Built:
    """Published cards by working language."""
    today = _local(now)
    built = Built(as_of=today, sources=[PORTAL])
    cards = Provider.objects.published()
    totals = {}
    for language in SpokenLanguage:
        totals[language.value] = cards.filter(languages__contains=[language.value]).count()
        built.labels[language.value] = _translated(language.label)
    return _with_totals(built, totals, total=cards.count(), today=today)


def _snapshot(level: str, territory: str, item: str, value: float, today: date) -> Row:
    return Row(level=level, territory=territory, item=item, value=value, period=month_of(today))


def _with_totals(built: Built, totals: Mapping[str, int], *, total: int, today: date) -> Built:
    ours = settings.DEPARTEMENT
    if total:
        built.rows += [
            _snapshot(Level.DEPARTEMENT, ours, item, value, today) for item, value in totals.items()
        ]
        built.rows.append(_snapshot(Level.DEPARTEMENT, ours, "", total, today))
    return built


def sessions(now: datetime, _known: frozenset[str]) -> Built:
    """Public sessions that took place, by kind and quarter."""
    today = _local(now)
    built = Built(as_of=today, sources=[PORTAL])
    held = Session.objects.published().filter(
        is_private=False, ends_at__lte=now, starts_at__year__gt=today.year - QUARTERS // 4
    )
    counted = (
        held.annotate(year=ExtractYear("starts_at"), quarter=ExtractQuarter("starts_at"))
        .values("year", "quarter", "kind")
        .annotate(sessions=Count("pk"))
        .order_by("year", "quarter", "kind")
    )
    totals: dict[str, int] = defaultdict(int)
    for found in counted:
        period = f"{found['year']}-T{found['quarter']}"
        totals[period] += found["sessions"]
        built.labels[found["kind"]] = _translated(SessionKind(found["kind"]).label)
        built.rows.append(_ours(found["kind"], found["sessions"], period))
    built.rows += [_ours("", total, period) for period, total in totals.items()]
    return built


def _ours(item: str, value: float, period: str, *, units: int | None = None, size: str = "") -> Row:
    return Row(
        level=Level.DEPARTEMENT, territory=settings.DEPARTEMENT, item=item, size=size,
        value=value, period=period, units=units,
    )  # fmt: skip


def _needs_by_quarter(now: datetime) -> dict[str, dict[str, str]]:
    """Return closed quarter → SIREN → family of its first need."""
    running = quarter_of(_local(now))
    rows = Need.objects.confirmed().annotate(siren=Left("company__siret", 9))
    rows = rows.order_by("confirmed_at", "pk")
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for confirmed_at, siren, family in rows.values_list(
        "confirmed_at", "siren", "service__category__code"
    ).iterator():
        quarter = quarter_of(timezone.localdate(confirmed_at))
        if quarter < running:
            found[quarter].setdefault(str(siren), str(family))
    return found


def _need_rows(companies: Mapping[str, str], quarter: str) -> list[Row]:
    count = Counter(companies.values())
    return [
        _ours("", len(companies), quarter, units=len(companies)),
        *(
            _ours(family.code, count[family.code], quarter, units=count[family.code])
            for family in _families().values()
        ),
    ]


def needs(now: datetime, known: frozenset[str]) -> Built:
    """Companies that confirmed a need, by family and closed quarter."""
    built = Built(as_of=_local(now), sources=[PORTAL])
    built.labels = {family.code: _family_words(family) for family in _families().values()}
    for quarter, companies in _needs_by_quarter(now).items():
        if quarter not in known:
            built.rows += _need_rows(companies, quarter)
    return built


def gap(now: datetime, known: frozenset[str]) -> Built:
    """Needs of the last closed quarter for ten published cards, by family.

    Whoever knows the cards finds the needs again: what hides these hides the ratio.
    """
    built = Built(as_of=_local(now), sources=[PORTAL])
    by_quarter = _needs_by_quarter(now)
    if not by_quarter or (last := max(by_quarter)) in known:
        return built
    built.margins = _need_rows(by_quarter[last], last)
    counts = {row.item: row.units or 0 for row in built.margins}
    for family in _families().values():
        cards = Provider.objects.published().filter(services__category=family).distinct().count()
        if cards:
            count = counts[family.code]
            built.labels[family.code] = _family_words(family)
            built.rows.append(_ours(family.code, round(10 * count / cards, 2), last, units=count))
    return built


def maturity(now: datetime, known: frozenset[str]) -> Built:
    """Mean score of each axis by closed month, all sizes and by size of company."""
    today = _local(now)
    built = Built(as_of=today, sources=[PORTAL], is_mean=True)
    finished = (
        Diagnostic.objects.finished()
        .filter(run__finished_at__isnull=False)
        .select_related("run", "referential")
        .prefetch_related("run__answers")
        .order_by("pk")
    )
    scores: dict[tuple[str, str, str], list[Fraction]] = defaultdict(list)
    for diagnostic in finished.iterator(chunk_size=500):
        run = diagnostic.run
        month = month_of(timezone.localdate(run.finished_at))
        if month >= month_of(today) or month in known:
            continue
        answers = {answer.question: answer.value for answer in run.answers.all()}
        size = SIZES.get(str(answers.get("size")), UNKNOWN)
        for axis in diagnostic.referential.content["axes"]:
            built.labels[axis["code"]] = _spoken(axis["title"])
        for axis, score in diagnostic.result["axes"].items():
            if score["raw"] is not None:
                for group in ("", size):
                    scores[month, axis, group].append(Fraction(score["raw"]))
    for (month, axis, size), values in sorted(scores.items()):
        mean = float(sum(values) / len(values))
        row = _ours(axis, round(mean, 1), month, units=len(values), size=size)
        built.rows.append(row)
        built.largest[row.place] = float(max(values))
    return built


def least_units(row: Row) -> int:
    """Return how many respondents a cell takes: 11 where most may be one person (R6.02)."""
    return SURVEY if row.size in {SIZES["small"], SIZES["large"]} else SOLE_TRADERS


PORTAL_BUILDERS: dict[str, Callable[[datetime, frozenset[str]], Built]] = {
    "directory_services": services,
    "directory_languages": languages,
    "sessions": sessions,
    "needs": needs,
    "gap": gap,
    "maturity": maturity,
}
