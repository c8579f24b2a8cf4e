"""The size class of a company, as Recommendation 2003/361/EC has it (R7.04). Pure.

Of what the company declares of its whole group (autonomous, partner and linked enterprises), never
of a register's band: staff in annual work units, and one of turnover or balance sheet.
"""

MICRO, SMALL, MEDIUM, LARGE = "micro", "small", "medium", "large"
_MILLION = 1_000_000_00  # cents
# Class, staff below, turnover at most, balance sheet at most.
_CEILINGS = (
    (MICRO, 10, 2 * _MILLION, 2 * _MILLION),
    (SMALL, 50, 10 * _MILLION, 10 * _MILLION),
    (MEDIUM, 250, 50 * _MILLION, 43 * _MILLION),
)


def size_class(*, staff: int, turnover_cents: int, balance_cents: int) -> str:
    """Return the class: the staff ceiling must hold, and one of the two amounts.

    >>> size_class(staff=9, turnover_cents=300_000_000, balance_cents=150_000_000)
    'micro'
    """
    for name, below, turnover, balance in _CEILINGS:
        if staff < below and (turnover_cents <= turnover or balance_cents <= balance):
            return name
    return LARGE
