"""The centre's colours, for what is drawn outside a browser."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders

from emn.lib import centre, colours


@cache
def palette() -> Mapping[str, str]:
    """Return the colours of the day: name of a token → hexadecimal colour without its #."""
    sheets = ["css/tokens.css", *([centre.COLOURS] if settings.CENTRE_COLOURS else [])]
    chosen: dict[str, str] = {}
    for sheet in sheets:
        path = finders.find(sheet)
        if isinstance(path, str):
            chosen |= colours.tokens(Path(path).read_text(encoding="utf-8"))[0]
    return chosen
