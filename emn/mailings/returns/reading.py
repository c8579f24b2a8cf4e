"""Reading one message that came back, whatever its shape."""

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from html import unescape
from typing import Final, cast

from emn.mailings.returns import phrases
from emn.mailings.returns.phrases import fold
from emn.mailings.returns.verdicts import CODE, Kind, Return, is_named, kind_of_code

LARGEST = 256_000  # bytes read of a message: its report stands before the copy of what was sent
MOST_MULTIPARTS = 20  # the library's parser slows down with each level of nesting
_MOST_TEXT, _MOST_FOLDED, _MOST_DIAGNOSTIC = 200_000, 20_000, 500  # signs
_MOST_SUBJECT, _MOST_CLAIMED = 2_000, 10  # signs, addresses

_COPIES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}
)
_STATUS = frozenset({"message/delivery-status", "message/global-delivery-status"})
_RECEIPT, _FEEDBACK = "message/disposition-notification", "message/feedback-report"
_JMRP = "X-HmXmrOriginalRecipient"  # Microsoft's complaints, which are no ARF
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc")
_RETURN_TOKEN = re.compile(r"retour\+([a-z2-7]{32})@", re.IGNORECASE)
_ID_TOKEN = re.compile(r"<([a-z2-7]{32})@", re.IGNORECASE)
_LIST_TOKEN = re.compile(r"stop\+([a-z2-7]{32})@", re.IGNORECASE)
_MESSAGE_ID = re.compile(
    r"^[ \t]*Message-ID:\s*(<[^<>\s\x00]{1,250}>)", re.IGNORECASE | re.MULTILINE
)
_ADDRESS = re.compile(r"[^\s<>;:,\"'()\[\]\x00]{1,64}@[a-z0-9.-]{1,250}", re.IGNORECASE)
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]{1,40}):[ \t]*(.*(?:\n[ \t]+\S.*)*)", re.MULTILINE)
_CODE_IN_WORDS = re.compile(
    r"(?:\b[245]\d\d[ -]#?|#|status(?: code)?:? ?|error:? ?|\()([245]\.\d{1,3}\.\d{1,3})(?!\.?\d)"
)
_OUR_SUBJECT = re.compile(
    r"(?im)^[\s>*|-]{0,20}(?:your message )?(?:with )?(?:the )?"
    r"(?:subject|objet|betreff|asunto|oggetto|onderwerp)\s?:.*$"
)
_LATER, _FOR_GOOD = re.compile(r"(?<![\w.])4[2-5]\d[ -]"), re.compile(r"(?<![\w.])5[0-5]\d[ -]")
_TAG = re.compile(r"<[^<>]*>")
_FEEDBACK_KINDS: Final = {  # RFC 5965 §7.3, RFC 6591; the others are for a person
    "abuse": Kind.COMPLAINT,
    "opt-out": Kind.UNSUBSCRIBE,
    "opt-out-list": Kind.UNSUBSCRIBE,
    "not-spam": Kind.AUTO_REPLY,
    "auth-failure": Kind.POLICY,
}
_NO_FAILURE = frozenset({"delivered", "relayed", "expanded"})
# Of several recipients behind one address, the luckiest speaks: it is lost when all are.
_LUCK = (Kind.AUTO_REPLY, Kind.DELAYED, Kind.SOFT, Kind.POLICY, Kind.UNREADABLE, Kind.HARD)


@dataclass(frozen=True)
class Verdict:
    """What one recipient's part of a message says, and the line of our tables that decided."""

    kind: Kind
    rule: str
    code: str = ""
    recipient: str = ""
    words: str = ""


@dataclass
class _Found:
    """The pieces of one message: its own headers, the reports, the words, the copy of ours."""

    message: Message
    statuses: list[str] = field(default_factory=list)
    feedback: list[str] = field(default_factory=list)
    has_receipt: bool = False
    words: list[str] = field(default_factory=list)
    copies: list[Message] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)


def read(raw: bytes) -> Return:
    """Say what a message that came back means. Never raises: what resists is UNREADABLE."""
    try:
        return _read(raw[:LARGEST].replace(b"\r\n", b"\n").replace(b"\r", b"\n"))
    except Exception:  # noqa: BLE001 -- the edge: strangers' bytes find every fault of the library
        return Return(kind=Kind.UNREADABLE, rule="unreadable:broken")


