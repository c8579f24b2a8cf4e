"""Each dependency has its reason in writing."""

import re

import pytest

from tests.architecture.test_code import ROOT

_NAME = re.compile(r"^[a-z][a-z0-9-]*", re.MULTILINE)
_ROW = re.compile(r"^\| ([a-z][a-z0-9-]*) \| [^|]+ \|$", re.MULTILINE)


@pytest.mark.parametrize("file", ["requirements.in", "requirements-dev.in"])
def test_every_package_has_a_reason_and_every_reason_a_package(file):
    decision = (ROOT / "docs" / "adr" / "0002-dependencies.md").read_text(encoding="utf-8")
    section = decision.partition(f"### {file}\n")[2].partition("\n#")[0]

    explained = [name for name in _ROW.findall(section) if name != "package"]

    assert explained == _NAME.findall((ROOT / file).read_text(encoding="utf-8"))
