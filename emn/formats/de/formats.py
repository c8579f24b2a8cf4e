"""What Django's German does not name."""

LONG_DATE_FORMAT = "l, j. F Y"
LONG_MONTH_DAY_FORMAT = "l, j. F"
DAY_OF_MONTH_FORMAT = "j."
CLOCK_FORMAT = "G:i \\U\\h\\r"
