"""Descriptions in JSON-LD, safe inside a script element."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.safestring import SafeString, mark_safe

_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


def json_ld(about: Mapping[str, Any]) -> SafeString:
    """Return what is known of a thing; what is empty is left out."""
    told = {key: value for key, value in about.items() if value}
    return mark_safe(json.dumps(told, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308 -- escaped
