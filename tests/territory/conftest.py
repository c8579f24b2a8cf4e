"""What the tests of the territory share."""

import os
from pathlib import Path

import pytest

from emn.territory.services import reference

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def shared_data():
    """The folder of reference files that may not be shipped; skip when it is absent."""
    folder = Path(os.environ.get("EMN_SHARED_DIR", ROOT.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"no reference files in {folder}")
    return folder


@pytest.fixture
def territory(db):
    """The shipped reference data, in the database."""
    reference.sync_reference(write=True)
