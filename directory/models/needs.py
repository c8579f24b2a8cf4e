"""Needs that companies describe, the providers proposed for them, and what became of it."""

from datetime import date, datetime, timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.enums import (
    BudgetBand,
    ClientSector,
    ClientSize,
    ClosingReason,
    LaterOutcome,
    LossReason,
    MessageSide,
    NeedDeadline,
    NeedOutcome,
    NeedStatus,
    ProposalStatus,
    RefusalReason,
    SpokenLanguage,
    Usefulness,
)
from directory.models.companies import Company
from directory.models.providers import Provider
from directory.models.taxonomy import Service
from emn.lib.calendar import LOCAL_LAW, add_working_days

BEFORE_CONFIRMATION = (NeedStatus.DRAFT, NeedStatus.DEPOSITED)
ENDED = (NeedStatus.DONE, NeedStatus.REVIEWED, NeedStatus.CLOSED)
OPEN_PROPOSALS = (ProposalStatus.SENT, ProposalStatus.ACCEPTED, ProposalStatus.QUOTED)
IN_TOUCH = (ProposalStatus.ACCEPTED, ProposalStatus.QUOTED, ProposalStatus.CHOSEN)
LONGEST_TEXT = 3_000  # signs
WEIGHS_FOR = timedelta(days=45)
EXCHANGE_WITHIN_DAYS = 5  # working days, since a provider accepted
QUALIFIED_WITHIN = 1  # working days
_COMPLETE = {f"{name}__isnull": False for name in ("deposited_at", "company", "commune", "service")}


def counting_as(prefix: str = "") -> Q:
    """Return the condition on what makes up the three: in progress, or met.

    Whoever refused or kept silent is replaced; so is whoever accepted, then gave no news.
    """
    is_open = Q(**{f"{prefix}status__in": OPEN_PROPOSALS})
    is_lost = Q(**{f"{prefix}status": ProposalStatus.LOST})
    return is_open | is_lost & ~Q(**{f"{prefix}loss_reason": LossReason.NO_CALL})


def _working_days_after(day: date, count: int) -> date:
    return add_working_days(day, count, local_law=settings.DEPARTEMENT in LOCAL_LAW)


class NeedQuerySet(models.QuerySet["Need"]):
    """Questions about needs."""

    def confirmed(self) -> Self:
        """Keep what its company confirmed, whatever became of it."""
        return self.filter(confirmed_at__isnull=False)

    def alive(self) -> Self:
        """Keep the confirmed needs that have not ended."""
        return self.confirmed().exclude(status__in=ENDED)

    def to_qualify(self) -> Self:
        """Keep those that staff must read."""
        return self.filter(status=NeedStatus.CONFIRMED)

    def without_contact(self) -> Self:
        """Keep the living ones that no provider has accepted."""
        return self.alive().filter(contact_at=None)

    def for_adviser(self) -> Self:
        """Keep those that an adviser takes up: nobody came in time, or nobody is left."""
        met = Proposal.objects.filter(need=OuterRef("pk"), status__in=IN_TOUCH)
        return self.alive().filter(~Exists(met), adviser_called_at__isnull=False)

    def unanswered(self) -> Self:
        """Keep the needs that no provider could, or would, take (mechanics 3.5)."""
        return self.confirmed().filter(unanswered_at__isnull=False, contact_at=None)


