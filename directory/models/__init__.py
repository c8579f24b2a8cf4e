"""Models of the directory, one module a subject."""

from directory.models.alerts import SearchAlert
from directory.models.companies import Company, Membership
from directory.models.measures import CardDay, SearchCount, SearchMonth
from directory.models.providers import Offer, Provider
from directory.models.search import SearchDocument, SearchWord
from directory.models.taxonomy import Service, ServiceCategory

__all__ = [
    "CardDay",
    "Company",
    "Membership",
    "Offer",
    "Provider",
    "SearchAlert",
    "SearchCount",
    "SearchDocument",
    "SearchMonth",
    "SearchWord",
    "Service",
    "ServiceCategory",
]
