"""Versions of the referential, and the diagnostics that companies make with them."""

from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, Q
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Depth, Stage
from diagnostics.models.appointments import Adviser
from directory.models import Company
from emn.questionnaires.models import QuestionnaireVersion, Run

if TYPE_CHECKING:
    from emn.accounts.models import User


class ReferentialVersionQuerySet(models.QuerySet["ReferentialVersion"]):
    """Questions about versions."""

    def published(self) -> Self:
        """Keep those that may be used, the newest first."""
        return self.filter(published_at__isnull=False).order_by("-published_at", "-pk")


class ReferentialVersion(models.Model):
    """Version du référentiel: questions, weights, thresholds, red cards and measures, frozen.

    `content` is what `diagnostics.referential` reads; the two questionnaires are made of it.
    """

    number = models.CharField(_("numéro"), max_length=10, unique=True)
    content = models.JSONField(_("contenu"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    flash = models.OneToOneField(
        QuestionnaireVersion, models.PROTECT, related_name="+", verbose_name=_("flash")
    )
    on_site = models.OneToOneField(
        QuestionnaireVersion, models.PROTECT, related_name="+", verbose_name=_("sur place")
    )
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(ReferentialVersionQuerySet)()

    class Meta:
        verbose_name = _("version du référentiel")
        verbose_name_plural = _("versions du référentiel")
        default_permissions = ("view",)
        permissions = [("write_referential", _("Écrire et publier le référentiel"))]
        constraints = [
            models.CheckConstraint(
                name="diagnostics_referentialversion_number_format",
                condition=Q(number__regex=r"^\d+\.\d+$"),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class DiagnosticQuerySet(models.QuerySet["Diagnostic"]):
    """Questions about diagnostics."""

    def finished(self) -> Self:
        """Keep those with a result."""
        return self.filter(result__isnull=False)

    def visits_of(self, user: "User") -> Self:
        """Keep the pre-diagnostics that `user` leads as an adviser."""
        return self.filter(depth=Depth.ON_SITE, adviser__user=user)

    def of(self, user: "User") -> Self:
        """Keep those of the companies for which `user` acts."""
        return self.filter(company__memberships__user=user)

    def scoped_for(self, user: "User") -> Self:
        """Keep what an agent sees of the back office.

        An adviser sees one's own visits, and the flash ones that await a company or are of the
        groupings where one goes; who names advisers or only reads figures sees all.
        """
        is_adviser = user.has_perm("diagnostics.run_interview")
        if user.has_perm("diagnostics.add_adviser") or not is_adviser:
            return self
        advisers = Adviser.objects.filter(user=user)
        near = (
            Q(company=None)
            | Q(company__commune__epci__in=advisers.exclude(epcis=None).values("epcis"))
            | Exists(advisers.filter(epcis=None))
        )
        return self.filter(Q(adviser__user=user) | Q(depth=Depth.FLASH) & near)

    def first_of_company(self) -> Self:
        """Keep those that later ones follow: at the start, in a file; a visit once it is signed."""
        return self.finished().filter(
            Q(depth=Depth.FLASH) | Q(signed_at__isnull=False), stage=Stage.T0, company__isnull=False
        )


class Diagnostic(models.Model):
    """Diagnostic: a run of the referential, its result, and the company that took it as its own.

    A flash one is nobody's until it is claimed: no name, no address, nothing but answers. `result`
    is what `diagnostics.assessing.assess` gave when the run was finished, with this version. One on
    site has its company and its adviser from the start; once `signed_at` it does not change; once
    `dropped_at` it is kept for its history alone, and makes way for another of its stage.
    `follows`: the one of the start, to which `progress` compares this one (`assessing.progress`).
    """

    referential = models.ForeignKey(
        ReferentialVersion, models.PROTECT, related_name="diagnostics",
        verbose_name=_("version du référentiel"),
    )  # fmt: skip
    run = models.OneToOneField(
        Run, models.PROTECT, related_name="diagnostic", verbose_name=_("passation")
    )
    depth = models.CharField(_("profondeur"), max_length=10, choices=Depth)
    stage = models.CharField(_("étape"), max_length=2, choices=Stage, default=Stage.T0)
    result: "models.JSONField[Any, Any]" = models.JSONField(_("résultat"), null=True, blank=True)
    follows = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="followed_by",
        verbose_name=_("fait suite à"),
    )  # fmt: skip
    progress: "models.JSONField[Any, Any]" = models.JSONField(
        _("progrès depuis le départ"), null=True, blank=True
    )
    company = models.ForeignKey(
        Company, models.PROTECT, null=True, blank=True, related_name="diagnostics",
        verbose_name=_("entreprise"),
    )  # fmt: skip
    claimed_at = models.DateTimeField(_("rattaché le"), null=True, blank=True)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("rattaché par"),
    )  # fmt: skip
    adviser = models.ForeignKey(
        "diagnostics.Adviser", models.PROTECT, null=True, blank=True, related_name="diagnostics",
        verbose_name=_("conseiller"),
    )  # fmt: skip
    appointment = models.OneToOneField(
        "diagnostics.Appointment", models.PROTECT, null=True, blank=True,
        related_name="diagnostic", verbose_name=_("rendez-vous"),
    )  # fmt: skip
    signed_at = models.DateTimeField(_("signé le"), null=True, blank=True)
    dropped_at = models.DateTimeField(_("abandonné le"), null=True, blank=True)
    dropped_reason = models.CharField(
        _("raison de l’abandon"), max_length=300, blank=True, default="", db_default=""
    )
    t1_planned_on = models.DateField(_("un an après : prévu le"), null=True, blank=True)
    t2_planned_on = models.DateField(_("deux ans après : prévu le"), null=True, blank=True)

    objects = models.Manager.from_queryset(DiagnosticQuerySet)()

    class Meta:
        verbose_name = _("diagnostic")
        verbose_name_plural = _("diagnostics")
        default_permissions = ("view",)
        permissions = [("run_interview", _("Mener un entretien de pré-diagnostic"))]
        constraints = [
            models.CheckConstraint(
                name="diagnostics_diagnostic_depth_known", condition=Q(depth__in=Depth.values)
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_stage_known", condition=Q(stage__in=Stage.values)
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_start_follows_nothing",
                condition=~Q(stage=Stage.T0) | Q(follows=None, progress=None),
            ),
            models.UniqueConstraint(
                fields=["follows", "stage"], name="diagnostics_diagnostic_one_of_a_stage"
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_claimed_has_company",
                condition=Q(company=None, claimed_at=None, claimed_by=None)
                | Q(company__isnull=False, claimed_at__isnull=False)
                & (Q(depth=Depth.ON_SITE) | Q(result__isnull=False)),
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_on_site_has_adviser",
                condition=Q(depth=Depth.FLASH, adviser=None, appointment=None, signed_at=None)
                | Q(depth=Depth.ON_SITE, adviser__isnull=False, company__isnull=False),
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_signed_has_result_and_dates",
                condition=Q(signed_at=None, t1_planned_on=None, t2_planned_on=None)
                | Q(signed_at__isnull=False, result__isnull=False)
                & (
                    ~Q(stage=Stage.T0) | Q(t1_planned_on__isnull=False, t2_planned_on__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="diagnostics_diagnostic_dropped_has_reason",
                condition=Q(dropped_at=None, dropped_reason="")
                | Q(
                    dropped_at__isnull=False,
                    depth=Depth.ON_SITE,
                    signed_at=None,
                    follows=None,
                    appointment=None,
                )
                & ~Q(dropped_reason=""),
            ),
        ]
        indexes = [
            models.Index(
                fields=["company", "-id"],
                name="diagnostics_of_company",
                condition=Q(company__isnull=False),
            ),
            models.Index(
                fields=["adviser", "-id"],
                name="diagnostics_of_adviser",
                condition=Q(adviser__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk} · {self.get_depth_display()}"
