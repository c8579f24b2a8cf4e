"""What the observatory keeps, one module a subject."""

from observatory.models.indicators import Cell, Chart, Release, ReleaseFile
from observatory.models.publications import Publication, PublicationPart
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
    "AnonymousSheet",
    "AnswerSheet",
    "Cell",
    "Chart",
    "DrawnUnit",
    "PeerShares",
    "Publication",
    "PublicationPart",
    "Release",
    "ReleaseFile",
    "SheetWeight",
    "Survey",
    "SurveyEdition",
    "SurveyStratum",
]
