"""The kinds of facts of the ledger, what each says, and the refusal of what it cannot say. Pure.

Every fact has a date of effect beside what stands here. People are never named: a client is the
SHA-256 of its SIREN group, a review or a complaint its own number (I15).
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a fact says."""

    ADHESION = "adhesion"  # the adhesion to the charter enters a state
    DOCUMENTS = "documents"  # the documentary check was done
    COMMITMENT = "commitment"  # where one of the seven engagements stands
    AUDIT = "audit"  # an audit took place, or was refused
    REVIEW = "review"  # a client's review counts from this day
    REVIEW_REMOVED = "review_removed"  # a review counts no more
    COMPLAINT = "complaint"  # a complaint reached this outcome
    MISSION = "mission"  # a mission was proven
    REQUEST = "request"  # a routed contact request was answered, or its delay ran out
    REGISTER = "register"  # the company register answered
    INSOLVENCY = "insolvency"  # BODACC answered
    PROFILE = "profile"  # the owner confirmed the card
    INSURANCE = "insurance"  # a certificate of insurance was checked
    CERTIFICATION = "certification"  # a label was found in its issuer's list
    WARNING = "warning"  # a public warning of the committee
    NOTICE = "notice"  # the provider was told that its index will be published
    FALL_NOTICE = "fall_notice"  # the provider was told of a fall; its causes wait until then
    ENDED = "ended"  # what an earlier fact granted is lost from this day
    VOID = "void"  # an earlier fact was an error: as if it had never been


ADHESION_STATES = ("active", "suspended", "expired", "resigned", "withdrawn")  # the worst last
COMMITMENT_LEVELS = ("failed", "declared", "attested", "verified")
AUDIT_LEVELS = ("documentary", "on_site", "refused")
REVIEW_LEVELS = ("V0", "V1", "V2", "V3")
OUTCOMES = (
    "pending", "unfounded", "withdrawn", "conciliated_fast", "conciliated_late", "no_reply",
    "upheld",
)  # fmt: skip
BLOCKS = ("", "linked_party", "reciprocity", "ring", "competitor", "proof_refused")  # M3 to M6
REMOVALS = ("withdrawn", "unproven", "linked_party", "fraud_third_party", "fraud_provider")
FRAUDS = ("fraud_third_party", "fraud_provider")
EXCLUSIONS = ("", "unverified", "spam", "linked_party")
COVERS = ("rc_pro", "cyber")
CERTIFICATIONS = (
    "iso27001", "expertcyber", "secnumcloud", "passi", "hds", "qualiopi", "label_nr:1",
    "label_nr:2",
)  # fmt: skip
# What a fall must be announced for before it shows (rules 1.5, due process).
ANNOUNCED = frozenset({Kind.COMPLAINT, Kind.AUDIT, Kind.WARNING, Kind.COMMITMENT})
LONGEST_REFERENCE = 40
RATINGS = 5
MOST_HELD = 100


@dataclass(frozen=True, slots=True)
class Event:
    """One fact, as the formula reads it: `on` is its date of effect."""

    id: int
    kind: str
    on: date
    payload: Mapping[str, Any]


class PayloadInvalid(ValueError):
    """The fact says something impossible; the message is French and names the field."""


Check = Callable[[Any], bool]
_REFERENCE = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._:-]{{0,{LONGEST_REFERENCE - 1}}}")
_HASH = re.compile(r"[0-9a-f]{64}")


def _one_of(values: tuple[str, ...]) -> Check:
    return lambda value: isinstance(value, str) and value in values


def _between(low: int, high: int) -> Check:
    return lambda value: type(value) is int and low <= value <= high


