"""Models of the directory, one module a subject."""

from directory.models.companies import Company, Membership
from directory.models.providers import Offer, Provider
from directory.models.search import SearchBlock, SearchDocument, SearchPosting, SearchWord
from directory.models.taxonomy import Service, ServiceCategory

__all__ = [
    "Company",
    "Membership",
    "Offer",
    "Provider",
    "SearchBlock",
    "SearchDocument",
    "SearchPosting",
    "SearchWord",
    "Service",
    "ServiceCategory",
]
