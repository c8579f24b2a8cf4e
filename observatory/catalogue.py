"""The catalogue of open data as DCAT-AP, in RDF/XML and JSON-LD: what data.gouv.fr harvests."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from xml.etree import ElementTree as ET

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.api.reading import LICENCE, LICENCE_URL
from observatory.datasets import Dataset, datasets
from observatory.models import DatasetFile

NAMESPACES = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
FRENCH = "http://publications.europa.eu/resource/authority/language/FRA"
THEME = "http://publications.europa.eu/resource/authority/data-theme/ECON"
FILE_TYPE = "http://publications.europa.eu/resource/authority/file-type/"
MEDIA_TYPE = "https://www.iana.org/assignments/media-types/"
PLACE = "http://id.insee.fr/geo/departement/"
RDF_TYPE = "application/rdf+xml; charset=utf-8"
JSON_LD_TYPE = "application/ld+json"


@dataclass(frozen=True, slots=True)
class Distribution:
    """One way to have a data set."""

    address: str
    title: str
    file_type: str  # of the authority list
    media_type: str
    is_file: bool
    size_bytes: int = 0
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Listed:
    """A data set with its file, as page and catalogues show it."""

    entry: Dataset
    file: DatasetFile | None

    @property
    def page(self) -> str:
        """Where people read of it."""
        return f"{absolute('open_data:home')}#{self.entry.key}"

    @property
    def uri(self) -> str:
        """What it is called, for good."""
        return absolute("open_data:dataset", self.entry.key)

    @property
    def schema_url(self) -> str:
        """The Table Schema."""
        return absolute("open_data:schema", self.entry.key)

    @property
    def modified_at(self) -> datetime | None:
        """When its content last changed."""
        return self.file.changed_at if self.file else None

    @property
    def distributions(self) -> list[Distribution]:
        """The file, once it is written, and the API."""
        found = []
        if self.file is not None:
            found.append(
                Distribution(
                    absolute("open_data:file", self.entry.key),
                    _("Tableau (CSV)"),
                    "CSV",
                    "text/csv",
                    is_file=True,
                    size_bytes=self.file.size_bytes,
                    sha256=self.file.sha256,
                )
            )
        if self.entry.api_name:
            address = settings.PUBLIC_URL + reverse(self.entry.api_name)
            found.append(
                Distribution(
                    address,
                    _("Interface de lecture (JSON)"),
                    "JSON",
                    "application/json",
                    is_file=False,
                )
            )
        return found


def absolute(name: str, *args: str) -> str:
    """Return the public address of a page."""
    return settings.PUBLIC_URL + reverse(name, args=args)


def listed() -> list[Listed]:
    """Return every data set with its file, in one query."""
    files = {row.dataset: row for row in DatasetFile.objects.order_by("pk")}
    return [Listed(entry, files.get(entry.key)) for entry in datasets]


# --- RDF/XML ---


def rdf(entries: Iterable[Listed]) -> bytes:
    """Return the catalogue as RDF/XML."""
    for prefix, address in NAMESPACES.items():
        ET.register_namespace(prefix, address)
    root = ET.Element(_tag("rdf:RDF"))
    catalogue = _node(root, "dcat:Catalog", absolute("open_data:home"))
    _text(catalogue, "dct:title", _title(), lang="fr")
    _text(catalogue, "dct:description", _description(), lang="fr")
    _link(catalogue, "foaf:homepage", absolute("open_data:home"))
    _link(catalogue, "dct:language", FRENCH)
    _link(catalogue, "dct:license", LICENCE_URL)
    _publisher(catalogue)
    for entry in entries:
        _link(catalogue, "dcat:dataset", entry.uri)
        _dataset(root, entry)
    ET.indent(root)
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _dataset(root: ET.Element, entry: Listed) -> None:
    node = _node(root, "dcat:Dataset", entry.uri)
    _text(node, "dct:identifier", entry.entry.key)
    _text(node, "dct:title", str(entry.entry.title), lang="fr")
    _text(node, "dct:description", _told(entry), lang="fr")
    for word in entry.entry.keywords:
        _text(node, "dcat:keyword", word, lang="fr")
    if entry.modified_at:
        _typed(node, "dct:modified", _instant(entry.modified_at), "dateTime")
    _link(node, "dcat:theme", THEME)
    _link(node, "dct:accrualPeriodicity", entry.entry.frequency)
    _link(node, "dct:spatial", PLACE + settings.DEPARTEMENT)
    _link(node, "dct:language", FRENCH)
    _link(node, "dct:license", LICENCE_URL)
    _link(node, "dcat:landingPage", entry.page)
    _publisher(node)
    contact = ET.SubElement(node, _tag("dcat:contactPoint"))
    card = ET.SubElement(contact, _tag("vcard:Organization"))
    _text(card, "vcard:fn", settings.CENTRE_NAME)
    _link(card, "vcard:hasEmail", f"mailto:{settings.CONTACT_EMAIL}")
    for distribution in entry.distributions:
        _link(node, "dcat:distribution", f"{distribution.address}#distribution")
        _distribution(root, entry, distribution)


def _distribution(root: ET.Element, entry: Listed, distribution: Distribution) -> None:
    node = _node(root, "dcat:Distribution", f"{distribution.address}#distribution")
    _text(node, "dct:title", f"{entry.entry.title}, {distribution.title}", lang="fr")
    _link(node, "dcat:accessURL", distribution.address)
    _link(node, "dct:license", LICENCE_URL)
    _link(node, "dct:format", FILE_TYPE + distribution.file_type)
    _link(node, "dcat:mediaType", MEDIA_TYPE + distribution.media_type)
    if not distribution.is_file:
        return
    _link(node, "dcat:downloadURL", distribution.address)
    _link(node, "dct:conformsTo", entry.schema_url)
    if entry.modified_at:
        _typed(node, "dct:modified", _instant(entry.modified_at), "dateTime")
    _typed(node, "dcat:byteSize", str(distribution.size_bytes), "nonNegativeInteger")
    checksum = ET.SubElement(ET.SubElement(node, _tag("spdx:checksum")), _tag("spdx:Checksum"))
    _link(checksum, "spdx:algorithm", NAMESPACES["spdx"] + "checksumAlgorithm_sha256")
    _typed(checksum, "spdx:checksumValue", distribution.sha256, "hexBinary")


def _publisher(node: ET.Element) -> None:
    holder = ET.SubElement(node, _tag("dct:publisher"))
    agent = ET.SubElement(holder, _tag("foaf:Organization"), {_tag("rdf:about"): _home()})
    _text(agent, "foaf:name", settings.CENTRE_NAME)


def _tag(name: str) -> str:
    prefix, _colon, local = name.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{local}"


def _node(parent: ET.Element, name: str, about: str) -> ET.Element:
    return ET.SubElement(parent, _tag(name), {_tag("rdf:about"): about})


def _link(parent: ET.Element, name: str, address: str) -> None:
    ET.SubElement(parent, _tag(name), {_tag("rdf:resource"): address})


def _text(parent: ET.Element, name: str, text: str, *, lang: str = "") -> None:
    attributes = {"{http://www.w3.org/XML/1998/namespace}lang": lang} if lang else {}
    ET.SubElement(parent, _tag(name), attributes).text = text


def _typed(parent: ET.Element, name: str, text: str, kind: str) -> None:
    attributes = {_tag("rdf:datatype"): NAMESPACES["xsd"] + kind}
    ET.SubElement(parent, _tag(name), attributes).text = text


# --- JSON-LD ---


def json_ld(entries: Iterable[Listed]) -> dict[str, Any]:
    """Return the same catalogue as JSON-LD."""
    publisher = {"@id": _home(), "@type": "foaf:Organization", "foaf:name": settings.CENTRE_NAME}
    return {
        "@context": {**NAMESPACES, "@language": "fr"},
        "@id": absolute("open_data:home"),
        "@type": "dcat:Catalog",
        "dct:title": _title(),
        "dct:description": _description(),
        "dct:license": {"@id": LICENCE_URL},
        "dct:publisher": publisher,
        "dcat:dataset": [
            {
                "@id": entry.uri, "@type": "dcat:Dataset", "dct:identifier": entry.entry.key,
                "dct:title": str(entry.entry.title), "dct:description": _told(entry),
                "dcat:keyword": list(entry.entry.keywords),
                **({"dct:modified": _instant(entry.modified_at)} if entry.modified_at else {}),
                "dcat:theme": {"@id": THEME},
                "dct:accrualPeriodicity": {"@id": entry.entry.frequency},
                "dct:spatial": {"@id": PLACE + settings.DEPARTEMENT},
                "dct:license": {"@id": LICENCE_URL}, "dct:publisher": publisher,
                "dcat:landingPage": {"@id": entry.page},
                "dcat:contactPoint": {
                    "@type": "vcard:Organization", "vcard:fn": settings.CENTRE_NAME,
                    "vcard:hasEmail": {"@id": f"mailto:{settings.CONTACT_EMAIL}"},
                },
                "dcat:distribution": [
                    {
                        "@id": f"{way.address}#distribution", "@type": "dcat:Distribution",
                        "dct:title": way.title, "dcat:accessURL": {"@id": way.address},
                        "dct:license": {"@id": LICENCE_URL},
                        "dct:format": {"@id": FILE_TYPE + way.file_type},
                        **({"dcat:downloadURL": {"@id": way.address},
                            "dct:conformsTo": {"@id": entry.schema_url}} if way.is_file else {}),
                    }
                    for way in entry.distributions
                ],
            }
            for entry in entries
        ],
    }  # fmt: skip


def _home() -> str:
    return settings.PUBLIC_URL + "/"


def _title() -> str:
    return _("Données ouvertes de %(centre)s") % {"centre": settings.CENTRE_NAME}


def _description() -> str:
    return _("Ce que le centre sait et peut partager, sous %(licence)s.") % {"licence": LICENCE}


def _told(entry: Listed) -> str:
    source = entry.entry.source or settings.CENTRE_NAME
    return f"{entry.entry.description} {_('Source')}\N{NO-BREAK SPACE}: {source}."


def _instant(at: datetime) -> str:
    return timezone.localtime(at).isoformat(timespec="seconds")
