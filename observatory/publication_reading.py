"""A publication as its page, its document and its tables show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from emn.lib.translated import Said, said
from emn.questionnaires.conditions import UNKNOWN
from emn.questionnaires.definition import Kind
from emn.questionnaires.services import definition_of
from observatory.edition_changes import changes, edition_before
from observatory.models import Publication, PublicationPart, SurveyEdition
from observatory.publication_texts import FRENCH, Reading
from observatory.statistics.estimation import WHOLE
from observatory.statistics.intervals import Mark
from observatory.survey_enums import Allocation, Axis, Source
from observatory.survey_frame import domain_words

BAR_WIDTH = 240  # units of a bar at 100 %
COLUMNS = ("question", "option", "axis", "domain", "n", "share", "low", "high", "deff", "n_eff",
           "mark")  # fmt: skip
WORD_COLUMNS = ("question_text", "option_text", "domain_text")


@dataclass(frozen=True)
class Line:
    """One figure in words: `share` is «42 %», «s» or «n.s.»; the bar is drawn where it is shown."""

    label: str
    share: str
    interval: str
    percent: float | None
    low: float | None
    high: float | None
    n: int | None
    is_to_review: bool

    @property
    def width(self) -> str:
        """Length of its bar."""
        return f"{BAR_WIDTH * (self.percent or 0) / 100:.1f}"

    @property
    def whisker(self) -> tuple[str, str] | None:
        """Where its interval begins and ends."""
        if self.low is None or self.high is None:
            return None
        return f"{BAR_WIDTH * self.low / 100:.1f}", f"{BAR_WIDTH * self.high / 100:.1f}"


@dataclass(frozen=True)
class Block:
    """The figures of one question for one domain; `domain` is empty for everybody."""

    domain: str
    lines: Sequence[Line]

    @property
    def caption(self) -> str:
        """Whom they are about, and how many answered; nothing of how many where all is secret."""
        who = self.domain or _("Ensemble")
        n = next((line.n for line in self.lines if line.n is not None), None)  # kept where shown
        if n is None:
            return who
        return ngettext("%(who)s, %(n)d répondant", "%(who)s, %(n)d répondants", n) % {
            "who": who,
            "n": n,
        }


@dataclass(frozen=True)
class Section:
    """A part: its words, and its figures if it has some."""

    title: Said
    text: Said
    question: str
    blocks: Sequence[Block]


class EditionReader:
    """The figures of a frozen edition, by question and axis, in the current language."""

    def __init__(self, edition: SurveyEdition) -> None:
        self.edition = edition
        self.language = get_language() or "fr"
        self.definition = definition_of(edition.survey.version_id)

    @cached_property
    def _words(self) -> Mapping[tuple[str, str], str]:
        pairs = {(row["axis"], row["domain"]) for row in self.edition.figures}
        return domain_words(sorted(pairs))

    def question(self, code: str) -> str:
        """Return the words of a question, with its row's."""
        base, _dot, row = code.partition(".")
        question = self.definition.questions[base]
        text = question.text.say(self.language)
        rows = {entry.code: entry.label.say(self.language) for entry in question.rows}
        return f"{text} {rows[row]}" if row else text

    def option(self, code: str, option: str) -> str:
        """Return the words of an option."""
        question = self.definition.questions[code.partition(".")[0]]
        if option == UNKNOWN:
            return _("Je ne sais pas")
        if question.kind == Kind.SCALE:
            return option
        labels = {entry.code: entry.label.say(self.language) for entry in question.options}
        return labels[option]

    def domain(self, axis: str, value: str) -> str:
        """Return the words of a domain; empty for everybody."""
        return "" if axis == WHOLE else self._words[axis, value]

    def blocks(self, code: str, axis: str) -> list[Block]:
        """Return the figures of a question for each domain of an axis."""
        rows = [
            row for row in self.edition.figures if row["question"] == code and row["axis"] == axis
        ]
        domains = list(dict.fromkeys(row["domain"] for row in rows))
        return [
            Block(
                self.domain(axis, domain),
                [self._line(row) for row in rows if row["domain"] == domain],
            )
            for domain in domains
        ]

    def _line(self, row: Mapping[str, Any]) -> Line:
        share, low, high = (
            None if row.get(name) is None else 100 * row[name] for name in ("share", "low", "high")
        )
        return Line(
            label=self.option(row["question"], row["option"]),
            share=row["mark"] if share is None else percent(share),
            interval=""
            if low is None or high is None
            else _("de %(low)s à %(high)s") % {"low": percent(low), "high": percent(high)},
            percent=share,
            low=low,
            high=high,
            n=row.get("n"),
            is_to_review=row["mark"] == Mark.REVIEW,
        )

    def rows(self) -> Iterator[list[str]]:
        """Yield the table as it is downloaded: codes, numbers (empty where not shown), words."""
        yield [*COLUMNS, *WORD_COLUMNS]
        for row in self.edition.figures:
            words = self._words_of(row)
            yield [*(str(row.get(name, "")) for name in COLUMNS), *words]

    def words(self) -> dict[str, dict[str, str]]:
        """Return the words of the codes: questions, options («question/option»), domains."""
        found: dict[str, dict[str, str]] = {"questions": {}, "options": {}, "domains": {}}
        for row in self.edition.figures:
            question, option, domain = self._words_of(row)
            found["questions"][row["question"]] = question
            found["options"][f"{row['question']}/{row['option']}"] = option
            if domain:
                found["domains"][f"{row['axis']}/{row['domain']}"] = domain
        return found

    def _words_of(self, row: Mapping[str, Any]) -> tuple[str, str, str]:
        return (
            self.question(row["question"]),
            self.option(row["question"], row["option"]),
            self.domain(row["axis"], row["domain"]),
        )


