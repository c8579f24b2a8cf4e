"""The API under what nobody would ask: no failure, nothing that its description does not say."""

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from hypothesis import HealthCheck, Phase, given, settings

from emn.lib.api import policies
from tests.directory.factories import published_card
from tests.observatory.publications import published_study

pytestmark = pytest.mark.django_db(transaction=True)  # each request closes its connection

quickly = settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_whatever_is_asked_is_answered_as_described(monkeypatch):
    monkeypatch.setattr(policies, "QUESTIONS_PER_MINUTE", 100_000)
    published_card()
    published_study()
    described = schemathesis.openapi.from_wsgi("/api/v1/schema/", get_wsgi_application())
    asked = 0

    for operation in described.get_all_operations():

        @quickly
        @given(case=operation.ok().as_strategy())
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate()

        ask()

    assert asked > 10 * described.statistic.operations.total
