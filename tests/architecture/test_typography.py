"""What users read keeps the spaces of French: no line may begin with a lone « ? »."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = sorted(
    file for file in (ROOT / "templates").rglob("*") if file.suffix in {".html", ".txt"}
)
MESSAGES = re.compile(
    r"""\{% translate (?:"(.*?)"|'(.*?)')"""
    r"""|\b_\(\s*"(.*?)"\s*\)"""
    r"""|\{% blocktranslate[^%]*%\}(.*?)\{% endblocktranslate""",
    re.DOTALL,
)
BREAKABLE = re.compile(r" [:;!?»](?=\s|$|<)|« ")


def messages(text):
    return ["".join(found) for found in MESSAGES.findall(text)]


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: str(file.relative_to(ROOT)))
def test_french_message_breaks_no_line_before_its_double_signs(file):
    wrong = [text for text in messages(file.read_text()) if BREAKABLE.search(text)]

    assert wrong == []
