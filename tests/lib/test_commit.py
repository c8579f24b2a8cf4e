"""A bell rings once for a crowd, and after the last of them."""

import pytest
from django.db import transaction

from emn.lib.commit import Bell


@pytest.mark.django_db(transaction=True)
def test_a_bell_rings_once_for_all_that_was_committed_before_its_task_starts():
    clock, rung = [0.0], []
    bell = Bell(lambda delay: rung.append(clock[0] + delay), every_s=0.5, clock=lambda: clock[0])

    for moment in (0.0, 0.1, 0.49, 0.5, 0.7, 2.0):
        clock[0] = moment
        with transaction.atomic():
            bell.ring_after_commit()
            assert moment or not rung  # not before the commit

    assert rung == [0.5, 1.0, 2.5]
