"""What identifies a mailbox once its address is gone, and what an address says of its owner."""

import json
import re
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.utils.crypto import salted_hmac

MAILBOXES_FILE = Path(__file__).parent / "data" / "mailboxes.json"


def mailbox_hash(address: str) -> str:
    """Return 64 hexadecimal digits, the same for every spelling that reaches one mailbox.

    Case and «+tag» are dropped, or a form could flood a@b.example as a+1@, a+2@… The hash is keyed
    by a secret of the portal: it says nothing to whoever reads a copy of the table.
    """
    local, _at, domain = address.strip().lower().rpartition("@")
    mailbox = f"{local.partition('+')[0]}@{domain}"
    return salted_hmac(
        "emn.mailings.mailbox", mailbox, secret=settings.MAILBOX_KEY, algorithm="sha256"
    ).hexdigest()


def masked(address: str) -> str:
    """Return an address of which only its first letter and its domain are read.

    >>> masked("lea.martin@boulangerie.example")
    'l…@boulangerie.example'
    """
    local, _at, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def is_personal(address: str) -> bool:
    """Tell whether the address is one that providers give to private persons (gmail, orange…).

    Whoever trades under one is written to as a consumer (R2.02).
    """
    return re.search(personal_pattern(), address.lower()) is not None


@lru_cache(maxsize=1)
def personal_pattern() -> str:
    """Return the pattern of those addresses, in small letters, for PostgreSQL as for Python."""
    kept = _mailboxes()
    providers = "|".join(map(re.escape, kept["personal_providers"]))
    domains = "|".join(map(re.escape, kept["personal_domains"]))
    return rf"@(({providers})\..*|{domains})$"


def is_generic(address: str) -> bool:
    """Tell whether the address names an organisation and nobody in it (contact@, info@…): R2.02.

    Under a domain of private persons it is somebody’s own all the same.
    """
    name = address.lower().partition("@")[0]
    return name in _mailboxes()["generic_names"] and not is_personal(address)


@lru_cache(maxsize=1)
def _mailboxes() -> dict[str, list[str]]:
    """Return what the data file says of mailboxes: edit it when a provider comes or goes."""
    content: dict[str, list[str]] = json.loads(MAILBOXES_FILE.read_text(encoding="utf-8"))
    return content
