"""What a questionnaire is: sections, questions, options, in several languages. Pure.

Read from JSON by `read`, which refuses what does not hold together and says where. Codes are
what is kept and compared; labels are only shown (a translated label never decides anything).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any

from emn.questionnaires import conditions
from emn.questionnaires.conditions import UNKNOWN, Tree

SOURCE_LANGUAGE = "fr"
_CODE = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
LONGEST_TEXT = 5_000  # signs of a free answer
DEFAULT_SECONDS = 20
MOST_SECONDS = 600


class Kind(StrEnum):
    """How a question is answered, and what is kept.

    | kind     | kept value                                     |
    |----------|------------------------------------------------|
    | single   | the code of an option                          |
    | multiple | a list of codes, in the order of the options   |
    | scale    | a whole number from `least` to `most`          |
    | number   | the number as text, in `unit` («12.5»)         |
    | text     | text                                           |
    | date     | a day, ISO 8601                                |
    | matrix   | row → code of an option, every row             |
    | commune  | an INSEE code                                  |
    | naf      | a NAF code («10.71C»)                          |
    | file     | the key of an `AnswerFile`                     |

    `unknown` stands for any of them where the question allows « je ne sais pas ».
    """

    SINGLE = "single"
    MULTIPLE = "multiple"
    SCALE = "scale"
    NUMBER = "number"
    TEXT = "text"
    DATE = "date"
    MATRIX = "matrix"
    COMMUNE = "commune"
    NAF = "naf"
    FILE = "file"


CHOICES = {Kind.SINGLE, Kind.MULTIPLE, Kind.MATRIX}
_FITTING = {
    conditions.IS: {Kind.SINGLE, Kind.SCALE, Kind.COMMUNE, Kind.NAF},
    conditions.IN: {Kind.SINGLE, Kind.COMMUNE, Kind.NAF},
    conditions.HAS: {Kind.MULTIPLE},
    conditions.ANY_OF: {Kind.MULTIPLE},
    conditions.AT_LEAST: {Kind.SCALE, Kind.NUMBER},
    conditions.AT_MOST: {Kind.SCALE, Kind.NUMBER},
    conditions.STARTS: {Kind.NAF, Kind.COMMUNE},
    conditions.ANSWERED: set(Kind),
}


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in each language."""

    of: Mapping[str, str]

    def say(self, language: str) -> str:
        """Return them in `language`, in French where it is missing."""
        return self.of.get(language) or self.of[SOURCE_LANGUAGE]


NOTHING = Words({SOURCE_LANGUAGE: ""})


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that may be chosen, or one row of a matrix.

    `is_alone`: of several answers, this one excludes the others (« aucun »).
    """

    code: str
    label: Words
    is_alone: bool = False


@dataclass(frozen=True)
class Question:
    """A question. `when`: asked only if it holds; `seconds`: how long it takes.

    `least`, `most`: bounds of a scale or a number (texts of numbers); `ends`: what both ends of a
    scale mean; `may_not_know`: « je ne sais pas » is an answer.
    """

    code: str
    kind: Kind
    text: Words
    help: Words = NOTHING
    options: tuple[Option, ...] = ()
    rows: tuple[Option, ...] = ()
    least: str = ""
    most: str = ""
    unit: Words = NOTHING
    ends: tuple[Words, Words] = (NOTHING, NOTHING)
    is_required: bool = True
    may_not_know: bool = False
    when: Tree | None = None
    seconds: int = DEFAULT_SECONDS

    @cached_property
    def option_codes(self) -> tuple[str, ...]:
        """The codes that may be kept, in order."""
        return tuple(option.code for option in self.options)


@dataclass(frozen=True)
class Section:
    """Questions under one title; `is_one_page`: shown together, else one page each."""

    code: str
    title: Words
    questions: tuple[Question, ...]
    intro: Words = NOTHING
    is_one_page: bool = False
    when: Tree | None = None


@dataclass(frozen=True)
class Definition:
    """A whole questionnaire."""

    title: Words
    sections: tuple[Section, ...]
    languages: tuple[str, ...] = (SOURCE_LANGUAGE,)

    @cached_property
    def questions(self) -> Mapping[str, Question]:
        """Every question by its code, in the order they are asked."""
        return {q.code: q for section in self.sections for q in section.questions}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and where: «sections[1].questions[0].when»."""

    place: str
    message: str

    def __str__(self) -> str:
        return f"{self.place} : {self.message}"


