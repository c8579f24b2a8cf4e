"""What the tests of the public pages share."""

from datetime import date
from decimal import Decimal

import pytest
from django.utils import timezone

from emn.pages.models import AccessibilityAudit, Page
from emn.pages.services import content


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


@pytest.fixture
def writer(django_user_model):
    """Return an agent who writes."""
    return django_user_model.objects.create_user("plume@emn.example", is_staff=True)


@pytest.fixture
def make_page(writer, commits):
    """Return a function that writes a page in French and releases it."""

    def make(slug, *, title="", text="Texte.", now=None, shown_from=None, **fields):
        now = now or timezone.now()
        page = Page.objects.create(slug=slug, **fields)
        _release(page, "fr", writer, title or slug, text, now, shown_from)
        page.refresh_from_db()
        return page

    return make


@pytest.fixture
def translate(writer, commits):
    """Return a function that writes a page in another language and releases it."""

    def make(page, language, *, title, text="Text."):
        _release(page, language, writer, title, text, timezone.now(), None)

    return make


def _release(page, language, writer, title, text, now, shown_from):  # noqa: PLR0917 -- all of a version
    version = content.write(
        page_id=page.pk, language=language, base=0, title=title, summary="Résumé.", text=text,
        by_id=writer.pk, now=now,
    )  # fmt: skip
    content.release(version_id=version.pk, shown_from=shown_from, by_id=writer.pk, now=now)