class Need(models.Model):
    """Besoin: what a company looks for, from its draft to what came of it.

    A stamp is written once, with the message or the task it stands for: that is what makes the
    clocks safe to run twice. `answers`: question of the service → words of the company.
    `forgotten_at`: when the person's data were erased; what is counted stays.
    """

    status = models.CharField(
        _("état"), max_length=10, choices=NeedStatus, default=NeedStatus.DRAFT
    )
    contact_name = models.CharField(_("nom du contact"), max_length=120, blank=True)
    contact_email = models.EmailField(_("courriel du contact"), blank=True)
    contact_phone = models.CharField(_("téléphone du contact"), max_length=20, blank=True)
    language = models.CharField(_("langue des messages"), max_length=2, choices=settings.LANGUAGES)

    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="needs",
        verbose_name=_("entreprise"),
    )  # fmt: skip
    register_facts = models.JSONField(_("ce que dit le registre"), null=True, blank=True)
    client_size = models.CharField(_("effectif"), max_length=10, choices=ClientSize, blank=True)
    sector = models.CharField(_("métier"), max_length=30, choices=ClientSector, blank=True)

    service = models.ForeignKey(
        Service, models.PROTECT, null=True, blank=True, related_name="needs",
        verbose_name=_("service cherché"),
    )  # fmt: skip
    commune = models.ForeignKey(
        "territory.Commune", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("lieu"),
    )  # fmt: skip
    wished = models.ForeignKey(
        Provider, models.SET_NULL, null=True, blank=True, related_name="wishes",
        verbose_name=_("fiche d’où vient la demande"),
    )  # fmt: skip
    working_language = models.CharField(
        _("langue de travail"), max_length=2, choices=SpokenLanguage, default=SpokenLanguage.FRENCH
    )
    budget = models.CharField(
        _("budget"), max_length=10, choices=BudgetBand, default=BudgetBand.UNKNOWN
    )
    deadline = models.CharField(
        _("délai"), max_length=10, choices=NeedDeadline, default=NeedDeadline.QUARTER
    )
    text = models.TextField(_("besoin"), max_length=LONGEST_TEXT, blank=True)
    answers = models.JSONField(_("réponses"), default=dict, blank=True)
    more_asked = models.BooleanField(_("deux prestataires de plus demandés"), default=False)

    created_at = models.DateTimeField(_("commencé le"))
    deposited_at = models.DateTimeField(_("déposé le"), null=True, blank=True)
    confirmed_at = models.DateTimeField(_("confirmé le"), null=True, blank=True)
    qualified_at = models.DateTimeField(_("qualifié le"), null=True, blank=True)
    qualified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("qualifié par"),
    )  # fmt: skip
    proposed_at = models.DateTimeField(_("proposé le"), null=True, blank=True)
    contact_at = models.DateTimeField(_("en contact le"), null=True, blank=True)
    unanswered_at = models.DateTimeField(_("sans prestataire le"), null=True, blank=True)
    warned_at = models.DateTimeField(_("point d’étape envoyé le"), null=True, blank=True)
    adviser_called_at = models.DateTimeField(_("confié au conseil le"), null=True, blank=True)
    asked_at = models.DateTimeField(_("satisfaction demandée le"), null=True, blank=True)
    asked_later_at = models.DateTimeField(_("« et maintenant ? » le"), null=True, blank=True)
    chosen_at = models.DateTimeField(_("choix fait le"), null=True, blank=True)
    ended_at = models.DateTimeField(_("terminé le"), null=True, blank=True)
    closing_reason = models.CharField(
        _("motif de fin"), max_length=20, choices=ClosingReason, blank=True
    )
    forgotten_at = models.DateTimeField(_("oublié le"), null=True, blank=True)

    was_called = models.BooleanField(_("appelée"), null=True, blank=True)
    was_useful = models.CharField(_("utile"), max_length=10, choices=Usefulness, blank=True)
    outcome = models.CharField(_("suite"), max_length=10, choices=NeedOutcome, blank=True)
    later_outcome = models.CharField(
        _("suite à cinq mois"), max_length=10, choices=LaterOutcome, blank=True
    )

    objects = models.Manager.from_queryset(NeedQuerySet)()

    class Meta:
        verbose_name = _("besoin")
        verbose_name_plural = _("besoins")
        default_permissions = ("view",)
        permissions = [("handle_need", _("Peut qualifier, recommander et clore les besoins"))]
        constraints = [
            models.CheckConstraint(
                name="directory_need_status_known", condition=Q(status__in=NeedStatus.values)
            ),
            models.CheckConstraint(
                name="directory_need_reachable_until_forgotten",
                condition=Q(forgotten_at=None) ^ Q(contact_email=""),
            ),
            models.CheckConstraint(
                name="directory_need_confirmed_is_complete",
                condition=Q(confirmed_at=None) | Q(**_COMPLETE),
                violation_error_message=_("Un besoin confirmé est complet."),
            ),
            models.CheckConstraint(
                name="directory_need_confirmed_by_its_company",
                condition=Q(confirmed_at__isnull=False)
                | Q(status__in=[*BEFORE_CONFIRMATION, NeedStatus.CLOSED]),
            ),
            models.CheckConstraint(
                name="directory_need_ended_has_its_date",
                condition=Q(ended_at__isnull=False, status__in=ENDED)
                | (Q(ended_at=None) & ~Q(status__in=ENDED)),
            ),
            models.CheckConstraint(
                name="directory_need_closed_has_its_reason",
                condition=Q(status=NeedStatus.CLOSED) ^ Q(closing_reason=""),
            ),
            models.CheckConstraint(
                name="directory_need_outcome_known",
                condition=Q(outcome="") | Q(outcome__in=NeedOutcome.values),
            ),
        ]
        indexes = [
            models.Index(fields=["status", "confirmed_at"], name="directory_need_queue"),
            models.Index(fields=["contact_email"], name="directory_need_email"),
            models.Index(
                fields=["confirmed_at"],
                name="directory_need_clock",
                condition=Q(confirmed_at__isnull=False, ended_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.service or '–'}"

    @property
    def is_alive(self) -> bool:
        """Whether something may still come of it."""
        return self.confirmed_at is not None and self.ended_at is None

    @property
    def qualify_before(self) -> date | None:
        """The day before whose end staff must have read it: one working day."""
        if self.confirmed_at is None:
            return None
        day = timezone.localdate(self.confirmed_at)
        return _working_days_after(day, QUALIFIED_WITHIN)


class Recommendation(models.Model):
    """Recommandation: providers that an agent added to a need, and why (the neutrality log)."""

    need = models.ForeignKey(
        Need, models.CASCADE, related_name="recommendations", verbose_name=_("besoin")
    )
    reason = models.TextField(_("motif"), max_length=1_000)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("faite par"),
    )  # fmt: skip
    made_at = models.DateTimeField(_("faite le"))

    class Meta:
        verbose_name = _("recommandation")
        verbose_name_plural = _("recommandations")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_recommendation_says_why", condition=~Q(reason="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need} · {self.made_at:%Y-%m-%d}"


