"""The owner's layer as plain values: what changed since it was read, and who changed it meanwhile.

`content_of` gives JSON; staff's review keeps one (`Provider.reviewed_content`), a form of the owner
carries its digests (`version_of`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import certifications
from directory.cards import PriceLine
from directory.enums import CardLanguage
from directory.models import Provider

ROW_FIELDS = (
    "name", "tagline", "description", "language", "keywords", "languages", "client_sizes",
    "sectors", "service_area", "countries", "contact_mode", "email", "phone", "website",
    "answer_days", "logo_alt",
)  # fmt: skip
LISTS = {
    "references": ("title", "client_sector", "year", "work", "link"),
    "prices": ("service_id", "basis", "from_cents", "to_cents"),
    "certifications": ("code", "link", "ends_on"),
    "pictures": ("name", "alt"),
    "translations": ("language", "tagline", "description"),
}
_LIST_LABELS = {
    "services": gettext_lazy("services"),
    "logo": gettext_lazy("logo"),
    "references": gettext_lazy("références"),
    "prices": gettext_lazy("indications de prix"),
    "certifications": gettext_lazy("certifications"),
    "pictures": gettext_lazy("images"),
    "translations": gettext_lazy("autres langues"),
}
_YEAR_AND_TITLE = "{year} · {title}"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: its name, its words before and after (a list has several lines)."""

    field: str
    label: str
    before: list[str]
    after: list[str]


def content_of(provider: Provider) -> dict[str, Any]:
    """Return all that the owner wrote, ready for JSON."""
    content: dict[str, Any] = {name: getattr(provider, name) for name in ROW_FIELDS}
    content["logo"] = provider.logo.name or ""
    content["services"] = sorted(
        provider.services.values_list("name_fr", flat=True)  # words: a service may go
    )
    for name, fields in LISTS.items():
        rows = sorted(getattr(provider, name).all(), key=lambda row: row.pk)
        content[name] = [{field: _plain(getattr(row, field)) for field in fields} for row in rows]
    return content


def version_of(content: Mapping[str, Any], fields: Iterable[str]) -> dict[str, str]:
    """Return a short digest of each of these fields."""
    return {name: _digest(content[name]) for name in fields}


def changes(
    before: Mapping[str, Any], after: Mapping[str, Any], fields: Iterable[str] | None = None
) -> list[Change]:
    """Return what differs between two contents, in the order of the card."""
    names = list(after) if fields is None else list(fields)
    return [
        Change(name, label_of(name), in_words(name, before.get(name)), in_words(name, after[name]))
        for name in names
        if before.get(name) != after[name]
    ]


def label_of(field: str) -> str:
    """Return the name of a field or list, for people."""
    if field in _LIST_LABELS:
        return str(_LIST_LABELS[field])
    return str(Provider._meta.get_field(field).verbose_name)  # type: ignore[union-attr]


def in_words(field: str, value: Any) -> list[str]:
    """Return the value as lines that a person reads; none when it is empty."""
    if value in (None, "", []):
        return []
    if field in _LINES:
        return [_LINES[field](row) for row in value]
    if isinstance(value, list):
        labels = _choices(field)
        return [str(labels.get(entry, entry)) for entry in value]
    return [str(_choices(field).get(value, value))]


def _reference_words(row: Mapping[str, Any]) -> str:
    parts = [_YEAR_AND_TITLE.format(**row), row["work"], row["link"]]
    return " · ".join(part for part in parts if part)


def _price_words(row: Mapping[str, Any]) -> str:
    line = PriceLine(row["service_id"], row["basis"], row["from_cents"], row["to_cents"])
    return f"{line.service_name} · {line.amount}"


def _certification_words(row: Mapping[str, Any]) -> str:
    kind = certifications.kinds().get(row["code"])
    name = kind.name if kind else row["code"]
    day = date_format(date.fromisoformat(row["ends_on"]))
    return _("%(label)s, jusqu’au %(day)s") % {"label": name, "day": day}


def _translation_words(row: Mapping[str, Any]) -> str:
    texts = [text for text in (row["tagline"], row["description"]) if text]
    return f"{CardLanguage(row['language']).label} · {' · '.join(texts)}"


_LINES = {
    "references": _reference_words,
    "prices": _price_words,
    "certifications": _certification_words,
    "pictures": lambda row: row["alt"],
    "translations": _translation_words,
}


def _choices(field: str) -> dict[Any, Any]:
    if field in _LIST_LABELS:
        return {}
    model_field: Any = Provider._meta.get_field(field)
    return dict(getattr(model_field, "base_field", model_field).flatchoices)


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _digest(value: Any) -> str:
    return blake2b(repr(value).encode(), digest_size=6).hexdigest()