def _read(raw: bytes) -> Return:
    if raw.lower().count(b"multipart/") > MOST_MULTIPARTS:
        return Return(kind=Kind.UNREADABLE, rule="unreadable:too-many-parts")
    found = _Found(BytesParser().parsebytes(raw))
    _collect(found.message, found, is_root=True)
    if not (found.statuses or found.feedback):
        for copy in [
            copy for copy in found.copies if copy.get_content_type() == "multipart/report"
        ]:
            _collect(copy, found, is_root=True)  # a report that somebody forwarded
    verdict = _decide(found)
    envelope = "\n".join(_headers(found.message, *_ENVELOPE))
    answers = "\n".join(_headers(found.message, "In-Reply-To", "References"))
    copied = "\n".join(found.copied)
    reports = "\n".join([*found.statuses, *found.feedback, *found.words])
    sent_as = _MESSAGE_ID.search(f"{copied}\n{reports}")
    answered = re.findall(r"<[^<>\s\x00]{1,250}>", answers)
    message_id = sent_as[1] if sent_as else (answered[0] if answered else "")
    token = token_in(envelope, copied, reports, message_id)
    leaving = _LIST_TOKEN.search(envelope)
    return Return(
        kind=verdict.kind,
        rule=verdict.rule,
        status_code=verdict.code,
        recipients=_claimed(verdict, found),
        token=token,
        list_token=leaving[1].lower() if leaving else "",
        message_id=message_id,
        diagnostic=without_addresses(verdict.words),
    )


def _claimed(verdict: Verdict, found: _Found) -> tuple[str, ...]:
    """Return the addresses that may be the recipient's: the report's, then those of the words."""
    words = _ADDRESS.findall("\n".join(found.words)[:_MOST_FOLDED])
    claimed = [address.lower() for address in (verdict.recipient, *words) if address]
    return tuple(dict.fromkeys(claimed))[:_MOST_CLAIMED]


def without_addresses(words: str) -> str:
    """Return the words on one short line, each address replaced."""
    return " ".join(_ADDRESS.sub("…", words).split())[:_MOST_DIAGNOSTIC]


def token_in(*places: str) -> str:
    """Return the secret of the first return path that stands in the texts, else of a Message-ID."""
    for pattern in (_RETURN_TOKEN, _ID_TOKEN):
        for place in places:
            if match := pattern.search(place):
                return match[1].lower()
    return ""


# --- Taking the message to pieces ---


def _collect(part: Message, found: _Found, *, is_root: bool = False) -> None:
    kind = part.get_content_type()
    payload = part.get_payload()
    if kind in _STATUS:
        found.statuses.append(_report(part))
    elif kind == _FEEDBACK:
        found.feedback.append(_report(part))
    elif kind == _RECEIPT:
        found.has_receipt = True
        found.copied.append(_report(part))
    elif kind in _COPIES and not is_root:
        _collect_copy(part, found)
    elif isinstance(payload, list):
        for child in payload:
            _collect(cast("Message", child), found)
    elif kind.startswith("text/") or is_root:
        _collect_words(_text(part), found, is_html=kind == "text/html")


def _collect_copy(part: Message, found: _Found) -> None:
    """Keep the head of the message that was sent, given whole or by its headers alone."""
    payload = part.get_payload()
    if isinstance(payload, list) and payload:
        inner = cast("Message", payload[0])
        found.copies.append(inner)
        found.copied.append(_head(inner))
    else:
        found.copied.append(_text(part))


def _collect_words(text: str, found: _Found, *, is_html: bool) -> None:
    if is_html:
        text = unescape(_TAG.sub(" ", text))
    below = phrases.COPY_BELOW.search(text)
    end = below.start() if below else len(text)
    found.words.append(text[:end])
    found.copied.append(text[end:])


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    return _decoded(content, part.get_content_charset("latin-1"))[:_MOST_TEXT]


def _decoded(content: bytes, charset: str) -> str:
    """Decode what is mostly UTF-8, whatever it says of itself."""
    for name in ("utf-8", charset):
        try:
            return content.decode(name)
        except (LookupError, ValueError):
            continue
    return content.decode("latin-1")


