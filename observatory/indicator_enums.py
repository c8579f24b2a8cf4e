"""Closed lists of the indicators."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Level(models.TextChoices):
    """What a territory of the cube is."""

    DEPARTEMENT = "D", _("département")
    EPCI = "E", _("intercommunalité")
    COMMUNE = "C", _("commune")
    OTHER = "O", _("autre territoire")


class Flag(models.TextChoices):
    """Why a cell has no value. The two reasons are told apart (R6.16)."""

    SECRET = "s", _("secret : trop peu de répondants")
    WEAK = "n", _("non significatif")


class ReleaseKind(models.TextChoices):
    """Why a release follows another."""

    FIRST = "first", _("première publication")
    UPDATE = "update", _("nouvelles données")
    CORRECTION = "correction", _("correction")
    DEFINITION = "definition", _("changement de définition")


class Size(models.TextChoices):
    """Size groups of the cube, from INSEE’s bands. NN is not zero (R6.12)."""

    UNKNOWN = "NN", _("non employeur ou inconnu")
    NONE = "0", _("0 salarié")
    MICRO = "1-9", _("1 à 9 salariés")
    SMALL = "10-49", _("10 à 49 salariés")
    MEDIUM = "50-249", _("50 à 249 salariés")
    LARGE = "250+", _("250 salariés et plus")


class ChartWidth(models.TextChoices):
    """For which screens a chart was drawn."""

    WIDE = "wide", _("large")
    NARROW = "narrow", _("étroit")
