"""The golden set, asked of the engine over the demonstration's cards."""

import pytest
from django.core.management import call_command
from django.http import QueryDict
from django.utils import timezone

from directory.models import Provider
from directory.queries import search
from directory.reference import taxonomy
from tests.directory import golden

SUCCESS = 0.95


@pytest.fixture
def demonstration(db):
    call_command("sync_territory", "--write", verbosity=0)
    call_command("seed_demo", verbosity=0)


def ask(query):
    parameters = QueryDict(mutable=True)
    parameters.update({"q": query.query, **query.parameters})
    codes = {service.pk: service.code for service in services()}
    lines = search(parameters, now=timezone.now()).lines
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

    score = golden.score(ask, queries)

    assert len(queries) >= 150
    assert score.success >= SUCCESS, score.report()
    assert score.unanswered == [], score.report()
