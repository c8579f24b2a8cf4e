"""Closed lists of the surveys."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Source(models.TextChoices):
    """Where respondents come from."""

    DRAWN = "drawn", _("échantillon tiré au sort")
    OPEN = "open", _("lien ouvert à tous, non représentatif")


class Privacy(models.TextChoices):
    """What is promised to respondents. Source: R2.13."""

    CONFIDENTIAL = "confidential", _("confidentielle")
    ANONYMOUS = "anonymous", _("anonyme")


class Axis(models.TextChoices):
    """What the register says of a unit, and strata are made of."""

    ACTIVITY = "activity", _("activité")
    SIZE = "size", _("effectif")
    TERRITORY = "territory", _("territoire")


class Allocation(models.TextChoices):
    """How a sample is shared out between strata."""

    PROPORTIONAL = "proportional", _("proportionnelle")
    NEYMAN = "neyman", _("de Neyman")
    POWER = "power", _("puissance")


class SurveyState(models.TextChoices):
    """Where a survey stands."""

    DRAFT = "draft", _("en préparation")
    FRAMED = "framed", _("base comptée")
    DRAWN = "drawn", _("échantillon tiré")
    OPEN = "open", _("ouverte")
    CLOSED = "closed", _("close")


class Work(models.TextChoices):
    """What a worker was asked to do for a survey."""

    FRAME = "frame", _("compter la base")
    DRAW = "draw", _("tirer l’échantillon")
    FREEZE = "freeze", _("figer une édition")


class Outcome(models.TextChoices):
    """What became of a drawn unit."""

    WAITING = "waiting", _("sans réponse")
    ANSWERED = "answered", _("a répondu")
    REFUSED = "refused", _("refuse de répondre")
    OUT_OF_SCOPE = "out", _("hors champ (fermée, autre activité)")


class Mode(models.TextChoices):
    """How answers came in."""

    WEB = "web", _("par internet")
    PHONE = "phone", _("au téléphone")
    PAPER = "paper", _("sur papier")


class PublicationKind(models.TextChoices):
    """What a publication is."""

    BAROMETER = "barometer", _("baromètre")
    STUDY = "study", _("étude")
    AUDIT = "audit", _("audit")
