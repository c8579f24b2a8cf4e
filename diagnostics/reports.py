"""A result in the words of a language, the same for the page and for the PDF."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from diagnostics.models import Diagnostic
from diagnostics.planning import SHOWN
from diagnostics.referential import Advice, Referential
from diagnostics.services.reference import referential_of
from directory.reference import taxonomy
from events import wording
from events.models import Session

SESSIONS_WITHIN = timedelta(days=90)
SESSIONS_READ, SESSIONS_SHOWN = 60, 2
BANDS = (100, 500, 2_000)  # euros: the bands of cost
DEFAULT_BUDGET, DEFAULT_HOURS = 500, 4


@dataclass(frozen=True, slots=True)
class AxisLine:
    """One axis: its score and its band, or why there is none."""

    number: int
    title: str
    score: int | None
    band: str
    basis: str


@dataclass(frozen=True, slots=True)
class NextSession:
    """A session of the agenda, on the theme of a measure."""

    title: str
    when: str
    url: str


@dataclass(frozen=True)
class MeasureLine:
    """A measure as it is shown. `because`: the questions and red cards that called it (R6.23)."""

    code: str
    title: str
    why: str
    how: str
    cost: str
    hours: str
    difficulty: str
    because: tuple[str, ...]
    is_red: bool
    sessions: tuple[NextSession, ...]
    service: str
    search_url: str
    need_url: str
    demonstration_url: str
    resource: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class RedLine:
    """A red card, and the measures that answer it."""

    title: str
    why: str
    measures: tuple[str, ...]


@dataclass(frozen=True)
class PlanLine:
    """What a budget and hours can pay for."""

    budget: int
    hours_a_month: int
    budget_words: str
    measures: tuple[MeasureLine, ...]
    cost: str
    hours: int


@dataclass(frozen=True)
class Report:
    """All that the page and the PDF say."""

    version: str
    finished_at: datetime
    score: int | None
    band: str
    basis: str
    axes: tuple[AxisLine, ...]
    reds: tuple[RedLine, ...]
    measures: tuple[MeasureLine, ...]
    plans: tuple[PlanLine, ...]
    months: int
    not_concerned: tuple[str, ...]
    unknown: tuple[str, ...]
    automation: tuple[tuple[str, str], ...]
    dii: str
    dmat: tuple[tuple[str, int], ...]

    @property
    def first(self) -> tuple[MeasureLine, ...]:
        """The six to begin with."""
        return self.measures[:SHOWN]

    @property
    def others(self) -> tuple[MeasureLine, ...]:
        """The rest, for the annex."""
        return self.measures[SHOWN:]

    @cached_property
    def budgets(self) -> tuple[int, ...]:
        """The budgets of the plans, in order."""
        return tuple(dict.fromkeys(plan.budget for plan in self.plans))

    @cached_property
    def hours(self) -> tuple[int, ...]:
        """The hours a month of the plans, in order."""
        return tuple(dict.fromkeys(plan.hours_a_month for plan in self.plans))

    def plan(self, budget: str, hours: str) -> PlanLine:
        """Return the plan asked for, or the usual one."""
        wished = (
            int(budget) if budget in map(str, self.budgets) else DEFAULT_BUDGET,
            int(hours) if hours in map(str, self.hours) else DEFAULT_HOURS,
        )
        return next(
            (plan for plan in self.plans if (plan.budget, plan.hours_a_month) == wished),
            self.plans[0],
        )


def report_of(diagnostic: Diagnostic, *, now: datetime) -> Report:
    """Return the report of a finished diagnostic, in the current language."""
    referential = referential_of(diagnostic.referential_id)
    language = get_language() or "fr"
    result: Mapping[str, Any] = diagnostic.result
    themes = {referential.advice[entry["code"]].theme for entry in result["measures"]}
    sessions = _sessions(themes, now=now)
    # The dates of a theme stand once, with the first measure that they help.
    measures = tuple(
        _measure(
            referential,
            entry,
            sessions.pop(referential.advice[entry["code"]].theme, []),
            language,
        )
        for entry in result["measures"]
    )
    by_code = {line.code: line for line in measures}
    finished_at = diagnostic.run.finished_at
    assert finished_at is not None  # it has a result
    return Report(
        version=referential.version,
        finished_at=finished_at,
        score=result["whole"]["shown"],
        band=_band(referential, result["whole"]["band"], language),
        basis=_basis(result["answered"], result["asked"]),
        axes=tuple(
            AxisLine(
                number=number,
                title=axis.title.say(language),
                score=result["axes"][code]["shown"],
                band=_band(referential, result["axes"][code]["band"], language),
                basis=_axis_basis(result["axes"][code]),
            )
            for number, (code, axis) in enumerate(referential.axes.items(), start=1)
        ),
        reds=tuple(_red(referential, entry, by_code, language) for entry in result["reds"]),
        measures=measures,
        plans=tuple(_plan(entry, by_code) for entry in result["plans"]),
        months=referential.months,
        not_concerned=_questions(referential, result["not_concerned"], language),
        unknown=_questions(referential, result["unknown"], language),
        automation=tuple(
            (
                referential.questions[code].text.say(language),
                _level(referential, Fraction(value), language),
            )
            for tag in result["tags"].values()
            for code, value in tag.items()
        ),
        dii=_dii(result["dii"]),
        dmat=tuple(
            (referential.dmat_dimensions[code].title.say(language), int(Fraction(value)))
            for code, value in result["dmat"]["dimensions"].items()
            if value is not None
        ),
    )


def _band(referential: Referential, band: int | None, language: str) -> str:
    return "" if band is None else referential.bands[band].say(language)


def _level(referential: Referential, value: Fraction, language: str) -> str:
    """Say a value of 0 to 3 by the word of its band."""
    share = 100 * value / 3
    band = max(rank for rank, least in enumerate(referential.thresholds.bands) if share >= least)
    return referential.bands[band].say(language)


def _basis(answered: int, asked: int) -> str:
    if answered == asked:
        return _("Vous avez répondu à toutes les questions qui vous concernent.")
    return _(
        "Vous avez répondu à %(answered)s des %(asked)s questions qui vous concernent. "
        "Le résultat ne repose que sur elles."
    ) % {"answered": answered, "asked": asked}


def _axis_basis(axis: Mapping[str, Any]) -> str:
    """Say what an axis rests upon, in weight; empty when it is whole."""
    if not axis["applicable"]:
        return _("non concerné")
    if axis["known"] == axis["applicable"]:
        return ""
    share = 100 * axis["known"] // axis["applicable"]
    if axis["shown"] is None:
        return _("trop peu de réponses pour une note")
    return _("sur %(share)s %% de ce qui vous concerne") % {"share": share}


def _questions(referential: Referential, codes: Iterable[str], language: str) -> tuple[str, ...]:
    return tuple(referential.questions[code].text.say(language) for code in codes)


def _red(
    referential: Referential,
    entry: Mapping[str, str],
    lines: Mapping[str, MeasureLine],
    language: str,
) -> RedLine:
    card = referential.reds[entry["code"]]
    answering = [
        code
        for code, advice in referential.advice.items()
        if entry["code"] in advice.measure.reds and code in lines
    ]
    return RedLine(card.title.say(language), card.why.say(language), tuple(answering))


def _measure(
    referential: Referential,
    entry: Mapping[str, Any],
    sessions: Sequence[NextSession],
    language: str,
) -> MeasureLine:
    advice: Advice = referential.advice[entry["code"]]
    services = {service.code: service for service in taxonomy().values()}
    service = services.get(advice.service)
    asked = urlencode({"service": service.slug}) if service else ""
    reds = [
        referential.reds[code].title.say(language)
        for code in sorted(advice.measure.reds)
        if entry["is_red"]
    ]
    return MeasureLine(
        code=entry["code"],
        title=advice.levels[entry["level"] - 1].say(language),
        why=advice.why.say(language),
        how=advice.how.say(language),
        cost=_cost(advice.measure.cost),
        hours=ngettext("%(count)s heure", "%(count)s heures", advice.measure.hours)
        % {"count": advice.measure.hours},
        difficulty=_difficulty(advice.difficulty),
        because=(
            *_questions(referential, entry["by"], language),
            *(reds if not entry["by"] else ()),
        ),
        is_red=entry["is_red"],
        sessions=tuple(sessions[:SESSIONS_SHOWN]),
        service=service.name if service else "",
        search_url=f"{reverse('directory:list')}?{asked}" if asked else "",
        need_url=f"{reverse('needs:new')}?{asked}" if asked else "",
        demonstration_url=(
            f"{reverse('events:list')}?lieu={advice.demonstration}" if advice.demonstration else ""
        ),
        resource=advice.resource,
    )


def _plan(entry: Mapping[str, Any], lines: Mapping[str, MeasureLine]) -> PlanLine:
    return PlanLine(
        budget=entry["budget"],
        hours_a_month=entry["hours_a_month"],
        budget_words=euros(entry["budget"]),
        measures=tuple(lines[code] for code in entry["codes"]),
        cost=euros(entry["cost"]),
        hours=entry["hours"],
    )


def euros(amount: int) -> str:
    """Return whole euros as a page writes them."""
    return f"{number_format(amount, force_grouping=True)} €"


def _cost(amount: int) -> str:
    if amount == 0:
        return _("gratuit")
    for least, most in pairwise((0, *BANDS)):
        if amount <= most:
            words = _("de %(least)s à %(most)s") if least else _("moins de %(most)s")
            return words % {"least": euros(least), "most": euros(most)}
    return _("plus de %(least)s") % {"least": euros(BANDS[-1])}


def _difficulty(level: int) -> str:
    return (_("facile"), _("demande de l’attention"), _("demande de l’aide"))[level - 1]


def _dii(index: Mapping[str, Any]) -> str:
    if index["points"] is None:
        return ""
    return _("%(points)s points sur 12 (Eurostat, %(version)s)") % index


def _sessions(themes: Iterable[str], *, now: datetime) -> dict[str, list[NextSession]]:
    """Return the next public sessions of each theme, soonest first (two queries)."""
    rows = (
        Session.objects.published()
        .filter(
            is_private=False,
            starts_at__gt=now,
            starts_at__lt=now + SESSIONS_WITHIN,
            themes__slug__in=sorted(themes),
        )
        .distinct()
        .in_order()
        .prefetch_related("themes")
    )
    found: dict[str, list[NextSession]] = {}
    for session in rows[:SESSIONS_READ]:
        line = NextSession(session.title, wording.when(session), session.get_absolute_url())
        for theme in session.themes.all():
            found.setdefault(theme.slug, []).append(line)
    return found
