"""Models of the directory, one module a subject."""

from directory.models.companies import Company, Membership
from directory.models.content import (
    CardTranslation,
    Certification,
    Picture,
    PriceIndication,
    Reference,
)
from directory.models.corrections import Correction
from directory.models.providers import Offer, Provider
from directory.models.search import SearchBlock, SearchDocument, SearchPosting, SearchWord
from directory.models.taxonomy import Service, ServiceCategory

__all__ = [
    "CardTranslation",
    "Certification",
    "Company",
    "Correction",
    "Membership",
    "Offer",
    "Picture",
    "PriceIndication",
    "Provider",
    "Reference",
    "SearchBlock",
    "SearchDocument",
    "SearchPosting",
    "SearchWord",
    "Service",
    "ServiceCategory",
]
