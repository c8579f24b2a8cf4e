"""Models of the directory, one module a subject."""

from directory.models.alerts import SearchAlert
from directory.models.audits import Audit, AuditDraw
from directory.models.bridge import AdReply, SolidarityAd
from directory.models.charter import Adhesion, AdhesionEvent, Charter, Evidence, Recognition
from directory.models.claims import Claim
from directory.models.cluster_invitations import ClusterInvitation
from directory.models.clusters import (
    Cluster,
    ClusterCommitment,
    ClusterMember,
    ClusterSkill,
    ClusterTheme,
    MemberSkill,
)
from directory.models.committee import (
    CommitteeCase,
    CommitteeMandate,
    CommitteeMember,
    CommitteeSeat,
    CommitteeVote,
)
from directory.models.companies import Company, Membership
from directory.models.complaints import Complaint, ComplaintEvent, ComplaintFact, ComplaintFile
from directory.models.content import (
    CardTranslation,
    Certification,
    Picture,
    PriceIndication,
    Reference,
)
from directory.models.corrections import Correction
from directory.models.dossier import SharedItem, TeamInvitation
from directory.models.insolvency import InsolvencyCheck
from directory.models.measures import CardDay, SearchCount, SearchMonth
from directory.models.merging import CardMerge, CardRedirect, DuplicatePair
from directory.models.needs import Need, NeedMessage, Proposal, Recommendation, RequestPause
from directory.models.oneshot import CallRequest, OneShotCount
from directory.models.places import Place, PlaceChange, PlaceImport
from directory.models.providers import Offer, Provider
from directory.models.quotes import Quote
from directory.models.reports import CardReport
from directory.models.reversibility import Asset, Project
from directory.models.reviews import (
    GroupMember,
    Invitation,
    Mission,
    Review,
    ReviewBlock,
    ReviewDoubt,
    ReviewInterview,
    ReviewProof,
    ReviewReply,
    ReviewTrace,
)
from directory.models.search import SearchBlock, SearchDocument, SearchPosting, SearchWord
from directory.models.taxonomy import IgnoredWord, Service, ServiceCategory, TermRedirect
from directory.models.transfers import CardExport, CardImport
from directory.models.trust import (
    TrustContest,
    TrustEvent,
    TrustFile,
    TrustParameters,
    TrustReply,
    TrustSnapshot,
)

__all__ = [
    "AdReply",
    "Adhesion",
    "AdhesionEvent",
    "Asset",
    "Audit",
    "AuditDraw",
    "CallRequest",
    "CardDay",
    "CardExport",
    "CardImport",
    "CardMerge",
    "CardRedirect",
    "CardReport",
    "CardTranslation",
    "Certification",
    "Charter",
    "Claim",
    "Cluster",
    "ClusterCommitment",
    "ClusterInvitation",
    "ClusterMember",
    "ClusterSkill",
    "ClusterTheme",
    "CommitteeCase",
    "CommitteeMandate",
    "CommitteeMember",
    "CommitteeSeat",
    "CommitteeVote",
    "Company",
    "Complaint",
    "ComplaintEvent",
    "ComplaintFact",
    "ComplaintFile",
    "Correction",
    "DuplicatePair",
    "Evidence",
    "GroupMember",
    "IgnoredWord",
    "InsolvencyCheck",
    "Invitation",
    "MemberSkill",
    "Membership",
    "Mission",
    "Need",
    "NeedMessage",
    "Offer",
    "OneShotCount",
    "Picture",
    "Place",
    "PlaceChange",
    "PlaceImport",
    "PriceIndication",
    "Project",
    "Proposal",
    "Provider",
    "Quote",
    "Recognition",
    "Recommendation",
    "Reference",
    "RequestPause",
    "Review",
    "ReviewBlock",
    "ReviewDoubt",
    "ReviewInterview",
    "ReviewProof",
    "ReviewReply",
    "ReviewTrace",
    "SearchAlert",
    "SearchBlock",
    "SearchCount",
    "SearchDocument",
    "SearchMonth",
    "SearchPosting",
    "SearchWord",
    "Service",
    "ServiceCategory",
    "SharedItem",
    "SolidarityAd",
    "TeamInvitation",
    "TermRedirect",
    "TrustContest",
    "TrustEvent",
    "TrustFile",
    "TrustParameters",
    "TrustReply",
    "TrustSnapshot",
]
