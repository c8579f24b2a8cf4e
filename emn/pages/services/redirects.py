"""Addresses that move: what leads from the old one to the new one, always in one step."""

from django.db.models import Q

from emn.lib.db import advisory_lock
from emn.pages.models import Redirect


def lock() -> None:
    """Let one transaction at a time look at the paths and change them."""
    advisory_lock("pages_redirects")


def makes_a_chain(*, old_path: str, new_path: str, but: int = 0) -> bool:
    """Tell whether the pair, beside the others, would take more than one step, or run in rings."""
    meets = Q(new_path=old_path) | (Q(old_path=new_path) if new_path else Q())
    return Redirect.objects.filter(meets).exclude(pk=but).exists()


def follow_move(*, old_path: str, new_path: str) -> None:
    """Lead from the old path to the new one, and there at once who came from still older ones."""
    lock()
    Redirect.objects.filter(old_path__in=[old_path, new_path]).delete()
    Redirect.objects.filter(new_path=old_path).update(new_path=new_path)
    Redirect.objects.create(old_path=old_path, new_path=new_path)
