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
from observatory.models.open_data import DatasetFile, ServiceLevel

__all__ = [
    "Agreement",
    "AgreementObjective",
    "AidAttestation",
    "AidGrant",
    "DatasetFile",
    "FunderReport",
    "ReportDocument",
    "ReportFigure",
    "ReportLine",
    "ReportSample",
    "ReportShare",
    "ServiceLevel",
    "SizeDeclaration",
]
