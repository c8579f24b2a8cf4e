"""What companies like this one come to, in the words of a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from diagnostics.benchmark import WHOLE
from diagnostics.enums import Depth
from diagnostics.models import Diagnostic
from diagnostics.sectors import sector_words
from diagnostics.services.benchmarks import SIZE, cell_for
from diagnostics.services.reference import referential_of
from emn.lib.templatetags.french import quoted


@dataclass(frozen=True, slots=True)
class BesideLine:
    """One axis, or the whole: this company’s score and the mean of the others."""

    title: str
    own: int | None
    mean: int | None


@dataclass(frozen=True, slots=True)
class Beside:
    """A benchmark: who it is made of, how many, on which day."""

    who: str
    count: int
    made_on: date
    lines: tuple[BesideLine, ...]

    @property
    def basis(self) -> str:
        """Say what it rests upon."""
        return ngettext(
            "%(count)s entreprise, %(who)s, au %(day)s. Elles ont répondu d’elles-mêmes : ce n’est "
            "pas un échantillon.",
            "%(count)s entreprises, %(who)s, au %(day)s. Elles ont répondu d’elles-mêmes : ce "
            "n’est pas un échantillon.",
            self.count,
        ) % {
            "count": self.count,
            "who": self.who,
            "day": date_format(self.made_on, "DATE_FORMAT"),
        }


def beside(diagnostic: Diagnostic) -> Beside | None:
    """Return the benchmark of a finished diagnostic, None while too few are like it."""
    cell = cell_for(diagnostic)
    if cell is None:
        return None
    referential, language = referential_of(diagnostic.referential_id), get_language() or "fr"
    result: Mapping[str, Any] = diagnostic.result
    question = referential.definitions[Depth(diagnostic.depth).value].questions[SIZE]
    size = next(o.label.say(language) for o in question.options if o.code == cell.size)
    who = ", ".join(filter(None, [size, sector_words(cell.sector)]))
    lines = [
        BesideLine(axis.title.say(language), result["axes"][code]["shown"], cell.axes.get(code))
        for code, axis in referential.axes.items()
    ]
    whole = BesideLine(_("Ensemble"), result["whole"]["shown"], cell.axes.get(WHOLE))
    return Beside(quoted(who), cell.count, cell.made_on, (*lines, whole))


def frozen_beside(found: Beside | None) -> dict[str, Any] | None:
    """Return it as JSON, for what is signed and for the PDF."""
    if found is None:
        return None
    return {
        "basis": found.basis,
        "lines": [
            {"title": line.title, "own": line.own, "mean": line.mean} for line in found.lines
        ],
    }


def beside_headings() -> dict[str, str]:
    """Return the headings of the PDF."""
    return {
        "beside": _("À côté d’entreprises comme la vôtre"),
        "own": _("Vous"),
        "mean": _("Leur moyenne"),
    }
