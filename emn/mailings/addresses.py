"""What identifies a mailbox once its address is gone."""

from django.conf import settings
from django.utils.crypto import salted_hmac


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


# Mailboxes of private persons: whoever trades under one is written to as a consumer (R2.02).
_PERSONAL_PROVIDERS = {
    *("aol", "gmail", "gmx", "googlemail", "hotmail", "icloud", "live", "outlook", "proton"),
    *("protonmail", "tutanota", "yahoo", "ymail"),
}
_PERSONAL_DOMAINS = {
    *("aliceadsl.fr", "bbox.fr", "cegetel.net", "club-internet.fr", "dbmail.com", "free.fr"),
    *("freenet.de", "laposte.net", "mac.com", "me.com", "msn.com", "neuf.fr", "noos.fr"),
    *("numericable.fr", "orange.fr", "pm.me", "pt.lu", "sfr.fr", "skynet.be", "t-online.de"),
    *("voila.fr", "wanadoo.fr", "web.de"),
}


def is_personal(address: str) -> bool:
    """Tell whether the address is one that providers give to private persons (gmail, orange…)."""
    domain = address.rpartition("@")[2].lower()
    return domain in _PERSONAL_DOMAINS or domain.partition(".")[0] in _PERSONAL_PROVIDERS
