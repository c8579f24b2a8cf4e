"""The public card, composed of its three layers (mechanics 1.1): one function for all who show it.

Register: the company. Owner: the provider's row and its lists. Staff: the corrections that stand,
shown over the owner's words. No layer is ever written over another.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from directory import certifications
from directory.enums import (
    ClientSector,
    ClientSize,
    PriceBasis,
    ServedCountry,
    ServiceArea,
    SpokenLanguage,
)
from directory.models import Correction, Provider
from directory.reference import taxonomy


@dataclass(frozen=True, slots=True)
class Words:
    """A text and the language it is written in."""

    text: str
    language: str


@dataclass(frozen=True, slots=True)
class Translation:
    """The owner's words in one more language; an empty one falls back."""

    language: str
    tagline: str
    description: str


@dataclass(frozen=True, slots=True)
class ReferenceLine:
    """A reference as the card shows it."""

    title: str
    sector: str
    year: int
    work: str
    link: str

    @property
    def sector_label(self) -> str:
        """The trade of the client, in words; empty when it is not told."""
        return str(ClientSector(self.sector).label) if self.sector else ""


@dataclass(frozen=True, slots=True)
class PriceLine:
    """An indication of price; `service_id` is None for the work in general. Amounts in cents."""

    service_id: int | None
    basis: str
    from_cents: int | None
    to_cents: int | None

    @property
    def service_name(self) -> str:
        """The service it is for, in words."""
        entry = taxonomy().get(self.service_id) if self.service_id else None
        return entry.name if entry else _("En général")

    @property
    def amount(self) -> str:
        """The price in words: «de 450 € à 700 € par jour», «sur devis»."""
        basis = str(PriceBasis(self.basis).label)
        if self.from_cents is None:
            return basis
        low = _euros(self.from_cents)
        if self.to_cents is None:
            words = _("à partir de %(low)s") % {"low": low}
        elif self.to_cents == self.from_cents:
            words = low
        else:
            words = _("de %(low)s à %(high)s") % {"low": low, "high": _euros(self.to_cents)}
        return f"{words} {basis}"


