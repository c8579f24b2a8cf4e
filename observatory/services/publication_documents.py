"""The documents of publications: asked for with the fact, made by a worker, kept with their hash.

A worker claims a document by a conditional update, compiles it outside any transaction, and writes
it if it still waits. One that dies half-way leaves a claim, which runs out; the sweep goes on. Two
that work on the same make the same bytes, and one of them is kept.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max

from emn.lib.clocks import each
from emn.lib.commit import after_commit
from emn.lib.page_cache import touch
from observatory import tasks
from observatory.models import Publication, PublicationDocument
from observatory.publication_documents import publication_pdf
from observatory.publication_texts import readings

LANGUAGES = [code for code, _name in settings.LANGUAGES]
MOST_AT_ONCE = 60


def ask(publication: Publication, *, languages: Iterable[str] = LANGUAGES) -> None:
    """Have them made, or made again; call it in the transaction of what changed.

    What still waited is overtaken: whoever works on it will find it gone.
    """
    rows = publication.documents.order_by("pk")
    for language in languages:
        rows.filter(language=language, made_at=None).delete()
        last = rows.filter(language=language).aggregate(last=Max("number"))["last"] or 0
        publication.documents.create(language=language, number=last + 1)
    after_commit(lambda: tasks.make_publication_documents.delay(publication_id=publication.pk))


def make(*, publication_id: int, now: datetime) -> int:
    """Make what waits of a publication; return how many. Safe to run twice, and by two workers."""
    due = PublicationDocument.objects.filter(publication=publication_id).due(now=now)
    return each(list(due.values_list("pk", flat=True)), _make_one, now=now)


def make_left(*, now: datetime) -> int:
    """Make what a lost call or a dead worker left; return how many."""
    without = Publication.objects.published().filter(documents=None)
    for key in list(without.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        _ask_again(key)
    due = PublicationDocument.objects.due(now=now).values_list("pk", flat=True)
    return each(list(due[:MOST_AT_ONCE]), _make_one, now=now)


@transaction.atomic(durable=True)
def _ask_again(publication_id: int) -> None:
    """Ask for the documents of what was published without any."""
    row = Publication.objects.select_for_update(of=("self",)).get(pk=publication_id)
    if not row.documents.exists():
        ask(row)


def _make_one(key: int, now: datetime) -> int:
    if not PublicationDocument.objects.filter(pk=key).due(now=now).update(claimed_at=now):
        return 0
    rows = PublicationDocument.objects.select_related("publication__edition__survey")
    document = rows.filter(pk=key).first()
    if document is None:
        return 0  # overtaken since
    reading = readings([document.publication], language=document.language)[0]
    parts = list(document.publication.parts.order_by("position", "pk"))
    return _keep(key, publication_pdf(reading, parts), now=now)


@transaction.atomic(durable=True)
def _keep(key: int, content: bytes, *, now: datetime) -> int:
    """Write a document, unless it was overtaken or another worker was quicker."""
    kept = PublicationDocument.objects.filter(pk=key, made_at=None).update(
        content=content, sha256=hashlib.sha256(content).hexdigest(), size_bytes=len(content),
        made_at=now, claimed_at=None,
    )  # fmt: skip
    if kept:
        touch()
    return kept
