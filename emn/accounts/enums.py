"""Closed lists of the accounts."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Language(models.TextChoices):
    """The languages of the portal, each named in itself."""

    FRENCH = "fr", "Français"
    GERMAN = "de", "Deutsch"
    ENGLISH = "en", "English"


class Role(models.TextChoices):
    """What an agent of the centre does; the value is the name of the Django group."""

    RECEPTION = "reception", pgettext_lazy("role", "Accueil")
    STEWARD = "steward", _("Contrôle à l’entrée")
    EDITOR = "editor", _("Rédaction")
    ADVISER = "adviser", _("Conseil")
    CHARTER = "charter", _("Secrétariat de la charte")
    TRAINER = "trainer", _("Formation")
    ANALYST = "analyst", _("Observatoire")
    ACCOUNTANT = "accountant", _("Comptabilité")
    DIRECTOR = "director", _("Direction")