def _euros(cents: int) -> str:
    return _("%(amount)s €") % {"amount": number_format(cents // 100)}


@dataclass(frozen=True, slots=True)
class CertificationLine:
    """A label that is valid on the day the card was composed for."""

    code: str
    link: str
    ends_on: date

    @property
    def kind(self) -> certifications.CertificationKind:
        """Its name and who gives it."""
        return certifications.kinds()[self.code]


@dataclass(frozen=True, slots=True)
class PictureLine:
    """A picture and its files, from the narrowest to the widest."""

    alt: str
    width: int
    height: int
    urls: tuple[tuple[int, str], ...]

    @property
    def src(self) -> str:
        """The file for a browser that does not choose."""
        return self.urls[0][1]

    @property
    def srcset(self) -> str:
        """The files with their widths, for a browser that chooses."""
        return ", ".join(f"{url} {width}w" for width, url in self.urls)


@dataclass(frozen=True)
class ComposedCard:
    """A card as everyone may read it, in plain values: two cards that show the same are equal."""

    name: str
    tagline: str
    description: str
    language: str
    translations: tuple[Translation, ...]
    phone: str
    email: str
    website: str
    contact_mode: str
    answer_days: int | None
    logo: str
    logo_alt: str
    share_picture: str
    service_area: str
    countries: tuple[str, ...]
    languages: tuple[str, ...]
    client_sizes: tuple[str, ...]
    sectors: tuple[str, ...]
    keywords: tuple[str, ...]
    references: tuple[ReferenceLine, ...]
    prices: tuple[PriceLine, ...]
    certifications: tuple[CertificationLine, ...]
    pictures: tuple[PictureLine, ...]

    def tagline_in(self, language: str) -> Words:
        """Return the tagline in `language`, else as it was written."""
        return self._in(language, "tagline")

    def description_in(self, language: str) -> Words:
        """Return the description in `language`, else as it was written."""
        return self._in(language, "description")

    def _in(self, language: str, field: str) -> Words:
        for translation in self.translations:
            if translation.language == language and (text := getattr(translation, field)):
                return Words(text, language)
        return Words(getattr(self, field), self.language)

    @property
    def searchable(self) -> Iterator[tuple[str, str]]:
        """Yield (text, language) of what a card is found by beside name, services and keywords."""
        yield self.tagline, self.language
        yield self.description, self.language
        for translation in self.translations:
            yield f"{translation.tagline} {translation.description}", translation.language
        for reference in self.references:
            yield f"{reference.title} {reference.work}", self.language
        for certification in self.certifications:
            yield certification.kind.name, self.language

    @cached_property
    def phone_number(self) -> str:
        """The number as a telephone wants it."""
        return "".join(sign for sign in self.phone if sign in "+0123456789")

    @cached_property
    def website_name(self) -> str:
        """The address without what nobody reads aloud."""
        return urlsplit(self.website).netloc.removeprefix("www.")

    @property
    def sector_labels(self) -> list[str]:
        """The trades of its clients, in words."""
        return [str(ClientSector(code).label) for code in self.sectors]

    @property
    def client_size_labels(self) -> list[str]:
        """The sizes of its clients, in words."""
        return [str(ClientSize(code).label) for code in self.client_sizes]

    @property
    def language_labels(self) -> list[str]:
        """The languages it works in, in words."""
        return [str(SpokenLanguage(code).label) for code in self.languages]

    @property
    def country_labels(self) -> list[str]:
        """The countries it works in, in words."""
        return [str(ServedCountry(code).label) for code in self.countries]

    @property
    def service_area_label(self) -> str:
        """How far it works, in words; empty when it is not told."""
        return str(ServiceArea(self.service_area).label) if self.service_area else ""


def composed(provider: Provider, *, on: date) -> ComposedCard:
    """Return the card that everyone reads on that day.

    Six small queries for one card; none more when it was loaded by `with_content()`.
    """
    corrected = {
        correction.field: correction.value
        for correction in _rows(provider, "corrections")
        if correction.ended_at is None
    }

    def shown(field: str) -> Any:
        return corrected.get(field, getattr(provider, field))

    return ComposedCard(
        name=shown("name"),
        tagline=shown("tagline"),
        description=shown("description"),
        language=provider.language,
        translations=tuple(
            Translation(row.language, row.tagline, row.description)
            for row in sorted(_rows(provider, "translations"), key=lambda row: row.language)
            if row.language != provider.language
        ),
        phone=shown("phone"),
        email=shown("email"),
        website=shown("website"),
        contact_mode=provider.contact_mode,
        answer_days=provider.answer_days,
        logo=provider.logo.name or "",
        logo_alt=provider.logo_alt,
        share_picture=provider.share_picture,
        service_area=provider.service_area,
        countries=tuple(provider.countries),
        languages=tuple(provider.languages),
        client_sizes=tuple(provider.client_sizes),
        sectors=tuple(provider.sectors),
        keywords=tuple(provider.keywords),
        references=tuple(
            ReferenceLine(row.title, row.client_sector, row.year, row.work, row.link)
            for row in sorted(
                _rows(provider, "references"), key=lambda row: (-row.year, row.position)
            )
        ),
        prices=tuple(
            PriceLine(row.service_id, row.basis, row.from_cents, row.to_cents)
            for row in _in_order(_rows(provider, "prices"))
        ),
        certifications=tuple(
            CertificationLine(row.code, row.link, row.ends_on)
            for row in _in_order(_rows(provider, "certifications"))
            if row.ends_on >= on and row.code in certifications.kinds()
        ),
        pictures=tuple(
            PictureLine(
                alt=row.alt,
                width=row.width,
                height=row.height,
                urls=tuple(
                    (width, provider.logo.storage.url(name))
                    for width, name in zip(row.widths, row.files, strict=True)
                ),
            )
            for row in _in_order(_rows(provider, "pictures"))
        ),
    )


def _rows(provider: Provider, name: str) -> list[Any]:
    """Return the rows of one of its lists, as `with_content()` loaded them when it did."""
    loaded: list[Any] | None = getattr(provider, f"loaded_{name}", None)
    return list(getattr(provider, name).all()) if loaded is None else loaded


def _in_order(rows: Any) -> list[Any]:
    return sorted(rows, key=lambda row: (row.position, row.pk))


def standing_corrections(provider: Provider) -> dict[str, Correction]:
    """Return the corrections that the card shows, by field."""
    return {row.field: row for row in provider.corrections.standing().order_by("pk")}
