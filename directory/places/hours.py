"""Opening hours of OpenStreetMap in plain lines, when they are plain. Pure.

Source: wiki.openstreetmap.org/wiki/Key:opening_hours. Read here: days, ranges of days, hours,
« off », « PH off » and « 24/7 ». Weeks, months, hours of holidays, comments and the like are not:
the page then shows the text as it was written, for a wrong hour is worse than a raw one.
"""

import re
from dataclasses import dataclass

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_RULE = re.compile(
    rf"(?P<days>{_DAY}(?:-{_DAY})?(?:,\s?{_DAY}(?:-{_DAY})?)*)\s+(?P<hours>off|closed|\d.*)"
)
_SPAN = re.compile(r"(?P<from>\d{1,2}:\d{2})-(?P<to>\d{1,2}:\d{2})")
_HOLIDAYS_OFF = re.compile(r";\s*PH\s+(?:off|closed)\s*;?\s*$")
_MIDNIGHT = 24 * 60

Spans = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """Days that follow one another with the same hours: first and last from 0 (Monday) to 6."""

    first: int
    last: int
    spans: Spans


def is_closed_on_holidays(text: str) -> bool:
    """Whether the hours end by saying so."""
    return _HOLIDAYS_OFF.search(text) is not None


def read(text: str) -> tuple[Opening, ...] | None:
    """Return the week, days alike together, closed days left out; None when it is not plain.

    Holidays: see `is_closed_on_holidays`.

    >>> read("Mo-Fr 09:00-12:00")
    (Opening(first=0, last=4, spans=(('09:00', '12:00'),)),)
    """
    if text.strip() == "24/7":
        return (Opening(0, 6, (("00:00", "24:00"),)),)
    week: list[Spans] = [()] * len(DAYS)
    for rule in _HOLIDAYS_OFF.sub("", text).strip().rstrip(";").split(";"):
        match = _RULE.fullmatch(rule.strip())
        spans = _spans(match["hours"]) if match else None
        if match is None or spans is None:
            return None
        for day in _days(match["days"]):
            week[day] = spans
    return _together(week)


def _days(text: str) -> list[int]:
    found: list[int] = []
    for part in text.replace(" ", "").split(","):
        first, _dash, last = part.partition("-")
        start, end = DAYS.index(first), DAYS.index(last or first)
        found += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return found


def _spans(text: str) -> Spans | None:
    if text in {"off", "closed"}:
        return ()
    found = []
    for part in text.replace(" ", "").split(","):
        match = _SPAN.fullmatch(part)
        if match is None:
            return None
        start, end = _minutes(match["from"]), _minutes(match["to"])
        if not 0 <= start < end <= _MIDNIGHT:
            return None
        found.append((match["from"].zfill(5), match["to"].zfill(5)))
    return tuple(sorted(found))


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes) if int(minutes) < 60 else _MIDNIGHT + 1  # noqa: PLR2004 -- an hour


def _together(week: list[Spans]) -> tuple[Opening, ...]:
    found: list[Opening] = []
    for day, spans in enumerate(week):
        if found and found[-1].last == day - 1 and found[-1].spans == spans:
            found[-1] = Opening(found[-1].first, day, spans)
        elif spans:
            found.append(Opening(day, day, spans))
    return tuple(found)
