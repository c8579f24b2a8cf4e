"""The agenda: themes, rooms, series and their dated sessions."""

import uuid
from datetime import date, datetime, timedelta
from typing import Self
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from directory.enums import SpokenLanguage
from directory.models import Provider
from emn.lib.constraints import one_at_a_time
from events.enums import AccessFeature, Frequency, SessionKind, SessionMode, SessionStatus

SHOWN = (SessionStatus.PUBLISHED, SessionStatus.CANCELLED)
LONGEST_SESSION = timedelta(days=7)
RESERVED_SLUGS = frozenset(
    {
        "accueil",
        "billet",
        "commande",
        "inscription",
        "invitation",
        "mon-agenda",
        "rss",
        "salle",
        "theme",
    }
)


def validate_zone(value: str) -> None:
    """Refuse what is not a zone of the IANA database."""
    if value not in available_timezones():
        raise ValidationError(_now("« %(zone)s » n’est pas un fuseau horaire.") % {"zone": value})


def validate_slug_is_free(value: str) -> None:
    """Refuse the words that the addresses of the agenda use themselves."""
    if value in RESERVED_SLUGS:
        raise ValidationError(_now("Cette adresse sert déjà à l’agenda."))


# modeltranslation replaces the managers of translated models at run time, which mypy cannot follow.
class Theme(models.Model):  # type: ignore[django-manager-missing]
    """Thème: what a session is about; it can be followed."""

    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("thème de session")
        verbose_name_plural = _("thèmes de session")

    def __str__(self) -> str:
        return self.name


class Room(models.Model):  # type: ignore[django-manager-missing]
    """Salle: a room of the centre, which holds one session at a time."""

    slug = models.SlugField(_("adresse"), max_length=60, unique=True)
    name = models.CharField(_("nom"), max_length=80)
    seats = models.PositiveSmallIntegerField(_("places assises"))
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("salle")
        verbose_name_plural = _("salles")

    def __str__(self) -> str:
        return self.name


