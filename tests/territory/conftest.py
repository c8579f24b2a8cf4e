"""What the tests of the territory share."""

import pytest

from emn.territory.services import reference


@pytest.fixture
def territory(db):
    """The shipped reference data, in the database."""
    reference.sync_reference(write=True)
