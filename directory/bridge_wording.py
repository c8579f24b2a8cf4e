"""What the solidarity bridge counts, in words."""

from django.utils.translation import ngettext

from directory.enums import AdKind


def counted(kind: str, count: int) -> str:
    """Return a number with what it counts: « 12 machines »."""
    words = {
        AdKind.EQUIPMENT: ngettext("%(count)s machine", "%(count)s machines", count),
        AdKind.ROOM: ngettext("%(count)s salle", "%(count)s salles", count),
        AdKind.HOURS: ngettext("%(count)s heure", "%(count)s heures", count),
    }
    return words[AdKind(kind)] % {"count": count}


def counted_as_given(kind: str, count: int, *, since: int) -> str:
    """Return the public figure: « 214 heures offertes depuis 2026 »."""
    words = {
        AdKind.EQUIPMENT: ngettext(
            "%(count)s machine donnée depuis %(year)s",
            "%(count)s machines données depuis %(year)s",
            count,
        ),
        AdKind.ROOM: ngettext(
            "%(count)s salle prêtée depuis %(year)s",
            "%(count)s salles prêtées depuis %(year)s",
            count,
        ),
        AdKind.HOURS: ngettext(
            "%(count)s heure offerte depuis %(year)s",
            "%(count)s heures offertes depuis %(year)s",
            count,
        ),
    }
    return words[AdKind(kind)] % {"count": count, "year": since}
