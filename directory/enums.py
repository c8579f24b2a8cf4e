"""The closed lists of the directory. Codes are stored, labels are translated."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProviderStatus(models.TextChoices):
    """Life of a card: the owner writes and submits it, staff publishes or hides it."""

    DRAFT = "draft", _("Brouillon")
    SUBMITTED = "submitted", _("À relire")
    PUBLISHED = "published", _("Publiée")
    HIDDEN = "hidden", _("Masquée")


class MembershipRole(models.TextChoices):
    """What a person may do for a company."""

    OWNER = "owner", _("Responsable")
    EDITOR = "editor", _("Rédacteur")


class ClientSize(models.TextChoices):
    """Headcount of the clients that a provider serves (persons)."""

    NONE = "0", _("Sans salarié")
    MICRO = "1-9", _("1 à 9 salariés")
    SMALL = "10-49", _("10 à 49 salariés")
    MEDIUM = "50-249", _("50 à 249 salariés")
    LARGE = "250+", _("250 salariés et plus")


class ClientSector(models.TextChoices):
    """Trades that a provider knows."""

    SHOPS = "commerce", _("Commerce")
    CRAFTS = "artisanat", _("Artisanat")
    INDUSTRY = "industrie", _("Industrie")
    BUILDING = "btp", _("Bâtiment et travaux publics")
    HOSPITALITY = "hotellerie-restauration", _("Hôtellerie et restauration")
    HEALTH = "sante-social", _("Santé et social")
    FARMING = "agriculture", _("Agriculture")
    TRANSPORT = "transport", _("Transport et logistique")
    SERVICES = "services", _("Services")
    PROPERTY = "immobilier", _("Immobilier")
    NON_PROFIT = "association", _("Associations")
    PUBLIC = "public", _("Secteur public")


class SpokenLanguage(models.TextChoices):
    """Languages in which a provider works with its clients (ISO 639-1)."""

    FRENCH = "fr", _("Français")
    GERMAN = "de", _("Allemand")
    ENGLISH = "en", _("Anglais")
    LUXEMBOURGISH = "lb", _("Luxembourgeois")
    ITALIAN = "it", _("Italien")
    SPANISH = "es", _("Espagnol")
    DUTCH = "nl", _("Néerlandais")


class AlertFrequency(models.TextChoices):
    """How often an alert may write."""

    DAILY = "daily", _("Chaque jour")
    WEEKLY = "weekly", _("Chaque lundi")
