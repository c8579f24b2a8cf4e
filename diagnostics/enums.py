"""Closed lists of the diagnostics."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from diagnostics import referential


class Depth(models.TextChoices):
    """How deep a diagnostic goes."""

    FLASH = referential.FLASH, _("Flash, en six minutes")
    ON_SITE = referential.ON_SITE, _("Pré-diagnostic, avec un conseiller")


class Stage(models.TextChoices):
    """When it is made (mechanics 5.8): before any help, a year later, two years later."""

    T0 = "T0", _("Au départ")
    T1 = "T1", _("Un an après")
    T2 = "T2", _("Deux ans après")


class Weekday(models.IntegerChoices):
    """The days of the week, as Python counts them."""

    MONDAY = 0, _("lundi")
    TUESDAY = 1, _("mardi")
    WEDNESDAY = 2, _("mercredi")
    THURSDAY = 3, _("jeudi")
    FRIDAY = 4, _("vendredi")
    SATURDAY = 5, _("samedi")
    SUNDAY = 6, _("dimanche")


class ActKind(models.TextChoices):
    """What an act of an interview says."""

    DECLARED = "declared", _("Déclaré")
    OBSERVED = "observed", _("Constaté")
    NOTE = "note", _("Note")


class VisitProgress(models.TextChoices):
    """How far a visit is, from the booking to the report."""

    BOOKED = "booked", _("À venir")
    DUE = "due", _("Entretien à commencer")
    BEGUN = "begun", _("Entretien commencé")
    CONCLUDED = "concluded", _("Synthèse à écrire")
    WRITTEN = "written", _("À signer")
    SIGNED = "signed", _("Documents à faire")
    DELIVERED = "delivered", _("Remis")
    CANCELLED = "cancelled", _("Annulé")


class Party(models.TextChoices):
    """Who signs a visit."""

    ADVISER = "adviser", _("Le centre")
    COMPANY = "company", _("L’entreprise")


class DocumentKind(models.TextChoices):
    """What is issued once a visit is signed."""

    REPORT = "report", _("Rapport de pré-diagnostic")
    ATTESTATION = "attestation", _("Attestation d’aide")