class ProposalQuerySet(models.QuerySet["Proposal"]):
    """Questions about proposals."""

    def open(self) -> Self:
        """Keep those that weigh on a provider: waiting for its answer, or in progress."""
        return self.filter(status__in=OPEN_PROPOSALS)

    def weighing(self, *, now: datetime) -> Self:
        """Keep the requests in progress: nobody said how they ended, for 45 days at most."""
        return self.open().filter(sent_at__gte=now - WEIGHS_FOR)

    def overdue(self, *, now: datetime) -> Self:
        """Keep those whose provider has let the time pass."""
        return self.filter(status=ProposalStatus.SENT, expires_at__lte=now)

    def without_exchange(self, *, now: datetime) -> Self:
        """Keep those taken five days ago at least, without a word of the provider in the thread."""
        words = NeedMessage.objects.filter(proposal=OuterRef("pk"), side=MessageSide.PROVIDER)
        return self.filter(
            status=ProposalStatus.ACCEPTED,
            exchange_asked_at=None,
            answered_at__lte=now - timedelta(days=EXCHANGE_WITHIN_DAYS),
        ).exclude(Exists(words))


class Proposal(models.Model):
    """Proposition: a need put to one provider, why to this one, and what became of it.

    `points` and `facts` are those of directory.matching.ranking on that day: they say why. A
    proposal that an agent added has its line in the neutrality log instead.
    """

    need = models.ForeignKey(
        Need, models.CASCADE, related_name="proposals", verbose_name=_("besoin")
    )
    provider = models.ForeignKey(
        Provider, models.CASCADE, related_name="proposals", verbose_name=_("prestataire")
    )
    recommendation = models.ForeignKey(
        Recommendation, models.PROTECT, null=True, blank=True, related_name="proposals",
        verbose_name=_("recommandation"),
    )  # fmt: skip
    status = models.CharField(
        _("état"), max_length=10, choices=ProposalStatus, default=ProposalStatus.SENT
    )
    points = models.JSONField(_("points"), default=dict)
    facts = models.JSONField(_("faits"), default=dict)
    sent_at = models.DateTimeField(_("envoyée le"))
    expires_at = models.DateTimeField(_("attend jusqu’au"))
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)
    refusal_reason = models.CharField(
        _("motif de refus"), max_length=10, choices=RefusalReason, blank=True
    )
    refusal_words = models.CharField(_("précision"), max_length=500, blank=True)
    exchange_asked_at = models.DateTimeField(_("rappel d’échange le"), null=True, blank=True)
    recorded_at = models.DateTimeField(
        _("inscrite au registre de confiance le"), null=True, blank=True
    )
    quoted_at = models.DateTimeField(_("devis le"), null=True, blank=True)
    loss_reason = models.CharField(
        _("motif de perte"), max_length=10, choices=LossReason, blank=True
    )
    ended_at = models.DateTimeField(_("terminée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ProposalQuerySet)()

    class Meta:
        verbose_name = _("proposition")
        verbose_name_plural = _("propositions")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["need", "provider"], name="directory_proposal_once_per_provider"
            ),
            models.UniqueConstraint(
                fields=["need"],
                condition=Q(status=ProposalStatus.CHOSEN),
                name="directory_proposal_one_chosen",
            ),
            models.CheckConstraint(
                name="directory_proposal_status_known",
                condition=Q(status__in=ProposalStatus.values),
            ),
            models.CheckConstraint(
                name="directory_proposal_refused_says_why",
                condition=Q(status=ProposalStatus.REFUSED) ^ Q(refusal_reason=""),
            ),
            models.CheckConstraint(
                name="directory_proposal_lost_says_why",
                condition=Q(status=ProposalStatus.LOST) ^ Q(loss_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["provider"],
                name="directory_proposal_load",
                condition=Q(status__in=OPEN_PROPOSALS),
            ),
            models.Index(
                fields=["expires_at"],
                name="directory_proposal_clock",
                condition=Q(status=ProposalStatus.SENT),
            ),
            models.Index(
                fields=["sent_at"],
                name="directory_proposal_silent",
                condition=Q(status=ProposalStatus.SILENT, recorded_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.need_id} · {self.provider}"

    @property
    def is_in_touch(self) -> bool:
        """Whether both sides know each other: the provider has accepted."""
        return self.status in IN_TOUCH

    @property
    def is_in_progress(self) -> bool:
        """Whether its need lives, and neither side has ended it."""
        return self.need.is_alive and self.status in {*OPEN_PROPOSALS, ProposalStatus.CHOSEN}

    @property
    def exchange_before(self) -> date | None:
        """The day by which the two should have talked: five working days after acceptance."""
        if self.answered_at is None:
            return None
        return _working_days_after(timezone.localdate(self.answered_at), EXCHANGE_WITHIN_DAYS)


class NeedMessage(models.Model):
    """Message: what the company and a provider that accepted write to each other."""

    proposal = models.ForeignKey(
        Proposal, models.CASCADE, related_name="messages", verbose_name=_("proposition")
    )
    side = models.CharField(_("de"), max_length=10, choices=MessageSide)
    text = models.TextField(_("texte"), max_length=LONGEST_TEXT)
    sent_at = models.DateTimeField(_("envoyé le"))

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_needmessage_side_known", condition=Q(side__in=MessageSide.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.proposal_id} · {self.sent_at:%Y-%m-%d}"


class RequestPause(models.Model):
    """Pause: a provider that takes no requests until it says otherwise."""

    provider = models.OneToOneField(
        Provider, models.CASCADE, primary_key=True, related_name="pause",
        verbose_name=_("prestataire"),
    )  # fmt: skip
    started_at = models.DateTimeField(_("depuis le"))

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return str(self.provider)
