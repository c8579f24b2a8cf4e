"""The back office of the directory, one module a subject."""

from directory.admin.bridge import AdReplyAdmin, SolidarityAdAdmin
from directory.admin.charter import AdhesionAdmin, CharterAdmin, RecognitionAdmin
from directory.admin.claims import ClaimAdmin
from directory.admin.clusters import (
    ClusterAdmin,
    ClusterCommitmentAdmin,
    ClusterMemberAdmin,
    ClusterThemeAdmin,
)
from directory.admin.committee import CommitteeCaseAdmin, CommitteeMemberAdmin
from directory.admin.companies import CompanyAdmin
from directory.admin.complaints import ComplaintAdmin
from directory.admin.measures import SearchCountAdmin, SearchMonthAdmin
from directory.admin.merging import CardMergeAdmin, DuplicatePairAdmin
from directory.admin.needs import NeedAdmin, RecommendationAdmin
from directory.admin.oneshot import CallRequestAdmin, OneShotCountAdmin
from directory.admin.places import PlaceAdmin, PlaceChangeAdmin, PlaceImportAdmin
from directory.admin.providers import ProviderAdmin
from directory.admin.quotes import QuoteAdmin
from directory.admin.reports import CardReportAdmin
from directory.admin.reviews import (
    GroupMemberAdmin,
    MissionAdmin,
    ReviewAdmin,
    ReviewBlockAdmin,
    ReviewDoubtAdmin,
    ReviewProofAdmin,
    ReviewReplyAdmin,
)
from directory.admin.taxonomy import (
    IgnoredWordAdmin,
    ServiceAdmin,
    ServiceCategoryAdmin,
    TermRedirectAdmin,
)
from directory.admin.transfers import CardExportAdmin, CardImportAdmin
from directory.admin.trust import (
    TrustContestAdmin,
    TrustEventAdmin,
    TrustFileAdmin,
    TrustParametersAdmin,
    TrustReplyAdmin,
    TrustSnapshotAdmin,
)

__all__ = [
    "AdReplyAdmin",
    "AdhesionAdmin",
    "CallRequestAdmin",
    "CardExportAdmin",
    "CardImportAdmin",
    "CardMergeAdmin",
    "CardReportAdmin",
    "CharterAdmin",
    "ClaimAdmin",
    "ClusterAdmin",
    "ClusterCommitmentAdmin",
    "ClusterMemberAdmin",
    "ClusterThemeAdmin",
    "CommitteeCaseAdmin",
    "CommitteeMemberAdmin",
    "CompanyAdmin",
    "ComplaintAdmin",
    "DuplicatePairAdmin",
    "GroupMemberAdmin",
    "IgnoredWordAdmin",
    "MissionAdmin",
    "NeedAdmin",
    "OneShotCountAdmin",
    "PlaceAdmin",
    "PlaceChangeAdmin",
    "PlaceImportAdmin",
    "ProviderAdmin",
    "QuoteAdmin",
    "RecognitionAdmin",
    "RecommendationAdmin",
    "ReviewAdmin",
    "ReviewBlockAdmin",
    "ReviewDoubtAdmin",
    "ReviewProofAdmin",
    "ReviewReplyAdmin",
    "SearchCountAdmin",
    "SearchMonthAdmin",
    "ServiceAdmin",
    "ServiceCategoryAdmin",
    "SolidarityAdAdmin",
    "TermRedirectAdmin",
    "TrustContestAdmin",
    "TrustEventAdmin",
    "TrustFileAdmin",
    "TrustParametersAdmin",
    "TrustReplyAdmin",
    "TrustSnapshotAdmin",
]
