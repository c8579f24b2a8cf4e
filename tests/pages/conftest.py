"""What the tests of the public pages share."""

from datetime import date
from decimal import Decimal

import pytest

from emn.pages.models import AccessibilityAudit


@pytest.fixture
def make_audit(db):
    """Return a function that stores an audit of that rate (%)."""

    def make(rate, *, audited_on=date(2026, 9, 1), **fields):
        return AccessibilityAudit.objects.create(
            audited_on=audited_on,
            rate_percent=Decimal(rate),
            auditor="Cabinet Voyelle",
            scope="Accueil\nAnnuaire",
            **fields,
        )

    return make
