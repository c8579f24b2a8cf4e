"""PDF documents, tagged (PDF/UA-1), from Typst templates (ADR 13). No model.

What a template shows comes in as data, read there by `json(bytes(sys.inputs.data))`: no text of a
visitor is ever read as Typst source. The centre's colours come in beside, as `colours`.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import typst
from django.conf import settings
from django.http import HttpResponse

from emn.lib.palette import palette

FONTS = Path(__file__).parent / "pdf_fonts"
Standard = Literal["ua-1", "a-3a"]
TEMPLATES = Path(settings.BASE_DIR) / "templates"
UNSHOWN = re.compile(r'the text `"(.+?)"` could not be displayed with')
INSTEAD = "?"
MOST_TRIES = 200  # kinds of characters that one document may lack
_TRAILER = re.compile(rb"trailer\s*<<(.*?)>>\s*startxref\s*(\d+)\s*%%EOF\s*$", re.DOTALL)


def render_pdf(
    template: str,
    data: Mapping[str, Any],
    *,
    at: datetime,
    standards: Sequence[Standard] = ("ua-1",),
) -> bytes:
    """Return the document that `templates/<template>` makes of `data`, dated `at`.

    `standards`: what Typst must keep to, «ua-1», «a-3a»; it refuses what it cannot keep.
    A character that no font can show is written «?»: PDF/UA refuses it, and one name with a
    pictogram would keep a whole document from being made. The same data give the same bytes.
    Raises typst.TypstError, which is a fault of the template.
    """
    text = json.dumps(data, ensure_ascii=False, default=str)
    for _try in range(MOST_TRIES):
        try:
            return _compile(template, text, at=at, standards=standards)
        except typst.TypstError as error:
            unshown = UNSHOWN.search(str(error))
            shorter = text.replace(unshown[1], INSTEAD) if unshown else text
            if shorter == text:
                raise
            text = shorter
    return _compile(template, text, at=at, standards=standards)


def _compile(
    template: str, text: str, *, at: datetime, standards: Sequence[Standard]
) -> bytes:  # fmt: skip
    document: bytes = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": text, "colours": json.dumps(palette().light)},
        pdf_standards=list(standards),
        timestamp=int(at.timestamp()),
    )
    return document


def pdf_response(content: bytes, name: str) -> HttpResponse:
    """Return a document to read in the browser, under this name."""
    response = HttpResponse(content, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    return response


def replace_metadata(document: bytes, old: str, new: str) -> bytes:
    """Return the document with `old` written `new` in its XMP metadata, and nothing else changed.

    An update is added at the end, as ISO 32000-1 (7.5.6) has it: the pages, the tags and the
    attachments keep their bytes. Raises ValueError when the document is not as Typst makes it.
    """
    number, xmp = _metadata(document)
    trailer = _TRAILER.search(document)
    if xmp.count(old) != 1 or trailer is None:
        raise ValueError("the metadata do not hold that once, or the trailer is not a classic one")
    content = xmp.replace(old, new).encode()
    start = len(document) + 1
    head = b"%d 0 obj\n<</Type/Metadata/Subtype/XML/Length %d>>\n" % (number, len(content))
    update = b"\n%bstream\n%b\nendstream\nendobj\n" % (head, content)
    table = b"xref\n0 1\n0000000000 65535 f \n%d 1\n%010d 00000 n \n" % (number, start)
    last = b"trailer\n<<%b/Prev %b>>\nstartxref\n%d\n%%%%EOF\n" % (
        trailer[1], trailer[2], len(document) + len(update)
    )  # fmt: skip
    return document + update + table + last


def _metadata(document: bytes) -> tuple[int, str]:
    """Return the number of the metadata's object, and what it says."""
    named = re.search(rb"/Metadata (\d+) 0 R", document)
    if named is None:
        raise ValueError("the document has no metadata")
    stream = re.search(
        rb"(?:^|\s)%b 0 obj\s*<<.*?>>\s*stream\r?\n(.*?)\r?\nendstream" % named[1],
        document,
        re.DOTALL,
    )
    if stream is None:
        raise ValueError("the metadata are not plain")
    return int(named[1]), stream[1].decode()
