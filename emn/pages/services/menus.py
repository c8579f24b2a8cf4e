"""Menus: filled from what the apps register, put in order, kept short."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.pages.enums import MenuPlace
from emn.pages.menus import registered
from emn.pages.models import MenuEntry

MOST_IN_HEADER = 7


class MenuRefused(DomainError):
    """The menu may not be so."""


def lock() -> None:
    """Keep other agents from the menus until the transaction ends."""
    advisory_lock("pages.menus")


@transaction.atomic(durable=True)
def sync() -> int:
    """Add, last, the registered pages that a menu does not have; return how many.

    A menu that is still empty takes them all as they are; later, the header shows no more than
    its room allows.
    """
    lock()
    added = 0
    for place in MenuPlace:
        had_none = not MenuEntry.objects.filter(place=place).exists()
        known = set(MenuEntry.objects.filter(place=place).values_list("url_name", flat=True))
        for item in registered(place):
            if item.url_name not in known:
                has_room = had_none or room(place) > 0
                MenuEntry.objects.create(
                    place=place, position=next_position(place), url_name=item.url_name,
                    is_shown=has_room,
                )  # fmt: skip
                added += 1
    if added:
        touch()
    return added


@transaction.atomic(durable=True)
def move(*, entry_id: int, up: bool) -> None:
    """Change places with the entry before or after; nothing at an end of the menu.

    Two agents who move at once take turns: each move holds from what the other left.
    Raises MenuEntry.DoesNotExist.
    """
    lock()
    entry = MenuEntry.objects.get(pk=entry_id)
    rows = list(MenuEntry.objects.filter(place=entry.place).in_order())
    at = rows.index(entry)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(rows):
        return
    entry.position, rows[other].position = rows[other].position, entry.position
    MenuEntry.objects.bulk_update([entry, rows[other]], ["position"])
    touch()


def next_position(place: str) -> int:
    """Return the rank after the last one."""
    last = MenuEntry.objects.filter(place=place).aggregate(last=Max("position"))["last"]
    return 1 if last is None else last + 1


def room(place: str, *, but: int = 0) -> int:
    """Return how many entries a menu may still show, `but` one set aside; the footer has room."""
    if place != MenuPlace.HEADER:
        return MOST_IN_HEADER
    shown = MenuEntry.objects.filter(place=place, is_shown=True).exclude(pk=but).count()
    return MOST_IN_HEADER - shown


def check_room(*, place: str, entry_id: int, was_shown: bool) -> None:
    """Refuse one entry too many in the header; the lock is held. Raises MenuRefused."""
    left = room(place, but=entry_id)
    if left <= 0 and not was_shown:
        raise MenuRefused(
            _("L’en-tête a sept entrées au plus : masquez-en d’abord %(over)s.")
            % {"over": 1 - left}
        )


def said_room() -> str:
    """Say how many entries the header shows, and how many it may."""
    shown = MenuEntry.objects.filter(place=MenuPlace.HEADER, is_shown=True).count()
    return _("Entrées montrées dans l’en-tête : %(shown)s, sept au plus") % {"shown": shown}
