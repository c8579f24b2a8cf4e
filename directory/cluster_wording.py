"""The words of the grappes."""

from django.utils.translation import gettext as _

from directory.clusters.rules import Progress


def progress_words(progress: Progress) -> str:
    """Return where a commitment stands, in words."""
    return {
        Progress.UNDER_WAY: _("En cours"),
        Progress.LATE: _("En retard"),
        Progress.KEPT: _("Tenu à temps"),
        Progress.KEPT_LATE: _("Tenu en retard"),
        Progress.DROPPED: _("Abandonné"),
    }[progress]
