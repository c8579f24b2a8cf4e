"""From a frozen edition to the bytes of each person's message (R3.02 to R3.05).

`build` writes one message by the e-mail library; `prepare` writes it once with stand-ins, so that
`Letter.of` only puts a person's values in their place: the same bytes, a hundred times faster.
"""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.charset import QP, Charset
from email.utils import format_datetime
from functools import cached_property, lru_cache
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail.message import sanitize_address
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import override

from emn.mailings import tokens
from emn.mailings.composing import PREFERENCES, READER, UNSUBSCRIBE, VOTER
from emn.mailings.links import one_click_url
from emn.mailings.messages import Message
from emn.mailings.models import Campaign, Edition
from emn.mailings.splicing import Spliced, for_smtp, splice

_PLAIN_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9.-]+\Z")
# As long as what replaces them, and made of signs that no encoding touches.
_STAND_INS = {
    "to": b"zqxto@zqx.example",
    "date": b"zqxdatezqxdatezqxdatezqxdatezqx",
    "list": b"zqxlist" + b"zqx" * 8 + b"z",
    "preferences": b"zqxpreferences" + b"zqx" * 6,
    "return": b"zqxreturn" + b"zqx" * 7 + b"zq",
    "reader": b"zqxreader" + b"zqx" * 7 + b"zq",
    "voter": b"zqxvoter" + b"zqx" * 8,
}
_QUOTED = Charset("utf-8")
_QUOTED.body_encoding = QP  # seven bits: any relay takes it as it is


@dataclass(frozen=True)
class Person:
    """What is personal in a message."""

    address: str
    subscriber_id: int
    delivery_id: int

    @cached_property
    def return_token(self) -> str:
        """What names the delivery in the Message-ID and in the return path."""
        return return_token(self.delivery_id)

    @property
    def return_path(self) -> str:
        """The envelope's sender: what comes back there tells which delivery failed (VERP)."""
        return return_address(self.return_token)


def headers(campaign: Campaign, language: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a letter (R3.03, R3.04), but From, To, Subject and Date.

    `values`: list, preferences, return, the tokens of a person.
    """
    leave_by_mail = f"stop+{values['list']}@{settings.BOUNCE_DOMAIN}"
    return {
        "Message-ID": f"<{values['return']}@{settings.LIST_DOMAIN}>",
        "List-Id": f"<{campaign.list.code}.{urlsplit(settings.PUBLIC_URL).hostname}>",
        "List-Unsubscribe": f"<{one_click_url(values['list'])}>, <mailto:{leave_by_mail}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Content-Language": language,
        "X-Campaign": str(campaign.pk),
        # Gmail reports complaints by these words, the sender last (R3.08); none names a person.
        "Feedback-ID": f"{campaign.pk}:{campaign.list.code}:{campaign.list.kind}:emn",
    }


def build(edition: Edition, values: Mapping[str, str]) -> Message:
    """Write one message with a person's to, date, list, preferences, return, reader and voter."""
    links = _links(edition.language, values)
    message = Message(
        subject=edition.subject,
        body=_filled(edition.text, links),
        from_email=settings.LIST_FROM_EMAIL,
        to=[values["to"]],
        reply_to=[settings.CONTACT_EMAIL],
        headers=headers(edition.campaign, edition.language, values) | {"Date": values["date"]},
    )
    message.attach_alternative(_filled(edition.html, links), "text/html")
    return message


def prepare(edition: Edition) -> "Letter":
    """Write an edition once for everybody who reads it."""
    message = build(edition, {name: word.decode() for name, word in _STAND_INS.items()})
    return Letter(edition.campaign.list_id, splice(as_written(message), _STAND_INS))


def as_written(message: Message) -> bytes:
    """Return the message's bytes, with its one-click link on the line of its header's name.

    The library breaks a line of 78 signs before a word that does not fit, as it does between the
    link and the address. Under a long host name it would do so before the link too; programs that
    look for the button of RFC 8058 do not all read on.
    """
    message.encoding = _QUOTED
    written: bytes = message.message().as_bytes()
    return written.replace(b"List-Unsubscribe: \n <", b"List-Unsubscribe: <", 1)


@dataclass(frozen=True)
class Letter:
    """An edition, ready for each of its readers."""

    list_id: int
    content: Spliced

    def of(self, person: Person, *, date: datetime) -> bytes:
        """Return one person's message, ready to be sent between DATA and the final dot."""
        values = {
            "to": header_address(person.address).encode(),
            "date": header_date(date).encode(),
            "list": tokens.make(tokens.LIST, person.subscriber_id, self.list_id).encode(),
            "preferences": tokens.make(tokens.PREFERENCES, person.subscriber_id).encode(),
            "return": person.return_token.encode(),
            "reader": tokens.make(tokens.READER, person.subscriber_id).encode(),
            "voter": tokens.make(tokens.VOTER, person.subscriber_id).encode(),
        }
        return self.content.of(values)


def on_the_wire(message: Message) -> bytes:
    """Return what SMTP wants of a message between DATA and the final dot."""
    return for_smtp(as_written(message))


def nobody(list_id: int) -> dict[str, str]:
    """Return the tokens of a message that no reader gets: they leave and return nothing."""
    return {
        "list": tokens.make(tokens.LIST, 0, list_id),
        "preferences": tokens.make(tokens.PREFERENCES, 0),
        "return": tokens.make(tokens.TRIAL, secrets.randbits(63)),
        "reader": tokens.make(tokens.READER, 0),
        "voter": tokens.make(tokens.VOTER, 0),
    }


def return_token(delivery_id: int) -> str:
    """Return what names a delivery in its Message-ID and in its return path."""
    return tokens.make(tokens.RETURN, delivery_id)


@lru_cache(maxsize=1)  # a batch has one
def header_date(date: datetime) -> str:
    """Return an instant as the header Date writes it."""
    return format_datetime(localtime(date))


def return_address(token: str) -> str:
    """Return the envelope's sender that carries a token."""
    return f"retour+{token}@{settings.BOUNCE_DOMAIN}"


def header_address(address: str) -> str:
    """Return an address as the header To writes it."""
    if _PLAIN_ADDRESS.match(address):
        return address
    return str(sanitize_address(address, "utf-8"))


def _filled(content: str, links: Mapping[str, str]) -> str:
    for mark, link in links.items():
        content = content.replace(mark, link)
    return content


def _links(language: str, values: Mapping[str, str]) -> dict[str, str]:
    with override(language):
        return {
            UNSUBSCRIBE: _address("mailings:unsubscribe", values["list"]),
            PREFERENCES: _address("mailings:preferences", values["preferences"]),
            READER: values["reader"],
            VOTER: values["voter"],
        }


def _address(name: str, token: str) -> str:
    return settings.PUBLIC_URL + reverse(name, args=[token])
