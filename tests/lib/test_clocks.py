"""A turn of a clock: one row that fails holds no other back."""

import logging

from emn.lib.clocks import each
from tests.directory.factories import NOW


def test_one_that_fails_is_logged_and_the_others_are_done(caplog):
    done = []

    def act(key, now):
        if key == 2:
            raise RuntimeError("a row of its own kind")
        done.append((key, now))
        return key

    assert each([1, 2, 4], act, now=NOW) == 5
    assert done == [(1, NOW), (4, NOW)]
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "failed on row 2" in record.getMessage()
