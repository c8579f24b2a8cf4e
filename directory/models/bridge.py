"""The solidarity bridge: what firms offer, what associations need, and what both say was given."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Least
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.bridge.rules import MOST, agreed
from directory.enums import AdEnding, AdKind, AdSide, AdStatus
from directory.models.companies import Company
from emn.accounts.enums import Language
from emn.territory.models import Commune

SIRET_OR_RNA = r"^([0-9]{14}|W[0-9]{9})$"
LONGEST_TEXT = 2_000  # signs
ALIVE = (AdStatus.WAITING, AdStatus.PUBLISHED)  # online, or soon may be
ENDED = (AdStatus.REFUSED, AdStatus.CLOSED)


class SolidarityAdQuerySet(models.QuerySet["SolidarityAd"]):
    """Questions about ads."""

    def published(self) -> Self:
        """Keep those that the public sees."""
        return self.filter(status=AdStatus.PUBLISHED)

    def waiting(self) -> Self:
        """Keep those that staff has to read."""
        return self.filter(status=AdStatus.WAITING)

    def alive(self) -> Self:
        """Keep those that are online, or soon may be."""
        return self.filter(status__in=ALIVE)


class SolidarityAd(models.Model):
    """Annonce solidaire: an organisation offers, or needs, machines, a room or hours.

    `number`: the SIRET or, for an association, its RNA number; `company`: that company, when the
    mailbox that confirmed is one of its people's. `forgotten_at`: when the person's
    data and the words were erased; what is counted stays.
    """

    side = models.CharField(_("sens"), max_length=5, choices=AdSide)
    kind = models.CharField(_("genre"), max_length=10, choices=AdKind)
    status = models.CharField(
        _("état"), max_length=11, choices=AdStatus, default=AdStatus.UNCONFIRMED
    )
    slug = models.SlugField(_("adresse de la page"), max_length=90, unique=True)
    title = models.CharField(_("titre"), max_length=100, blank=True)
    text = models.TextField(_("description"), max_length=LONGEST_TEXT, blank=True)
    quantity = models.PositiveIntegerField(_("nombre"))
    erases_disks = models.BooleanField(_("disques effacés avant le don"), default=False)
    commune = models.ForeignKey(
        Commune, models.PROTECT, related_name="+", verbose_name=_("commune")
    )
    organisation = models.CharField(_("entreprise ou association"), max_length=120)
    number = models.CharField(_("SIRET ou RNA"), max_length=14)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("dossier d’entreprise"),
    )  # fmt: skip
    contact_name = models.CharField(_("nom du contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("courriel du contact"), blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=Language)

    created_at = models.DateTimeField(_("écrite le"))
    confirmed_at = models.DateTimeField(_("confirmée le"), null=True, blank=True)
    decided_at = models.DateTimeField(_("décision le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("décision de"),
    )  # fmt: skip
    refusal = models.CharField(_("motif du refus"), max_length=500, blank=True)
    published_at = models.DateTimeField(_("en ligne depuis le"), null=True, blank=True)
    expires_at = models.DateTimeField(_("en ligne jusqu’au"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("rappel envoyé le"), null=True, blank=True)
    ending = models.CharField(_("fin"), max_length=10, choices=AdEnding, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("oubliée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(SolidarityAdQuerySet)()

    class Meta:
        verbose_name = _("annonce solidaire")
        verbose_name_plural = _("annonces solidaires")
        default_permissions = ("view",)
        permissions = [("handle_solidarityad", _("Peut valider les annonces solidaires"))]
        constraints = [
            models.CheckConstraint(
                name="directory_solidarityad_side_known", condition=Q(side__in=AdSide.values)
            ),
            models.CheckConstraint(
                name="directory_solidarityad_kind_known", condition=Q(kind__in=AdKind.values)
            ),
            models.CheckConstraint(
                name="directory_solidarityad_status_known", condition=Q(status__in=AdStatus.values)
            ),
            models.CheckConstraint(
                name="directory_solidarityad_number_format",
                condition=Q(number__regex=SIRET_OR_RNA),
                violation_error_message=_("Un SIRET de 14 chiffres, ou un RNA : W et 9 chiffres."),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_quantity_range", condition=Q(quantity__range=(1, MOST))
            ),
            models.CheckConstraint(
                name="directory_solidarityad_machines_given_clean",
                condition=~Q(side=AdSide.OFFER, kind=AdKind.EQUIPMENT) | Q(erases_disks=True),
                violation_error_message=_("Les disques sont effacés avant le don."),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(contact_email=""),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_read_once_confirmed",
                condition=Q(confirmed_at__isnull=False) ^ Q(status=AdStatus.UNCONFIRMED),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_published_has_its_end",
                condition=~Q(status=AdStatus.PUBLISHED)
                | Q(published_at__isnull=False, expires_at__gt=F("published_at")),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_refused_says_why",
                condition=Q(status=AdStatus.REFUSED) ^ Q(refusal=""),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_closed_says_how",
                condition=(Q(status=AdStatus.CLOSED) & Q(ending__in=AdEnding.values))
                | (~Q(status=AdStatus.CLOSED) & Q(ending="")),
            ),
            models.CheckConstraint(
                name="directory_solidarityad_ended_has_its_date",
                condition=Q(status__in=ENDED) ^ Q(ended_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "published_at"], name="directory_solidarityad_list"),
            models.Index(fields=["contact_email"], name="directory_solidarityad_email"),
            models.Index(fields=["number"], name="directory_solidarityad_number"),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_side_display()} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("bridge:ad", args=[self.slug])

    @property
    def is_offer(self) -> bool:
        """Whether something is given, not sought."""
        return self.side == AdSide.OFFER

    @property
    def is_published(self) -> bool:
        """Whether the public sees it."""
        return self.status == AdStatus.PUBLISHED

    @property
    def is_alive(self) -> bool:
        """Whether it is online, or soon may be."""
        return self.status in ALIVE


class AdReplyQuerySet(models.QuerySet["AdReply"]):
    """Questions about replies."""

    def sent(self) -> Self:
        """Keep those that went to the author of the ad."""
        return self.filter(confirmed_at__isnull=False)

    def counted(self) -> Self:
        """Keep those on which both sides say that something was given."""
        return self.filter(counted_at__isnull=False, author_count__gt=0, replier_count__gt=0)

    def with_agreed(self) -> Self:
        """Annotate `agreed_count`, what both sides say: directory.bridge.rules.agreed."""
        return self.annotate(agreed_count=Least("author_count", "replier_count"))


class AdReply(models.Model):
    """Réponse à une annonce: words for its author, then what each side says was given.

    The author's address is never shown; the one who replies gives its own. `company`: as an ad's.
    """

    ad = models.ForeignKey(
        SolidarityAd, models.CASCADE, related_name="replies", verbose_name=_("annonce solidaire")
    )
    organisation = models.CharField(_("entreprise ou association"), max_length=120)
    number = models.CharField(_("SIRET ou RNA"), max_length=14)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("dossier d’entreprise"),
    )  # fmt: skip
    contact_name = models.CharField(_("nom du contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("courriel du contact"), blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=Language)
    text = models.TextField(_("message"), max_length=LONGEST_TEXT, blank=True)
    created_at = models.DateTimeField(_("écrite le"))
    confirmed_at = models.DateTimeField(_("envoyée le"), null=True, blank=True)
    author_count = models.PositiveIntegerField(
        _("nombre, dit l’auteur de l’annonce"), null=True, blank=True
    )
    replier_count = models.PositiveIntegerField(
        _("nombre, dit qui a répondu"), null=True, blank=True
    )
    counted_at = models.DateTimeField(_("dit des deux côtés le"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("oubliée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(AdReplyQuerySet)()

    class Meta:
        verbose_name = _("réponse à une annonce")
        verbose_name_plural = _("réponses aux annonces")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["ad", "contact_email"],
                condition=Q(confirmed_at__isnull=False) & ~Q(contact_email=""),
                name="directory_adreply_once_per_mailbox",
            ),
            models.CheckConstraint(
                name="directory_adreply_number_format", condition=Q(number__regex=SIRET_OR_RNA)
            ),
            models.CheckConstraint(
                name="directory_adreply_counts_range",
                condition=(Q(author_count=None) | Q(author_count__lte=MOST))
                & (Q(replier_count=None) | Q(replier_count__lte=MOST)),
            ),
            models.CheckConstraint(
                name="directory_adreply_counted_by_both",
                condition=Q(counted_at=None)
                ^ Q(author_count__isnull=False, replier_count__isnull=False),
            ),
            models.CheckConstraint(
                name="directory_adreply_counted_once_sent",
                condition=Q(confirmed_at__isnull=False) | Q(author_count=None, replier_count=None),
            ),
            models.CheckConstraint(
                name="directory_adreply_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(contact_email=""),
            ),
        ]
        indexes = [
            models.Index(fields=["contact_email"], name="directory_adreply_email"),
            models.Index(fields=["number"], name="directory_adreply_number"),
        ]

    def __str__(self) -> str:
        return f"{self.ad_id} · {self.organisation}"

    @property
    def agreed(self) -> int:
        """What both sides say was given."""
        return agreed(self.author_count, self.replier_count)