class Series(models.Model):  # type: ignore[django-manager-missing]
    """Série: the rule that made sessions; each of them lives its own life afterwards."""

    frequency = models.CharField(_("rythme"), max_length=10, choices=Frequency)
    interval = models.PositiveSmallIntegerField(_("toutes les … fois"), default=1)
    until_on = models.DateField(_("jusqu’au"))
    created_at = models.DateTimeField(_("créée le"))

    class Meta:
        verbose_name = _("série")
        verbose_name_plural = _("séries")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_series_frequency_known",
                condition=Q(frequency__in=Frequency.values),
            ),
            models.CheckConstraint(
                name="events_series_interval_counts", condition=Q(interval__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_frequency_display()} · {self.until_on:%d/%m/%Y}"


class SessionQuerySet(models.QuerySet["Session"]):
    """Questions about sessions."""

    def shown(self) -> Self:
        """Keep what the agenda shows: published, or published then cancelled; not the private."""
        return self.filter(status__in=SHOWN, is_private=False)

    def published(self) -> Self:
        """Keep what takes place, private sessions included."""
        return self.filter(status=SessionStatus.PUBLISHED)

    def upcoming(self, *, now: datetime) -> Self:
        """Keep what has not ended."""
        return self.filter(ends_at__gt=now)

    def on_day(self, day: date) -> Self:
        """Keep what starts on that day, on the centre's clock."""
        return self.filter(starts_at__date=day)

    def in_order(self) -> Self:
        """Sort by date."""
        return self.order_by("starts_at", "pk")

    def with_seats(self) -> Self:
        """Load what a line of the agenda shows: the room and the pools."""
        return self.select_related("room").prefetch_related("pools")

    def with_form(self) -> Self:
        """Load what the form of a registration shows: the pools and the questions."""
        return self.with_seats().prefetch_related("questions")

    def with_page(self) -> Self:
        """Load what a page shows."""
        return self.with_seats().prefetch_related("themes", "speakers__provider", "documents")


class Session(models.Model):  # type: ignore[django-manager-missing]
    """Session: one dated meeting, with its own room, seats and registrations.

    `starts_at`, `ends_at`: instants; `zone` says on which clock they are read, and a series repeats
    that clock. `sequence` grows with each change that a calendar must follow (RFC 5545 §3.8.7.4);
    `moved_sequence` is the last one that changed date or place, not only where to connect.
    `terms`: the folded stems it is found by. `uid` never changes, whatever the address.
    """

    uid = models.UUIDField(_("identifiant"), default=uuid.uuid4, unique=True, editable=False)
    series = models.ForeignKey(
        Series, models.SET_NULL, null=True, blank=True, related_name="sessions",
        verbose_name=_("série"),
    )  # fmt: skip
    slug = models.SlugField(
        _("adresse"), max_length=100, unique=True, validators=[validate_slug_is_free]
    )
    kind = models.CharField(_("type"), max_length=12, choices=SessionKind)
    status = models.CharField(
        _("état"), max_length=10, choices=SessionStatus, default=SessionStatus.DRAFT
    )
    title = models.CharField(_("titre"), max_length=140)
    summary = models.CharField(
        _("résumé"), max_length=300, blank=True, help_text=_("Une phrase, lue dans la liste.")
    )
    description = models.TextField(_("description"), blank=True)
    language = models.CharField(
        _("langue"), max_length=2, choices=SpokenLanguage, default=SpokenLanguage.FRENCH
    )
    access = ArrayField(
        models.CharField(max_length=12, choices=AccessFeature), verbose_name=_("accessibilité"),
        default=list, blank=True,
    )  # fmt: skip
    themes = models.ManyToManyField(
        Theme, related_name="sessions", blank=True, verbose_name=_("thèmes")
    )

    mode = models.CharField(
        _("participation"), max_length=8, choices=SessionMode, default=SessionMode.ON_SITE
    )
    room = models.ForeignKey(
        Room,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name=_("salle"),
    )
    elsewhere = models.CharField(
        _("autre adresse"), max_length=200, blank=True,
        help_text=_("Quand la session n’a pas lieu dans une salle du centre."),
    )  # fmt: skip
    remote_url = models.URLField(
        _("adresse de connexion"), blank=True,
        help_text=_("Envoyée aux inscrits, jamais montrée sur une page publique."),
    )  # fmt: skip
    zone = models.CharField(
        _("fuseau horaire"), max_length=40, default=settings.TIME_ZONE, validators=[validate_zone]
    )
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))

    opens_at = models.DateTimeField(_("ouverture des inscriptions"), null=True, blank=True)
    closes_at = models.DateTimeField(
        _("fin des inscriptions"), null=True, blank=True,
        help_text=_("Vide : jusqu’au début de la session."),
    )  # fmt: skip
    group_limit = models.PositiveSmallIntegerField(
        _("personnes par inscription, au plus"), default=1
    )
    company_limit = models.PositiveSmallIntegerField(
        _("personnes d’une même entreprise, au plus"), null=True, blank=True,
        help_text=_("Vide : sans limite. Sinon le SIRET est demandé, et compté par SIREN."),
    )  # fmt: skip
    is_private = models.BooleanField(
        _("privée"), default=False,
        help_text=_("Absente de l’agenda : seul son lien d’invitation y mène."),
    )  # fmt: skip
    invitation_key = models.UUIDField(_("clé d’invitation"), default=uuid.uuid4, unique=True)

    sequence = models.PositiveIntegerField(_("révision"), default=0, editable=False)
    moved_sequence = models.PositiveIntegerField(
        _("dernier déplacement"), default=0, editable=False
    )
    created_at = models.DateTimeField(_("créée le"), editable=False)
    changed_at = models.DateTimeField(_("modifiée le"), editable=False)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("annulée le"), null=True, blank=True)
    cancel_reason = models.CharField(_("motif d’annulation"), max_length=300, blank=True)
    moved_from_at = models.DateTimeField(_("prévue d’abord le"), null=True, blank=True)
    opinion_asked_at = models.DateTimeField(
        _("avis demandé le"), null=True, blank=True, editable=False
    )
    terms = ArrayField(models.CharField(max_length=60), default=list, editable=False)

    objects = models.Manager.from_queryset(SessionQuerySet)()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        permissions = [("run_session", _("Peut publier, déplacer et annuler les sessions"))]
        constraints = [
            models.CheckConstraint(
                name="events_session_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at"))
                & Q(ends_at__lte=F("starts_at") + LONGEST_SESSION),
                violation_error_message=_("La fin suit le début, de sept jours au plus."),
            ),
            models.CheckConstraint(
                name="events_session_choices_known",
                condition=Q(kind__in=SessionKind.values)
                & Q(status__in=SessionStatus.values)
                & Q(mode__in=SessionMode.values),
            ),
            models.CheckConstraint(
                name="events_session_has_one_place",
                condition=Q(mode=SessionMode.REMOTE, room=None, elsewhere="")
                | (
                    ~Q(mode=SessionMode.REMOTE)
                    & (Q(room=None) ^ Q(elsewhere=""))
                ),
                violation_error_message=_(
                    "Une session a une salle ou une autre adresse. À distance, ni l’une ni l’autre."
                ),
            ),
            models.CheckConstraint(
                name="events_session_window_in_order",
                condition=Q(opens_at=None)
                | Q(closes_at=None)
                | Q(closes_at__gt=F("opens_at")),
                violation_error_message=_("Les inscriptions ferment après leur ouverture."),
            ),
            models.CheckConstraint(
                name="events_session_status_has_its_dates",
                condition=Q(status=SessionStatus.DRAFT, published_at=None, cancelled_at=None)
                | Q(
                    status=SessionStatus.PUBLISHED, published_at__isnull=False, cancelled_at=None
                )
                | Q(
                    status=SessionStatus.CANCELLED,
                    published_at__isnull=False,
                    cancelled_at__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="events_session_groups_count",
                condition=Q(group_limit__gte=1)
                & (Q(company_limit=None) | Q(company_limit__gte=1)),
                violation_error_message=_("Une limite compte au moins une personne."),
            ),
            one_at_a_time(
                name="events_session_no_double_booking",
                of="room",
                start="starts_at",
                end="ends_at",
                condition=Q(room__isnull=False) & ~Q(status=SessionStatus.CANCELLED),
                message=_("Cette salle est déjà prise à cette heure."),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(
                fields=["starts_at", "id"],
                include=["ends_at"],  # counted from the index alone
                name="events_session_agenda",
                condition=Q(status__in=SHOWN, is_private=False),
            ),
            models.Index(
                fields=["ends_at"],
                name="events_session_clock",
                condition=Q(status=SessionStatus.PUBLISHED),
            ),
            models.Index(fields=["changed_at"], name="events_session_changed"),
            GinIndex(fields=["terms"], name="events_session_terms"),
        ]

    def __str__(self) -> str:
        return f"{self.title} · {self.local_start:%d/%m/%Y %H:%M}"

    def get_absolute_url(self) -> str:
        """Return the page of the session; that of its invitation when it is private."""
        if self.is_private:
            return reverse("events:invitation", args=[self.invitation_key])
        return reverse("events:session", args=[self.slug])

    @property
    def clock(self) -> ZoneInfo:
        """The clock that the session is read on."""
        return ZoneInfo(self.zone)

    @property
    def local_start(self) -> datetime:
        """When it starts, on its own clock."""
        return self.starts_at.astimezone(self.clock)

    @property
    def local_end(self) -> datetime:
        """When it ends, on its own clock."""
        return self.ends_at.astimezone(self.clock)

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off."""
        return self.status == SessionStatus.CANCELLED

    @property
    def takes_place(self) -> bool:
        """Whether it is announced, and not called off."""
        return self.status == SessionStatus.PUBLISHED

    @property
    def closes_on_time_at(self) -> datetime:
        """When registrations end."""
        return min(self.closes_at or self.starts_at, self.starts_at)

    def takes_registrations(self, *, now: datetime) -> bool:
        """Whether the form is open, seats or not."""
        return (
            self.takes_place
            and (self.opens_at is None or self.opens_at <= now)
            and now < self.closes_on_time_at
        )

    @property
    def access_labels(self) -> list[str]:
        """What makes it easier to attend, in words."""
        return [str(AccessFeature(code).label) for code in self.access]


class Speaker(models.Model):
    """Intervenant: who speaks at a session, with the card of the company when it has one."""

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="speakers", verbose_name=_("session")
    )
    name = models.CharField(_("nom"), max_length=120)
    organisation = models.CharField(_("organisme"), max_length=120, blank=True)
    provider = models.ForeignKey(
        Provider, models.SET_NULL, null=True, blank=True, related_name="talks",
        verbose_name=_("fiche de l’annuaire"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("intervenant")
        verbose_name_plural = _("intervenants")

    def __str__(self) -> str:
        return self.name