def _report(part: Message) -> str:
    """Return the fields of a report, blocks apart, even when it was encoded against its RFC."""
    payload = part.get_payload()
    blocks = payload if isinstance(payload, list) else []
    texts = [str(block.get_payload()) for block in blocks if isinstance(block, Message)]
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() == "base64":
        try:
            return b64decode("".join("".join(texts).split())).decode("latin-1")
        except (binascii.Error, ValueError):
            return ""
    if not blocks:
        return _text(part)
    return "\n\n".join(
        f"{_head(block)}\n\n{text}"
        for block, text in zip(blocks, texts, strict=False)
        if isinstance(block, Message)
    )


def _head(message: Message) -> str:
    return "\n".join(f"{name}: {value}" for name, value in message.items())


def _headers(message: Message, *names: str) -> Iterator[str]:
    for name in names:
        yield from (str(value) for value in message.get_all(name, []))


def _subject(message: Message) -> str:
    raw = next((value for name, value in message.raw_items() if name.lower() == "subject"), "")
    written = _decoded(str(raw).encode("utf-8", "surrogateescape"), "latin-1")[:_MOST_SUBJECT]
    try:
        return fold(str(make_header(decode_header(written))))
    except (LookupError, ValueError):
        return fold(written)


def _blocks(text: str) -> list[dict[str, str]]:
    """Return the fields of each block of a report that speaks of a recipient."""
    blocks = [
        {name.lower(): " ".join(value.split()) for name, value in _FIELD.findall(block)}
        for block in re.split(r"\n[ \t]*\n", text)
    ]
    return [block for block in blocks if "action" in block or CODE.search(block.get("status", ""))]


# --- Deciding ---


def _decide(found: _Found) -> Verdict:
    if found.feedback:
        return _of_feedback("\n".join(found.feedback))
    if claimed := next((c[_JMRP] for c in found.copies if c.get(_JMRP)), ""):
        return Verdict(Kind.COMPLAINT, "arf:jmrp", recipient=str(claimed).strip())
    if blocks := _blocks("\n\n".join(found.statuses)):
        words = "\n".join(found.words)
        return min((_of_block(block, words) for block in blocks), key=lambda v: _LUCK.index(v.kind))
    if found.has_receipt and not phrases.NOTICE_SUBJECTS.search(_subject(found.message)):
        return Verdict(Kind.AUTO_REPLY, "receipt:rfc8098")
    return _of_message(found)


def _of_feedback(text: str) -> Verdict:
    fields = {name.lower(): value.strip() for name, value in _FIELD.findall(text)}
    name = fields.get("feedback-type", "").lower()
    kind = _FEEDBACK_KINDS.get(name, Kind.UNREADABLE)
    claimed = _ADDRESS.search(fields.get("original-rcpt-to", ""))
    rule = f"arf:{name}" if name in _FEEDBACK_KINDS else "arf:other"
    return Verdict(kind, rule, recipient=claimed[0] if claimed else "")


def _of_block(block: dict[str, str], words: str) -> Verdict:
    """Read one recipient of a report (RFC 3464 §2.3)."""
    action = block.get("action", "failed").partition(" ")[0].lower()
    status = CODE.search(block.get("status", ""))
    code = status[0] if status else ""
    address = _ADDRESS.search(block.get("original-recipient", "")) or _ADDRESS.search(
        block.get("final-recipient", "")
    )
    recipient, said = address[0] if address else "", block.get("diagnostic-code", "")
    if action in _NO_FAILURE:
        return Verdict(Kind.AUTO_REPLY, f"dsn:{action}", code, recipient)
    if action == "delayed":
        return Verdict(Kind.DELAYED, "dsn:delayed", code, recipient, said)
    heard = judge(code, said, words)
    if heard is None:
        return Verdict(Kind.UNREADABLE, "dsn:no-code", code, recipient, said)
    return Verdict(heard.kind, heard.rule, heard.code, recipient, said)


def judge(code: str, said: str, words: str) -> Verdict | None:
    """Say what a failure means from its code, the server's answer and the words around it (R3.07).

    A code of the rule decides, then a phrase, then any other code; None when none of them speaks.
    """
    inner = [match[0] for match in CODE.finditer(said)]
    for named in (code, *inner):
        if named and is_named(named):
            return Verdict(_known(named), f"code:{named}", named)
    for text in (said, words):
        if (heard := _phrase(text)) and heard[0] is not Kind.DELAYED:
            return Verdict(*heard, code)
    for counted in (code, *inner):
        if kind := kind_of_code(counted):
            return Verdict(kind, f"code:{counted}", counted)
    return None


