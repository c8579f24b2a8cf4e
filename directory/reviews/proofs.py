"""What a proof must say for the mission to be proven (M5). Pure."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Fault(StrEnum):
    """Why a document proves nothing."""

    ISSUER = "issuer"  # not made out by the provider
    RECIPIENT = "recipient"  # not made out to the client
    NUMBER_USED = "number_used"  # serves for another review
    DATE = "date"  # outside the mission


@dataclass(frozen=True, slots=True)
class Proof:
    """What stands on the document; two numbers that differ by their signs are the same one."""

    issuer_siren: str
    recipient_siren: str
    number: str
    dated_on: date


def plain_number(number: str) -> str:
    """Return the letters and digits of a number: «FA-2026/007» and «fa 2026 007» are one.

    >>> plain_number("FA-2026/007")
    'fa2026007'
    """
    return re.sub(r"[\W_]", "", number).casefold()


def faults(
    proof: Proof,
    *,
    provider_siren: str,
    client_siren: str,
    starts_on: date | None,
    ended_on: date,
    invoice_after_days: int,
    is_number_used: bool,
) -> tuple[Fault, ...]:
    """Return what is wrong with a document, nothing when it proves the mission.

    The mission goes from `starts_on` (None: unknown) to `ended_on`; the invoice may follow within
    `invoice_after_days`.
    """
    last_day = ended_on + timedelta(days=invoice_after_days)
    is_outside = proof.dated_on > last_day or (starts_on is not None and proof.dated_on < starts_on)
    found = (
        (Fault.ISSUER, proof.issuer_siren != provider_siren),
        (Fault.RECIPIENT, proof.recipient_siren != client_siren),
        (Fault.NUMBER_USED, is_number_used),
        (Fault.DATE, is_outside),
    )
    return tuple(fault for fault, is_there in found if is_there)
