"""Visits of a showroom: a session with its scenario and its hosts, and each visitor's notebook."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from events.enums import HostRole, Scenario, VisitOutcome
from events.models.registrations import Registration
from events.models.sessions import Session
from events.models.showrooms import Demonstration, Showroom

ASK_AFTER = timedelta(days=30)
ASK_UNTIL = timedelta(days=90)  # a clock that stood still does not ask about a forgotten visit
ANSWER_UNTIL = timedelta(days=180)
SEND_UNTIL = timedelta(days=14)
CODE_LENGTH = 6


class VisitQuerySet(models.QuerySet["Visit"]):
    """Questions about visits."""

    def open(self, *, now: datetime) -> Self:
        """Keep those that a visitor may book: on the agenda, to come."""
        return self.filter(
            session__in=Session.objects.shown().published(), session__starts_at__gt=now
        )

    def for_scenario(self, scenario: str) -> Self:
        """Keep those open to the scenario."""
        return self.filter(scenarios__contains=[scenario])


class Visit(models.Model):
    """Visite: what a session of kind «visit» has beyond a session.

    Room, seats, registrations, waiting list, reminders and calendar are the session’s: one
    exclusion constraint, one promotion path. `scenarios`: what it may be booked for.
    """

    session = models.OneToOneField(
        Session, models.CASCADE, related_name="visit", verbose_name=_("session")
    )
    showroom = models.ForeignKey(
        Showroom, models.PROTECT, related_name="visits", verbose_name=_("showroom")
    )
    scenarios = ArrayField(
        models.CharField(max_length=12, choices=Scenario), verbose_name=_("scénarios")
    )

    objects = models.Manager.from_queryset(VisitQuerySet)()

    class Meta:
        verbose_name = _("visite")
        verbose_name_plural = _("visites")
        permissions = [("receive_visit", _("Peut recevoir une visite de showroom"))]
        constraints = [
            models.CheckConstraint(
                name="events_visit_has_a_scenario",
                condition=Q(scenarios__len__gte=1),
                violation_error_message=_("Choisissez au moins un scénario."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.session)

    @property
    def scenario_labels(self) -> list[str]:
        """Its scenarios, in words."""
        return [str(Scenario(code).label) for code in self.scenarios]


class VisitHost(models.Model):
    """Hôte de visite: who receives, and in which role; an agent, or somebody invited by name."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="hosts", verbose_name=_("visite"))
    role = models.CharField(_("rôle"), max_length=10, choices=HostRole)
    agent = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("agent"),
    )  # fmt: skip
    full_name = models.CharField(_("nom"), max_length=120, blank=True)

    class Meta:
        verbose_name = _("hôte de visite")
        verbose_name_plural = _("hôtes de visite")
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "role"],
                name="events_visithost_one_a_role",
                violation_error_message=_("Ce rôle est déjà tenu."),
            ),
            models.CheckConstraint(
                name="events_visithost_role_known", condition=Q(role__in=HostRole.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.full_name}"


class VisitNotebook(models.Model):
    """Carnet de visite: what one registration keeps of a visit.

    `code`: six characters to type on the page of a demonstration, good on the day of the visit
    alone; the address of the notebook is a signed secret (events.services.notebooks).
    """

    registration = models.OneToOneField(
        Registration, models.CASCADE, related_name="notebook", verbose_name=_("inscription")
    )
    visit = models.ForeignKey(
        Visit, models.CASCADE, related_name="notebooks", verbose_name=_("visite")
    )
    scenario = models.CharField(_("scénario"), max_length=12, choices=Scenario)
    code = models.CharField(_("code"), max_length=CODE_LENGTH)
    note = models.TextField(_("notes"), max_length=2000, blank=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True, blank=True)
    asked_at = models.DateTimeField(_("question posée le"), null=True, blank=True)
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)

    class Meta:
        verbose_name = _("carnet de visite")
        verbose_name_plural = _("carnets de visite")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["visit", "code"], name="events_visitnotebook_one_code"),
            models.CheckConstraint(
                name="events_visitnotebook_scenario_known",
                condition=Q(scenario__in=Scenario.values),
            ),
            models.CheckConstraint(
                name="events_visitnotebook_asked_once_sent",
                condition=Q(asked_at=None) | Q(sent_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["code"], name="events_visitnotebook_code"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_scenario_display()}"


class Favourite(models.Model):
    """Favori: a demonstration that a visitor keeps, then what became of it.

    Once answered it never goes: the centre, and the provider if enough people answered, count it.
    """

    notebook = models.ForeignKey(
        VisitNotebook, models.CASCADE, related_name="favourites", verbose_name=_("carnet de visite")
    )
    demonstration = models.ForeignKey(
        Demonstration, models.PROTECT, related_name="favourites", verbose_name=_("démonstration")
    )
    added_at = models.DateTimeField(_("ajouté le"))
    added_by_host = models.BooleanField(_("par l’hôte"), default=False)
    outcome = models.CharField(_("suite"), max_length=8, choices=VisitOutcome, blank=True)
    reason = models.CharField(_("pourquoi"), max_length=300, blank=True)
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)

    class Meta:
        verbose_name = _("favori")
        verbose_name_plural = _("favoris")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["notebook", "demonstration"], name="events_favourite_once"
            ),
            models.CheckConstraint(
                name="events_favourite_answer_is_whole",
                condition=Q(outcome="", answered_at=None)
                | Q(outcome__in=VisitOutcome.values, answered_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notebook_id} · {self.demonstration_id}"


class NamedProvider(models.Model):
    """Prestataire nommé: a card that a notebook names for a favourite, drawn once and for all.

    Rank 1 … 3; `supplies` and `trust_class` are what the order knew that day (R1.25).
    """

    favourite = models.ForeignKey(
        Favourite, models.CASCADE, related_name="named", verbose_name=_("favori")
    )
    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="named_in_notebooks", verbose_name=_("prestataire")
    )
    rank = models.PositiveSmallIntegerField(_("rang"))
    supplies = models.BooleanField(_("fournit la démonstration"))
    trust_class = models.CharField(_("classe retenue"), max_length=1)

    class Meta:
        verbose_name = _("prestataire nommé")
        verbose_name_plural = _("prestataires nommés")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["favourite", "provider"], name="events_namedprovider_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rank} · {self.provider_id}"


class ShowroomStatement(models.Model):
    """Relevé de showroom: the half-year figures that a card's people were sent, once."""

    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="showroom_statements", verbose_name=_("prestataire")
    )
    half_on = models.DateField(_("premier jour du semestre"))
    sent_at = models.DateTimeField(_("envoyé le"))

    class Meta:
        verbose_name = _("relevé de showroom")
        verbose_name_plural = _("relevés de showroom")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "half_on"], name="events_showroomstatement_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_id} · {self.half_on}"
