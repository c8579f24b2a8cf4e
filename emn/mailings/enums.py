"""The closed lists of the outbox."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class EmailStatus(TextChoices):
    """Where one message stands. Only QUEUED and SENDING are still on their way."""

    QUEUED = "queued", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SENT = "sent", _("envoyé")
    FAILED = "failed", _("en échec")
    CANCELLED = "cancelled", _("abandonné")
    CAPPED = "capped", _("retenu par le plafond")


class Stream(TextChoices):
    """Which sending domain and reputation a message uses (R3.09)."""

    TRANSACTIONAL = "transactional", _("message de service")
