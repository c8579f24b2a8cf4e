"""Advisers, when they can come, and the appointments that companies take with them."""

import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import DocumentKind, VisitProgress, Weekday
from diagnostics.slots import SPAN
from directory.models import Company
from emn.lib.constraints import one_at_a_time
from emn.territory.models import Epci

if TYPE_CHECKING:
    from emn.accounts.models import User

VISITS_PER_30_DAYS = 2
DELIVERY = timedelta(days=10)  # from the visit to its report: the centre’s promise (mechanics 6.8)


class AdviserQuerySet(models.QuerySet["Adviser"]):
    """Questions about advisers."""

    def scoped_for(self, user: "User") -> Self:
        """Keep what an agent sees of the back office: all of them, or oneself."""
        return self if user.has_perm("diagnostics.add_adviser") else self.filter(user=user)

    def covering(self, epci_id: Any) -> Self:
        """Keep those who take appointments and come there; no grouping named is everywhere."""
        return self.filter(Q(epcis=None) | Q(epcis=epci_id), takes_visits=True).distinct()

    def with_load(self, *, now: datetime) -> Self:
        """Annotate `visits_before` and `visits_after`: those of 30 days on each side of `now`."""
        standing = Q(appointments__cancelled_at=None)
        before = Q(appointments__starts_at__gt=now - SPAN, appointments__starts_at__lte=now)
        after = Q(appointments__starts_at__gt=now, appointments__starts_at__lte=now + SPAN)
        return self.annotate(
            visits_before=models.Count("appointments", filter=standing & before),
            visits_after=models.Count("appointments", filter=standing & after),
        )


class Adviser(models.Model):
    """Conseiller: an agent who visits companies; `calendar_key` is the secret of their feed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="adviser",
        verbose_name=_("agent"),
    )  # fmt: skip
    epcis = models.ManyToManyField(
        Epci, blank=True, related_name="+", verbose_name=_("EPCI visités"),
        help_text=_("Aucun : partout."),
    )  # fmt: skip
    visit_limit = models.PositiveSmallIntegerField(
        _("visites en 30 jours, au plus"), default=VISITS_PER_30_DAYS
    )
    takes_visits = models.BooleanField(_("prend des rendez-vous"), default=True)
    calendar_key = models.UUIDField(_("clé du calendrier"), unique=True, default=uuid.uuid4)

    objects = models.Manager.from_queryset(AdviserQuerySet)()

    class Meta:
        verbose_name = _("conseiller")
        verbose_name_plural = _("conseillers")
        constraints = [
            models.CheckConstraint(
                name="diagnostics_adviser_limit_positive",
                condition=Q(visit_limit__gte=1),
                violation_error_message=_("Une visite au moins."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.user or _("conseiller parti"))


class WeeklyHours(models.Model):
    """Plage de la semaine: local hours between which an adviser can be visiting."""

    adviser = models.ForeignKey(
        Adviser, models.CASCADE, related_name="weekly_hours", verbose_name=_("conseiller")
    )
    weekday = models.PositiveSmallIntegerField(_("jour"), choices=Weekday)
    starts_at = models.TimeField(_("de"))
    ends_at = models.TimeField(_("à"))

    class Meta:
        verbose_name = _("plage de la semaine")
        verbose_name_plural = _("plages de la semaine")
        constraints = [
            models.CheckConstraint(
                name="diagnostics_weeklyhours_end_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("La fin doit suivre le début."),
            ),
            models.CheckConstraint(
                name="diagnostics_weeklyhours_weekday_known",
                condition=Q(weekday__in=Weekday.values),
            ),
            models.UniqueConstraint(
                fields=["adviser", "weekday", "starts_at"], name="diagnostics_weeklyhours_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.starts_at:%H:%M}"


class Absence(models.Model):
    """Absence d’un conseiller: days without visits, both included."""

    adviser = models.ForeignKey(
        Adviser, models.CASCADE, related_name="absences", verbose_name=_("conseiller")
    )
    starts_on = models.DateField(_("du"))
    ends_on = models.DateField(_("au"))

    class Meta:
        verbose_name = _("absence d’un conseiller")
        verbose_name_plural = _("absences des conseillers")
        constraints = [
            models.CheckConstraint(
                name="diagnostics_absence_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("La fin doit suivre le début."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Questions about appointments."""

    def standing(self) -> Self:
        """Keep those that were not called off."""
        return self.filter(cancelled_at=None)

    def to_come(self, *, now: datetime) -> Self:
        """Keep those that stand and are not over."""
        return self.standing().filter(ends_at__gt=now)

    def of(self, user: "User") -> Self:
        """Keep those of the companies for which `user` acts."""
        return self.filter(company__memberships__user=user)

    def scoped_for(self, user: "User") -> Self:
        """Keep what an agent sees of the back office: all of them, or one's own."""
        return self if user.has_perm("diagnostics.add_adviser") else self.filter(adviser__user=user)

    def with_progress(self, *, now: datetime) -> Self:
        """Annotate `progress`, `delivered_at`, `is_late` and `urgency`: 0 late, 1 open, 2 done.

        Late: the visit was more than `DELIVERY` ago, and the report is not delivered.
        """
        is_report = Q(diagnostic__documents__kind=DocumentKind.REPORT)
        rows = self.annotate(
            delivered_at=models.Max("diagnostic__documents__issued_at", filter=is_report)
        )
        rows = rows.annotate(
            progress=models.Case(
                _when(Q(cancelled_at__isnull=False), VisitProgress.CANCELLED),
                _when(Q(delivered_at__isnull=False), VisitProgress.DELIVERED),
                _when(Q(diagnostic__signed_at__isnull=False), VisitProgress.SIGNED),
                _when(
                    Q(diagnostic__result__isnull=False, diagnostic__synthesis__isnull=False),
                    VisitProgress.WRITTEN,
                ),
                _when(Q(diagnostic__result__isnull=False), VisitProgress.CONCLUDED),
                _when(Q(diagnostic__isnull=False), VisitProgress.BEGUN),
                _when(Q(starts_at__lte=now), VisitProgress.DUE),
                default=models.Value(VisitProgress.BOOKED),
                output_field=models.CharField(),
            )
        )
        is_over = Q(progress__in=[VisitProgress.DELIVERED, VisitProgress.CANCELLED])
        is_late = ~is_over & Q(starts_at__lt=now - DELIVERY)
        return rows.annotate(
            is_late=models.ExpressionWrapper(is_late, output_field=models.BooleanField()),
            urgency=models.Case(
                models.When(is_late, then=0), models.When(is_over, then=2), default=1,
                output_field=models.IntegerField(),
            ),
        )  # fmt: skip


