"""PDF documents, tagged (PDF/UA-1), from Typst templates (ADR 13). No model.

What a template shows comes in as data, read there by `json(bytes(sys.inputs.data))`: no text of a
visitor is ever read as Typst source.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import typst
from django.conf import settings

FONTS = Path(__file__).parent / "pdf_fonts"
TEMPLATES = Path(settings.BASE_DIR) / "templates"


def render_pdf(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the document that `templates/<template>` makes of `data`, dated `at`.

    The same data give the same bytes. Raises typst.TypstError, which is a fault of the template.
    """
    document: bytes = typst.compile(
        TEMPLATES / template,
        root=TEMPLATES,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False, default=str)},
        pdf_standards="ua-1",
        timestamp=int(at.timestamp()),
    )
    return document
