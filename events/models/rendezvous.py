"""Rendez-vous solutions: irritants of companies, answers of providers, the vote, the tables."""

from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.enums import ClientSector
from directory.models import Provider
from events.enums import (
    IrritantDecisionKind,
    IrritantStatus,
    MeetingOutcome,
    MeetingState,
    PitchStatus,
    TableRequestStatus,
    TableSide,
    TimetableStatus,
)
from events.models.registrations import EXPECTED, Registration
from events.models.sessions import Session

PITCHES = 3  # an evening (mechanics 4.7)
PITCH_MINUTES, QUESTIONS = 7, 3
TABLE_MINUTES = 20
MOST_SLOTS, MOST_TABLES = 12, 40
REQUESTS_OPEN_BEFORE = timedelta(days=21)
OUTCOME_AFTER = timedelta(days=90)
LONGEST_IRRITANT, LONGEST_ANSWER, LONGEST_REASON = 600, 1200, 500
AT_A_TABLE = (MeetingState.PLANNED, MeetingState.HELD)


class EveningQuerySet(models.QuerySet["Evening"]):
    """Questions about evenings."""

    def shown(self) -> Self:
        """Keep those whose session is on the agenda."""
        return self.filter(session__status="published", session__is_private=False)

    def upcoming(self, *, now: datetime) -> Self:
        """Keep those that are not over."""
        return self.filter(session__ends_at__gt=now)


