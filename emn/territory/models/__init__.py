"""What the portal knows of the territory: places, activities, the company register."""

from emn.territory.models.activities import NafCode, SectorDefinition
from emn.territory.models.places import Commune, CommuneAlias, Epci, Outline
from emn.territory.models.register import Establishment, ImportRun, LegalUnit

__all__ = [
    "Commune",
    "CommuneAlias",
    "Epci",
    "Establishment",
    "ImportRun",
    "LegalUnit",
    "NafCode",
    "Outline",
    "SectorDefinition",
]
