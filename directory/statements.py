"""The index of a provider in words: what the card, its page and its JSON say of it.

Read from a stored snapshot; the lines are computed again from the ledger, and give what was stored.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from directory.enums import TrustStanding
from directory.models import TrustContest, TrustFile, TrustReply, TrustSnapshot
from directory.services.trust_computing import recomputed
from directory.trust.formula import (
    CAP,
    MALUS,
    Line,
    Missing,
    Result,
    word_of,
)
from directory.trust.parameters import COMPONENTS, Parameters, read

PART_NAMES = {
    "E": gettext_lazy("Engagements tenus"),
    "A": gettext_lazy("Audit"),
    "R": gettext_lazy("Avis des clients"),
    "P": gettext_lazy("Plaintes"),
    "D": gettext_lazy("Réponses aux demandes"),
    "S": gettext_lazy("Situation de l’entreprise"),
    "G": gettext_lazy("Assurances"),
    "C": gettext_lazy("Certifications"),
    MALUS: gettext_lazy("Points retirés"),
    CAP: gettext_lazy("Plafond"),
}
CLASS_WORDS = {
    "A": gettext_lazy("confiance très solide"),
    "B": gettext_lazy("confiance solide"),
    "C": gettext_lazy("confiance à consolider"),
    "D": gettext_lazy("confiance fragile"),
}
NOT_RATED = gettext_lazy("Engagé, pas encore noté")
RELIABILITY_WORDS = {
    "weak": gettext_lazy("fiabilité faible"),
    "medium": gettext_lazy("fiabilité moyenne"),
    "strong": gettext_lazy("fiabilité forte"),
}
COMMITMENTS = {
    1: gettext_lazy("adapter le service au besoin"),
    2: gettext_lazy("dire l’ampleur du projet"),
    3: gettext_lazy("tenir coûts et délais"),
    4: gettext_lazy("dire qui fait quoi"),
    5: gettext_lazy("dire ses moyens et ses qualifications"),
    6: gettext_lazy("rendre la solution durable et transportable"),
    7: gettext_lazy("dire à qui appartiennent les droits"),
}
LEVELS = {
    "failed": gettext_lazy("non tenu"),
    "declared": gettext_lazy("signé, pas encore prouvé"),
    "attested": gettext_lazy("prouvé par un document contrôlé"),
    "verified": gettext_lazy("vérifié sur un dossier client"),
}
AUDITS = {
    "documentary": gettext_lazy("Audit sur documents"),
    "on_site": gettext_lazy("Audit sur place"),
    "refused": gettext_lazy("Audit refusé"),
}
REVIEWS = {
    "V0": gettext_lazy("non vérifié"),
    "V1": gettext_lazy("entreprise vérifiée"),
    "V2": gettext_lazy("mission prouvée"),
    "V3": gettext_lazy("client interrogé par le centre"),
}
OUTCOMES = {
    "pending": gettext_lazy("en cours d’examen"),
    "unfounded": gettext_lazy("sans fondement"),
    "withdrawn": gettext_lazy("retirée"),
    "conciliated_fast": gettext_lazy("réglée à l’amiable en 30 jours"),
    "conciliated_late": gettext_lazy("réglée à l’amiable plus tard"),
    "no_reply": gettext_lazy("laissée sans réponse"),
    "upheld": gettext_lazy("jugée fondée par le comité"),
}
COVERS = {
    "rc_pro": gettext_lazy("Responsabilité civile professionnelle"),
    "cyber": gettext_lazy("Assurance cyber ou d’exploitation"),
}
LABELS = {
    "iso27001": "ISO 27001",
    "expertcyber": "ExpertCyber",
    "secnumcloud": "SecNumCloud",
    "passi": "PASSI",
    "hds": "HDS",
    "qualiopi": "Qualiopi",
    "label_nr:1": gettext_lazy("Label Numérique Responsable, niveau 1"),
    "label_nr:2": gettext_lazy("Label Numérique Responsable, niveau 2"),
}
STATES = {
    "expired": gettext_lazy("trop ancien pour compter"),
    "lost": gettext_lazy("perdu"),
    "voided": gettext_lazy("annulé : inscrit par erreur"),
    "removed": gettext_lazy("retiré"),
    "pair_voided": gettext_lazy("retiré avec les autres avis de ce client"),
    "blocked": gettext_lazy("ne compte pas : lien ou preuve à vérifier"),
    "unverified": gettext_lazy("ne compte pas : non vérifié"),
    "no_slot": gettext_lazy("ne compte pas : trop rapproché d’un autre"),
    "excluded": gettext_lazy("écarté"),
    "refused_since": gettext_lazy("ne compte plus : un audit a été refusé depuis"),
}
# What is nobody's business but the provider's, until it counts.
_PRIVATE_STATES = {"waiting", "excluded", "unverified"}


@dataclass(frozen=True, slots=True)
class StatementLine:
    """A line as it is read: its words, its date, its last day, its points (None when not shown)."""

    label: str
    note: str
    on: date | None
    until: date | None
    points: Decimal | None
    event: int | None
    contested: bool
    state: str

    @property
    def points_text(self) -> str:
        """The points with their sign, «+1,56»."""
        return "" if self.points is None else signed(self.points)


@dataclass(frozen=True, slots=True)
class Part:
    """A component as it is read; `points`, out of `weight`, are None when not shown."""

    key: str
    name: str
    points: Decimal | None
    weight: Decimal | None
    lines: list[StatementLine] = field(default_factory=list)
    contested: bool = False

    @property
    def words(self) -> str:
        """How much of the points it has, in words."""
        if self.points is None or not self.weight:
            return ""
        share = self.points / self.weight
        steps = (
            (Decimal("0.8"), _("très bien")),
            (Decimal("0.6"), _("bien")),
            (Decimal("0.4"), pgettext("part of the points", "moyen")),
            (Decimal("0.2"), _("peu")),
        )
        return next((words for least, words in steps if share >= least), _("presque rien"))

    @property
    def points_text(self) -> str:
        """The points, with one decimal."""
        return "" if self.points is None else number_format(round(self.points, 1), 1)


def signed(points: Decimal) -> str:
    """Return points with two decimals and their sign; a true minus."""
    rounded = round(points, 2)
    text = number_format(abs(rounded), 2)
    return f"+{text}" if rounded > 0 else f"−{text}" if rounded < 0 else text


@dataclass(frozen=True)
class Summary:
    """What a card says of an index; numbers only when it is published."""

    standing: str
    letter: str
    displayed: int | None
    low: int | None
    high: int | None
    reliability: str
    version: str
    at: date
    parts: list[Part]

    @property
    def is_rated(self) -> bool:
        """Whether there is a number to show."""
        return self.standing == TrustStanding.RATED

    @property
    def class_words(self) -> str:
        """What the class means."""
        return str(CLASS_WORDS[self.letter])


def latest_snapshot(file: TrustFile) -> TrustSnapshot | None:
    """Return what was last computed of a file."""
    rows = file.snapshots.select_related("parameters").order_by("-at", "-pk")
    return rows.first()


def summary_for(provider_id: int) -> Summary | None:
    """Return what the card of a provider says of its index, None when it says nothing."""
    file = TrustFile.objects.filter(provider=provider_id).first()
    if file is None or file.standing == TrustStanding.NONE:
        return None
    snapshot = latest_snapshot(file)
    return None if snapshot is None else summarize(file, snapshot)


def summarize(file: TrustFile, snapshot: TrustSnapshot) -> Summary:
    """Return the summary of a stored snapshot."""
    parameters = read(snapshot.parameters.version, snapshot.parameters.values)
    is_rated = file.standing == TrustStanding.RATED
    low, high = interval(snapshot.value, snapshot.half_width)
    word = RELIABILITY_WORDS[word_of(snapshot.reliability, parameters)]
    stored = snapshot.result["components"]
    return Summary(
        standing=file.standing,
        letter=file.letter,
        displayed=file.displayed,
        low=low if is_rated else None,
        high=high if is_rated else None,
        reliability=str(word) if is_rated else "",
        version=parameters.version,
        at=snapshot.at,
        parts=[
            Part(
                key,
                str(PART_NAMES[key]),
                Decimal(stored[key]["points"]),
                Decimal(stored[key]["weight"]),
            )
            for key in COMPONENTS
        ]
        if is_rated
        else [],
    )


def interval(value: Decimal, half_width: Decimal) -> tuple[int, int]:
    """Return the bounds of the interval as they are shown, within 0 and 100."""
    return max(0, round(value - half_width)), min(100, round(value + half_width))


@dataclass(frozen=True)
class Statement:
    """The page of an index: like the statement of a bank. `is_own`: read by who acts for the firm.

    Unless it is the provider's own, an index that is not published shows its facts without any
    point, and what waits for its notice is not shown.
    """

    file: TrustFile
    snapshot: TrustSnapshot
    parameters: Parameters
    result: Result
    is_own: bool
    contests: list[TrustContest]
    reply: TrustReply | None

    @property
    def shows_points(self) -> bool:
        """Whether numbers may be read."""
        return self.is_own or self.file.standing == TrustStanding.RATED

    @cached_property
    def summary(self) -> Summary:
        """What the card says."""
        return summarize(self.file, self.snapshot)

    @cached_property
    def _contested(self) -> set[tuple[str, int | None]]:
        return {(row.component, row.event_id) for row in self.contests}

    @cached_property
    def parts(self) -> list[Part]:
        """The components with their lines, then what is taken off or capped."""
        by_key: dict[str, list[StatementLine]] = {}
        for line in self.result.lines:
            if (said := self._line(line)) is not None:
                by_key.setdefault(line.component, []).append(said)
        return part_list(
            self.result, by_key, shows_points=self.shows_points, contested=self._contested
        )

    def _line(self, line: Line) -> StatementLine | None:
        if not self.is_own and (
            line.state in _PRIVATE_STATES or line.detail.get("outcome") == "pending"
        ):
            return None
        if not self.shows_points and line.what in {"start", "seniority", "overflow", "missing"}:
            return None
        contested = line.event is not None and (line.component, line.event) in self._contested
        return in_words(line, contested=contested, shows_points=self.shows_points)

    @cached_property
    def missing(self) -> list[str]:
        """What is missing to be published, in words."""
        return [missing_in_words(row, self.parameters) for row in self.result.missing]

    def as_json(self) -> dict[str, Any]:
        """Return the computation: facts, values, operations (CRPA, R1.23)."""
        shows = self.shows_points
        return {
            "version": self.parameters.version,
            "jour": self.snapshot.at.isoformat(),
            "calcule_le": self.snapshot.computed_at.isoformat(),
            "empreinte": self.snapshot.inputs_hash,
            "etat": self.file.standing,
            "indice": str(self.snapshot.value) if shows else None,
            "affiche": self.file.displayed,
            "classe": self.file.letter or None,
            "marge": str(self.snapshot.half_width) if shows else None,
            "fiabilite": str(self.snapshot.reliability) if shows else None,
            "detail": self.snapshot.result if shows else None,
            "manque": [[row.what, row.have, row.need] for row in self.result.missing],
            "lignes": [
                {
                    "partie": part.key,
                    "libelle": line.label,
                    "note": line.note,
                    "fait": line.event,
                    "date": None if line.on is None else line.on.isoformat(),
                    "fin": None if line.until is None else line.until.isoformat(),
                    "points": None if line.points is None else str(line.points),
                    "contestation_en_cours": line.contested,
                }
                for part in self.parts
                for line in part.lines
            ],
            "parametres": self.snapshot.parameters.values,
        }


def statement_of(file: TrustFile, *, is_own: bool) -> Statement | None:
    """Return the statement of a file as it was last computed, None when it never was."""
    snapshot = latest_snapshot(file)
    if snapshot is None:
        return None
    result, _inputs = recomputed(snapshot, explain=True)
    return Statement(
        file=file,
        snapshot=snapshot,
        parameters=read(snapshot.parameters.version, snapshot.parameters.values),
        result=result,
        is_own=is_own,
        contests=list(file.contests.open().order_by("pk")),
        reply=file.replies.published().first(),
    )


def part_list(
    result: Result,
    lines: Mapping[str, list[StatementLine]],
    *,
    shows_points: bool = True,
    contested: set[tuple[str, int | None]] = frozenset(),  # type: ignore[assignment]
) -> list[Part]:
    """Return the components of a result with their lines; malus and cap only when they count."""
    parts = [
        Part(
            row.key,
            str(PART_NAMES[row.key]),
            row.points if shows_points else None,
            row.weight,
            lines.get(row.key, []),
            contested=(row.key, None) in contested,
        )
        for row in result.components
    ]
    if not shows_points:
        return parts
    others = [key for key in (MALUS, CAP) if lines.get(key)]
    return parts + [Part(key, str(PART_NAMES[key]), None, None, lines[key]) for key in others]


def explained(result: Result) -> list[Part]:
    """Return the parts of a result that is not stored: the example of /algorithme/."""
    by_key: dict[str, list[StatementLine]] = {}
    for line in result.lines:
        by_key.setdefault(line.component, []).append(in_words(line))
    return part_list(result, by_key)


# --- Words ---


def in_words(line: Line, *, contested: bool = False, shows_points: bool = True) -> StatementLine:
    """Say a line of the statement."""
    return StatementLine(
        label=_label(line),
        note=_note(line),
        on=line.on,
        until=line.until,
        points=line.points if shows_points else None,
        event=line.event,
        contested=contested,
        state=line.state,
    )


def _note(line: Line) -> str:
    if line.state == "waiting":
        day = date_format(line.detail["counts_from"], "DATE_FORMAT")
        return _("comptera à partir du %(day)s, après le préavis") % {"day": day}
    return str(STATES.get(line.state, ""))


def _label(line: Line) -> str:
    said = _CONSTANT.get(line.what)
    if said is not None:
        return str(said) % _figures(line)
    return str(_OF_FACT[line.what](line.detail))


def _figures(line: Line) -> dict[str, str]:
    return {
        "years": number_format(round(line.detail.get("years", Decimal(0)), 1), 1),
        "cap": str(line.detail.get("cap", "")),
        "number": str(line.detail.get("number", "")),
        "title": str(COMMITMENTS.get(line.detail.get("number", 0), "")),
    }


_CONSTANT = {
    "start": gettext_lazy("Point de départ, sans preuve dans un sens ni dans l’autre"),
    "seniority": gettext_lazy("Ancienneté de l’adhésion (%(years)s ans comptés)"),
    "declared": gettext_lazy("Engagement %(number)s, %(title)s : signé, pas encore prouvé"),
    "age": gettext_lazy("Âge de l’entreprise"),
    "no_procedure": gettext_lazy("Aucune procédure collective ouverte (BODACC)"),
    "confirmed": gettext_lazy("Fiche confirmée depuis moins d’un an"),
    "overflow": gettext_lazy("Maximum atteint"),
    "no_verified_review": gettext_lazy("Sans avis d’une mission prouvée : %(cap)s points au plus"),
    "no_audit": gettext_lazy("Sans audit : %(cap)s points au plus"),
    "floor": gettext_lazy("Un indice ne descend pas sous 0"),
    "fraud": gettext_lazy("Fraude prouvée aux avis"),
}


def _review(said: Mapping[str, Any]) -> str:
    mean = Decimal(sum(said["ratings"])) / len(said["ratings"])
    return _("Avis d’un client (%(level)s) : %(mean)s sur 5") % {
        "level": REVIEWS[said["level"]],
        "mean": number_format(mean, 1),
    }


def _request(said: Mapping[str, Any]) -> str:
    asked = date_format(date.fromisoformat(said["asked_on"]), "SHORT_DATE_FORMAT")
    if said["answered_on"] is None:
        return _("Demande du %(asked)s : sans réponse") % {"asked": asked}
    answered = date_format(date.fromisoformat(said["answered_on"]), "SHORT_DATE_FORMAT")
    return _("Demande du %(asked)s, réponse le %(answered)s") % {
        "asked": asked,
        "answered": answered,
    }


def _audit(said: Mapping[str, Any]) -> str:
    if said["level"] == "refused":
        return str(AUDITS["refused"])
    return _("%(audit)s : %(points)s sur 100") % {
        "audit": AUDITS[said["level"]],
        "points": said["points"],
    }


_OF_FACT: dict[str, Any] = {
    "commitment": lambda said: (
        _("Engagement %(number)s, %(title)s : %(level)s")
        % {
            "number": said["number"],
            "title": COMMITMENTS.get(said["number"], ""),
            "level": LEVELS[said["level"]],
        }
    ),
    "audit": _audit,
    "review": _review,
    "complaint": lambda said: (
        _("Plainte de gravité %(severity)s sur 3, %(outcome)s")
        % {"severity": said["severity"], "outcome": OUTCOMES[said["outcome"]]}
    ),
    "request": _request,
    "insurance": lambda said: str(COVERS[said["cover"]]),
    "certification": lambda said: str(LABELS[said["code"]]),
    "warning": lambda _said: _("Avertissement public du comité"),
}


def missing_in_words(row: Missing, parameters: Parameters) -> str:
    """Say what one condition of publication still asks."""
    if row.what == "notice":
        if row.have:
            day = date_format(date.fromisoformat(row.have), "DATE_FORMAT")
            return _("Préavis en cours : publication possible le %(day)s.") % {"day": day}
        return _("Le préavis de %(days)s jours ouvrés n’a pas commencé.") % {
            "days": parameters.gate["notice_days"]
        }
    if row.what == "adhesion" and row.have:
        return str(_ADHESIONS[row.have])
    return str(_MISSING[row.what]) % {
        "have": number_format(row.have) if row.have else "",
        "need": row.need,
    }


_ADHESIONS = {
    "suspended": gettext_lazy("L’adhésion à la charte est suspendue."),
    "expired": gettext_lazy("L’adhésion à la charte a expiré."),
    "resigned": gettext_lazy("L’entreprise a quitté la charte."),
    "withdrawn": gettext_lazy("L’adhésion à la charte a été retirée."),
}
_MISSING = {
    "adhesion": gettext_lazy("L’adhésion à la charte n’est pas active."),
    "register": gettext_lazy("Le répertoire SIRENE ne dit pas l’entreprise en activité."),
    "register_old": gettext_lazy("Le répertoire SIRENE n’a pas répondu depuis plus de 30 jours."),
    "insolvency_unknown": gettext_lazy("Les annonces légales (BODACC) ne sont pas vérifiées."),
    "insolvency_old": gettext_lazy(
        "Les annonces légales (BODACC) n’ont pas pu être vérifiées depuis plus de 30 jours."
    ),
    "liquidation": gettext_lazy("L’entreprise est en liquidation."),
    "documents": gettext_lazy("Le contrôle des pièces n’est pas terminé."),
    "commitments": gettext_lazy("%(have)s engagements prouvés ; il en faut %(need)s sur 7."),
    "reviews": gettext_lazy(
        "Avis d’une mission prouvée, de clients différents : %(have)s ; il en faut %(need)s."
    ),
    "reliability": gettext_lazy("Trop peu de preuves : fiabilité de %(have)s, il faut %(need)s."),
}
