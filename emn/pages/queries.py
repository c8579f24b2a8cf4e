"""Reads of the legal pages."""

from emn.pages.enums import Conformity
from emn.pages.models import AccessibilityAudit


def current_conformity() -> Conformity:
    """Return the level of the last audit, «non conforme» when there was none (one query)."""
    rates = AccessibilityAudit.objects.latest_first().values_list("rate_percent", flat=True)
    return Conformity.of(rates.first())
