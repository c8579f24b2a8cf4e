"""Closed lists of the territory and of the register."""

from django.db import models


class EpciKind(models.TextChoices):
    """Forme d’un EPCI à fiscalité propre."""

    METROPOLIS = "METRO", "métropole"
    URBAN = "CU", "communauté urbaine"
    AGGLOMERATION = "CA", "communauté d’agglomération"
    COMMUNITY = "CC", "communauté de communes"


class OutlineKind(models.TextChoices):
    """How an outline was drawn: from the official contours, or computed from the coordinates."""

    OFFICIAL = "official", "contour officiel"
    SCHEMATIC = "schematic", "contour schématique"


class Nomenclature(models.TextChoices):
    """Version of the French classification of activities, as SIRENE writes it."""

    NAP = "NAP", "NAP 1973"
    NAF_1993 = "NAF1993", "NAF 1993"
    NAF_REV_1 = "NAFRev1", "NAF rév. 1 (2003)"
    NAF_REV_2 = "NAFRev2", "NAF rév. 2 (2008)"
    NAF_2025 = "NAF2025", "NAF 2025"


class NafLevel(models.TextChoices):
    """Niveau d’une nomenclature d’activités."""

    SECTION = "section", "section"
    DIVISION = "division", "division"
    GROUP = "groupe", "groupe"
    CLASS = "classe", "classe"
    SUBCLASS = "sous_classe", "sous-classe"


class Diffusion(models.TextChoices):
    """Statut de diffusion. Source: R6.10; N is the older spelling of P."""

    OPEN = "O", "diffusible"
    PARTIAL = "P", "diffusion partielle"
    NONE = "N", "non diffusible"


class EstablishmentState(models.TextChoices):
    """État administratif d’un établissement."""

    OPEN = "A", "actif"
    CLOSED = "F", "fermé"


class LegalUnitState(models.TextChoices):
    """État administratif d’une unité légale."""

    ACTIVE = "A", "active"
    CEASED = "C", "cessée"


class HeadcountBand(models.TextChoices):
    """Tranche d’effectif salarié. NN is « not known to employ », never zero. Source: R6.12."""

    UNKNOWN = "NN", "non employeur ou effectif inconnu"
    NONE = "00", "0 salarié"
    FROM_1 = "01", "1 ou 2 salariés"
    FROM_3 = "02", "3 à 5 salariés"
    FROM_6 = "03", "6 à 9 salariés"
    FROM_10 = "11", "10 à 19 salariés"
    FROM_20 = "12", "20 à 49 salariés"
    FROM_50 = "21", "50 à 99 salariés"
    FROM_100 = "22", "100 à 199 salariés"
    FROM_200 = "31", "200 à 249 salariés"
    FROM_250 = "32", "250 à 499 salariés"
    FROM_500 = "41", "500 à 999 salariés"
    FROM_1000 = "42", "1 000 à 1 999 salariés"
    FROM_2000 = "51", "2 000 à 4 999 salariés"
    FROM_5000 = "52", "5 000 à 9 999 salariés"
    FROM_10000 = "53", "10 000 salariés et plus"


class ImportState(models.TextChoices):
    """Issue d’un import du registre."""

    WRITTEN = "written", "écrit"
    REFUSED = "refused", "refusé"