class DefinitionRefused(ValueError):
    """The questionnaire does not hold together; `faults` says what to mend, place by place."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(map(str, faults)))
        self.faults = tuple(faults)


def is_code(text: str) -> bool:
    """Tell whether a text is a code: small letters, figures and _, forty signs at most."""
    return bool(_CODE.match(text))


_INDEX = re.compile(r"(sections|questions|options|rows)\[(\d+)\]")


def named_place(raw: Mapping[str, Any], place: str) -> str:
    """Return a place of `raw` by its codes, which its authors know: «questions[x_backup].when»."""
    node: Any = raw

    def name(found: re.Match[str]) -> str:
        nonlocal node
        entry = node.get(found[1], ()) if isinstance(node, Mapping) else ()
        node = entry[int(found[2])] if int(found[2]) < len(entry) else None
        code = node.get("code") if isinstance(node, Mapping) else None
        return f"{found[1]}[{code or found[2]}]"

    return _INDEX.sub(name, place)


def read(raw: Any) -> Definition:
    """Return the questionnaire that a JSON value writes.

    Raises DefinitionRefused with every fault found: unknown keys and kinds, missing words, codes
    taken twice, conditions on unknown, later or own questions, and loops.
    """
    reader = _Reader()
    definition = reader.definition(raw)
    if not reader.faults:
        reader.check_conditions(definition)
    if reader.faults:
        raise DefinitionRefused(reader.faults)
    return definition


@dataclass
class _Reader:
    faults: list[Fault] = field(default_factory=list)
    languages: tuple[str, ...] = (SOURCE_LANGUAGE,)
    codes: set[str] = field(default_factory=set)

    def refuse(self, place: str, message: str) -> None:
        self.faults.append(Fault(place, message))

    def definition(self, raw: Any) -> Definition:
        values = self._object(raw, "questionnaire", {"title", "languages", "sections"})
        languages = values.get("languages", [SOURCE_LANGUAGE])
        if (
            not isinstance(languages, list)
            or SOURCE_LANGUAGE not in languages
            or not all(isinstance(code, str) for code in languages)
        ):
            self.refuse("languages", "une liste de langues, dont fr")
            languages = [SOURCE_LANGUAGE]
        self.languages = tuple(languages)
        sections = tuple(
            self.section(entry, f"sections[{index}]")
            for index, entry in enumerate(self._list(values.get("sections"), "sections"))
        )
        return Definition(self.words(values.get("title"), "title"), sections, self.languages)

    def section(self, raw: Any, place: str) -> Section:
        known = {"code", "title", "intro", "one_page", "when", "questions"}
        values = self._object(raw, place, known)
        section = Section(
            code=self.code(values.get("code"), place),
            title=self.words(values.get("title"), f"{place}.title"),
            intro=self.optional(values.get("intro"), f"{place}.intro"),
            is_one_page=bool(values.get("one_page", False)),
            when=self.tree(values.get("when"), f"{place}.when"),
            questions=tuple(
                self.question(entry, f"{place}.questions[{index}]")
                for index, entry in enumerate(
                    self._list(values.get("questions"), f"{place}.questions")
                )
            ),
        )
        if section.is_one_page and any(q.kind == Kind.FILE for q in section.questions):
            # A browser forgets the file chosen when another answer of the page is refused.
            self.refuse(place, "un fichier se demande sur une page à lui")
        return section

    def question(self, raw: Any, place: str) -> Question:
        known = {
            "code", "kind", "text", "help", "options", "rows", "least", "most", "unit", "ends",
            "required", "may_not_know", "when", "seconds",
        }  # fmt: skip
        values = self._object(raw, place, known)
        kind = str(values.get("kind"))
        is_known = kind in set(Kind)
        if not is_known:
            self.refuse(f"{place}.kind", f"le genre {kind!r} n’existe pas")
            kind = Kind.TEXT
        question = Question(
            code=self.code(values.get("code"), place),
            kind=Kind(kind),
            text=self.words(values.get("text"), f"{place}.text"),
            help=self.optional(values.get("help"), f"{place}.help"),
            options=self.options(values.get("options"), f"{place}.options"),
            rows=self.options(values.get("rows"), f"{place}.rows"),
            least=str(values.get("least", "")),
            most=str(values.get("most", "")),
            unit=self.optional(values.get("unit"), f"{place}.unit"),
            ends=self.ends(values.get("ends"), f"{place}.ends"),
            is_required=bool(values.get("required", True)),
            may_not_know=bool(values.get("may_not_know", False)),
            when=self.tree(values.get("when"), f"{place}.when"),
            seconds=self.seconds(values.get("seconds", DEFAULT_SECONDS), f"{place}.seconds"),
        )
        if is_known:
            self._check_kind(question, place)
        return question

    def _check_kind(self, question: Question, place: str) -> None:
        kind = question.kind
        if (kind in CHOICES) != bool(question.options):
            self.refuse(f"{place}.options", "des réponses à choisir, là où l’on choisit seulement")
        if (kind == Kind.MATRIX) != bool(question.rows):
            self.refuse(f"{place}.rows", "des lignes, pour un tableau seulement")
        if kind in {Kind.TEXT, Kind.FILE} and question.may_not_know:
            self.refuse(f"{place}.may_not_know", "un texte ou un fichier peut rester vide")
        if kind == Kind.SCALE:
            bounds = [conditions.number(text) for text in (question.least, question.most)]
            whole = [bound for bound in bounds if bound is not None and bound == int(bound)]
            if len(whole) != len(bounds) or not 1 <= whole[1] - whole[0] <= 10:  # noqa: PLR2004
                self.refuse(place, "une échelle va d’un entier à un autre, dix pas au plus")
        for name in ("least", "most"):
            text = getattr(question, name)
            if text and conditions.number(text) is None:
                self.refuse(f"{place}.{name}", f"{text!r} n’est pas un nombre")
        if any(option.is_alone for option in question.options) and kind != Kind.MULTIPLE:
            self.refuse(f"{place}.options", "« alone » ne vaut que pour plusieurs réponses")

    def options(self, raw: Any, place: str) -> tuple[Option, ...]:
        if raw is None:
            return ()
        found = []
        seen: set[str] = set()
        for index, entry in enumerate(self._list(raw, place)):
            here = f"{place}[{index}]"
            values = self._object(entry, here, {"code", "label", "alone"})
            code = values.get("code")
            if not isinstance(code, str) or not _CODE.match(code):
                self.refuse(f"{here}.code", f"{code!r} n’est pas un code")
                continue
            if code in seen or code == UNKNOWN:
                self.refuse(f"{here}.code", f"le code {code} est déjà pris")
            seen.add(code)
            label = self.words(values.get("label"), f"{here}.label")
            found.append(Option(code, label, bool(values.get("alone", False))))
        return tuple(found)

    def ends(self, raw: Any, place: str) -> tuple[Words, Words]:
        if raw is None:
            return (NOTHING, NOTHING)
        if not isinstance(raw, list) or len(raw) != 2:  # noqa: PLR2004 -- both ends
            self.refuse(place, "les mots des deux bouts")
            return (NOTHING, NOTHING)
        return (self.words(raw[0], f"{place}[0]"), self.words(raw[1], f"{place}[1]"))

    def code(self, raw: Any, place: str) -> str:
        if not isinstance(raw, str) or not _CODE.match(raw):
            self.refuse(f"{place}.code", f"{raw!r} n’est pas un code (minuscules, chiffres, _)")
            return ""
        if raw in self.codes:
            self.refuse(f"{place}.code", f"le code {raw} est déjà pris")
        self.codes.add(raw)
        return raw

    def words(self, raw: Any, place: str) -> Words:
        if not isinstance(raw, Mapping):
            self.refuse(place, "des mots par langue")
            return NOTHING
        for language in self.languages:
            if not isinstance(raw.get(language), str) or not raw[language].strip():
                self.refuse(place, f"les mots manquent en {language}")
        if extra := set(raw) - set(self.languages):
            self.refuse(place, f"langue non annoncée : {', '.join(sorted(map(str, extra)))}")
        return Words(dict(raw)) if SOURCE_LANGUAGE in raw else NOTHING

    def optional(self, raw: Any, place: str) -> Words:
        return NOTHING if raw is None else self.words(raw, place)

    def seconds(self, raw: Any, place: str) -> int:
        if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw <= MOST_SECONDS:
            self.refuse(place, f"un nombre de secondes, {MOST_SECONDS} au plus")
            return DEFAULT_SECONDS
        return raw

    def tree(self, raw: Any, place: str) -> Tree | None:
        if raw is None:
            return None
        for message in conditions.shape_faults(raw):
            self.refuse(place, message)
        return raw if isinstance(raw, Mapping) else None

    def check_conditions(self, definition: Definition) -> None:
        """Refuse what a condition may not read: unknown, later, or depending on itself."""
        trees = {
            question.code: [section.when, question.when]
            for section in definition.sections
            for question in section.questions
        }
        asked: set[str] = set()

        def check(tree: Tree | None, place: str, own: str) -> None:
            for leaf in conditions.leaves(tree):
                code = leaf["q"]
                target = definition.questions.get(code)
                if target is None:
                    self.refuse(place, f"la question {code} n’existe pas")
                elif code == own:
                    self.refuse(place, f"la question {code} dépend d’elle-même")
                elif code in asked:
                    self._check_leaf(leaf, target, place)
                elif own and _depends(code, own, trees, set()):
                    self.refuse(place, f"boucle entre {own} et {code}")
                else:
                    self.refuse(place, f"la question {code} vient après")

        for index, section in enumerate(definition.sections):
            place = f"sections[{index}]"
            check(section.when, f"{place}.when", "")
            for rank, question in enumerate(section.questions):
                check(question.when, f"{place}.questions[{rank}].when", question.code)
                asked.add(question.code)

    def _check_leaf(self, leaf: Tree, target: Question, place: str) -> None:
        operator, wanted = leaf["op"], leaf["value"]
        if target.kind not in _FITTING[operator]:
            self.refuse(place, f"l’opérateur {operator} ne lit pas une question {target.kind}")
            return
        if target.kind in {Kind.SINGLE, Kind.MULTIPLE} and operator != conditions.ANSWERED:
            wished = wanted if isinstance(wanted, list) else [wanted]
            for code in wished:
                if code not in target.option_codes:
                    self.refuse(place, f"la question {target.code} n’a pas la réponse {code!r}")

    def _object(self, raw: Any, place: str, known: set[str]) -> Mapping[str, Any]:
        if not isinstance(raw, Mapping):
            self.refuse(place, "un objet JSON est attendu")
            return {}
        if extra := set(raw) - known:
            self.refuse(place, f"clé inconnue : {', '.join(sorted(map(str, extra)))}")
        return raw

    def _list(self, raw: Any, place: str) -> list[Any]:
        if not isinstance(raw, list) or not raw:
            self.refuse(place, "une liste d’au moins un élément est attendue")
            return []
        return raw


def _depends(code: str, on: str, trees: Mapping[str, list[Tree | None]], seen: set[str]) -> bool:
    """Tell whether showing `code` depends, step by step, on the answer to `on`."""
    if code == on:
        return True
    if code in seen:
        return False
    seen.add(code)
    read_by = [name for tree in trees.get(code, ()) for name in conditions.asked_by(tree)]
    return any(_depends(name, on, trees, seen) for name in read_by)
