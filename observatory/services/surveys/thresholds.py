"""How many respondents a figure takes: 5, or 11 where most of a domain are one person (R6.02).

Told by the register when the frame was counted. Of volunteers nothing is known: 11.
"""

from collections import defaultdict
from collections.abc import Mapping

from observatory.models import Survey, SurveyStratum
from observatory.statistics.estimation import WHOLE
from observatory.statistics.secrecy import SOLE_TRADERS, SURVEY


def least_of(survey: Survey, group: str = "") -> int:
    """Return it for everybody, or for one stratum."""
    strata = survey.strata.filter(code=group) if group else survey.strata.all()
    return _least([*strata.order_by("pk")])


def least_by_domain(survey: Survey) -> Mapping[tuple[str, str], int]:
    """Return it for each (axis, value), (WHOLE, WHOLE) for everybody."""
    inside: dict[tuple[str, str], list[SurveyStratum]] = defaultdict(list)
    for stratum in survey.strata.order_by("pk"):
        inside[WHOLE, WHOLE].append(stratum)
        for domain in stratum.domains.items():
            inside[domain].append(stratum)
    return {domain: _least(strata) for domain, strata in inside.items()}


def _least(strata: list[SurveyStratum]) -> int:
    if not strata or any(row.sole_traders is None for row in strata):
        return SOLE_TRADERS
    alone = sum(row.sole_traders or 0 for row in strata)
    return SOLE_TRADERS if 2 * alone > sum(row.size for row in strata) else SURVEY
