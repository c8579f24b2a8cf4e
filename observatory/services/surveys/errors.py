"""Why a survey says no."""

from emn.lib.errors import DomainError


class SurveyRefused(DomainError):
    """The survey may not do that, or not yet."""


class SurveyClosed(DomainError):
    """The survey takes no answer any more, or not yet."""


class SurveyFull(DomainError):
    """An open link has had all the answers that it takes."""


class AlreadyAnswered(DomainError):
    """That link has answered."""
