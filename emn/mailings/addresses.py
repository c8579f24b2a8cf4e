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
