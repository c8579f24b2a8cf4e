"""Dates as French writes them: the first of a month is «1er» (S, see emn.lib.dates)."""

DATE_FORMAT = "jS F Y"
DATETIME_FORMAT = "jS F Y H:i"
MONTH_DAY_FORMAT = "jS F"
LONG_DATE_FORMAT = "l jS F Y"
LONG_MONTH_DAY_FORMAT = "l jS F"
DAY_OF_MONTH_FORMAT = "jS"
CLOCK_FORMAT = "G\u00a0\\h\u00a0i"
