"""What is counted of the directory, never of a visitor: searches and views, by day (ADR 10)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.models.providers import Provider

LONGEST_WORDS = 80


class SearchCountQuerySet(models.QuerySet["SearchCount"]):
    """Questions about searches."""

    def without_result(self) -> "SearchCountQuerySet":
        """Keep those that found nothing."""
        return self.filter(results=0)


class SearchCount(models.Model):
    """Recherche comptée: what was asked one day, in one language, and how often.

    `words` are folded, shortened and masked; `filters` is the rest of the search as its address
    says it. `results` is the last number of cards that answered all the words, `times` the
    searches: nobody is told from the others, for there is no address, no session, no hour.
    """

    day = models.DateField(_("jour"))
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    words = models.CharField(_("mots"), max_length=LONGEST_WORDS, blank=True)
    filters = models.CharField(_("filtres"), max_length=200, blank=True)
    results = models.PositiveIntegerField(_("résultats"))
    times = models.PositiveIntegerField(_("fois"))

    objects = models.Manager.from_queryset(SearchCountQuerySet)()

    class Meta:
        verbose_name = _("recherche comptée")
        verbose_name_plural = _("recherches comptées")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["day", "language", "words", "filters"],
                name="directory_searchcount_once_a_day",
            ),
        ]
        indexes = [
            models.Index(fields=["day"], name="directory_search_nothing", condition=Q(results=0)),
        ]

    def __str__(self) -> str:
        return self.words or self.filters


class SearchMonth(models.Model):
    """Mois de recherches: what stays of the searches of a month once their words are deleted."""

    month = models.DateField(_("mois"))  # its first day
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    times = models.PositiveIntegerField(_("recherches"))
    times_without_result = models.PositiveIntegerField(_("recherches sans réponse"))

    class Meta:
        verbose_name = _("mois de recherches")
        verbose_name_plural = _("mois de recherches")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["month", "language"], name="directory_searchmonth_once_a_language"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.language}"


class CardDay(models.Model):
    """Journée d’une fiche: how often a card was shown, opened, and its ways of contact used."""

    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="days", verbose_name=_("prestataire")
    )
    day = models.DateField(_("jour"))
    listed = models.PositiveIntegerField(_("affichée dans une liste"), default=0)
    opened = models.PositiveIntegerField(_("ouverte"), default=0)
    phoned = models.PositiveIntegerField(_("téléphone"), default=0)
    mailed = models.PositiveIntegerField(_("courriel"), default=0)
    visited = models.PositiveIntegerField(_("site internet"), default=0)

    class Meta:
        verbose_name = _("journée d’une fiche")
        verbose_name_plural = _("journées de fiches")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "day"], name="directory_cardday_once_per_card"
            ),
        ]
        indexes = [models.Index(fields=["day"], name="directory_cardday_day")]

    def __str__(self) -> str:
        return f"{self.provider_id} {self.day}"
