"""What changed since the start, in the words of a language: page, PDF, signature."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from diagnostics.models import Diagnostic
from diagnostics.progress import Outcome
from diagnostics.services.progress import made_on
from diagnostics.services.reference import referential_of


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One axis, or the whole, at both times; None where it is not compared."""

    title: str
    before: int | None
    after: int | None

    @property
    def points(self) -> str:
        """The difference of what is written: «+ 12», «− 3», «0»."""
        if self.before is None or self.after is None:
            return ""
        return signed(self.after - self.before)


@dataclass(frozen=True, slots=True)
class ProgressReport:
    """What changed. `is_compared`: False when the questions are not those of the start."""

    stage: str
    since: date
    whole: ChangeLine
    is_compared: bool = True
    axes: tuple[ChangeLine, ...] = ()
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    begun: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """The whole in one sentence, empty without it."""
        if not self.whole.points:
            return ""
        return _("%(before)s puis %(after)s sur 100, soit %(points)s.") % {
            "before": self.whole.before,
            "after": self.whole.after,
            "points": self.whole.points,
        }


def signed(points: int) -> str:
    """Return a difference with its sign."""
    return f"+\N{NO-BREAK SPACE}{points}" if points > 0 else (
        f"−\N{NO-BREAK SPACE}{-points}" if points < 0 else "0"
    )  # fmt: skip


def progress_of(diagnostic: Diagnostic) -> ProgressReport | None:
    """Return what changed since the one that it follows; None for a first one.

    `diagnostic` has its result, and comes with the one that it follows and its run.
    """
    first = diagnostic.follows
    if first is None:
        return None
    stage, since = str(diagnostic.get_stage_display()), made_on(first)
    if diagnostic.progress is None:
        nothing = ChangeLine(_("Ensemble"), None, None)
        return ProgressReport(stage, since, nothing, is_compared=False)
    referential, language = referential_of(diagnostic.referential_id), get_language() or "fr"
    found: Mapping[str, Any] = diagnostic.progress
    titles = {
        entry["code"]: referential.advice[entry["code"]].levels[entry["level"] - 1].say(language)
        for entry in found["measures"]
    }
    by_outcome = {
        outcome: tuple(
            titles[entry["code"]] for entry in found["measures"] if entry["outcome"] == outcome
        )
        for outcome in Outcome
    }
    moved = {
        is_better: tuple(
            referential.questions[entry["question"]].text.say(language)
            for entry in found["moved"]
            if entry["is_better"] == is_better
        )
        for is_better in (True, False)
    }
    return ProgressReport(
        stage=stage,
        since=since,
        whole=_line(_("Ensemble"), found["whole"]),
        axes=tuple(
            _line(axis.title.say(language), found["axes"][code])
            for code, axis in referential.axes.items()
        ),
        better=moved[True],
        worse=moved[False],
        done=by_outcome[Outcome.DONE],
        begun=by_outcome[Outcome.BEGUN],
        left=by_outcome[Outcome.OPEN],
    )


def _line(title: str, change: Mapping[str, str | None]) -> ChangeLine:
    before, after = (
        None if change[name] is None else floor(Fraction(str(change[name])))
        for name in ("before", "after")
    )
    if change["points"] is None:
        return ChangeLine(title, None, None)
    return ChangeLine(title, before, after)


def frozen_progress(report: ProgressReport | None) -> dict[str, Any] | None:
    """Return it as JSON, for what is signed and for the PDF."""
    if report is None:
        return None
    return {
        "stage": report.stage,
        "since": report.since.isoformat(),
        "is_compared": report.is_compared,
        "words": report.words,
        "axes": [
            {
                "title": line.title,
                "before": line.before,
                "after": line.after,
                "points": line.points,
            }
            for line in (*report.axes, report.whole)
        ],
        "better": list(report.better),
        "worse": list(report.worse),
        "done": list(report.done),
        "begun": list(report.begun),
        "left": list(report.left),
    }


def progress_data(frozen: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what the PDF shows of a frozen progress."""
    if frozen is None:
        return None
    since = date_format(date.fromisoformat(frozen["since"]), "DATE_FORMAT")
    line = _("%(stage)s, depuis le %(day)s.") % {"stage": frozen["stage"], "day": since}
    return {**frozen, "line": line}


def progress_headings() -> dict[str, str]:
    """Return the headings of the PDF."""
    return {
        "progress": _("Ce qui a bougé"),
        "before": _("Au départ"),
        "after": _("Aujourd’hui"),
        "points": _("Points"),
        "not_compared": _("Le questionnaire a changé depuis : les notes ne se comparent pas."),
        "basis": _("Seules comptent les questions qui ont une réponse les deux fois."),
        "done": _("Actions faites, d’après vos réponses"),
        "begun": _("Actions commencées"),
        "left": _("Actions qui restent"),
        "better": _("Ce qui va mieux"),
        "worse": _("Ce qui va moins bien"),
    }
