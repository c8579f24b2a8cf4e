"""PDF documents that show what people typed, whatever script they write in.

PDF/UA refuses a character that no font can show: without this, one name with a pictogram would keep
a whole document from being made.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typst

from emn.lib.pdf import render_pdf

_UNSHOWN = re.compile(r'the text `"(.+?)"` could not be displayed with')
INSTEAD = "?"
MOST_TRIES = 200  # kinds of characters that one document may lack


def render_typed(template: str, data: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return what `render_pdf` does, with «?» for each character that the fonts cannot show.

    Raises typst.TypstError, which is a fault of the template.
    """
    text = json.dumps(data, ensure_ascii=False, default=str)
    for _try in range(MOST_TRIES):
        try:
            return render_pdf(template, json.loads(text), at=at)
        except typst.TypstError as error:
            unshown = _UNSHOWN.search(str(error))
            shorter = text.replace(unshown[1], INSTEAD) if unshown else text
            if shorter == text:
                raise
            text = shorter
    return render_pdf(template, json.loads(text), at=at)
