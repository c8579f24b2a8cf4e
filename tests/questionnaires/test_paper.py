"""Every kind of question can be filled in by hand."""

from emn.questionnaires.definition import read
from emn.questionnaires.paper import paper_pdf
from tests.diagnostics.factories import NOW
from tests.questionnaires.sample import raw


def test_a_sheet_holds_every_kind_of_question():
    sheet = paper_pdf(read(raw()), reference="Essai 1.0", at=NOW)

    assert sheet.startswith(b"%PDF")
    assert b"pdfuaid" in sheet
    assert sheet == paper_pdf(read(raw()), reference="Essai 1.0", at=NOW)
