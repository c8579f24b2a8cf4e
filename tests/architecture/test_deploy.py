"""The operator's page lists the variables that the code reads, and those production cannot miss."""

import re

from tests.architecture.test_code import ROOT, SOURCES
from tests.architecture.test_settings import REQUIRED

_READ = re.compile(r"\benv\.(?:text|boolean|integer|words|path|parsed)\(\s*\"([A-Z_]+)\"")
_ROW = re.compile(r"^\| `([A-Z_]+)` \| [^|]+ \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)
ROWS = dict(_ROW.findall((ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")))


def test_every_variable_is_listed_and_every_listed_one_is_read():
    read = {name for path in SOURCES for name in _READ.findall(path.read_text(encoding="utf-8"))}

    assert ROWS.keys() == read


def test_what_production_requires_is_said_so():
    assert {name for name, required in ROWS.items() if required == "yes"} == REQUIRED.keys()
