"""The cards that answer a search, in the order of their keys."""

import numpy as np

from directory.search.replica import numbers
from directory.search.results import Criteria, find


def keys(criteria: Criteria, *, after: int, limit: int) -> list[int]:
    """Return the keys, above `after`, of the first cards that answer.

    Unlike the list's search, nothing is ranked and no slip is set right: what is asked is had page
    after page, and the same tomorrow.
    """
    answers = numbers(find(criteria).answers)
    start = np.searchsorted(answers, after, side="right")
    return [int(key) for key in answers[start : start + limit]]