def _when(condition: Q, progress: VisitProgress) -> models.When:
    return models.When(condition, then=models.Value(progress))


class Appointment(models.Model):
    """Rendez-vous de conseil: an adviser visits a company; the database refuses two at once.

    `booked_by`: who took it, and is written to; `wish`: what the company would like to see.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    adviser = models.ForeignKey(
        Adviser, models.PROTECT, related_name="appointments", verbose_name=_("conseiller")
    )
    company = models.ForeignKey(
        Company, models.PROTECT, related_name="appointments", verbose_name=_("entreprise")
    )
    starts_at = models.DateTimeField(_("début"))
    ends_at = models.DateTimeField(_("fin"))
    wish = models.TextField(_("ce que l’entreprise souhaite"), blank=True)
    phone = models.CharField(_("téléphone"), max_length=20, blank=True)
    booked_at = models.DateTimeField(_("pris le"))
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("pris par"),
    )  # fmt: skip
    cancelled_at = models.DateTimeField(_("annulé le"), null=True, blank=True)

    objects = models.Manager.from_queryset(AppointmentQuerySet)()

    class Meta:
        verbose_name = _("rendez-vous de conseil")
        verbose_name_plural = _("rendez-vous de conseil")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="diagnostics_appointment_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
            ),
            *(
                one_at_a_time(
                    name=f"diagnostics_appointment_{who}_once_at_a_time",
                    of=who,
                    start="starts_at",
                    end="ends_at",
                    condition=Q(cancelled_at=None),
                    message=_("Ce créneau vient d’être pris."),
                )
                for who in ("adviser", "company")
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["company", "starts_at"], name="diagnostics_appointment_of"),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.starts_at:%Y-%m-%d %H:%M}"
