"""Cards that may be the same, cards that were made one, and the old addresses that still lead."""

from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from directory.enums import Likeness, PairStatus
from directory.models.providers import Provider


class DuplicatePairQuerySet(models.QuerySet["DuplicatePair"]):
    """Questions about possible duplicates."""

    def proposed(self) -> Self:
        """Keep those that nobody has decided on."""
        return self.filter(status=PairStatus.PROPOSED)


class DuplicatePair(models.Model):
    """Doublon possible: two cards alike, the one with the lower key first.

    A pair that staff dismissed stays, so that it is not proposed again.
    """

    first = models.ForeignKey(
        Provider, models.CASCADE, related_name="+", verbose_name=_("première fiche")
    )
    second = models.ForeignKey(
        Provider, models.CASCADE, related_name="+", verbose_name=_("seconde fiche")
    )
    score = models.PositiveSmallIntegerField(_("ressemblance (sur 100)"))
    reasons = ArrayField(
        models.CharField(max_length=10, choices=Likeness), verbose_name=_("raisons")
    )
    status = models.CharField(
        _("état"), max_length=10, choices=PairStatus, default=PairStatus.PROPOSED
    )
    found_at = models.DateTimeField(_("trouvé le"))
    seen_at = models.DateTimeField(_("encore vu le"))
    decided_at = models.DateTimeField(_("écarté le"), null=True, blank=True)

    objects = models.Manager.from_queryset(DuplicatePairQuerySet)()

    class Meta:
        verbose_name = _("doublon possible")
        verbose_name_plural = _("doublons possibles")
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], name="directory_duplicatepair_once"
            ),
            models.CheckConstraint(
                name="directory_duplicatepair_in_order", condition=Q(first__lt=F("second"))
            ),
            models.CheckConstraint(
                name="directory_duplicatepair_score_is_percent", condition=Q(score__lte=100)
            ),
            models.CheckConstraint(
                name="directory_duplicatepair_status_known",
                condition=Q(status__in=PairStatus.values),
            ),
        ]
        indexes = [models.Index(fields=["status", "-score"])]

    def __str__(self) -> str:
        return f"{self.first} / {self.second}"

    @property
    def reason_labels(self) -> list[str]:
        """The reasons in words."""
        return [str(Likeness(reason).label) for reason in self.reasons]


class CardRedirect(models.Model):
    """Ancienne adresse: the address of a merged card, which leads to the kept one for good."""

    slug = models.SlugField(_("ancienne adresse"), max_length=80, unique=True)
    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="old_addresses", verbose_name=_("prestataire")
    )
    created_at = models.DateTimeField(_("depuis le"))

    class Meta:
        verbose_name = _("ancienne adresse")
        verbose_name_plural = _("anciennes adresses")

    def __str__(self) -> str:
        return self.slug


class CardMerge(models.Model):
    """Fusion de fiches: who made two cards one, what was taken from each, what moved."""

    kept = models.ForeignKey(
        Provider, models.CASCADE, related_name="merges", verbose_name=_("fiche gardée")
    )
    merged_id = models.BigIntegerField(_("numéro de la fiche réunie"))
    merged_slug = models.CharField(_("adresse de la fiche réunie"), max_length=80)
    merged_name = models.CharField(_("nom de la fiche réunie"), max_length=120)
    merged_siret = models.CharField(_("SIRET de la fiche réunie"), max_length=14)
    choices = models.JSONField(_("choix"))
    moved = models.JSONField(_("ce qui a suivi"))
    merged_at = models.DateTimeField(_("réunies le"))
    merged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("réunies par"),
    )

    class Meta:
        verbose_name = _("fusion de fiches")
        verbose_name_plural = _("fusions de fiches")
        permissions = [("merge_cards", _("Peut comparer et réunir des fiches"))]

    def __str__(self) -> str:
        return f"{self.merged_name} → {self.kept}"
