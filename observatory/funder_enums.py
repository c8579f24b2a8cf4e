"""Closed lists of what is agreed with funders, granted to companies and promised to all."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics import aid
from observatory.funding import sizes


class FunderKind(models.TextChoices):
    """Who funds."""

    ERDF = "erdf", _("Union européenne (FEDER)")
    STATE = "state", _("État")
    REGION = "region", _("Région")
    DEPARTEMENT = "departement", _("Département")
    CHAMBER = "chamber", _("Chambre consulaire")
    OTHER = "other", _("Autre financeur")


class ReportState(models.TextChoices):
    """Where a report stands."""

    WAITING = "waiting", _("En attente")
    RUNNING = "running", _("En cours de calcul")
    READY = "ready", _("Brouillon")
    FROZEN = "frozen", _("Figé")
    FAILED = "failed", _("Calcul interrompu")


class ReportFormat(models.TextChoices):
    """What a frozen report is handed over as."""

    PDF = "pdf", _("Rapport (PDF)")
    CSV = "csv", _("Liste des SIREN et des preuves (CSV)")


class SizeClass(models.TextChoices):
    """Size of a company (Recommendation 2003/361/EC)."""

    MICRO = sizes.MICRO, _("Micro-entreprise")
    SMALL = sizes.SMALL, _("Petite entreprise")
    MEDIUM = sizes.MEDIUM, _("Entreprise moyenne")
    LARGE = sizes.LARGE, _("Grande entreprise")


class AidService(models.TextChoices):
    """Individual services that are an advantage (R7.12), but for visits, which sign their own."""

    ADVICE = "advice", _("Conseil individuel")
    TRAINING = "training", _("Formation à prix réduit")
    HOSTING = "hosting", _("Hébergement à prix réduit")
    OTHER = "other", _("Autre service individuel")


class AidRegime(models.TextChoices):
    """Under which rule an aid stands."""

    NONE = aid.NONE, _("Aucun : l’action est ouverte à tous")
    DE_MINIMIS = aid.DE_MINIMIS, _("De minimis, règlement (UE) 2023/2831")
    RGEC = aid.RGEC, _("Exemption par catégorie, règlement (UE) 651/2014")
    SIEG = aid.SIEG, _("De minimis SIEG, règlement (UE) 2023/2832")


class PromiseKey(models.TextChoices):
    """What the centre promises everybody."""

    FIRST_CALL = "first_call", _("Premier appel après un besoin confirmé")
    COMPLAINT = "complaint", _("Durée d’une plainte, médiane")
    DIAGNOSTIC = "diagnostic", _("Pré-diagnostic remis après la visite")
    FRESHNESS = "freshness", _("Fiches confirmées depuis moins d’un an")
