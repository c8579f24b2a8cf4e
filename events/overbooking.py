"""How many seats to give beyond the chairs, by who came lately. Pure.

Source: mechanics 4.4, the last ten comparable sessions.
"""

from collections.abc import Sequence

COMPARED = 10
FEWEST = 5  # sessions: below, nothing is advised
MOST = 0.2  # of the chairs


def extra_seats(chairs: int, came: Sequence[tuple[int, int]]) -> int | None:
    """Return how many seats may be given beyond `chairs`; None when too little is known.

    `came`: of each of the last comparable sessions, the people expected and those who came. The
    advice would have left nobody standing, but for the fullest of ten: with fewer, for none.

    >>> extra_seats(40, [(20, 16)] * 10)
    8
    >>> extra_seats(40, [(20, 20)] + [(20, 18)] * 9)
    4
    >>> extra_seats(40, [(20, 16)] * 4) is None
    True
    """
    rates = sorted(present / expected for expected, present in came[:COMPARED] if expected > 0)
    if len(rates) < FEWEST:
        return None
    rate = rates[-2] if len(rates) == COMPARED else rates[-1]
    most = int(chairs * MOST)
    return most if rate <= 0 else min(most, int(chairs / rate + 1e-9) - chairs)
