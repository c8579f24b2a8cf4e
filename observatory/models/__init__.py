"""What the observatory keeps, one module a subject."""

from observatory.models.aid import AidAttestation, AidGrant, SizeDeclaration
from observatory.models.funding import (
    Agreement,
    AgreementObjective,
    FunderReport,
    ReportDocument,
    ReportFigure,
    ReportLine,
    ReportSample,
    ReportShare,
)
from observatory.models.indicators import Cell, Chart, HeldRelease, Release, ReleaseFile
from observatory.models.micro_surveys import MicroSurvey, MicroSurveyReader
from observatory.models.open_data import DatasetFile, ServiceLevel
from observatory.models.publications import (
    Publication,
    PublicationDocument,
    PublicationPart,
    PublicationTranslation,
)
from observatory.models.survey_editions import SheetWeight, SurveyEdition
from observatory.models.surveys import (
    AnonymousSheet,
    AnswerSheet,
    DrawnUnit,
    PeerShares,
    Survey,
    SurveyStratum,
)

__all__ = [
    "Agreement",
    "AgreementObjective",
    "AidAttestation",
    "AidGrant",
    "AnonymousSheet",
    "AnswerSheet",
    "Cell",
    "Chart",
    "DatasetFile",
    "DrawnUnit",
    "FunderReport",
    "HeldRelease",
    "MicroSurvey",
    "MicroSurveyReader",
    "PeerShares",
    "Publication",
    "PublicationDocument",
    "PublicationPart",
    "PublicationTranslation",
    "Release",
    "ReleaseFile",
    "ReportDocument",
    "ReportFigure",
    "ReportLine",
    "ReportSample",
    "ReportShare",
    "ServiceLevel",
    "SheetWeight",
    "SizeDeclaration",
    "Survey",
    "SurveyEdition",
    "SurveyStratum",
]
