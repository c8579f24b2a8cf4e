"""The golden set, asked of the engine over the demonstration's cards."""

from datetime import timedelta
from statistics import mean

import pytest
from django.core.management import call_command
from django.http import QueryDict

from directory.models import Provider
from directory.queries import search
from directory.reference import taxonomy
from tests.directory import golden
from tests.directory.factories import NOW

SUCCESS = 0.95
DAYS = range(5)  # the draw of one day is luck


@pytest.fixture
def demonstration(db):
    call_command("sync_territory", "--write", verbosity=0)
    call_command("seed_demo", verbosity=0)


def engine(day):
    return lambda query: ask(query, now=NOW + timedelta(days=day))


def ask(query, *, now):
    parameters = QueryDict(mutable=True)
    parameters.update({"q": query.query, **query.parameters})
    codes = {service.pk: service.code for service in services()}
    lines = search(parameters, now=now).lines
    communes = dict(
        Provider.objects.filter(pk__in=[line.card.pk for line in lines]).values_list(
            "pk", "company__commune_id"
        )
    )
    return [
        golden.FoundCard(
            slug=line.card.slug,
            service_codes=frozenset(codes[pk] for pk in line.card.service_ids),
            commune_code=communes[line.card.pk],
        )
        for line in lines
    ]


def services():
    from directory.models import Service

    return Service.objects.filter(pk__in=taxonomy()).order_by("pk")


def test_the_golden_set_is_answered(demonstration):
    queries = golden.load()

    scores = [golden.score(engine(day), queries) for day in DAYS]

    assert len(queries) >= 150
    assert mean(score.success for score in scores) >= SUCCESS, scores[0].report()
    assert [score.unanswered for score in scores] == [[]] * len(scores), scores[0].report()