class Evening(models.Model):
    """Édition: a session of Rendez-vous solutions, with its pitches, its vote and its tables.

    `room_code`: what the QR code of the room says. `paper_key`: what the codes of paper ballots are
    drawn from. `tables_start_at`: the first slot; each lasts 20 minutes. `told_sequence`: the last
    revision of the session that its providers know.
    """

    session = models.OneToOneField(
        Session, models.PROTECT, related_name="evening", verbose_name=_("session")
    )
    subject = models.CharField(_("sujet de la soirée"), max_length=120, blank=True)
    criteria = models.TextField(
        _("comment nous choisissons"),
        max_length=1000,
        help_text=_("Montré aux prestataires et au public, avant toute candidature."),
    )
    applications_close_at = models.DateTimeField(_("fin des candidatures"))
    slots = models.PositiveSmallIntegerField(
        _("créneaux de 20 minutes"),
        default=6,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SLOTS)],
    )
    tables = models.PositiveSmallIntegerField(
        _("tables"), default=10, validators=[MinValueValidator(1), MaxValueValidator(MOST_TABLES)]
    )
    tables_start_at = models.DateTimeField(_("début des tables"))
    requests_close_at = models.DateTimeField(_("fin des demandes de table"))
    room_code = models.CharField(max_length=12, unique=True, editable=False)
    paper_key = models.CharField(max_length=32, editable=False)
    paper_ballots = models.PositiveSmallIntegerField(
        _("bulletins papier"), default=0, validators=[MaxValueValidator(300)],
        help_text=_("Codes à imprimer, pour qui vient sans billet sur son téléphone."),
    )  # fmt: skip
    vote_opened_at = models.DateTimeField(_("vote ouvert le"), null=True, blank=True)
    vote_closed_at = models.DateTimeField(_("vote clos le"), null=True, blank=True)
    told_sequence = models.PositiveIntegerField(_("révision connue"), default=0, editable=False)

    objects = models.Manager.from_queryset(EveningQuerySet)()

    class Meta:
        verbose_name = _("édition de Rendez-vous solutions")
        verbose_name_plural = _("éditions de Rendez-vous solutions")
        constraints = [
            models.CheckConstraint(
                name="events_evening_tables_fit",
                condition=Q(slots__gte=1, slots__lte=MOST_SLOTS)
                & Q(tables__gte=1, tables__lte=MOST_TABLES),
                violation_error_message=_("De 1 à 12 créneaux, de 1 à 40 tables."),
            ),
            models.CheckConstraint(
                name="events_evening_vote_closes_after_it_opens",
                condition=Q(vote_closed_at=None) | Q(vote_closed_at__gte=F("vote_opened_at")),
            ),
            models.CheckConstraint(
                name="events_evening_requests_close_before_tables",
                condition=Q(requests_close_at__lte=F("tables_start_at")),
                violation_error_message=_("Les demandes ferment avant la première table."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.session)

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("rendezvous:evening", args=[self.session.slug])

    @property
    def requests_open_at(self) -> datetime:
        """When tables may be asked for: 21 days before."""
        return self.session.starts_at - REQUESTS_OPEN_BEFORE

    def takes_requests(self, *, now: datetime) -> bool:
        """Whether tables may be asked for."""
        return self.session.takes_place and self.requests_open_at <= now < self.requests_close_at

    def takes_applications(self, *, now: datetime) -> bool:
        """Whether providers may answer its irritants."""
        return self.session.takes_place and now < self.applications_close_at

    @property
    def is_voting(self) -> bool:
        """Whether the room may vote."""
        return self.vote_opened_at is not None and self.vote_closed_at is None

    def slot_start(self, slot: int) -> datetime:
        """Return when a slot starts."""
        return self.tables_start_at + slot * timedelta(minutes=TABLE_MINUTES)

    def slot_end(self, slot: int) -> datetime:
        """Return when a slot ends."""
        return self.slot_start(slot + 1)

    def first_open_slot(self, *, now: datetime) -> int:
        """Return the first slot that has not begun; `slots` when all have."""
        if now < self.tables_start_at:
            return 0
        begun = int((now - self.tables_start_at) / timedelta(minutes=TABLE_MINUTES)) + 1
        return min(begun, self.slots)


class IrritantQuerySet(models.QuerySet["Irritant"]):
    """Questions about irritants."""

    def published(self) -> Self:
        """Keep what everyone reads."""
        return self.filter(status=IrritantStatus.PUBLISHED)

    def waiting(self) -> Self:
        """Keep what staff must read."""
        return self.filter(status=IrritantStatus.WAITING)


class Irritant(models.Model):
    """Irritant: what costs a company time or money, told without naming it.

    `told` is the company's own words, which only staff reads; `text` those that staff published.
    """

    evening = models.ForeignKey(
        Evening, models.SET_NULL, null=True, blank=True, related_name="irritants",
        verbose_name=_("édition"),
    )  # fmt: skip
    status = models.CharField(_("état"), max_length=11, choices=IrritantStatus)
    told = models.TextField(_("mots de l’entreprise"), max_length=LONGEST_IRRITANT, blank=True)
    text = models.TextField(_("mots publiés"), max_length=LONGEST_IRRITANT, blank=True)
    sector = models.CharField(_("métier"), max_length=30, choices=ClientSector, blank=True)
    hours_weekly = models.PositiveSmallIntegerField(_("heures perdues par semaine"), null=True)
    name = models.CharField(_("nom"), max_length=120, blank=True)
    company_name = models.CharField(_("entreprise"), max_length=160, blank=True)
    email = models.EmailField(_("courriel"), blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)
    created_at = models.DateTimeField(_("écrit le"))
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    decided_at = models.DateTimeField(_("relu le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("relu par"),
    )  # fmt: skip
    reason = models.CharField(_("motif"), max_length=LONGEST_REASON, blank=True)
    ended_at = models.DateTimeField(_("retiré le"), null=True, blank=True)
    forgotten_at = models.DateTimeField(_("oublié le"), null=True, blank=True)

    objects = models.Manager.from_queryset(IrritantQuerySet)()

    class Meta:
        verbose_name = _("irritant")
        verbose_name_plural = _("irritants")
        default_permissions = ("view",)
        permissions = [("run_rendezvous", _("Peut mener les Rendez-vous solutions"))]
        constraints = [
            models.CheckConstraint(
                name="events_irritant_status_known", condition=Q(status__in=IrritantStatus.values)
            ),
            models.CheckConstraint(
                name="events_irritant_published_has_words",
                condition=~Q(status=IrritantStatus.PUBLISHED)
                | (Q(confirmed_at__isnull=False, decided_at__isnull=False) & ~Q(text="")),
            ),
            models.CheckConstraint(
                name="events_irritant_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(email=""),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "confirmed_at", "id"], name="events_irritant_queue"),
            models.Index(fields=["email"], name="events_irritant_mailbox"),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {(self.text or self.told)[:60]}"

    def get_absolute_url(self) -> str:
        """Return its page."""
        return reverse("rendezvous:irritant", args=[self.pk])

    @property
    def shown_text(self) -> str:
        """The words that a page shows: none that were taken back, whatever answered them."""
        if self.status == IrritantStatus.PUBLISHED:
            return self.text
        return str(_("Cet irritant a été retiré."))


class IrritantDecision(models.Model):
    """Décision sur un irritant: what staff did with it, and why; a line only ever added.

    The words themselves are not kept here: they may be what had to go.
    """

    irritant = models.ForeignKey(
        Irritant, models.PROTECT, related_name="decisions", verbose_name=_("irritant")
    )
    kind = models.CharField(_("décision"), max_length=9, choices=IrritantDecisionKind)
    reason = models.CharField(_("motif"), max_length=LONGEST_REASON, blank=True)
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("décision sur un irritant")
        verbose_name_plural = _("décisions sur les irritants")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="events_irritantdecision_kind_known",
                condition=Q(kind__in=IrritantDecisionKind.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} · {self.at:%d/%m/%Y}"


class PitchQuerySet(models.QuerySet["Pitch"]):
    """Questions about the answers of providers."""

    def standing(self) -> Self:
        """Keep those that nobody withdrew."""
        return self.exclude(status=PitchStatus.WITHDRAWN)

    def chosen(self) -> Self:
        """Keep those of the running order, in its order."""
        return self.filter(status=PitchStatus.CHOSEN).order_by("position", "pk")


class Pitch(models.Model):
    """Candidature: how a provider would answer an irritant, in seven minutes if it is chosen."""

    irritant = models.ForeignKey(
        Irritant, models.PROTECT, related_name="pitches", verbose_name=_("irritant")
    )
    evening = models.ForeignKey(
        Evening, models.PROTECT, related_name="pitches", verbose_name=_("édition")
    )
    provider = models.ForeignKey(
        Provider, models.PROTECT, related_name="pitches", verbose_name=_("prestataire")
    )
    answer = models.TextField(_("réponse"), max_length=LONGEST_ANSWER)
    speaker_name = models.CharField(_("qui parlera"), max_length=120, blank=True)
    status = models.CharField(
        _("état"), max_length=10, choices=PitchStatus, default=PitchStatus.SENT
    )
    position = models.PositiveSmallIntegerField(_("passage"), null=True, blank=True)
    sent_at = models.DateTimeField(_("envoyée le"))
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("envoyée par"),
    )  # fmt: skip

    objects = models.Manager.from_queryset(PitchQuerySet)()

    class Meta:
        verbose_name = _("candidature")
        verbose_name_plural = _("candidatures")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["irritant", "provider"],
                condition=~Q(status=PitchStatus.WITHDRAWN),
                name="events_pitch_one_answer_per_provider",
                violation_error_message=_("Cette fiche a déjà répondu à cet irritant."),
            ),
            models.UniqueConstraint(
                fields=["evening", "position"],
                name="events_pitch_one_per_position",
                violation_error_message=_("Ce passage est déjà pris."),
            ),
            models.CheckConstraint(
                name="events_pitch_chosen_has_a_position",
                condition=Q(status=PitchStatus.CHOSEN, position__gte=1, position__lte=PITCHES)
                | (~Q(status=PitchStatus.CHOSEN) & Q(status__in=PitchStatus.values, position=None)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} · {self.irritant_id}"


class PitchChoice(models.Model):
    """Choix d’une candidature: who was chosen or not, and why; a line only ever added."""

    pitch = models.ForeignKey(
        Pitch, models.PROTECT, related_name="choices", verbose_name=_("candidature")
    )
    status = models.CharField(_("décision"), max_length=10, choices=PitchStatus)
    reason = models.CharField(_("motif"), max_length=LONGEST_REASON)
    at = models.DateTimeField(_("le"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("choix d’une candidature")
        verbose_name_plural = _("choix de candidatures (journal de neutralité)")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_pitchchoice_says_why",
                condition=Q(status__in=PitchStatus.values) & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_status_display()} · {self.at:%d/%m/%Y}"


class Ballot(models.Model):
    """Bulletin: the marks one voter gives to one pitch. `voter` is a fingerprint, never a name."""

    pitch = models.ForeignKey(
        Pitch, models.CASCADE, related_name="ballots", verbose_name=_("candidature")
    )
    voter = models.CharField(_("empreinte du votant"), max_length=64)
    marks = ArrayField(
        models.PositiveSmallIntegerField(), size=4, verbose_name=_("notes, de 1 à 5")
    )
    cast_at = models.DateTimeField(_("donné le"))

    class Meta:
        verbose_name = _("bulletin")
        verbose_name_plural = _("bulletins")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["pitch", "voter"], name="events_ballot_one_per_voter_and_pitch"
            ),
            models.CheckConstraint(
                name="events_ballot_four_marks",
                condition=Q(marks__len=4, marks__contained_by=[1, 2, 3, 4, 5]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pitch_id}"


class ParticipantQuerySet(models.QuerySet["Participant"]):
    """Questions about those who take part in the tables."""

    def coming(self) -> Self:
        """Keep providers that stay, and registrants who still have a seat."""
        return self.filter(left_at=None).filter(
            Q(side=TableSide.PROVIDER)
            | Q(registration__status__in=EXPECTED, registration__forgotten_at=None)
        )

    def reachable(self) -> Self:
        """Keep those whose link leads somewhere: who comes, and who held a table, scanned or not.

        Nobody's ticket is read at a door that is open, and what came of the tables is asked later.
        """
        held = Meeting.objects.took_place()
        sat = Q(pk__in=held.values("company")) | Q(pk__in=held.values("provider"))
        mine = Q(registration=None) | Q(registration__forgotten_at=None)
        return self.filter(Q(pk__in=self.model.objects.coming().values("pk")) | sat & mine)


class Participant(models.Model):
    """Participant aux tables: a registrant of the evening, or a provider that holds a table.

    `is_shown`: a registrant lets providers read the company's name and ask for a table.
    `absent_slots`: when the person cannot sit. `told_plan`: what was told last, as [[request, slot,
    table, start, room or address]…]; `told_count`: how often, which is the revision of its calendar
    entries.
    """

    evening = models.ForeignKey(
        Evening, models.PROTECT, related_name="participants", verbose_name=_("édition")
    )
    side = models.CharField(_("côté"), max_length=8, choices=TableSide)
    registration = models.OneToOneField(
        Registration, models.CASCADE, null=True, blank=True, related_name="table_place",
        verbose_name=_("inscription"),
    )  # fmt: skip
    provider = models.ForeignKey(
        Provider, models.PROTECT, null=True, blank=True, related_name="table_places",
        verbose_name=_("prestataire"),
    )  # fmt: skip
    is_shown = models.BooleanField(_("visible des prestataires"), default=False)
    absent_slots = ArrayField(
        models.PositiveSmallIntegerField(), default=list, blank=True,
        verbose_name=_("créneaux impossibles"),
    )  # fmt: skip
    joined_at = models.DateTimeField(_("depuis le"))
    left_at = models.DateTimeField(_("parti le"), null=True, blank=True)
    told_plan = models.JSONField(_("horaire annoncé"), default=list, blank=True)
    told_count = models.PositiveIntegerField(_("annonces"), default=0)
    outcome_asked_at = models.DateTimeField(_("suites demandées le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ParticipantQuerySet)()

    class Meta:
        verbose_name = _("participant aux tables")
        verbose_name_plural = _("participants aux tables")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_participant_is_one_side",
                condition=Q(side=TableSide.COMPANY, registration__isnull=False, provider=None)
                | Q(side=TableSide.PROVIDER, registration=None, provider__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["evening", "provider"], name="events_participant_provider_once"
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def is_company(self) -> bool:
        """Whether it is a registrant."""
        return self.side == TableSide.COMPANY

    @property
    def shown_name(self) -> str:
        """What the other side reads: a company's name, never a person's."""
        if self.provider is not None:
            return self.provider.name
        if self.registration is None or self.registration.forgotten_at is not None:
            return str(_("Participant retiré"))
        return self.registration.company_name or str(_("Une entreprise"))


class TableRequest(models.Model):
    """Demande de table: one side asks the other to meet; `wish`, 1 to 3, how much it matters."""

    evening = models.ForeignKey(
        Evening, models.PROTECT, related_name="table_requests", verbose_name=_("édition")
    )
    company = models.ForeignKey(
        Participant, models.CASCADE, related_name="requests_as_company",
        verbose_name=_("entreprise"),
    )  # fmt: skip
    provider = models.ForeignKey(
        Participant, models.CASCADE, related_name="requests_as_provider",
        verbose_name=_("prestataire"),
    )  # fmt: skip
    asked_by = models.CharField(_("demandée par"), max_length=8, choices=TableSide)
    wish = models.PositiveSmallIntegerField(_("envie"), default=2)
    status = models.CharField(
        _("état"), max_length=9, choices=TableRequestStatus, default=TableRequestStatus.ASKED
    )
    asked_at = models.DateTimeField(_("demandée le"))
    answered_at = models.DateTimeField(_("répondue le"), null=True, blank=True)

    class Meta:
        verbose_name = _("demande de table")
        verbose_name_plural = _("demandes de table")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["company", "provider"],
                name="events_tablerequest_one_per_pair",
                violation_error_message=_("Cette demande existe déjà."),
            ),
            models.CheckConstraint(
                name="events_tablerequest_choices_known",
                condition=Q(asked_by__in=TableSide.values)
                & Q(status__in=TableRequestStatus.values)
                & Q(wish__gte=1, wish__lte=3),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.provider}"


class Timetable(models.Model):
    """Horaire des tables: one computing, its seed, its method, its proof; never written again."""

    evening = models.ForeignKey(
        Evening, models.PROTECT, related_name="timetables", verbose_name=_("édition")
    )
    version = models.PositiveIntegerField(_("version"))
    status = models.CharField(
        _("état"), max_length=7, choices=TimetableStatus, default=TimetableStatus.QUEUED
    )
    stage = models.CharField(_("étape"), max_length=20, blank=True)
    seed = models.PositiveIntegerField(_("graine du tirage"))
    method = models.CharField(_("méthode"), max_length=40, blank=True)
    asked_at = models.DateTimeField(_("demandé le"))
    started_at = models.DateTimeField(_("commencé le"), null=True, blank=True)
    done_at = models.DateTimeField(_("fini le"), null=True, blank=True)
    told_at = models.DateTimeField(_("annoncé le"), null=True, blank=True)
    figures = models.JSONField(_("chiffres"), default=dict)

    class Meta:
        verbose_name = _("horaire des tables")
        verbose_name_plural = _("horaires des tables")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["evening", "version"], name="events_timetable_one_per_version"
            ),
            models.UniqueConstraint(
                fields=["evening"],
                condition=Q(status__in=("queued", "running")),
                name="events_timetable_one_at_work",
                violation_error_message=_("Un horaire est déjà en calcul."),
            ),
            models.CheckConstraint(
                name="events_timetable_status_known",
                condition=Q(status__in=TimetableStatus.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evening_id} · {self.version}"


class MeetingQuerySet(models.QuerySet["Meeting"]):
    """Questions about meetings."""

    def took_place(self) -> Self:
        """Keep those to which nobody failed to come."""
        return self.filter(state__in=AT_A_TABLE)


class Meeting(models.Model):
    """Rendez-vous: one company and one provider at one table, for one slot.

    `is_frozen`: staff placed it, or it was noted: no computing moves it.
    """

    request = models.OneToOneField(
        TableRequest, models.CASCADE, related_name="meeting", verbose_name=_("demande de table")
    )
    evening = models.ForeignKey(
        Evening, models.PROTECT, related_name="meetings", verbose_name=_("édition")
    )
    company = models.ForeignKey(
        Participant, models.CASCADE, related_name="meetings_as_company",
        verbose_name=_("entreprise"),
    )  # fmt: skip
    provider = models.ForeignKey(
        Participant, models.CASCADE, related_name="meetings_as_provider",
        verbose_name=_("prestataire"),
    )  # fmt: skip
    slot = models.PositiveSmallIntegerField(_("créneau"))
    table = models.PositiveSmallIntegerField(_("table"))
    state = models.CharField(
        _("état"), max_length=13, choices=MeetingState, default=MeetingState.PLANNED
    )
    is_frozen = models.BooleanField(_("figé"), default=False)
    company_outcome = models.CharField(
        _("suite selon l’entreprise"), max_length=11, choices=MeetingOutcome, blank=True
    )
    company_why = models.CharField(_("pourquoi (entreprise)"), max_length=300, blank=True)
    provider_outcome = models.CharField(
        _("suite selon le prestataire"), max_length=11, choices=MeetingOutcome, blank=True
    )
    provider_why = models.CharField(_("pourquoi (prestataire)"), max_length=300, blank=True)

    objects = models.Manager.from_queryset(MeetingQuerySet)()

    class Meta:
        verbose_name = _("rendez-vous")
        verbose_name_plural = _("rendez-vous")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["company", "slot"],
                condition=Q(state__in=AT_A_TABLE),
                name="events_meeting_company_once_a_slot",
            ),
            models.UniqueConstraint(
                fields=["provider", "slot"],
                condition=Q(state__in=AT_A_TABLE),
                name="events_meeting_provider_once_a_slot",
            ),
            models.UniqueConstraint(
                fields=["evening", "slot", "table"],
                condition=Q(state__in=AT_A_TABLE),
                name="events_meeting_table_once_a_slot",
            ),
            models.CheckConstraint(
                name="events_meeting_choices_known",
                condition=Q(state__in=MeetingState.values)
                & Q(company_outcome__in=["", *MeetingOutcome.values])
                & Q(provider_outcome__in=["", *MeetingOutcome.values]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.slot + 1} · {self.table} · {self.company} · {self.provider}"

    def other(self, participant: Participant) -> Participant:
        """Return whom the participant meets."""
        return self.provider if participant.pk == self.company_id else self.company
