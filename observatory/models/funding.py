"""Agreements with funders, their objectives, and the reports that are frozen for them."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from observatory.funder_enums import FunderKind, ReportFormat, ReportState

SHA256 = r"^[0-9a-f]{64}$"


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Questions about agreements."""

    def published(self) -> Self:
        """Keep those that the public page of funders names, the latest first."""
        return self.filter(is_published=True).order_by("-starts_on", "pk")


class Agreement(models.Model):
    """Convention de financement: who funds what, how much, from when to when.

    `spent_cents`: what was spent so far of the whole cost, as the accountant says: the cost of an
    effect is made of it.
    """

    reference = models.CharField(_("référence"), max_length=60, unique=True)
    title = models.CharField(_("intitulé"), max_length=200)
    funder = models.CharField(_("financeur"), max_length=120)
    kind = models.CharField(_("sorte de financeur"), max_length=12, choices=FunderKind)
    programme = models.CharField(_("programme"), max_length=200, blank=True)
    summary = models.TextField(
        _("résumé"), blank=True, max_length=1_000,
        help_text=_("But et résultats attendus, en quelques phrases, pour la page publique."),
    )  # fmt: skip
    amount_cents = models.PositiveBigIntegerField(_("montant accordé (centimes)"))
    spent_cents = models.PositiveBigIntegerField(_("dépensé à ce jour (centimes)"), default=0)
    starts_on = models.DateField(_("premier jour"))
    ends_on = models.DateField(_("dernier jour"))
    is_published = models.BooleanField(_("sur la page publique"), default=False)
    counted_at = models.DateTimeField(_("chiffres du"), null=True, blank=True, editable=False)

    objects = models.Manager.from_queryset(AgreementQuerySet)()

    class Meta:
        verbose_name = _("convention de financement")
        verbose_name_plural = _("conventions de financement")
        permissions = [
            ("run_cockpit", _("Peut composer et figer les rapports aux financeurs")),
        ]
        constraints = [
            models.CheckConstraint(
                name="observatory_agreement_ends_after_start",
                condition=Q(ends_on__gte=F("starts_on")),
                violation_error_message=_("Le dernier jour suit le premier."),
            ),
            models.CheckConstraint(
                name="observatory_agreement_kind_known", condition=Q(kind__in=FunderKind.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reference} · {self.title}"

    @property
    def is_erdf(self) -> bool:
        """Whether the publicity of the Union’s funds is due (R7.14)."""
        return self.kind == FunderKind.ERDF


class AgreementObjective(models.Model):
    """Objectif de convention: what an agreement wants of one indicator; its value is counted.

    `indicator`: a key of `observatory.funding_queries`; `precision`: how sure its value is.
    """

    agreement = models.ForeignKey(
        Agreement, models.CASCADE, related_name="objectives",
        verbose_name=_("convention de financement"),
    )  # fmt: skip
    indicator = models.CharField(_("indicateur"), max_length=40)
    target = models.DecimalField(
        _("cible"), max_digits=12, decimal_places=2, null=True, blank=True,
        help_text=_("Vide : suivi sans cible."),
    )  # fmt: skip
    value = models.DecimalField(
        _("valeur"), max_digits=14, decimal_places=2, null=True, editable=False
    )
    precision: "models.JSONField[Any, Any]" = models.JSONField(
        _("précision"), null=True, editable=False
    )

    class Meta:
        verbose_name = _("objectif de convention")
        verbose_name_plural = _("objectifs de convention")
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "indicator"],
                name="observatory_agreementobjective_once",
                violation_error_message=_("Cet indicateur est déjà suivi."),
            ),
            models.CheckConstraint(
                name="observatory_agreementobjective_target_counts",
                condition=Q(target=None) | Q(target__gt=0),
                violation_error_message=_("Une cible est plus grande que zéro."),
            ),
        ]

    def __str__(self) -> str:
        return self.indicator


