"""The documents of money: tagged, archivable, with the structured invoice inside."""

import hashlib
from io import BytesIO
from xml.etree import ElementTree as ET

import facturx
import pytest
from django.db import DatabaseError
from pypdf import PdfReader

from emn.lib.pdf import replace_metadata
from emn.mailings.models import OutboundEmail
from events import invoice_documents
from events.enums import ProductKind
from events.models import Invoice
from events.services import invoices, papers
from events.services.orders import NewLine
from tests.events.factories import mails
from tests.events.money import NOW, PERSON, PUBLIC, ROOM, TODAY, TRAINING, invoiced, quote

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
NAMES = {
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
}


def document(invoice):
    return invoice_documents.invoice_pdf(invoice.snapshot, at=invoice.issued_at)


def xmp_of(content):
    root = PdfReader(BytesIO(content), strict=True).trailer["/Root"]
    return ET.fromstring(root["/Metadata"].get_object().get_data())  # noqa: S314 -- our own


def said(xmp, name):
    return [node.text for node in xmp.iter() if node.tag.endswith(f"}}{name}")]


def structured(content):
    name, xml = facturx.get_facturx_xml_from_pdf(content, check_xsd=True, check_schematron=False)
    assert name == "factur-x.xml"
    return ET.fromstring(xml)  # noqa: S314 -- our own


def test_an_invoice_is_tagged_archivable_and_structured_at_once():
    content = document(invoiced(lines=[TRAINING, ROOM]))
    root = PdfReader(BytesIO(content), strict=True).trailer["/Root"]
    xmp = xmp_of(content)

    assert bool(root["/MarkInfo"]["/Marked"])
    assert root["/Lang"] == "fr"
    assert "/StructTreeRoot" in root
    assert [entry.get_object()["/AFRelationship"] for entry in root["/AF"]] == ["/Alternative"]
    namespaces = {
        "pdfuaid": "{http://www.aiim.org/pdfua/ns/id/}part",
        "pdfaid": "{http://www.aiim.org/pdfa/ns/id/}part",
        "level": "{http://www.aiim.org/pdfa/ns/id/}conformance",
    }
    assert {name: [node.text for node in xmp.iter(tag)] for name, tag in namespaces.items()} == {
        "pdfuaid": ["1"],
        "pdfaid": ["3"],
        "level": ["A"],
    }
    assert said(xmp, "ConformanceLevel") == ["EN 16931"]
    assert said(xmp, "DocumentFileName") == ["factur-x.xml"]
    assert "urn:factur-x:pdfa:CrossIndustryDocument:invoice:1p0#" in said(xmp, "namespaceURI")


def test_the_structured_invoice_says_what_the_paper_says():
    invoice = invoiced(lines=[TRAINING, ROOM], buyer=PUBLIC)
    xml = structured(document(invoice))

    def text(path):
        return [node.text for node in xml.iterfind(f".//{path}", NAMES)]

    assert text("ram:GrandTotalAmount") == ["879.99"]
    assert text("ram:TaxTotalAmount") == ["30.00"]
    assert text("ram:ApplicableHeaderTradeSettlement/ram:ApplicableTradeTax/ram:CategoryCode") == [
        "E",
        "S",
    ]
    assert text("ram:ExemptionReason") == ["Exonérée de TVA — article 261-4-4°-a du CGI"]
    assert text("ram:BuyerTradeParty/ram:SpecifiedLegalOrganization/ram:ID") == ["215703067"]
    assert text("ram:BuyerReference") == ["FORMATION"]
    assert text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID") == ["BC-2026-88"]
    assert text("ram:PaymentReference") == [invoice.order.payment_reference]
    assert text("ram:SubjectCode") == ["PMD", "PMT", "AAB"]


def test_a_credit_note_names_its_invoice():
    invoice = invoiced()
    note = invoices.credit(invoice_id=invoice.pk, reason="Annulée", on=TODAY, now=NOW)

    xml = structured(document(note))

    codes = [node.text for node in xml.iterfind(".//ram:TypeCode", NAMES)]
    preceding = xml.find(".//ram:InvoiceReferencedDocument/ram:IssuerAssignedID", NAMES)
    assert codes[0] == "381"
    assert preceding.text == invoice.reference


def test_what_is_outside_vat_names_no_vat_number():
    penalty = NewLine(kind=ProductKind.INDEMNITY, label="Dédit", unit_price_cents=10_000)

    xml = structured(document(invoiced(lines=[penalty])))

    assert xml.find(".//ram:SpecifiedTaxRegistration", NAMES) is None


@pytest.mark.parametrize("language", ["fr", "de", "en"])
def test_a_person_gets_a_document_in_their_language(language):
    content = document(invoiced(buyer=PERSON, language=language))

    text = PdfReader(BytesIO(content)).pages[0].extract_text()
    assert "Léa Klein" in text
    assert "SIREN" not in text
    assert "700" in text
    assert "210" in text  # the first step
    terms = structured(content).find(".//ram:SpecifiedTradePaymentTerms/ram:Description", NAMES)
    assert terms.text.startswith("210.00 EUR à partir du 23/11/2026. 490.00 EUR à partir du")


def test_the_document_is_kept_once_with_its_digest_and_sent():
    invoice = invoiced()

    assert invoices.make_document(invoice_id=invoice.pk, now=NOW) is True
    assert invoices.make_document(invoice_id=invoice.pk, now=NOW) is False

    kept = Invoice.objects.get(pk=invoice.pk)
    with kept.pdf.open() as file:
        assert hashlib.sha256(file.read()).hexdigest() == kept.sha256
    assert [mail.to_email for mail in mails("invoice")] == ["compta@meyer.example"]
    assert mails("invoice").get().attachments


def test_a_worker_killed_before_the_commit_is_made_up_for(monkeypatch):
    invoice = invoiced()
    queue = invoices.queue_email

    def killed(**_values):
        raise DatabaseError

    monkeypatch.setattr(invoices, "queue_email", killed)
    with pytest.raises(DatabaseError):
        invoices.make_document(invoice_id=invoice.pk, now=NOW)
    monkeypatch.setattr(invoices, "queue_email", queue)

    assert invoices.make_document(invoice_id=invoice.pk, now=NOW) is True
    assert Invoice.objects.get(pk=invoice.pk).pdf.name == "factures/2026/F2026-00001.pdf"
    assert OutboundEmail.objects.filter(kind="events/emails/invoice").count() == 1


def test_a_quote_is_a_document_without_a_number_of_invoice():
    text = PdfReader(BytesIO(papers.quote_pdf(quote()))).pages[0].extract_text()

    assert "Devis" in text
    assert "Bon pour accord" in text
    assert "Facture" not in text


def test_metadata_that_are_not_there_are_not_replaced():
    with pytest.raises(ValueError, match="no metadata"):
        replace_metadata(b"%PDF-1.7", "a", "b")
