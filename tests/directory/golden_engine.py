"""The portal's engine, asked the golden set: by the tests and by the bench."""

from datetime import datetime

from django.http import QueryDict

from directory.models import Provider, Service
from directory.queries import search
from tests.directory import golden


def engine(now: datetime) -> golden.Engine:
    """Return a function that asks the directory's list, as of that instant."""
    codes = dict(Service.objects.values_list("pk", "code"))

    def ask(query: golden.GoldenQuery) -> list[golden.FoundCard]:
        parameters = QueryDict(mutable=True)
        parameters.update({"q": query.query, **query.parameters})
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

    return ask
