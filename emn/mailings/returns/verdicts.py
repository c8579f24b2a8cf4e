"""The verdicts on a message that came back, and the table of codes (rule R3.07)."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """The values of `enums.IncidentKind`, for code that does not know Django."""

    HARD = "hard"
    SOFT = "soft"
    POLICY = "policy"
    COMPLAINT = "complaint"
    DELAYED = "delayed"
    AUTO_REPLY = "auto_reply"
    UNSUBSCRIBE = "unsubscribe"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, kw_only=True)
class Return:
    """What one message says.

    `token` names the delivery and `list_token` the list to leave, if the portal signed them: the
    reader of this object must check. `recipients` are only what the message claims. `message_id`:
    of the message that was sent, in its angle brackets. `diagnostic`: the server's words, without
    any address. `rule`: the line of our tables that decided.
    """

    kind: Kind
    rule: str
    status_code: str = ""
    recipients: tuple[str, ...] = ()
    token: str = ""
    list_token: str = ""
    message_id: str = ""
    diagnostic: str = ""


HARD_CODES: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_SOFT_CODE, _SIZE_CODE, _POLICY_SUBJECT = "5.2.2", "5.3.4", "5.7."
CODE: Final = re.compile(r"(?<![\w.])([245])[.](\d{1,3})[.](\d{1,3})(?![\w]|[.]\d)")  # RFC 3463


def kind_of_code(code: str) -> Kind | None:
    """Return what an enhanced status code means; None for «x.0.0», which means nothing, and 2.x.x.

    A permanent code that the rule does not name is counted as a failure, and blocks nobody at once.
    """
    match = CODE.fullmatch(code)
    if match is None or match[1] == "2" or (match[1] == "5" and match[2] == match[3] == "0"):
        return None
    if code in HARD_CODES:
        return Kind.HARD
    if code == _SIZE_CODE or code.startswith(_POLICY_SUBJECT):
        return Kind.POLICY
    return Kind.SOFT  # 4.x.x, 5.2.2, and the other permanent ones


def is_named(code: str) -> bool:
    """Tell whether R3.07 names the code, so that no phrase may say otherwise."""
    named = code in HARD_CODES or code in {_SOFT_CODE, _SIZE_CODE}
    return named or code.startswith((_POLICY_SUBJECT, "4."))
