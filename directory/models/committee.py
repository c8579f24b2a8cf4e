"""The committee of the charter: its members, the cases before it, who sits, votes, decisions."""

from collections.abc import Iterable
from datetime import date
from typing import Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from directory.complaints import clocks
from directory.enums import (
    CaseInstance,
    CaseStatus,
    CharterClause,
    College,
    Measure,
    RecusalReason,
)
from directory.models.complaints import Complaint
from directory.models.trust import TrustContest

LONGEST_REASONS = 8_000  # signs


class CommitteeMember(models.Model):
    """Membre du comité: a person; `linked_sirens` are of the companies it has an interest in."""

    name = models.CharField(_("nom"), max_length=120)
    contact_email = models.EmailField(_("courriel"), unique=True)
    organisation = models.CharField(_("organisme"), max_length=200)
    siren = models.CharField(_("SIREN de l’organisme"), max_length=9, blank=True)
    linked_sirens = ArrayField(
        models.CharField(max_length=9),
        verbose_name=_("SIREN liés"),
        default=list,
        blank=True,
        help_text=_("Même groupe, ou intérêt déclaré. Séparés par des virgules."),
    )

    class Meta:
        verbose_name = _("membre du comité")
        verbose_name_plural = _("membres du comité")
        constraints = [
            models.CheckConstraint(
                name="directory_committeemember_siren_is_9_digits",
                condition=Q(siren="") | Q(siren__regex=r"^\d{9}$"),
                violation_error_message=_("Un SIREN compte 9 chiffres."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.organisation})"


class CommitteeMandateQuerySet(models.QuerySet["CommitteeMandate"]):
    """Questions about mandates."""

    def running(self, *, on: date) -> Self:
        """Keep those that run that day; the last day is included."""
        return self.filter(starts_on__lte=on, ends_on__gte=on)


class CommitteeMandate(models.Model):
    """Mandat: a member sits for one college, from a first day to a last one."""

    member = models.ForeignKey(
        CommitteeMember, models.CASCADE, related_name="mandates", verbose_name=_("membre du comité")
    )
    college = models.CharField(_("collège"), max_length=10, choices=College)
    starts_on = models.DateField(_("premier jour"))
    ends_on = models.DateField(_("dernier jour"))

    objects = models.Manager.from_queryset(CommitteeMandateQuerySet)()

    class Meta:
        verbose_name = _("mandat")
        verbose_name_plural = _("mandats")
        constraints = [
            models.CheckConstraint(
                name="directory_committeemandate_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("Un mandat finit après son premier jour."),
            ),
            models.CheckConstraint(
                name="directory_committeemandate_college_known",
                condition=Q(college__in=College.values),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member.name} · {self.get_college_display()}"


class CommitteeCaseQuerySet(models.QuerySet["CommitteeCase"]):
    """Questions about cases."""

    def pending(self) -> Self:
        """Keep those that wait for a decision."""
        return self.filter(status__in=[CaseStatus.OPEN, CaseStatus.VOTING, CaseStatus.VOTED])

    def warning(self, sirens: Iterable[str], *, on: date) -> Self:
        """Keep the public warnings that everyone reads of companies that day: a date, no task."""
        return self.filter(
            complaint__siren__in=sirens,
            warning_until__gt=on,
            decided_at__isnull=False,
            reversed_at=None,
        ).order_by("-decided_at", "-pk")

    def published(self) -> Self:
        """Keep those of which staff published an anonymised account."""
        return self.filter(published_at__isnull=False)


class CommitteeCase(models.Model):
    """Affaire du comité: a complaint, or an appeal in an index contest, that a panel decides.

    `measure` is what the votes gave. The decision of an appeal stands for the first one, which then
    has `reversed_at` when the two differ. `warning_until`, `applied_until`: the first day after.
    """

    complaint = models.ForeignKey(
        Complaint, models.PROTECT, null=True, blank=True, related_name="cases",
        verbose_name=_("plainte"),
    )  # fmt: skip
    contest = models.ForeignKey(
        TrustContest, models.PROTECT, null=True, blank=True, related_name="cases",
        verbose_name=_("contestation"),
    )  # fmt: skip
    instance = models.CharField(_("degré"), max_length=6, choices=CaseInstance)
    status = models.CharField(_("état"), max_length=10, choices=CaseStatus, default=CaseStatus.OPEN)
    opened_at = models.DateTimeField(_("saisi le"))
    due_on = models.DateField(_("à décider au plus tard le"))
    ground = models.TextField(_("motif de la saisine ou de l’appel"), max_length=LONGEST_REASONS)
    complainant_heard_on = models.DateField(_("plaignant entendu le"), null=True, blank=True)
    complainant_words = models.TextField(_("ce qu’a dit le plaignant"), blank=True)
    provider_heard_on = models.DateField(_("prestataire entendu le"), null=True, blank=True)
    provider_words = models.TextField(_("ce qu’a dit le prestataire"), blank=True)
    vote_opened_at = models.DateTimeField(_("vote ouvert le"), null=True, blank=True)
    vote_closed_at = models.DateTimeField(_("vote clos le"), null=True, blank=True)
    measure = models.PositiveSmallIntegerField(_("mesure"), choices=Measure, null=True, blank=True)
    reasons = models.TextField(_("motifs"), max_length=LONGEST_REASONS, blank=True)
    clauses = ArrayField(
        models.CharField(max_length=10, choices=CharterClause),
        verbose_name=_("engagements non tenus"),
        default=list,
        blank=True,
    )
    decided_at = models.DateTimeField(_("décidée le"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("inscrite par"),
    )  # fmt: skip
    warning_until = models.DateField(_("avertissement public jusqu’au"), null=True, blank=True)
    suspended_until = models.DateField(_("suspension jusqu’au"), null=True, blank=True)
    adhesion = models.ForeignKey(
        "directory.Adhesion", models.PROTECT, null=True, blank=True, related_name="+",
        verbose_name=_("adhésion sanctionnée"),
    )  # fmt: skip
    reversed_at = models.DateTimeField(_("infirmée le"), null=True, blank=True)
    public_text = models.TextField(_("texte anonymisé"), max_length=LONGEST_REASONS, blank=True)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(CommitteeCaseQuerySet)()

    class Meta:
        verbose_name = _("affaire du comité")
        verbose_name_plural = _("affaires du comité")
        default_permissions = ("view",)
        permissions = [
            ("run_committeecase", _("Peut tenir les séances du comité et écrire ses décisions")),
            ("publish_committeecase", _("Peut publier une décision anonymisée")),
        ]
        constraints = [
            models.CheckConstraint(
                name="directory_committeecase_of_one_thing",
                condition=Q(complaint__isnull=False, contest=None)
                | Q(complaint=None, contest__isnull=False, instance=CaseInstance.APPEAL),
            ),
            models.UniqueConstraint(
                fields=["complaint", "instance"], name="directory_committeecase_once_an_instance"
            ),
            models.UniqueConstraint(
                fields=["contest"],
                condition=Q(contest__isnull=False),
                name="directory_committeecase_once_a_contest",
                violation_error_message=_("Le comité est déjà saisi de cet appel."),
            ),
            models.CheckConstraint(
                name="directory_committeecase_vote_after_both_are_heard",
                condition=Q(vote_opened_at=None)
                | Q(provider_heard_on__isnull=False, complainant_heard_on__isnull=False)
                | Q(provider_heard_on__isnull=False, complaint=None),
                violation_error_message=_("Les deux parties sont entendues avant le vote."),
            ),
            models.CheckConstraint(
                name="directory_committeecase_decided_has_reasons",
                condition=(Q(status=CaseStatus.DECIDED) & ~Q(reasons="")
                           & Q(decided_at__isnull=False, measure__isnull=False,
                               vote_closed_at__isnull=False))
                | (~Q(status=CaseStatus.DECIDED) & Q(reasons="", decided_at=None)),
                violation_error_message=_("Une décision est motivée."),
            ),
            models.CheckConstraint(
                name="directory_committeecase_published_has_its_text",
                condition=Q(published_at=None)
                | (Q(decided_at__isnull=False) & ~Q(public_text="")),
            ),
        ]  # fmt: skip
        indexes = [
            models.Index(fields=["status", "due_on"], name="directory_committeecase_queue"),
            models.Index(
                fields=["warning_until"],
                name="directory_committeecase_warned",
                condition=Q(warning_until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def reference(self) -> str:
        """What every message calls it."""
        return f"CO-{self.opened_at:%Y}-{self.pk:05d}"

    @property
    def is_final(self) -> bool:
        """Whether no appeal can change it any more; an appeal's own decision is."""
        if self.status != CaseStatus.DECIDED:
            return False
        return self.instance == CaseInstance.APPEAL or bool(
            self.complaint is not None and self.complaint.ended_at
        )

    @property
    def clause_labels(self) -> list[str]:
        """The commitments that were not kept, in words."""
        return [str(CharterClause(code).label) for code in self.clauses]

    def measure_words(self) -> str:
        """The measure in words; in an index contest, what becomes of it."""
        if self.measure is None:
            return ""
        if self.contest_id is None:
            return str(Measure(self.measure).label)
        return str(CONTEST_MEASURES[self.measure])

    def is_late(self, *, on: date) -> bool:
        """Tell whether the decision should have been taken."""
        return self.decided_at is None and clocks.is_late(self.due_on, on=on)


CONTEST_MEASURES = {
    0: pgettext_lazy("contest", "Contestation accueillie"),
    1: pgettext_lazy("contest", "Contestation rejetée"),
}


class CommitteeSeat(models.Model):
    """Siège: a member on the panel of a case, or recused from it with the reason."""

    case = models.ForeignKey(
        CommitteeCase, models.CASCADE, related_name="seats", verbose_name=_("affaire du comité")
    )
    member = models.ForeignKey(
        CommitteeMember, models.PROTECT, related_name="seats", verbose_name=_("membre du comité")
    )
    college = models.CharField(_("collège"), max_length=10, choices=College)
    recusal = models.CharField(_("récusation"), max_length=10, choices=RecusalReason, blank=True)
    recused_at = models.DateTimeField(_("récusé le"), null=True, blank=True)

    class Meta:
        verbose_name = _("siège du comité")
        verbose_name_plural = _("sièges du comité")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["case", "member"], name="directory_committeeseat_once"),
            models.CheckConstraint(
                name="directory_committeeseat_recused_says_why",
                condition=Q(recusal="", recused_at=None)
                | (~Q(recusal="") & Q(recused_at__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case} · {self.member.name}"


class CommitteeVote(models.Model):
    """Vote: the measure that a member wants, None to abstain; triggers keep the recused out."""

    seat = models.OneToOneField(
        CommitteeSeat, models.CASCADE, related_name="vote", verbose_name=_("siège du comité")
    )
    measure = models.PositiveSmallIntegerField(_("vote"), choices=Measure, null=True, blank=True)
    cast_at = models.DateTimeField(_("le"))
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("inscrit par"),
    )  # fmt: skip

    class Meta:
        verbose_name = pgettext_lazy("committee", "vote")
        verbose_name_plural = pgettext_lazy("committee", "votes")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.seat_id}"
