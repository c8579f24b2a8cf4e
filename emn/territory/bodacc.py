"""Legal notices of insolvency: what BODACC publishes of a company, and what it comes to.

Source: DILA, data set « annonces-commerciales », API v2.1 of Opendatasoft (GET …/records, ODSQL).
Facts met there: `registre` gives each SIREN twice, with and without spaces; `jugement` and
`parutionavisprecedent` are JSON inside a string; a court's wording may stand in
`complementJugement` alone, beside a nature that says « Autre jugement et ordonnance »; some texts
are UTF-8 read as Latin-1. Names of people are never read.
"""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from emn.lib.errors import DomainError
from emn.lib.open_api import NoAnswer, get_json
from emn.lib.text import fold

logger = logging.getLogger(__name__)

TIMEOUT_S = 10.0
TRIES = 3
PAGE = 100  # the most that one answer holds
MOST_NOTICES = 1_000
LONGEST_NATURE = 200
_SIREN = re.compile(r"\d{9}")


class BodaccUnavailable(DomainError):
    """BODACC does not answer, or in a shape that we do not know."""


class Procedure(StrEnum):
    """What the notices of a company come to."""

    NONE = "none"
    OPEN = "open"
    LIQUIDATION = "liquidation"
    UNSURE = "unsure"  # a person has to read them