def _is_day(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _is_day_or_none(value: Any) -> bool:
    return value is None or _is_day(value)


def _is_reference(value: Any) -> bool:
    return isinstance(value, str) and _REFERENCE.fullmatch(value) is not None


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_event(value: Any) -> bool:
    return type(value) is int and value > 0


def _are_events(value: Any) -> bool:
    return isinstance(value, list) and 0 < len(value) <= MOST_HELD and all(map(_is_event, value))


def _are_ratings(value: Any) -> bool:
    return isinstance(value, list) and len(value) == RATINGS and all(map(_between(1, 5), value))


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


_SHAPES: dict[Kind, dict[str, Check]] = {
    Kind.ADHESION: {"state": _one_of(ADHESION_STATES), "ends_on": _is_day_or_none},
    Kind.DOCUMENTS: {"complete": _is_bool},
    Kind.COMMITMENT: {"number": _between(1, 7), "level": _one_of(COMMITMENT_LEVELS)},
    Kind.AUDIT: {"level": _one_of(AUDIT_LEVELS), "points": _between(0, 100)},
    Kind.REVIEW: {
        "review": _is_reference,
        "client": _is_hash,
        "level": _one_of(REVIEW_LEVELS),
        "ratings": _are_ratings,
        "experience_on": _is_day,
        "blocked": _one_of(BLOCKS),
    },
    Kind.REVIEW_REMOVED: {
        "review": _is_reference,
        "client": _is_hash,
        "reason": _one_of(REMOVALS),
        "case": _is_reference,
    },
    Kind.COMPLAINT: {
        "complaint": _is_reference,
        "severity": _between(1, 3),
        "outcome": _one_of(OUTCOMES),
    },
    Kind.MISSION: {"mission": _is_reference, "client": _is_hash, "done_on": _is_day},
    Kind.REQUEST: {
        "request": _is_reference,
        "client": _is_hash,
        "asked_on": _is_day,
        "answered_on": _is_day_or_none,
        "excluded": _one_of(EXCLUSIONS),
    },
    Kind.REGISTER: {"state": _one_of(("A", "F")), "created_on": _is_day_or_none},
    Kind.INSOLVENCY: {"open": _is_bool, "liquidation": _is_bool},
    Kind.PROFILE: {},
    Kind.INSURANCE: {"cover": _one_of(COVERS), "ends_on": _is_day},
    Kind.CERTIFICATION: {"code": _one_of(CERTIFICATIONS), "ends_on": _is_day},
    Kind.WARNING: {"case": _is_reference},
    Kind.NOTICE: {},
    Kind.FALL_NOTICE: {"events": _are_events, "until": _is_day},
    Kind.ENDED: {"event": _is_event, "reason": _is_reference},
    Kind.VOID: {"event": _is_event, "reason": _is_reference},
}
# Dates that cannot lie after, or before, the date of effect.
_NOT_AFTER = ("experience_on", "done_on", "asked_on", "answered_on", "created_on")
_NOT_BEFORE = ("ends_on", "until")


def check(kind: str, on: date, payload: Mapping[str, Any]) -> None:
    """Raise PayloadInvalid unless the fact has exactly the fields of its kind, all possible."""
    try:
        shape = _SHAPES[Kind(kind)]
    except ValueError:
        raise PayloadInvalid(f"Genre de fait inconnu : {kind}.") from None
    if payload.keys() != shape.keys():
        wanted = ", ".join(shape) or "rien"
        raise PayloadInvalid(f"Un fait « {kind} » dit exactement : {wanted}.")
    for name, is_sound in shape.items():
        if not is_sound(payload[name]):
            raise PayloadInvalid(f"« {name} » ne peut pas valoir {payload[name]!r}.")
    day = on.isoformat()
    for name in payload.keys() & {*_NOT_AFTER, *_NOT_BEFORE}:
        value = payload[name]
        if value is not None and (value > day if name in _NOT_AFTER else value < day):
            side = "après" if name in _NOT_AFTER else "avant"
            raise PayloadInvalid(f"« {name} » ({value}) tombe {side} la date du fait ({day}).")
    if payload.get("answered_on") and payload["answered_on"] < payload["asked_on"]:
        raise PayloadInvalid("La réponse ne peut pas précéder la demande.")
    if payload.get("level") == "refused" and payload["points"]:
        raise PayloadInvalid("Un audit refusé n’a pas de points.")
    if payload.get("state") == "active" and payload["ends_on"] is None:
        raise PayloadInvalid("Une adhésion active a une date de fin.")


def voids_in_force(voids: Iterable[Event]) -> dict[int, Event]:
    """Return, by the number of the fact that it undoes, each void that no later one undoes."""
    undone: dict[int, Event] = {}
    for event in sorted(voids, key=lambda event: -event.id):
        if event.id not in undone:
            undone[event.payload["event"]] = event
    return undone
