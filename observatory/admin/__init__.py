"""The back office of the observatory, one module a subject."""

from observatory.admin.aid import AidAttestationAdmin, AidGrantAdmin, SizeDeclarationAdmin
from observatory.admin.funding import AgreementAdmin, FunderReportAdmin
from observatory.admin.open_data import DatasetFileAdmin, ServiceLevelAdmin

__all__ = [
    "AgreementAdmin",
    "AidAttestationAdmin",
    "AidGrantAdmin",
    "DatasetFileAdmin",
    "FunderReportAdmin",
    "ServiceLevelAdmin",
    "SizeDeclarationAdmin",
]
