"""The tests that the docs of the observatory name for each rule are there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)


@pytest.mark.parametrize("name", ["surveys", "observatory", "funding"])
def test_each_test_that_is_named_is_there(name):
    said = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / f"{name}.md").read_text()))
    written = {
        found
        for path in (ROOT / "tests").rglob("test_*.py")
        for found in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }

    assert said
    assert said - written == set()
