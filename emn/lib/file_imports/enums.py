"""The states of an import."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class ImportStatus(TextChoices):
    """Life of a file: read whole, shown, then written whole or not at all."""

    WAITING = "waiting", _("En attente de lecture")
    CHECKING = "checking", _("Lecture en cours")
    REFUSED = "refused", _("Refusé : des lignes sont à corriger")
    READY = "ready", _("Prêt à écrire")
    WRITING = "writing", _("Écriture en cours")
    WRITTEN = "written", _("Écrit")
    FAILED = "failed", _("Interrompu, rien n’est écrit")
    ABANDONED = "abandoned", _("Abandonné")


RUNNING = frozenset({ImportStatus.WAITING, ImportStatus.CHECKING, ImportStatus.WRITING})
WITHOUT_ERROR = frozenset({ImportStatus.READY, ImportStatus.WRITING, ImportStatus.WRITTEN})
