"""A version of the referential: questions, weights, red cards, measures, crosswalks. Pure.

`read` makes objects of the JSON (`diagnostics/data/`, then the database) and refuses what does not
hold together. One referential has two depths: `flash` (self-service) is a part of `on_site`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, TypeVar

from diagnostics.planning import Measure
from diagnostics.referential_words import words_of
from diagnostics.scoring import TOP, DmatPart, Thresholds, Weighed
from emn.questionnaires import conditions
from emn.questionnaires.conditions import Tree
from emn.questionnaires.definition import (
    Definition,
    DefinitionRefused,
    Kind,
    Words,
    is_code,
    named_place,
)
from emn.questionnaires.definition import read as read_definition

T = TypeVar("T")
FLASH, ON_SITE = "flash", "on_site"
DEPTHS = (FLASH, ON_SITE)
WEIGHTS = {1, 2, 3}
NOT_ON_SITE = {Kind.SCALE, Kind.MATRIX, Kind.FILE}  # the page of an interview has no place for them
_VALUES = {Fraction(half, 2) for half in range(2 * TOP + 1)}
DII_ITEMS = 12
DMAT_DIMENSIONS = 6
# The themes of MonAideCyber that the questions on security are crossed with.
MAC_THEMES = {
    "gouvernance", "SecuriteAcces", "securiteposte", "securiteinfrastructure", "sensibilisation",
    "reaction",
}  # fmt: skip


class ReferentialRefused(ValueError):
    """The referential does not hold together; the message names what to mend."""


@dataclass(frozen=True, slots=True)
class Named:
    """A code and its words: an axis, a band, a dimension."""

    code: str
    title: Words


@dataclass(frozen=True, slots=True)
class RedCard:
    """A critical answer, shown whatever the score; why it is."""

    code: str
    title: Words
    why: Words


@dataclass(frozen=True, slots=True)
class Asked:
    """A scored question. `reds`: answer → red card; `dmat`: dimension; `mac`: security theme.

    `is_several`: the values of its answers add up.
    """

    weighed: Weighed
    text: Words
    labels: Mapping[str, Words]
    reds: Mapping[str, str]
    dmat: str
    mac: str
    tags: tuple[str, ...]
    is_flash: bool
    is_several: bool


@dataclass(frozen=True, slots=True)
class Advice:
    """The words of a measure and where it leads: theme of the agenda, service of the directory."""

    measure: Measure
    axis: str
    levels: tuple[Words, Words]
    why: Words
    how: Words
    difficulty: int
    theme: str
    service: str
    demonstration: str
    resource: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Item:
    """An item of an outside index: true, false, or not known when neither tree holds."""

    code: str
    is_true: Tree
    is_false: Tree

    def fact(self, answers: Mapping[str, Any]) -> bool | None:
        """Return what the answers say of it."""
        if conditions.holds(self.is_true, answers):
            return True
        return False if conditions.holds(self.is_false, answers) else None


@dataclass(frozen=True)
class Referential:
    """A whole version."""

    version: str
    axes: Mapping[str, Named]
    bands: tuple[Words, ...]
    thresholds: Thresholds
    questions: Mapping[str, Asked]
    reds: Mapping[str, RedCard]
    advice: Mapping[str, Advice]
    budgets: tuple[int, ...]
    hours_a_month: tuple[int, ...]
    months: int
    dii_version: str
    dii_items: tuple[Item, ...]
    dmat_dimensions: Mapping[str, Named]
    dmat_parts: Mapping[str, tuple[DmatPart, ...]]
    dmat_items: tuple[Item, ...]
    definitions: Mapping[str, Definition]

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """The measures to rank."""
        return tuple(advice.measure for advice in self.advice.values())

    def scored(self, depth: str) -> tuple[Weighed, ...]:
        """Return the scored questions of a depth, in order."""
        return tuple(
            asked.weighed for asked in self.questions.values() if asked.is_flash or depth == ON_SITE
        )


def definition_of(content: Mapping[str, Any], depth: str) -> dict[str, Any]:
    """Return the questionnaire of one depth, as `emn.questionnaires` reads it."""
    profile = content["profile"]
    extra = profile["on_site"] if depth == ON_SITE else []
    sections: list[dict[str, Any]] = [
        {
            "code": profile["code"],
            "title": profile["title"],
            "intro": profile["intro"],
            "one_page": True,
            "questions": [*profile["questions"], *extra],
        }
    ]
    seconds = content["seconds"]
    for axis in content["axes"]:
        asked = [
            _question(entry, content["conditions"], seconds[depth])
            for entry in content["questions"]
            if entry["axis"] == axis["code"] and (entry["depth"] == FLASH or depth == ON_SITE)
        ]
        sections.append({"code": axis["code"], "title": axis["title"], "questions": asked})
    return {
        "title": content["titles"][depth],
        "languages": content["languages"],
        "sections": sections,
    }


def _question(entry: Mapping[str, Any], named: Mapping[str, Tree], seconds: int) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "code": entry["code"],
        "kind": entry["kind"],
        "text": entry["text"],
        "options": [
            {"code": option["code"], "label": option["label"]}
            | ({"alone": True} if option.get("alone") else {})
            for option in entry["options"]
        ],
        "may_not_know": True,
        "seconds": seconds,
    }
    if "help" in entry:
        shown["help"] = entry["help"]
    if "when" in entry:
        shown["when"] = named[entry["when"]]
    return shown


def read(content: Mapping[str, Any]) -> Referential:
    """Return the referential of a JSON value. Raises ReferentialRefused."""
    try:
        found = _read(content)
        faults = [*_words_faults(content), *_faults(found, content)]
    except ReferentialRefused:
        raise
    except RecursionError as deep:
        raise ReferentialRefused("trop de niveaux, les uns dans les autres") from deep
    except KeyError as missing:
        raise ReferentialRefused(f"il manque {missing}, ou bien ce nom ne mène à rien") from missing
    except (AttributeError, IndexError, TypeError, ValueError, ZeroDivisionError) as broken:
        raise ReferentialRefused(f"la forme n’est pas celle attendue : {broken}") from broken
    if faults:
        raise ReferentialRefused("\n".join(faults))
    return found


def _read(content: Mapping[str, Any]) -> Referential:
    parameters, plan = content["parameters"], content["plan"]
    dii, dmat = content["dii"], content["dmat"]
    return Referential(
        version=content["version"],
        axes=_each("axes", content["axes"], _named),
        bands=tuple(Words(band["title"]) for band in parameters["bands"]),
        thresholds=Thresholds(
            axis_known=Fraction(parameters["axis_known"]),
            axes_shown=parameters["axes_shown"],
            bands=tuple(band["least"] for band in parameters["bands"]),
        ),
        questions=_each("questions", content["questions"], _asked),
        reds=_each("reds", content["reds"], _red),
        advice=_each("measures", content["measures"], _advice),
        budgets=tuple(plan["budgets"]),
        hours_a_month=tuple(plan["hours_a_month"]),
        months=plan["months"],
        dii_version=dii["version"],
        dii_items=_items(dii["items"]),
        dmat_dimensions=_each("dmat.dimensions", dmat["dimensions"], _named),
        dmat_parts={
            entry["code"]: tuple(_part(part) for part in entry["parts"])
            for entry in dmat["dimensions"]
        },
        dmat_items=_items(dmat["items"]),
        definitions={depth: _definition(content, depth) for depth in DEPTHS},
    )


def _each(
    name: str, entries: Sequence[Mapping[str, Any]], make: Callable[[Mapping[str, Any]], T]
) -> dict[str, T]:
    """Return what is made of each entry, by its code; name the one that lacks something."""
    made: dict[str, T] = {}
    for entry in entries:
        code = str(entry.get("code"))
        if code in made or not is_code(code):
            raise ReferentialRefused(f"{name}[{code}] : ce code est déjà pris, ou n’en est pas un")
        try:
            made[code] = make(entry)
        except KeyError as missing:
            raise ReferentialRefused(f"{name}[{code}] : il manque {missing}") from None
    return made


def _definition(content: Mapping[str, Any], depth: str) -> Definition:
    raw = definition_of(content, depth)
    try:
        return read_definition(raw)
    except DefinitionRefused as refused:
        raise ReferentialRefused(
            "\n".join(
                f"{depth}, {named_place(raw, fault.place)} : {fault.message}"
                for fault in refused.faults
            )
        ) from refused


def _named(entry: Mapping[str, Any]) -> Named:
    return Named(entry["code"], Words(entry["title"]))


def _red(entry: Mapping[str, Any]) -> RedCard:
    return RedCard(entry["code"], Words(entry["title"]), Words(entry["why"]))


def _asked(entry: Mapping[str, Any]) -> Asked:
    options = entry["options"]
    values = {option["code"]: Fraction(option["value"]) for option in options}
    return Asked(
        weighed=Weighed(entry["code"], entry["axis"], entry["weight"], values),
        text=Words(entry["text"]),
        labels={option["code"]: Words(option["label"]) for option in options},
        reds={option["code"]: option["red"] for option in options if "red" in option},
        dmat=entry["dmat"],
        mac=entry.get("mac", ""),
        tags=tuple(entry.get("tags", ())),
        is_flash=entry["depth"] == FLASH,
        is_several=entry["kind"] == "multiple",
    )


def _advice(entry: Mapping[str, Any]) -> Advice:
    resource = entry.get("resource")
    return Advice(
        measure=Measure(
            code=entry["code"],
            rank=entry["rank"],
            cost=entry["cost"],
            hours=entry["hours"],
            triggers={code: Fraction(value) for code, value in entry["triggers"].items()},
            reds=frozenset(entry["reds"]),
            floors={code: Fraction(value) for code, value in entry.get("floors", {}).items()},
        ),
        axis=entry["axis"],
        levels=(Words(entry["level_1"]), Words(entry["level_2"])),
        why=Words(entry["why"]),
        how=Words(entry["how"]),
        difficulty=entry["difficulty"],
        theme=entry["theme"],
        service=entry["service"],
        demonstration=entry.get("demonstration", ""),
        resource=(resource["url"], resource["name"]) if resource else None,
    )


def _items(entries: Sequence[Mapping[str, Any]]) -> tuple[Item, ...]:
    return tuple(Item(entry["code"], entry["true"], entry["false"]) for entry in entries)


def _part(entry: Mapping[str, Any]) -> DmatPart:
    items = tuple(f"{entry['of']}_{number}" for number in range(1, entry["count"] + 1))
    return DmatPart(items, Fraction(entry["share"]), entry.get("top", 1))


def _faults(found: Referential, content: Mapping[str, Any]) -> list[str]:
    """Return what does not hold together beyond the shape; «code: what»."""
    profile = {entry["code"] for entry in content["profile"]["questions"]}
    profile |= {entry["code"] for entry in content["profile"]["on_site"]}
    faults = [
        f"{name} : une règle d’applicabilité ne lit que le profil"
        for name, tree in content["conditions"].items()
        if not set(conditions.asked_by(tree)) <= profile
    ]
    for code, asked in found.questions.items():
        faults += [f"{code} : {fault}" for fault in _question_faults(asked, found)]
    for code, advice in found.advice.items():
        faults += [f"{code} : {fault}" for fault in _advice_faults(advice, found)]
    called = {code for advice in found.advice.values() for code in advice.measure.triggers}
    faults += [
        f"{code} : aucune mesure ne répond" for code in found.questions if code not in called
    ]
    faults += [
        f"{axis} : aucune question flash"
        for axis in found.axes
        if not any(q.is_flash and q.weighed.axis == axis for q in found.questions.values())
    ]
    answered = {red for advice in found.advice.values() for red in advice.measure.reds}
    faults += [f"{red} : aucune mesure ne répond" for red in found.reds if red not in answered]
    known = set(found.definitions[ON_SITE].questions)
    for item in (*found.dii_items, *found.dmat_items):
        for tree in (item.is_true, item.is_false):
            faults += [f"{item.code} : {fault}" for fault in conditions.shape_faults(tree)]
            if not set(conditions.asked_by(tree)) <= known:
                faults.append(f"{item.code} : lit une question inconnue")
    faults += [
        f"{code} : sur place, une question {question.kind} ne se pose pas"
        for code, question in found.definitions[ON_SITE].questions.items()
        if question.kind in NOT_ON_SITE
    ]
    amounts = (*found.budgets, *found.hours_a_month, found.months)
    if not (found.budgets and found.hours_a_month) or any(
        not isinstance(amount, int) or amount < 0 for amount in amounts
    ):
        faults.append("plan : des budgets et des heures, en nombres entiers")
    if len({item.code for item in found.dii_items}) != DII_ITEMS:
        faults.append(f"dii : {DII_ITEMS} variables")
    if len(found.dmat_dimensions) != DMAT_DIMENSIONS:
        faults.append(f"dmat : {DMAT_DIMENSIONS} dimensions")
    counted = {item for parts in found.dmat_parts.values() for part in parts for item in part.items}
    faults += [
        f"{item.code} : hors du DMAT" for item in found.dmat_items if item.code not in counted
    ]
    if found.thresholds.bands[0] != 0 or list(found.thresholds.bands) != sorted(
        set(found.thresholds.bands)
    ):
        faults.append("bands : de 0 vers le haut")
    return faults


def _words_faults(content: Mapping[str, Any]) -> list[str]:
    """Return where words lack a language."""
    return [
        f"{place} : les mots manquent en {language}"
        for place, words in words_of(content)
        for language in content["languages"]
        if not isinstance(words.get(language), str) or not words[language].strip()
    ]


def _question_faults(asked: Asked, found: Referential) -> list[str]:
    weighed = asked.weighed
    values = weighed.values.values()
    best = sum(values) if asked.is_several else max(values)
    checks = {
        "axe inconnu": weighed.axis in found.axes,
        "poids de 1 à 3": weighed.weight in WEIGHTS,
        "valeurs de 0 à 3 par demis": all(
            0 <= v <= TOP and (2 * v).denominator == 1 for v in values
        ),
        "la meilleure réponse vaut 3": best >= TOP,
        "carton rouge inconnu": set(asked.reds.values()) <= set(found.reds),
        "dimension DMAT inconnue": asked.dmat in found.dmat_dimensions,
        "thème MonAideCyber inconnu": not asked.mac or asked.mac in MAC_THEMES,
        "la sécurité se croise avec MonAideCyber": weighed.axis != "security" or bool(asked.mac),
    }
    return [fault for fault, is_sound in checks.items() if not is_sound]


def _advice_faults(advice: Advice, found: Referential) -> list[str]:
    measure = advice.measure
    checks = {
        "axe inconnu": advice.axis in found.axes,
        "question inconnue": set(measure.triggers) <= set(found.questions),
        "carton rouge inconnu": measure.reds <= set(found.reds),
        "seuil de 0 à 3": all(0 < enough <= TOP for enough in measure.triggers.values()),
        "plancher sous le seuil": all(
            code in measure.triggers and floor < measure.triggers[code]
            for code, floor in measure.floors.items()
        ),
        "rang de 1 à 3": measure.rank in WEIGHTS,
        "difficulté de 1 à 3": advice.difficulty in WEIGHTS,
        "coût et temps positifs": measure.cost >= 0 and measure.hours > 0,
    }
    return [fault for fault, is_sound in checks.items() if not is_sound]