@dataclass(frozen=True)
class ChangeLine:
    """A share then and now, in words; a difference that chance may make is said to be one."""

    question: str
    option: str
    before: str
    after: str
    is_significant: bool


def change_lines(publication: Publication) -> tuple[SurveyEdition | None, list[ChangeLine]]:
    """Return the edition before, and what changed since."""
    before = edition_before(publication)
    if before is None or publication.edition is None:
        return None, []
    reader = EditionReader(publication.edition)
    return before, [
        ChangeLine(
            reader.question(each.question),
            reader.option(each.question, each.option),
            percent(100 * each.before),
            percent(100 * each.after),
            each.difference.is_significant,
        )
        for each in changes(before, publication.edition)
    ]


def percent(value: float) -> str:
    """Write a percentage without decimals, as the language does, never broken over two lines."""
    written = _("%(number)s %%") % {"number": number_format(round(value))}
    return written.replace(" ", "\N{NO-BREAK SPACE}")


def sections_of(reading: Reading, parts: Sequence[PublicationPart]) -> list[Section]:
    """Return the parts with their figures, in the words of the reader."""
    edition = reading.publication.edition
    reader = EditionReader(edition) if edition else None
    return [
        Section(
            reading.title_of(part),
            reading.text_of(part),
            reader.question(part.question) if reader and part.question else "",
            reader.blocks(part.question, part.axis) if reader and part.question else (),
        )
        for part in parts
    ]


def method_lines(edition: SurveyEdition) -> list[tuple[str, Said]]:
    """Return what every figure carries (R6.17): label and value."""
    population = said({FRENCH: edition.method["population"]}, get_language() or FRENCH)
    lines = [(label, Said(value)) for label, value in _method_lines(edition)]
    return [(_("Population"), population), *lines]


def _method_lines(edition: SurveyEdition) -> list[tuple[str, str]]:
    method = edition.method
    days = [date_format(date.fromisoformat(method[name])) for name in ("from", "to")]
    lines = [
        (_("Répondants"), str(Source(method["source"]).label)),
    ]
    if method["N"]:
        lines.append((_("Unités dans le champ (N)"), number_format(method["N"])))
    if method["drawn"]:
        lines.append((_("Unités tirées, dans le champ"), number_format(method["drawn"])))
    lines.append((_("Réponses (n)"), number_format(method["n"])))
    if method["response_rate"] is not None:
        lines.append((_("Taux de réponse"), percent(100 * method["response_rate"])))
    lines.append((_("Collecte"), _("du %(start)s au %(end)s") % {"start": days[0], "end": days[1]}))
    lines.append((_("Pondération"), weighting_words(method)))
    if method["weighting"] != "volunteers":
        lines.append((_("Allocation"), str(Allocation(method["allocation"]).label)))
        lines.append((_("Graine du tirage"), str(method["seed"])))
        lines.append((_("Effet de plan dû aux poids (Kish)"), number_format(method["deff"])))
        lines.append((_("Intervalles"), _("Korn et Graubard, à 95 %")))
    lines.append((_("Figée le"), date_format(edition.frozen_at)))
    return lines


def weighting_words(method: Mapping[str, Any]) -> str:
    """Say how sheets were weighed."""
    axes = ", ".join(str(Axis(axis).label) for axis in method["margins"])
    return {
        "raking": _(
            "tirage, non-réponse par groupes, puis calage borné sur les marges du registre : "
            "%(axes)s"
        )
        % {"axes": axes},
        "strata": _("tirage, non-réponse par groupes, total du registre"),
        "equal": _("la même pour tous : enquête anonyme, tirage proportionnel"),
        "volunteers": _("aucune : échantillon de volontaires"),
    }[method["weighting"]]
