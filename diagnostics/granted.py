"""Every aid that companies were given: by visits here, by what other apps register.

A higher app grants aids of its own: it registers how to read them, so that one ceiling counts all.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models.functions import Left
from django.utils import timezone

from diagnostics.aid import Grant
from diagnostics.models import Synthesis
from directory.group_queries import companies_of_group
from emn.lib.db import advisory_lock
from emn.lib.registry import Registry


@dataclass(frozen=True, kw_only=True)
class AidSource:
    """Where grants of another app are read, by SIREN."""

    key: str
    order: int
    read: Callable[[Collection[str]], list[Grant]]


sources = Registry[AidSource]()
register = sources.register


def grants_of(sirens: Collection[str], *, but: int | None = None) -> list[Grant]:
    """Return what these companies were granted, whatever the day; `but`: of no such diagnostic."""
    signed = (
        Synthesis.objects.alias(siren=Left("diagnostic__company__siret", 9))
        .filter(siren__in=sirens, diagnostic__signed_at__isnull=False)
        .exclude(diagnostic=but)
        .order_by("pk")
        .values_list("shown", "diagnostic__signed_at")
    )
    visits = [
        Grant(
            on=timezone.localdate(signed_at), aid_cents=shown["aid"]["aid_cents"],
            regime=shown["aid"]["regime"], declared_cents=shown["aid"]["declared_cents"],
        )
        for shown, signed_at in signed
    ]  # fmt: skip
    return [*visits, *(grant for source in sources for grant in source.read(sirens))]


def hold_ceiling(siren: str) -> None:
    """Let nobody else grant to this group until the transaction ends."""
    advisory_lock(f"aid:{min(companies_of_group(siren))}")
