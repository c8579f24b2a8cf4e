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
