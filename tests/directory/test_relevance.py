"""The golden set, asked of the engine over the demonstration's cards."""

from datetime import timedelta
from statistics import mean

import pytest
from django.core.management import call_command

from tests.directory import golden
from tests.directory.factories import NOW
from tests.directory.golden_engine import engine

SUCCESS = 0.95
DAYS = range(2)  # the draw of one day is luck


@pytest.fixture
def demonstration(db):
    call_command("sync_territory", "--write", verbosity=0)
    call_command("seed_demo", verbosity=0)


def test_the_golden_set_is_answered(demonstration):
    queries = golden.load()

    scores = [golden.score(engine(NOW + timedelta(days=day)), queries) for day in DAYS]

    assert len(queries) >= 150
    assert mean(score.success for score in scores) >= SUCCESS, scores[0].report()
    assert [score.unanswered for score in scores] == [[]] * len(scores), scores[0].report()
