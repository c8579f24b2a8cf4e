"""Models of the directory, one module a subject."""

from directory.models.claims import Claim
from directory.models.companies import Company, Membership
from directory.models.providers import Offer, Provider
from directory.models.reports import CardReport
from directory.models.search import SearchDocument, SearchWord
from directory.models.taxonomy import Service, ServiceCategory

__all__ = [
    "CardReport",
    "Claim",
    "Company",
    "Membership",
    "Offer",
    "Provider",
    "SearchDocument",
    "SearchWord",
    "Service",
    "ServiceCategory",
]