class Effect(StrEnum):
    """What one notice does to the procedure."""

    NOTHING = "nothing"
    OPENS = "opens"
    LIQUIDATES = "liquidates"
    ENDS = "ends"
    TAKES_BACK = "takes_back"  # the decision before it
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice: its number, day of publication, the court's words; `replaces`: another's number.

    `is_void`: it only cancels the one that it replaces; `replaces` is then never empty.
    """

    id: str
    on: date
    sirens: frozenset[str]
    nature: str
    detail: str
    replaces: str = ""
    is_void: bool = False

    def __str__(self) -> str:
        return f"{self.id} · {self.on:%d/%m/%Y} · {self.nature or self.detail[:LONGEST_NATURE]}"

    @property
    def effect(self) -> Effect:
        """What it does; the detail is read when the nature says nothing."""
        found = effect_of_nature(self.nature)
        return effect_of_detail(self.detail) if found == Effect.UNKNOWN else found


def is_on() -> bool:
    """Whether the portal may ask."""
    return bool(settings.BODACC_URL)


def ask(siren: str) -> list[Notice]:
    """Return the notices of insolvency of a company, from the State's API.

    Raises BodaccUnavailable (not set up, a time-out, a refusal, an answer that cannot be read).
    """
    if not is_on():
        raise _unavailable()
    found: list[Notice] = []
    while True:
        answer = _get(
            {
                "where": f'familleavis = "collective" AND registre = "{siren}"',
                "order_by": "dateparution, id",
                "limit": str(PAGE),
                "offset": str(len(found)),
            }
        )
        try:
            rows, total = answer["results"], int(answer["total_count"])
            found += [notice_of(row) for row in rows]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            logger.exception("BODACC answered in an unknown shape")
            raise _unavailable() from error
        if len(found) >= total:
            return found
        if not rows or total > MOST_NOTICES:
            logger.error("BODACC announces %s notices and gives %s", total, len(found))
            raise _unavailable()


def _get(parameters: dict[str, str]) -> Any:
    url = f"{settings.BODACC_URL.rstrip('/')}/catalog/datasets/annonces-commerciales/records"
    try:
        return get_json(url, parameters, name="BODACC", timeout_s=TIMEOUT_S, tries=TRIES)
    except NoAnswer as error:
        raise _unavailable() from error


def _unavailable() -> BodaccUnavailable:
    return BodaccUnavailable(_("Le BODACC ne répond pas pour l’instant."))


# --- Reading (pure) ---


def notice_of(row: Mapping[str, Any]) -> Notice:
    """Read a record of the data set. Raises KeyError, TypeError or ValueError."""
    judgment = _inner(row.get("jugement"))
    before = _inner(row.get("parutionavisprecedent"))
    kind = row.get("typeavis") or "annonce"
    replaces = _number(before) if kind != "annonce" else ""
    if kind == "annulation" and not replaces:
        raise ValueError(f"{row['id']} cancels an unnamed notice")
    return Notice(
        id=str(row["id"])[:40],
        on=date.fromisoformat(row["dateparution"]),
        sirens=_sirens(row.get("registre")),
        nature=_mended(judgment.get("nature") or judgment.get("famille") or "")[:LONGEST_NATURE],
        detail=_mended(judgment.get("complementJugement") or ""),
        replaces=replaces,
        is_void=kind == "annulation",
    )


def standing(notices: Iterable[Notice]) -> tuple[Procedure, Notice | None]:
    """Return what the notices of one company come to, and the one that says so.

    In the order of publication, a notice that corrects another standing in its place. The plan of a
    safeguard or of a recovery ends the procedure, a plan of cession does not. What cannot be read
    leaves an open procedure open, and makes anything else unsure.
    """
    rows = {row.id: row for row in notices}
    gone = {row.replaces for row in rows.values() if row.replaces}
    left = [row for row in rows.values() if row.id not in gone and not row.is_void]
    places = {row.id: _place(row, rows) for row in left}
    history: list[tuple[Procedure, Notice | None]] = [(Procedure.NONE, None)]
    for row in sorted(left, key=lambda row: places[row.id]):
        state = history[-1][0]
        match row.effect:
            case Effect.LIQUIDATES:
                history.append((Procedure.LIQUIDATION, row))
            case Effect.OPENS if state != Procedure.LIQUIDATION:
                history.append((Procedure.OPEN, row))
            case Effect.ENDS:
                history.append((Procedure.NONE, row))
            case Effect.TAKES_BACK if len(history) > 1:
                history.pop()
            case Effect.UNKNOWN | Effect.TAKES_BACK if state == Procedure.NONE:
                history.append((Procedure.UNSURE, row))
    return history[-1]


def _place(row: Notice, rows: Mapping[str, Notice]) -> tuple[date, str]:
    """Return where a notice stands: that of the first one that it corrects."""
    seen = {row.id}
    while row.replaces in rows and row.replaces not in seen:
        row = rows[row.replaces]
        seen.add(row.id)
    return row.on, row.id


# In this order: the first that is found says what the words mean.
_DECISIONS: tuple[tuple[str, Effect], ...] = (
    (r"retract", Effect.TAKES_BACK),
    (r"infirm|cour appel", Effect.UNKNOWN),
    (r"fin a la procedure.* ouvr", Effect.OPENS),
    (r"(?:prononc|ouvr|convert).*liquidation.*(?:delai|terme|examin).*clotur", Effect.LIQUIDATES),
    (r"(?:rejet|prorog|prolong|poursuite|delai|terme|examin).*clotur", Effect.UNKNOWN),
    (r"clotur.*examin|rejet.*\bplan\b", Effect.UNKNOWN),
    (r"clotur|clot la|fin a la procedure|fin de la procedure|extinction du passif", Effect.ENDS),
    (r"plan de cession", Effect.OPENS),
    (r"liquidation", Effect.LIQUIDATES),
    (r"resolution|resolu\b", Effect.OPENS),
    (r"\bplan\b", Effect.ENDS),
    (r"sauvegarde|redressement|sortie de crise|ouverture", Effect.OPENS),
)
_FOLLOW_UP = (
    r"^depot|avis de depot|etat des creances|liste des creances|collocation|repartition"
    r"|la date de cessation des paiements|designation|remplace|faillite personnelle"
    r"|interdiction de gerer|periode observation|delai|modifi"
)


def effect_of_nature(words: str) -> Effect:
    """Return what a judgment does by its nature, one of a list; UNKNOWN when it does not say."""
    if re.search(_FOLLOW_UP, _plain(words)):
        return Effect.NOTHING
    return _decision(words)


def effect_of_detail(words: str) -> Effect:
    """Return what a judgment does by its free text: a decision, whatever else it tells."""
    found = _decision(words)
    if found == Effect.UNKNOWN and re.search(_FOLLOW_UP, _plain(words)):
        return Effect.NOTHING
    return found


def _decision(words: str) -> Effect:
    plain = _plain(words)
    return next((what for pattern, what in _DECISIONS if re.search(pattern, plain)), Effect.UNKNOWN)


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[a-z0-9]+", fold(words)))


def _inner(value: Any) -> dict[str, Any]:
    """Return the object that a string holds; none when there is none."""
    found = json.loads(value) if isinstance(value, str) and value else value
    return found if isinstance(found, dict) else {}


def _sirens(value: Any) -> frozenset[str]:
    values = value.split(",") if isinstance(value, str) else value or ()
    joined = (re.sub(r"\s", "", str(text)) for text in values)
    return frozenset(text for text in joined if _SIREN.fullmatch(text))


def _number(before: Mapping[str, Any]) -> str:
    """Return the number of a notice named by its paper, issue and place: A + 20230101 + 1234."""
    letter = str(before.get("nomPublication") or "").strip()[-1:]
    issue, place = before.get("numeroParution"), before.get("numeroAnnonce")
    return f"{letter.upper()}{issue}{place}" if letter and issue and place else ""


def _mended(text: str) -> str:
    """Set right UTF-8 that was read as Latin-1: « clÃ´ture »."""
    if "Ã" not in text:
        return text
    try:
        return text.encode("latin-1").decode()
    except UnicodeError:
        return text
