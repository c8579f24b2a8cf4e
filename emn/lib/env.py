"""Typed readers of the process environment: a value that is missing or unreadable names itself."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")
# A host, or the path to it, that goes silent is noticed within some seconds, by the portal and by
# PostgreSQL: else the one waits for minutes, and the other keeps for hours the locks of what died.
_NOTICES_SILENCE = {
    "connect_timeout": "3",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "5000",  # ms
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3"
    " -c tcp_user_timeout=25000",
}
_given: dict[str, str] = {}  # the facts of the centre: the environment speaks louder
_TRUE = {"1", "true", "yes", "on", "oui"}
_FALSE = {"0", "false", "no", "off", "non", ""}


def give(values: Mapping[str, str]) -> None:
    """Stand these values in for the variables that the environment leaves out."""
    _given.clear()
    _given.update(values)


def _value(name: str) -> str:
    return os.environ.get(name, "").strip() or _given.get(name, "")


def text(name: str, default: str | None = None) -> str:
    """Return the variable, or `default`; with neither, stop the start and name the variable."""
    value = _value(name) or default
    if value is None:
        raise ImproperlyConfigured(f"La variable d’environnement {name} est obligatoire.")
    return value


def boolean(name: str, *, default: bool) -> bool:
    """Read 1/0, true/false, yes/no, on/off, oui/non."""
    value = os.environ.get(name, "").strip().lower()
    if name not in os.environ:
        return default
    if value in _TRUE:
        return True
    if value in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} doit valoir 1 ou 0, et non « {value} ».")


def integer(name: str, default: int) -> int:
    """Read a whole number."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} doit être un nombre entier, et non « {value} »."
        ) from None


def words(name: str, default: list[str] | None = None) -> list[str]:
    """Read a comma-separated list."""
    value = _value(name)
    return [word.strip() for word in value.split(",") if word.strip()] or list(default or [])


def prefixed(prefix: str) -> dict[str, str]:
    """Read all variables whose name starts so, without the prefix."""
    return {
        name.removeprefix(prefix): value
        for name, value in os.environ.items()
        if name.startswith(prefix)
    }


def parsed(name: str, parse: Callable[[str], T]) -> T | None:
    """Read what `parse` understands, None when unset. Its ValueError is the end of a sentence."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    try:
        return parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} : {error}") from None


def path(name: str, default: Path) -> Path:
    """Read a folder or file name, made absolute."""
    return Path(os.environ.get(name, "").strip() or default).expanduser().absolute()


def database(url: str, *, name: str = "DATABASE_URL") -> dict[str, object]:
    """Turn `postgres://user:password@host:port/base?option=value` into Django's settings.

    `name`: the variable. An option without a value (`?options=`) is not sent at all.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name} doit commencer par postgres:// : le portail ne connaît que PostgreSQL."
        )
    base = unquote(parts.path.lstrip("/"))
    if not base:
        raise ImproperlyConfigured(f"{name} doit nommer une base : postgres://hôte/base.")
    asked = _NOTICES_SILENCE | dict(parse_qsl(parts.query, keep_blank_values=True))
    return {
        "ENGINE": "emn.lib.postgresql",
        "NAME": base,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "OPTIONS": {option: value for option, value in asked.items() if value},
    }
