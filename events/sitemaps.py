"""The agenda in /sitemap.xml."""

from datetime import datetime

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from emn.lib.sitemaps import PublicSitemap
from events.models import Club, Evening, Session, Training
from events.queries import coming


class AgendaSitemap(PublicSitemap):
    """The agenda and the catalogue themselves."""

    names = ("events:list", "trainings:list", "trainings:house_rules")


class SessionSitemap(PublicSitemap):
    """One address a session to come."""

    def items(self) -> QuerySet[Session]:
        """Return what has not ended."""
        rows = coming(Session.objects.shown(), now=timezone.now())
        return rows.only("slug", "changed_at", "is_private").order_by("pk")

    def location(self, item: Session) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()

    def lastmod(self, item: Session) -> datetime:
        """Return when the session last changed."""
        return item.changed_at


class TrainingSitemap(PublicSitemap):
    """One address a training."""

    def items(self) -> QuerySet[Training]:
        """Return what the catalogue shows."""
        return Training.objects.published().only("slug", "changed_at").order_by("pk")

    def location(self, item: Training) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()

    def lastmod(self, item: Training) -> datetime:
        """Return when the training last changed."""
        return item.changed_at


class RendezvousSitemap(PublicSitemap):
    """The Rendez-vous solutions, and each evening."""

    def items(self) -> list[str]:
        """Return the slugs of the evenings; empty for the list itself."""
        shown = Evening.objects.shown().order_by("pk")
        return ["", *shown.values_list("session__slug", flat=True)]

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse("rendezvous:evening", args=[item]) if item else reverse("rendezvous:home")


class ClubSitemap(PublicSitemap):
    """The clubs."""

    def items(self) -> list[str]:
        """Return the slugs of the clubs; empty for the list itself."""
        rows = Club.objects.filter(is_open=True).order_by("pk")
        return ["", *rows.values_list("slug", flat=True)]

    def location(self, item: str) -> str:
        """Return the path in the current language."""
        return reverse("clubs:club", args=[item]) if item else reverse("clubs:list")
