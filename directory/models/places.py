"""Places of the ecosystem, and the files of the national standard that bring them."""

from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.enums import PlaceChangeKind, PlaceKind
from emn.lib.file_imports.models import FileImport
from emn.territory.models import Commune

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _values(label: "StrOrPromise") -> "ArrayField[list[str], list[str]]":
    return ArrayField(
        models.CharField(max_length=200), default=list, blank=True, verbose_name=label
    )


class PlaceQuerySet(models.QuerySet["Place"]):
    """Questions about places."""

    def listed(self) -> Self:
        """Keep those that the public sees."""
        return self.filter(withdrawn_at=None)

    def welcoming(self, public: str) -> Self:
        """Keep those for this public; a place that names none welcomes everybody."""
        return self.filter(Q(publics__contains=[public]) | Q(publics=[]))

    def held_by(self, origin: str) -> Self:
        """Keep the public ones that this origin brought."""
        return self.listed().filter(origin=origin)


class Place(models.Model):
    """Lieu: where people get help with digital tools, learn, make or work together.

    The fields are those of the national standard (directory.places.standard), under our names.
    """

    reference = models.CharField(_("identifiant du standard"), max_length=100, unique=True)
    slug = models.SlugField(_("adresse de la page"), max_length=90, unique=True)
    kind = models.CharField(
        _("genre"), max_length=12, choices=PlaceKind, default=PlaceKind.MEDIATION
    )
    pivot = models.CharField(_("SIRET, RNA ou RIDET"), max_length=14)
    name = models.CharField(_("nom"), max_length=200)
    commune = models.ForeignKey(
        Commune, models.PROTECT, related_name="places", verbose_name=_("commune")
    )
    postcode = models.CharField(_("code postal"), max_length=5)
    address = models.CharField(_("adresse"), max_length=250)
    address_more = models.CharField(_("complément d’adresse"), max_length=250, blank=True)
    latitude = models.FloatField(_("latitude (degrés)"), null=True, blank=True)
    longitude = models.FloatField(_("longitude (degrés)"), null=True, blank=True)
    typologies = _values(_("typologies"))
    telephone = models.CharField(_("téléphone"), max_length=20, blank=True)
    mailboxes = _values(_("courriels du lieu"))
    websites = _values(_("sites"))
    hours = models.CharField(_("horaires (OpenStreetMap)"), max_length=1000, blank=True)
    summary = models.CharField(_("présentation courte"), max_length=280, blank=True)
    description = models.TextField(_("présentation"), max_length=10_000, blank=True)
    collected_by = models.CharField(_("structure qui a collecté"), max_length=200, blank=True)
    mobility = _values(_("itinérance"))
    parent = models.CharField(_("structure parente"), max_length=200, blank=True)
    updated_on = models.DateField(_("mis à jour le"))
    services = _values(_("services"))
    publics = _values(_("publics"))
    special_care = _values(_("prises en charge"))
    fees = _values(_("frais"))
    programmes = _values(_("dispositifs nationaux"))
    labels = _values(_("formations et labels"))
    other_labels = models.CharField(_("autres labels"), max_length=500, blank=True)
    access_modes = _values(_("modalités d’accès"))
    support_modes = _values(_("modalités d’accompagnement"))
    accessibility_url = models.CharField(_("fiche Acceslibre"), max_length=500, blank=True)
    booking_url = models.CharField(_("prise de rendez-vous"), max_length=500, blank=True)
    origin = models.CharField(_("origine"), max_length=100, blank=True)
    withdrawn_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    objects = models.Manager.from_queryset(PlaceQuerySet)()

    class Meta:
        verbose_name = _("lieu")
        verbose_name_plural = _("lieux")
        constraints = [
            models.CheckConstraint(
                name="directory_place_kind_known", condition=Q(kind__in=PlaceKind.values)
            ),
            models.CheckConstraint(
                name="directory_place_pivot_format",
                condition=Q(pivot__regex=r"^[a-zA-Z0-9]{9,14}$"),
                violation_error_message=_("Un SIRET, ou un numéro RNA, de 9 à 14 signes."),
            ),
            models.CheckConstraint(
                name="directory_place_position_whole",
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                violation_error_message=_("Donnez latitude et longitude, ou aucune des deux."),
            ),
        ]
        indexes = [models.Index(fields=["origin", "withdrawn_at"])]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("places:place", args=[self.slug])


class PlaceImport(FileImport):
    """Import de lieux: a file of the national standard.

    `withdrawn_count`: the places of the same origin that the file no longer names. They leave the
    public pages only when staff writes that very number.
    """

    origin = models.CharField(_("origine"), max_length=100)
    kind = models.CharField(
        _("genre des lieux nouveaux"), max_length=12, choices=PlaceKind,
        default=PlaceKind.MEDIATION, db_default=PlaceKind.MEDIATION,
    )  # fmt: skip
    new_count = models.PositiveIntegerField(_("lieux nouveaux"), default=0)
    changed_count = models.PositiveIntegerField(_("lieux changés"), default=0)
    withdrawn_count = models.PositiveIntegerField(_("lieux absents du fichier"), default=0)

    class Meta(FileImport.Meta):
        verbose_name = _("import de lieux")
        verbose_name_plural = _("imports de lieux")
        permissions = [("import_places", _("Peut importer des lieux"))]


class PlaceChange(models.Model):
    """Changement d'un lieu: what one import did to it, for the centre; never written again.

    `fields`: field → [before, after], short; of the ways to reach a person only the name is kept.
    `file`: the name of the file, for the import itself is forgotten after a while.
    """

    place = models.ForeignKey(Place, models.CASCADE, related_name="changes", verbose_name=_("lieu"))
    entry = models.ForeignKey(
        PlaceImport, models.SET_NULL, null=True, related_name="changes",
        verbose_name=_("import de lieux"),
    )  # fmt: skip
    file = models.CharField(_("fichier"), max_length=200)
    kind = models.CharField(_("ce qui s’est passé"), max_length=9, choices=PlaceChangeKind)
    fields = models.JSONField(_("champs changés"), default=dict)
    made_at = models.DateTimeField(_("le"))

    class Meta:
        verbose_name = _("changement d’un lieu")
        verbose_name_plural = _("changements des lieux")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_placechange_kind_known",
                condition=Q(kind__in=PlaceChangeKind.values),
            ),
            models.UniqueConstraint(
                fields=["place", "entry"], name="directory_placechange_once_an_import"
            ),
        ]
        indexes = [models.Index(fields=["place", "made_at"], name="directory_placechange_list")]

    def __str__(self) -> str:
        return f"{self.place_id} · {self.made_at:%Y-%m-%d}"
