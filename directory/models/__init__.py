"""Models of the directory, one module a subject."""

from directory.models.claims import Claim
from directory.models.companies import Company, Membership
from directory.models.merging import CardMerge, CardRedirect, DuplicatePair
from directory.models.providers import Offer, Provider
from directory.models.reports import CardReport
from directory.models.search import SearchDocument, SearchWord
from directory.models.taxonomy import Service, ServiceCategory, TermRedirect
from directory.models.transfers import CardExport, CardImport

__all__ = [
    "CardExport",
    "CardImport",
    "CardMerge",
    "CardRedirect",
    "CardReport",
    "Claim",
    "Company",
    "DuplicatePair",
    "Membership",
    "Offer",
    "Provider",
    "SearchDocument",
    "SearchWord",
    "Service",
    "ServiceCategory",
    "TermRedirect",
]
