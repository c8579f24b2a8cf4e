"""What other apps may ask of the accounts."""

from emn.accounts.retention import RetentionPeriod, periods


def retention_periods() -> list[RetentionPeriod]:
    """Return how long each kind of personal data is kept, for the page that informs about it."""
    return list(periods().values())
