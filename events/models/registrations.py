"""Seats and those who take them: places taken are counted, never a number that is decremented."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from directory.models import Company
from events.enums import Availability, EndReason, RegistrationStatus, SeatMode
from events.models.sessions import Session

KEPT = (RegistrationStatus.HELD, RegistrationStatus.OFFERED)
TIMED = (*KEPT, RegistrationStatus.PENDING)
COMING = (RegistrationStatus.REGISTERED, RegistrationStatus.CONFIRMED)
EXPECTED = (*COMING, RegistrationStatus.PRESENT)  # with a seat, come in or not yet
SEATED = (*EXPECTED, RegistrationStatus.ABSENT)
HOLDING = (*KEPT, *SEATED)
ACTIVE = (*HOLDING, RegistrationStatus.PENDING, RegistrationStatus.WAITING)
# Those whose mailbox said something: anybody may have typed the others.
REACHABLE = (
    RegistrationStatus.OFFERED,
    *SEATED,
    RegistrationStatus.WAITING,
    RegistrationStatus.EXCUSED,
)
ENDED = (RegistrationStatus.EXCUSED, RegistrationStatus.CANCELLED)


# modeltranslation replaces the managers of translated models, which mypy cannot follow.
class CapacityPool(models.Model):  # type: ignore[django-manager-missing]
    """Jauge: the seats of a session, on site or remote; its row is the lock of all that counts.

    `category`: for whom, where not everybody draws on the same seats («Adhérents», «Étudiants»).
    `overbooking`: seats given beyond the chairs, because some never come. `shown`: the words of the
    agenda, rewritten with each count, so that a list counts nothing.
    """

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="pools", verbose_name=_("session")
    )
    mode = models.CharField(_("où"), max_length=8, choices=SeatMode, default=SeatMode.ON_SITE)
    category = models.CharField(
        _("pour qui"), max_length=60, blank=True,
        help_text=_("Vide : tout le monde. Sinon : « Adhérents », « Étudiants »…"),
    )  # fmt: skip
    size = models.PositiveSmallIntegerField(_("places"))
    overbooking = models.PositiveSmallIntegerField(
        _("places en plus"), default=0,
        help_text=_("Places données au-delà des chaises, car des inscrits ne viennent pas."),
    )  # fmt: skip
    waiting_limit = models.PositiveSmallIntegerField(
        _("liste d’attente, au plus"), default=200, help_text=_("Personnes. Zéro : pas de liste.")
    )
    shown = models.CharField(
        _("ce que dit l’agenda"), max_length=8, choices=Availability, default=Availability.OPEN,
        editable=False,
    )  # fmt: skip

    taken: Sequence[int]  # annotated by events.services.seats.lock

    class Meta:
        verbose_name = _("jauge")
        verbose_name_plural = _("jauges")
        constraints = [
            models.UniqueConstraint(  # by expressions: fields would be multiplied by language
                F("session"),
                F("mode"),
                F("category"),
                name="events_capacitypool_once_per_mode",
                violation_error_message=_("Cette session a déjà une jauge de cette sorte."),
            ),
            models.CheckConstraint(
                name="events_capacitypool_choices_known",
                condition=Q(mode__in=SeatMode.values) & Q(shown__in=Availability.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label} · {self.size}"

    @property
    def label(self) -> str:
        """Where its seats are, and for whom."""
        return " · ".join(filter(None, [self.get_mode_display(), self.category]))

    @property
    def seats(self) -> int:
        """How many may be given."""
        return self.size + self.overbooking


class RegistrationQuerySet(models.QuerySet["Registration"]):
    """Questions about registrations."""

    def active(self) -> Self:
        """Keep those that hold a seat or wait for one."""
        return self.filter(status__in=ACTIVE)

    def holding(self) -> Self:
        """Keep those that hold a seat."""
        return self.filter(status__in=HOLDING)

    def coming(self) -> Self:
        """Keep those who said that they come."""
        return self.filter(status__in=COMING)

    def in_line(self) -> Self:
        """Keep the waiting list, in its order: who lost priority after the others, then arrival."""
        return self.filter(status=RegistrationStatus.WAITING).order_by("is_deferred", "pk")

    def seats(self) -> int:
        """Return how many seats they take together."""
        return self.aggregate(total=Sum("seats"))["total"] or 0

    def out_of_time(self, *, now: datetime) -> Self:
        """Keep what its mailbox did not take in time: holds, offers, places in line."""
        return self.filter(status__in=TIMED, expires_at__lte=now)


class Registration(models.Model):
    """Inscription: one person, for a company, at one session, with those who come along.

    `email` is folded: lower case; empty for who came in without one. `companions`: names, for those
    that were given. `answers`: pairs of a question and its answer in words, as they were that day.
    `ticket`: 128 random bits, what the QR code says. `expires_at`: until when a seat held or
    offered, or a place in line, waits for its mailbox. `told_sequence`: the last revision of the
    session that the person was told. `is_deferred`: behind the others on the waiting list, after
    two absences without a word. `in_line_at`: when the mailbox kept its place in line, which stays
    that of its arrival. `greeting_due_at`: since when the form’s answer is to be written to the
    mailbox, which a task does (events.services.greetings).
    """

    session = models.ForeignKey(
        Session, models.PROTECT, related_name="registrations", verbose_name=_("session")
    )
    pool = models.ForeignKey(
        CapacityPool, models.PROTECT, related_name="registrations", verbose_name=_("jauge")
    )
    status = models.CharField(_("état"), max_length=10, choices=RegistrationStatus)
    seats = models.PositiveSmallIntegerField(_("personnes"), default=1)
    full_name = models.CharField(_("nom"), max_length=120, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)
    company_name = models.CharField(_("entreprise"), max_length=160, blank=True)
    siret = models.CharField(_("SIRET"), max_length=14, blank=True)
    company = models.ForeignKey(
        Company, models.SET_NULL, null=True, blank=True, related_name="registrations",
        verbose_name=_("fiche de l’entreprise"),
    )  # fmt: skip
    companions = ArrayField(
        models.CharField(max_length=120), verbose_name=_("accompagnants"), default=list, blank=True
    )
    answers = models.JSONField(_("réponses"), default=list, blank=True)
    ticket = models.CharField(_("billet"), max_length=22, unique=True)
    is_deferred = models.BooleanField(_("sans priorité"), default=False)

    registered_at = models.DateTimeField(_("inscrit le"))
    expires_at = models.DateTimeField(_("place gardée jusqu’au"), null=True, blank=True)
    in_line_at = models.DateTimeField(_("file confirmée le"), null=True, blank=True)
    offered_at = models.DateTimeField(_("place proposée le"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("offre rappelée le"), null=True, blank=True)
    taken_at = models.DateTimeField(_("place prise le"), null=True, blank=True)
    asked_at = models.DateTimeField(_("présence demandée le"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("présence confirmée le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)
    end_reason = models.CharField(_("motif de fin"), max_length=8, choices=EndReason, blank=True)
    greeting_due_at = models.DateTimeField(_("réponse à écrire"), null=True, editable=False)
    told_sequence = models.PositiveIntegerField(_("révision connue"), default=0)
    forgotten_at = models.DateTimeField(_("oubliée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(RegistrationQuerySet)()

    class Meta:
        verbose_name = _("inscription")
        verbose_name_plural = _("inscriptions")
        default_permissions = ("view",)
        permissions = [("handle_registration", _("Peut inscrire, annuler et pointer"))]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "email"],
                condition=Q(status__in=ACTIVE, forgotten_at=None) & ~Q(email=""),
                name="events_registration_one_active_per_mailbox",
            ),
            models.CheckConstraint(
                name="events_registration_status_known",
                condition=Q(status__in=RegistrationStatus.values),
            ),
            models.CheckConstraint(
                name="events_registration_timed_ends",
                condition=Q(status__in=TIMED, expires_at__isnull=False)
                | (~Q(status__in=TIMED) & Q(expires_at=None)),
            ),
            models.CheckConstraint(
                name="events_registration_line_was_confirmed",
                condition=~Q(status=RegistrationStatus.WAITING) | Q(in_line_at__isnull=False),
            ),
            models.CheckConstraint(
                name="events_registration_ended_says_why",
                condition=(Q(status__in=ENDED, ended_at__isnull=False) & ~Q(end_reason=""))
                | (~Q(status__in=ENDED) & Q(ended_at=None, end_reason="")),
            ),
            models.CheckConstraint(
                name="events_registration_seats_count", condition=Q(seats__gte=1)
            ),
            models.CheckConstraint(
                name="events_registration_forgotten_is_unreachable",
                condition=Q(forgotten_at=None) | Q(email=""),
            ),
            models.CheckConstraint(
                name="events_registration_email_folded", condition=~Q(email__regex="[A-Z]")
            ),
            models.CheckConstraint(
                name="events_registration_siret_is_14_digits",
                condition=Q(siret="") | Q(siret__regex=r"^\d{14}$"),
                violation_error_message=_("Un SIRET compte 14 chiffres."),
            ),
        ]
        indexes = [
            models.Index(
                fields=["pool", "status"],
                name="events_registration_count",
                include=["seats"],
                condition=Q(status__in=ACTIVE),
            ),
            models.Index(
                fields=["pool", "is_deferred", "id"],
                name="events_registration_line",
                condition=Q(status=RegistrationStatus.WAITING),
            ),
            models.Index(
                fields=["expires_at"],
                name="events_registration_clock",
                condition=Q(status__in=TIMED),
            ),
            models.Index(
                fields=["greeting_due_at"],
                name="events_registration_greeting",
                condition=Q(greeting_due_at__isnull=False),
            ),
            models.Index(fields=["email"], name="events_registration_mailbox"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_status_display()}"

    @property
    def is_active(self) -> bool:
        """Whether it holds a seat or waits for one."""
        return self.status in ACTIVE

    @property
    def is_remote(self) -> bool:
        """Whether its person follows from afar; load its pool with it."""
        return self.pool.mode == SeatMode.REMOTE

    @property
    def holds_ticket(self) -> bool:
        """Whether its person may show the QR code at the door."""
        return self.status in EXPECTED
