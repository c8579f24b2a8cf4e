"""What apps show on the home page: blocks of their own, and figures of one strip."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from django.utils.functional import Promise

from emn.lib.registry import Registry


class Place(Enum):
    """Where a block stands: under the search field (also on an empty search), below it, or last."""

    SEARCH = "search"
    MAIN = "main"
    LAST = "last"


@dataclass(frozen=True, kw_only=True)
class HomeBlock:
    """A template of the app and the function that reads what it shows (constant queries)."""

    key: str
    order: int
    template: str
    context: Callable[[], Mapping[str, object]]
    place: Place = Place.MAIN


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number with its unit and the day it holds for; `url` says how it was computed."""

    value: int | Decimal
    label: str | Promise
    as_of: date
    unit: str | Promise = ""
    url: str = ""


@dataclass(frozen=True, kw_only=True)
class HomeFigure:
    """A figure of the strip; `read` returns None while there is nothing to count."""

    key: str
    order: int
    read: Callable[[], Figure | None]


blocks = Registry[HomeBlock]()
figures = Registry[HomeFigure]()
register_block = blocks.register
register_figure = figures.register
