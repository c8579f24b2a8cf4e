"""The two showrooms: their stations, what is shown on them, its pictures, how often it is read."""

from datetime import date, timedelta
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import default_storage
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import DateField, F, Func, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.models import Provider, Service
from emn.lib.constraints import one_at_a_time
from emn.lib.images import file_names
from events.enums import Scenario, ShowroomTheme
from events.models.sessions import Room

WARNED_BEFORE = timedelta(days=30)  # the exhibitor and the centre know a month ahead
PLAN_WIDTH, PLAN_HEIGHT = 100, 60  # units of a plan, one for some ten centimetres


# modeltranslation replaces the managers of translated models at run time, which mypy cannot follow.
class Showroom(models.Model):  # type: ignore[django-manager-missing]
    """Showroom: a room to touch things in, with its plan, its hours and its ways in."""

    room = models.OneToOneField(
        Room, models.PROTECT, related_name="showroom", verbose_name=_("salle")
    )
    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    summary = models.CharField(_("en une phrase"), max_length=300)
    touched = models.TextField(
        _("ce que l’on peut toucher"), blank=True, help_text=_("Une chose par ligne.")
    )
    hours = models.TextField(_("horaires"), blank=True, help_text=_("Une ligne par plage."))
    way_in = models.TextField(_("venir"), blank=True)
    accessibility = models.TextField(_("accessibilité"), blank=True)
    scenarios = ArrayField(
        models.CharField(max_length=12, choices=Scenario), verbose_name=_("scénarios"),
        default=list, blank=True,
    )  # fmt: skip
    picture = models.CharField(
        _("illustration"), max_length=80, blank=True,
        help_text=_("Un dessin livré avec le portail, montré sans photographie."),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("showroom")
        verbose_name_plural = _("showrooms")

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("showrooms:showroom", args=[self.slug])


class Station(models.Model):  # type: ignore[django-manager-missing]
    """Poste de showroom: a numbered place on the plan, where a demonstration stands."""

    showroom = models.ForeignKey(
        Showroom, models.CASCADE, related_name="stations", verbose_name=_("showroom")
    )
    number = models.PositiveSmallIntegerField(_("numéro"))
    name = models.CharField(_("nom"), max_length=60)
    x = models.PositiveSmallIntegerField(
        _("de gauche à droite"), validators=[MaxValueValidator(PLAN_WIDTH)],
        help_text=_("De 0 à 100."),
    )  # fmt: skip
    y = models.PositiveSmallIntegerField(
        _("de haut en bas"), validators=[MaxValueValidator(PLAN_HEIGHT)],
        help_text=_("De 0 à 60."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("poste de showroom")
        verbose_name_plural = _("postes de showroom")
        constraints = [
            models.UniqueConstraint(
                fields=["showroom", "number"],
                name="events_station_one_number",
                violation_error_message=_("Ce showroom a déjà un poste de ce numéro."),
            ),
            models.CheckConstraint(
                name="events_station_on_the_plan",
                condition=Q(x__lte=PLAN_WIDTH, y__lte=PLAN_HEIGHT),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} · {self.name}"


def six_months_after(field: str) -> Func:
    """Return the day six months after a date field, in SQL."""
    return Func(
        F(field), template="(%(expressions)s + interval '6 months')::date",
        output_field=DateField(),
    )  # fmt: skip


class DemonstrationQuerySet(models.QuerySet["Demonstration"]):
    """Questions about demonstrations."""

    def published(self) -> Self:
        """Keep those that everyone may read, in place or gone."""
        return self.filter(published_at__isnull=False)

    def in_place(self, *, on: date) -> Self:
        """Keep those that a visitor finds on that day."""
        return self.published().filter(entered_on__lte=on, leaves_on__gt=on)

    def leaving(self, *, on: date) -> Self:
        """Keep those in place that leave within a month."""
        return self.in_place(on=on).filter(leaves_on__lte=on + WARNED_BEFORE)

    def on_the_plan(self) -> Self:
        """Sort as the plan is walked: by showroom, then by station; those without one last."""
        return self.order_by(
            "showroom__position", F("station__number").asc(nulls_last=True), "entered_on", "pk"
        )

    def with_place(self) -> Self:
        """Load what a line shows."""
        return self.select_related("showroom", "station").prefetch_related("pictures")


class Demonstration(models.Model):
    """Démonstration: something to try, shown for six months at most.

    `leaves_on` is the first day it is not there any more. `exhibitor`: who brought it, if it came
    by a call for demonstration rights. Prices in cents, before tax; the second is empty when there
    is no upper end.
    """

    showroom = models.ForeignKey(
        Showroom, models.PROTECT, related_name="demonstrations", verbose_name=_("showroom")
    )
    station = models.ForeignKey(
        Station, models.PROTECT, null=True, blank=True, related_name="demonstrations",
        verbose_name=_("poste"),
    )  # fmt: skip
    slug = models.SlugField(_("adresse"), max_length=80, unique=True)
    title = models.CharField(_("titre"), max_length=120)
    usage = models.TextField(_("à quoi cela sert"), max_length=600)
    problem = models.TextField(_("le problème résolu"), max_length=600)
    prerequisites = models.TextField(_("ce qu’il faut avoir"), max_length=600, blank=True)
    price_note = models.CharField(_("ce que couvre le prix"), max_length=160, blank=True)
    price_from_cents = models.PositiveIntegerField(_("prix, de (centimes)"), null=True, blank=True)
    price_to_cents = models.PositiveIntegerField(_("prix, à (centimes)"), null=True, blank=True)
    theme = models.CharField(_("thème"), max_length=12, choices=ShowroomTheme)
    scenarios = ArrayField(
        models.CharField(max_length=12, choices=Scenario), verbose_name=_("scénarios"),
        default=list, blank=True,
    )  # fmt: skip
    service = models.ForeignKey(
        Service, models.PROTECT, related_name="demonstrations", verbose_name=_("service")
    )
    exhibitor = models.ForeignKey(
        Provider, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("exposant"),
    )  # fmt: skip
    entered_on = models.DateField(_("entrée le"))
    leaves_on = models.DateField(
        _("part le"), help_text=_("Le premier jour où elle n’est plus là : six mois au plus.")
    )
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)
    warned_at = models.DateTimeField(_("départ annoncé le"), null=True, blank=True)

    objects = models.Manager.from_queryset(DemonstrationQuerySet)()

    class Meta:
        verbose_name = _("démonstration")
        verbose_name_plural = _("démonstrations")
        permissions = [
            ("run_showroom", _("Peut tenir les showrooms, leurs visites et leurs droits"))
        ]
        constraints = [
            models.CheckConstraint(
                name="events_demonstration_six_months_at_most",
                condition=Q(leaves_on__gt=F("entered_on"))
                & Q(leaves_on__lte=six_months_after("entered_on")),
                violation_error_message=_("Une démonstration reste six mois au plus."),
            ),
            models.CheckConstraint(
                name="events_demonstration_prices_in_order",
                condition=Q(price_to_cents=None)
                | Q(price_from_cents__isnull=False, price_to_cents__gte=F("price_from_cents")),
                violation_error_message=_("Le second prix est au moins égal au premier."),
            ),
            models.CheckConstraint(
                name="events_demonstration_theme_known",
                condition=Q(theme__in=ShowroomTheme.values),
            ),
            one_at_a_time(
                name="events_demonstration_one_a_station",
                of="station",
                start="entered_on",
                end="leaves_on",
                span="daterange",
                condition=Q(station__isnull=False),
                message=_("Ce poste montre déjà autre chose à ces dates."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["leaves_on"], name="events_demonstration_leaving"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return its page, which its QR code leads to."""
        return reverse("showrooms:demonstration", args=[self.slug])

    def is_in_place(self, *, on: date) -> bool:
        """Whether a visitor finds it on that day."""
        return self.published_at is not None and self.entered_on <= on < self.leaves_on

    @property
    def scenario_labels(self) -> list[str]:
        """Its scenarios, in words."""
        return [str(Scenario(code).label) for code in self.scenarios]


class DemonstrationSupplier(models.Model):
    """Fournisseur d’une démonstration: a card that the centre checked as able to supply it."""

    demonstration = models.ForeignKey(
        Demonstration, models.CASCADE, related_name="suppliers", verbose_name=_("démonstration")
    )
    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="supplied_demonstrations",
        verbose_name=_("prestataire"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("fournisseur d’une démonstration")
        verbose_name_plural = _("fournisseurs d’une démonstration")
        constraints = [
            models.UniqueConstraint(
                fields=["demonstration", "provider"],
                name="events_demonstrationsupplier_once",
                violation_error_message=_("Ce prestataire est déjà nommé."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.provider)


class ShowroomPicture(models.Model):
    """Photographie de showroom: written again by the portal, in several widths, with its words.

    `name` is the stem of its files (`<name>-<width>.webp`); it shows a demonstration, or the room.
    """

    showroom = models.ForeignKey(
        Showroom, models.CASCADE, related_name="pictures", verbose_name=_("showroom")
    )
    demonstration = models.ForeignKey(
        Demonstration, models.CASCADE, null=True, blank=True, related_name="pictures",
        verbose_name=_("démonstration"),
    )  # fmt: skip
    name = models.CharField(_("nom du fichier"), max_length=120, unique=True)
    alt = models.CharField(_("description de l’image"), max_length=150)
    width = models.PositiveSmallIntegerField(_("largeur (px)"))
    height = models.PositiveSmallIntegerField(_("hauteur (px)"))
    widths = ArrayField(models.PositiveSmallIntegerField(), verbose_name=_("largeurs (px)"))

    class Meta:
        verbose_name = _("photographie de showroom")
        verbose_name_plural = _("photographies de showroom")
        constraints = [
            models.CheckConstraint(
                name="events_showroompicture_is_described",
                condition=~Q(alt=""),
                violation_error_message=_("Dites en quelques mots ce que l’image montre."),
            ),
        ]

    def __str__(self) -> str:
        return self.alt

    @property
    def files(self) -> list[str]:
        """The names of its files, the narrowest first."""
        return file_names(self.name, self.widths)

    @property
    def url(self) -> str:
        """The address of its widest file."""
        return default_storage.url(self.files[-1])

    @property
    def srcset(self) -> str:
        """Its files with their widths, as a browser chooses among them."""
        pairs = zip(self.files, self.widths, strict=True)
        return ", ".join(f"{default_storage.url(file)} {width}w" for file, width in pairs)


class DemonstrationDay(models.Model):
    """Passages d’un jour: how often the page of a demonstration was read, never by whom."""

    demonstration = models.ForeignKey(
        Demonstration, models.CASCADE, related_name="days", verbose_name=_("démonstration")
    )
    day = models.DateField(_("jour"))
    opened = models.PositiveIntegerField(_("pages lues"), default=0)

    class Meta:
        verbose_name = _("passages d’un jour")
        verbose_name_plural = _("passages des jours")
        constraints = [
            models.UniqueConstraint(
                fields=["demonstration", "day"], name="events_demonstrationday_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.demonstration_id} · {self.day}"
