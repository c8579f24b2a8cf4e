"""Writing the taxonomy from its data file."""

import json
from pathlib import Path
from typing import Any

from django.db import transaction

from directory.models import Provider, Service, ServiceCategory
from directory.search.index import learn_taxonomy, reindex
from emn.lib.commit import after_commit
from emn.lib.page_cache import touch

TAXONOMY_FILE = Path(__file__).parent.parent / "data" / "taxonomy.json"
_LANGUAGES = ("fr", "de", "en")


@transaction.atomic(durable=True)
def sync_taxonomy(*, file: Path = TAXONOMY_FILE) -> tuple[int, int]:
    """Create or update families and services by their code; return how many of each.

    A service that the file no longer names is kept: cards may use it, staff decides.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    services = 0
    for rank, family in enumerate(content["categories"]):
        category, _created = ServiceCategory.objects.update_or_create(
            code=family["code"],
            defaults={"slug": family["slug"], "position": rank} | _texts("name", family["name"]),
        )
        for position, entry in enumerate(family["services"]):
            Service.objects.update_or_create(
                code=entry["code"],
                defaults={"category": category, "slug": entry["slug"], "position": position}
                | _texts("name", entry["name"])
                | _texts("description", entry["description"])
                | _texts("synonyms", {code: ", ".join(w) for code, w in entry["synonyms"].items()}),
            )
            services += 1
    learn_taxonomy()
    touch()
    return len(content["categories"]), services


def _texts(field: str, by_language: dict[str, Any]) -> dict[str, Any]:
    """Spread {"fr": …, "de": …} over the translated columns."""
    return {f"{field}_{language}": by_language[language] for language in _LANGUAGES}


def taxonomy_changed() -> None:
    """Have the cards indexed again once the change of the taxonomy is committed."""
    from directory.tasks import reindex_directory  # noqa: PLC0415 -- tasks import the services

    touch()
    after_commit(reindex_directory.delay)


def reindex_published(*, batch: int = 500) -> int:
    """Write every published card's row again, a batch a transaction; return how many."""
    done, last = 0, 0
    while True:
        with transaction.atomic(durable=True):
            cards = list(
                Provider.objects.published()
                .with_place()
                .filter(pk__gt=last)
                .order_by("pk")[:batch]
                .select_for_update(of=("self",))
            )
            done += reindex(cards)
            touch()
        if len(cards) < batch:
            return done
        last = cards[-1].pk
