"""The structured twin of an invoice: CII of EN 16931, inside its PDF/A-3 (Factur-X 1.0).

Source: EN 16931-1, Factur-X 1.09, and the French rules of electronic invoices (BT-23 = S1:
services; notes PMD, PMT, AAB; SIREN under the scheme 0002, SIRET 0009, electronic address 0225).
"""

from datetime import date, datetime
from typing import Any

from facturx import generate_xml  # type: ignore[import-untyped]

from emn.lib.pdf import Standard, render_pdf, replace_metadata

FILE = "factur-x.xml"
LEVEL = "en16931"
STANDARDS: tuple[Standard, ...] = ("ua-1", "a-3a")
SIREN_SCHEME = "0002"
SIRET_SCHEME = "0009"
ADDRESS_SCHEME = "0225"
_SIREN_LENGTH = 9
_INVOICE, _CREDIT_NOTE = "380", "381"
_SEPA_TRANSFER = "58"
_SERVICES = "S1"
_OUTSIDE = "O"

_BAG_END = "</rdf:Bag></pdfaExtension:schemas>"
_NAMESPACE = "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#"
_PROPERTIES = {
    "DocumentFileName": ("name of the embedded XML invoice file", FILE),
    "DocumentType": ("INVOICE", "INVOICE"),
    "Version": ("the version of the Factur-X XML schema", "1.0"),
    "ConformanceLevel": ("the conformance level of the Factur-X data", "EN 16931"),
}


def document(template: str, data: dict[str, Any], paper: dict[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of a paper, its XML attached: PDF/UA-1, PDF/A-3A and Factur-X at once."""
    pdf = render_pdf(template, data | {"xml": xml(paper).decode()}, at=at, standards=STANDARDS)
    return replace_metadata(pdf, _BAG_END, _described())


def xml(paper: dict[str, Any]) -> bytes:
    """Return the XML of a snapshot, checked against the schema."""
    is_outside = any(group["vat"]["category"] == _OUTSIDE for group in paper["groups"])
    content = {
        "BT-1": paper["number"],
        "BT-2": paper["issued_on"],
        "BT-3": _CREDIT_NOTE if paper["credits"] else _INVOICE,
        "BT-5": paper["currency"],
        "BT-9": paper["due_on"],
        "BT-10": paper["buyer"]["service_code"],
        "BT-13": paper["buyer"]["purchase_order"],
        "BT-14": paper["order"],
        "BT-20": " ".join([*_steps(paper), *(note["text"] for note in paper["notes"])]),
        "BT-23": _SERVICES,
        "BT-72": paper["service_until"],
        "BT-73": paper["service_from"],
        "BT-74": paper["service_until"],
        "BT-81": _SEPA_TRANSFER,
        "BT-83": paper["payment_reference"],
        "BT-84": paper["seller"]["iban"],
        "BT-85": paper["seller"]["name"],
        "BT-86": paper["seller"]["bic"],
        "BT-106": _euros(paper["net_cents"]),
        "BT-109": _euros(paper["net_cents"]),
        "BT-110": _euros(paper["vat_cents"]),
        "BT-112": _euros(paper["total_cents"]),
        "BT-115": _euros(paper["total_cents"]),
        "BG-1": [{"BT-21": note["code"], "BT-22": note["text"]} for note in paper["notes"]],
        "BG-4": _party(paper["seller"], is_outside=is_outside),
        "BG-7": _party(paper["buyer"], is_outside=is_outside),
        "BG-23": [_group(group) for group in paper["groups"]],
        "BG-25": [_line(line) for line in paper["lines"]],
    }
    if paper["credits"]:
        preceding = {"BT-25": paper["credits"]["number"], "BT-26": paper["credits"]["issued_on"]}
        content["BG-3"] = [preceding]
        content["BG-1"].append({"BT-21": "ACB", "BT-22": paper["reason"]})
    if paper["delivery_address"]:
        content["BG-13"] = {"addr_l1": paper["delivery_address"], "country_code": "FR"}
    given = {key: value for key, value in content.items() if value}
    made: bytes = generate_xml(given, level=LEVEL, check_xsd=True, check_schematron=None)
    return made


def _steps(paper: dict[str, Any]) -> list[str]:
    """Return when each part is asked for, in French as the other legal words."""
    return [
        f"{_euros(step['cents'])} EUR à partir du {date.fromisoformat(step['on']):%d/%m/%Y}."
        for step in paper.get("steps", [])
    ]


def _party(party: dict[str, Any], *, is_outside: bool) -> dict[str, Any]:
    """Return a party; what is outside VAT names no VAT number (BR-O-02)."""
    siret = party["siret"]
    siren = party.get("siren") or siret[:_SIREN_LENGTH]
    contact = {"name": party.get("contact_name", ""), "email": party.get("email", "")}
    return _given(
        name=party["name"],
        identifiers={SIRET_SCHEME: siret} if siret else None,
        legal_identifier=siren,
        legal_identifier_schemeid=SIREN_SCHEME if siren else "",
        vat_identifier="" if is_outside else party["vat_id"],
        einvoicing_addr=siren,
        einvoicing_addr_schemeid=ADDRESS_SCHEME if siren else "",
        addr_l1=party["street"],
        postcode=party["postcode"],
        city=party["city"],
        country_code=party["country"],
        contacts=[_given(**contact)] if any(contact.values()) else None,
    )


def _group(group: dict[str, Any]) -> dict[str, Any]:
    vat = group["vat"]
    return _given(
        **{
            "BT-116": _euros(group["base_cents"]),
            "BT-117": _euros(group["vat_cents"]),
            "BT-118": vat["category"],
            "BT-119": "" if vat["category"] == _OUTSIDE else vat["rate"],
            "BT-120": vat["mention"],
            "BT-121": vat["code"],
        }
    )


def _line(line: dict[str, Any]) -> dict[str, Any]:
    vat = line["vat"]
    return _given(
        **{
            "BT-126": str(line["position"]),
            "BT-129": line["quantity"],
            "BT-130": line["unit"],
            "BT-131": _euros(line["net_cents"]),
            "BT-146": _euros(line["unit_price_cents"]),
            "BT-151": vat["category"],
            "BT-152": "" if vat["category"] == _OUTSIDE else vat["rate"],
            "BT-153": line["label"],
        }
    )


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _euros(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _described() -> str:
    """Return the XMP that names the embedded file, after the schemas that Typst describes."""
    properties = "".join(
        '<rdf:li rdf:parseType="Resource">'
        f"<pdfaProperty:name>{name}</pdfaProperty:name>"
        "<pdfaProperty:valueType>Text</pdfaProperty:valueType>"
        "<pdfaProperty:category>external</pdfaProperty:category>"
        f"<pdfaProperty:description>{words}</pdfaProperty:description></rdf:li>"
        for name, (words, _value) in _PROPERTIES.items()
    )
    schema = (
        '<rdf:li rdf:parseType="Resource">'
        "<pdfaSchema:schema>Factur-X PDFA Extension Schema</pdfaSchema:schema>"
        f"<pdfaSchema:namespaceURI>{_NAMESPACE}</pdfaSchema:namespaceURI>"
        "<pdfaSchema:prefix>fx</pdfaSchema:prefix>"
        f"<pdfaSchema:property><rdf:Seq>{properties}</rdf:Seq></pdfaSchema:property></rdf:li>"
    )
    values = "".join(
        f'<fx:{name} xmlns:fx="{_NAMESPACE}">{value}</fx:{name}>'
        for name, (_words, value) in _PROPERTIES.items()
    )
    return f"{schema}{_BAG_END}{values}"
