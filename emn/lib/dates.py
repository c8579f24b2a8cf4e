"""The first of a month: French says «1er», and Django's date formats know English suffixes only."""

from django.utils.dateformat import DateFormat


def speak_french() -> None:
    """Let «S» in a date format be what French puts behind a day; no other language here uses it."""
    DateFormat.S = _suffix  # type: ignore[method-assign, assignment]  # «self» is named so


def _suffix(shown: DateFormat) -> str:
    return "er" if shown.data.day == 1 else ""  # type: ignore[union-attr]  # a day, not an hour
