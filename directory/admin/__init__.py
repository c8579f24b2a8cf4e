"""The back office of the directory, one module a subject."""

from directory.admin.companies import CompanyAdmin
from directory.admin.measures import SearchCountAdmin, SearchMonthAdmin
from directory.admin.providers import ProviderAdmin
from directory.admin.taxonomy import ServiceAdmin, ServiceCategoryAdmin

__all__ = [
    "CompanyAdmin",
    "ProviderAdmin",
    "SearchCountAdmin",
    "SearchMonthAdmin",
    "ServiceAdmin",
    "ServiceCategoryAdmin",
]