class FunderReport(models.Model):
    """Rapport au financeur: the figures of a period with their lists; frozen, it never changes.

    `corrects`: the frozen report of the same period that this one is compared with; what differs is
    told as a delta, and the first stays as it was. `step` of `steps`: how far the worker is.
    `sha256`: of all that it says, once frozen.
    """

    agreement = models.ForeignKey(
        Agreement, models.PROTECT, related_name="reports",
        verbose_name=_("convention de financement"),
    )  # fmt: skip
    number = models.PositiveSmallIntegerField(_("numéro"))
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections",
        verbose_name=_("corrige"),
    )  # fmt: skip
    from_on = models.DateField(_("du"))
    until_on = models.DateField(_("au"))
    state = models.CharField(
        _("état"), max_length=8, choices=ReportState, default=ReportState.WAITING
    )
    step = models.PositiveSmallIntegerField(_("étape"), default=0)
    steps = models.PositiveSmallIntegerField(_("étapes"), default=0)
    alive_at = models.DateTimeField(_("dernier signe"), null=True, blank=True)
    computed_at = models.DateTimeField(_("calculé le"), null=True, blank=True)
    narrative = models.TextField(_("récit"), blank=True, max_length=20_000)
    spent_cents = models.PositiveBigIntegerField(_("dépensé (centimes)"), default=0)
    sha256 = models.CharField(_("empreinte"), max_length=64, blank=True)
    created_at = models.DateTimeField(_("demandé le"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("demandé par"),
    )  # fmt: skip
    frozen_at = models.DateTimeField(_("figé le"), null=True, blank=True)
    frozen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("figé par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("rapport au financeur")
        verbose_name_plural = _("rapports aux financeurs")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "number"], name="observatory_funderreport_number_once"
            ),
            models.CheckConstraint(
                name="observatory_funderreport_state_known",
                condition=Q(state__in=ReportState.values),
            ),
            models.CheckConstraint(
                name="observatory_funderreport_ends_after_start",
                condition=Q(until_on__gte=F("from_on")),
            ),
            models.CheckConstraint(
                name="observatory_funderreport_frozen_is_signed",
                condition=Q(state=ReportState.FROZEN, frozen_at__isnull=False, sha256__regex=SHA256)
                | (~Q(state=ReportState.FROZEN) & Q(frozen_at=None, sha256="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement.reference} · {self.number}"

    @property
    def is_running(self) -> bool:
        """Whether a worker has it, or will."""
        return self.state in {ReportState.WAITING, ReportState.RUNNING}

    @property
    def is_frozen(self) -> bool:
        """Whether it is what the funder reads."""
        return self.state == ReportState.FROZEN


class ReportFigure(models.Model):
    """Chiffre de rapport: an indicator as it was that day, with the version of its query.

    `breakdown`: name of a fact → value → how many lines. `cost_cents`: of one unit. `change`: in a
    correction, the keys «added», «removed», «changed». `sha256`: of its lines and their proofs.
    """

    report = models.ForeignKey(
        FunderReport, models.CASCADE, related_name="figures",
        verbose_name=_("rapport au financeur"),
    )  # fmt: skip
    position = models.PositiveSmallIntegerField(_("rang"))
    indicator = models.CharField(_("indicateur"), max_length=40)
    version = models.PositiveSmallIntegerField(_("version du calcul"))
    title = models.CharField(_("libellé"), max_length=200)
    unit = models.CharField(_("unité"), max_length=40)
    value = models.DecimalField(_("valeur"), max_digits=14, decimal_places=2, null=True)
    target = models.DecimalField(_("cible"), max_digits=12, decimal_places=2, null=True)
    line_count = models.PositiveIntegerField(_("lignes"))
    cost_cents = models.PositiveBigIntegerField(_("coût par unité (centimes)"), null=True)
    breakdown: "models.JSONField[Any, Any]" = models.JSONField(_("répartition"), default=dict)
    change: "models.JSONField[Any, Any]" = models.JSONField(_("écarts"), default=dict)
    sha256 = models.CharField(_("empreinte des lignes"), max_length=64)

    class Meta:
        verbose_name = _("chiffre de rapport")
        verbose_name_plural = _("chiffres de rapport")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["report", "indicator"], name="observatory_reportfigure_once"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ReportLine(models.Model):
    """Ligne de rapport: a company, or another thing counted once, with its proofs.

    `proofs`: `{"on", "kind", "reference"}`; no person is named.
    """

    figure = models.ForeignKey(
        ReportFigure, models.CASCADE, related_name="lines", verbose_name=_("chiffre de rapport")
    )
    key = models.CharField(_("clé"), max_length=60)
    siren = models.CharField(_("SIREN"), max_length=9, blank=True)
    name = models.CharField(_("nom"), max_length=200, blank=True)
    quantity = models.DecimalField(_("quantité"), max_digits=12, decimal_places=2)
    proofs: "models.JSONField[Any, Any]" = models.JSONField(_("preuves"), default=list)
    facts: "models.JSONField[Any, Any]" = models.JSONField(_("caractères"), default=dict)

    class Meta:
        verbose_name = _("ligne de rapport")
        verbose_name_plural = _("lignes de rapport")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["figure", "key"], name="observatory_reportline_once"),
            models.CheckConstraint(
                name="observatory_reportline_siren_is_9_digits",
                condition=Q(siren="") | Q(siren__regex=r"^\d{9}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.key


class ReportDocument(models.Model):
    """Document de rapport: a frozen report as it is handed over."""

    report = models.ForeignKey(
        FunderReport, models.PROTECT, related_name="documents",
        verbose_name=_("rapport au financeur"),
    )  # fmt: skip
    format = models.CharField(_("format"), max_length=3, choices=ReportFormat)
    content = models.BinaryField(_("contenu"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    written_at = models.DateTimeField(_("écrit le"))

    class Meta:
        verbose_name = _("document de rapport")
        verbose_name_plural = _("documents de rapport")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["report", "format"], name="observatory_reportdocument_once"
            ),
            models.CheckConstraint(
                name="observatory_reportdocument_format_known",
                condition=Q(format__in=ReportFormat.values),
            ),
        ]

    def __str__(self) -> str:
        return self.get_format_display()


class ReportSample(models.Model):
    """Tirage de dossiers: lines of a frozen report, drawn at random; each draw is kept.

    Which lines: `observatory.funding.figures.draw`, of the report’s imprint and `number`.
    """

    figure = models.ForeignKey(
        ReportFigure, models.PROTECT, related_name="samples", verbose_name=_("chiffre de rapport")
    )
    number = models.PositiveSmallIntegerField(_("numéro"))
    size = models.PositiveSmallIntegerField(_("dossiers"))
    drawn_at = models.DateTimeField(_("tiré le"))
    drawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("tiré par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("tirage de dossiers")
        verbose_name_plural = _("tirages de dossiers")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["figure", "number"], name="observatory_reportsample_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.number)


class ReportShare(models.Model):
    """Lien de financeur: lets its holder read one frozen report, until its last day.

    The secret is signed from the key of the row (observatory.report_links); it is not kept.
    """

    report = models.ForeignKey(
        FunderReport, models.PROTECT, related_name="shares",
        verbose_name=_("rapport au financeur"),
    )  # fmt: skip
    label = models.CharField(_("remis à"), max_length=120)
    until_on = models.DateField(_("ouvert jusqu’au"))
    created_at = models.DateTimeField(_("créé le"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("créé par"),
    )  # fmt: skip
    revoked_at = models.DateTimeField(_("retiré le"), null=True, blank=True)

    class Meta:
        verbose_name = _("lien de financeur")
        verbose_name_plural = _("liens de financeur")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.label
