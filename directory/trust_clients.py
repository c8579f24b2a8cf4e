"""Clients as the ledger of trust knows them: a keyed hash of their SIREN group (I15)."""

from django.conf import settings
from django.utils.crypto import salted_hmac

from directory.models import GroupMember

_LONGEST_CHAIN = 10


def group_of(siren: str) -> str:
    """Return the SIREN of the ultimate parent, as far as the centre knows; else the company’s."""
    head = siren
    for _step in range(_LONGEST_CHAIN):
        above = GroupMember.objects.filter(siren=head).values_list("head_siren", flat=True).first()
        if above is None or above == siren:
            break
        head = above
    return head


def client_hash(siren: str) -> str:
    """Return 64 hexadecimal digits: the same for every company of one group.

    Keyed, for a SIREN alone is soon guessed; by the key that outlives the secret key, or slots and
    voided pairs would be lost with it.
    """
    return salted_hmac(
        "directory.trust.client", group_of(siren), secret=settings.MAILBOX_KEY, algorithm="sha256"
    ).hexdigest()
