"""Reading one event that a sending provider reports, in the terms of anymail."""

from typing import Final

from emn.mailings.returns.reading import judge, token_in, without_addresses
from emn.mailings.returns.verdicts import Kind, Return

_WISHES: Final = {"complained": Kind.COMPLAINT, "unsubscribed": Kind.UNSUBSCRIBE}
_REFUSALS: Final = frozenset({"bounced", "rejected"})
READ: Final = _REFUSALS | _WISHES.keys()
# Why, where the server's answer says nothing. « bounced » of a refusal by the provider itself: it
# holds the address back since an earlier failure, so each envoi is one more.
_REASONS: Final = {
    ("bounced", "invalid"): Kind.HARD,
    ("rejected", "invalid"): Kind.HARD,
    ("bounced", "timed_out"): Kind.SOFT,
    ("rejected", "timed_out"): Kind.SOFT,
    ("rejected", "bounced"): Kind.SOFT,
    ("bounced", "blocked"): Kind.POLICY,
    ("rejected", "blocked"): Kind.POLICY,
    ("bounced", "spam"): Kind.POLICY,
    ("rejected", "spam"): Kind.POLICY,
    ("rejected", "unsubscribed"): Kind.UNSUBSCRIBE,
}


def read_event(
    *, event: str, reason: str, answer: str, description: str, recipient: str, payload: str
) -> Return:
    """Say what an event means: `event` is one of READ, `reason` anymail's, both in small letters.

    `answer`: the recipient's server, word for word; `description`: the provider's own words, in
    which no code is looked for. `payload`: all that was received, where our secret may stand.
    """
    token = token_in(payload)
    if event in _WISHES:
        kind = _WISHES[event]
        return Return(kind=kind, rule=f"event:{event}", recipients=(recipient,), token=token)
    heard = judge("", answer, "") or judge("", "", description)
    by_reason = _REASONS.get((event, reason))
    if heard and by_reason is not Kind.UNSUBSCRIBE:
        kind, rule, code = heard.kind, heard.rule, heard.code
    else:
        kind, rule, code = by_reason or Kind.UNREADABLE, f"event:{event}-{reason or 'none'}", ""
    return Return(
        kind=kind,
        rule=rule,
        status_code=code,
        recipients=(recipient,),
        token=token,
        diagnostic=without_addresses(answer or description),
    )