def _known(code: str) -> Kind:
    kind = kind_of_code(code)
    assert kind is not None
    return kind


def _phrase(text: str) -> tuple[Kind, str] | None:
    folded = fold(_OUR_SUBJECT.sub("", text[:_MOST_FOLDED]))
    for kind, rule, pattern in phrases.FAILURES:
        if re.search(pattern, folded):
            is_passing = _LATER.search(folded) and not _FOR_GOOD.search(folded)
            return (Kind.SOFT, f"4xx:{rule}") if kind is Kind.HARD and is_passing else (kind, rule)
    return None


def _of_message(found: _Found) -> Verdict:
    """Read a message that carries no standard report."""
    message, words, subject = found.message, "\n".join(found.words), _subject(found.message)
    failed = next(_headers(message, "X-Failed-Recipients"), "")
    is_notice = bool(
        failed
        or message.get_content_type() == "multipart/report"
        or phrases.NOTICE_SUBJECTS.search(subject)
        or phrases.NOTICE_SENDERS.search(fold(str(message.get("From", ""))))
    )
    # Postfix and Exim mark their reports «auto-replied»: only what is no report is a reply.
    if is_notice and not _is_away(subject):
        return _of_notice(words, failed)
    if rule := _reply(message, subject):
        return Verdict(Kind.AUTO_REPLY, rule)
    if rule := _request(message, subject):
        return Verdict(Kind.UNSUBSCRIBE, rule)
    if phrases.CHALLENGES.search(fold(f"{subject} {words[:_MOST_FOLDED]}")):
        return Verdict(Kind.AUTO_REPLY, "reply:challenge")
    if str(message.get("Return-Path", "")).strip() == "<>":
        return _of_notice(words, failed)
    return Verdict(Kind.UNREADABLE, "unreadable:person")


def _is_away(subject: str) -> bool:
    return bool(
        phrases.AUTO_REPLY_SUBJECTS.search(subject) or phrases.AWAY_SUBJECTS.search(subject)
    )


def _request(message: Message, subject: str) -> str:
    """Return the rule by which a person asks to leave; empty when it does not."""
    if _LIST_TOKEN.search("\n".join(_headers(message, *_ENVELOPE))):
        return "unsubscribe:address"
    return "unsubscribe:subject" if phrases.UNSUBSCRIBE_SUBJECTS.search(subject) else ""


def _of_notice(words: str, failed: str) -> Verdict:
    """Read a server's own words: fields without a part, qmail, Exim, and what nobody documents."""
    if blocks := _blocks(words):
        return min((_of_block(block, words) for block in blocks), key=lambda v: _LUCK.index(v.kind))
    claimed = _ADDRESS.search(failed) or _ADDRESS.search(words)
    recipient = claimed[0] if claimed else ""
    heard = _phrase(words)
    if heard and heard[0] is Kind.DELAYED:
        return Verdict(*heard, recipient=recipient)
    codes = _CODE_IN_WORDS.findall(fold(words[:_MOST_FOLDED]))
    for code in codes:
        if is_named(code):
            return Verdict(_known(code), f"code:{code}", code, recipient, words)
    if heard:
        return Verdict(*heard, recipient=recipient, words=words)
    for code in codes:
        if kind := kind_of_code(code):
            return Verdict(kind, f"code:{code}", code, recipient, words)
    return Verdict(Kind.UNREADABLE, "unreadable:notice", recipient=recipient, words=words)


def _reply(message: Message, subject: str) -> str:
    """Return the rule that shows a program's answer (RFC 3834); empty for a person's."""
    if _is_away(subject):
        return "reply:subject"
    if phrases.RECEIPT_SUBJECTS.search(subject):
        return "receipt:subject"
    submitted = str(message.get("Auto-Submitted", "no")).partition(";")[0].strip().lower()
    if submitted not in {"no", "auto-generated"}:
        return "reply:auto-submitted"
    for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Auto-Reply-From"):
        if message.get(name) is not None:
            return f"reply:{name.lower()}"
    precedence = [
        fold(value) for value in _headers(message, "Precedence", "X-Precedence", "Delivered-To")
    ]
    if {"auto_reply", "auto-reply", "bulk", "junk", "autoresponder"} & set(precedence):
        return "reply:precedence"
    suppressed = fold(str(message.get("X-Auto-Response-Suppress", "")))
    return "reply:x-auto-response-suppress" if suppressed in {"all", "oof"} else ""
