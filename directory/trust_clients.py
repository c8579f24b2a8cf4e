"""Clients as the ledger of trust knows them: a keyed hash of their SIREN (I15)."""

from django.conf import settings
from django.utils.crypto import salted_hmac


def client_hash(siren: str) -> str:
    """Return 64 hexadecimal digits, the same for every establishment of one company.

    Keyed, for a SIREN alone is soon guessed; by the key that outlives the secret key, or slots and
    voided pairs would be lost with it.
    """
    return salted_hmac(
        "directory.trust.client", siren, secret=settings.MAILBOX_KEY, algorithm="sha256"
    ).hexdigest()
