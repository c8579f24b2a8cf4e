"""The home, the legal pages and those of the centre in /sitemap.xml."""

from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from emn.lib.sitemaps import PublicSitemap
from emn.pages.models import Page


class PagesSitemap(PublicSitemap):
    """Pages without a row."""

    names = (
        "home",
        "api_guide",
        "help:index",
        "mailings:subscribe",
        "news:list",
        "pages:accessibility",
        "pages:legal_notice",
        "pages:personal_data",
    )


class ContentSitemap(PublicSitemap):
    """The pages that staff wrote."""

    def items(self) -> QuerySet[Page]:
        """Return those that are shown."""
        return Page.objects.pages().shown(now=timezone.now())

    def location(self, item: Page) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()


class HelpSitemap(ContentSitemap):
    """The answers of the help; their list stands with the pages without a row."""

    def items(self) -> QuerySet[Page]:
        """Return those that are shown."""
        return Page.objects.help().shown(now=timezone.now())


class NewsSitemap(ContentSitemap):
    """The news; their list stands with the pages without a row."""

    def items(self) -> QuerySet[Page]:
        """Return those that are shown."""
        return Page.objects.news().shown(now=timezone.now())

    def lastmod(self, item: Page) -> datetime | None:
        """Return when it appeared."""
        return item.shown_from
