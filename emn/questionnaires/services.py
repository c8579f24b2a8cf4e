"""Answering: begin, save answer by answer, finish. The caller's app says what a run is for."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any
from uuid import UUID, uuid5

from django.db import connection, transaction
from django.utils.translation import gettext as _

from emn.lib.documents import Document
from emn.lib.errors import DomainError
from emn.questionnaires.definition import Definition, Kind, read
from emn.questionnaires.models import (
    Answer,
    AnswerFile,
    Questionnaire,
    QuestionnaireVersion,
    Run,
)
from emn.questionnaires.paths import Page, Way, way

# One statement: the run is touched, and locked against its end; each answer is written unless
# another page wrote it since. `seen`: the revision that the page showed, 0 for none.
_SAVE = """
    WITH open AS (
        UPDATE questionnaires_run SET touched_at = %(now)s
        WHERE key = %(key)s AND finished_at IS NULL
        RETURNING id
    )
    INSERT INTO questionnaires_answer AS kept (run_id, question, value, revision, answered_at)
    SELECT open.id, given.question, given.value, given.seen + 1, %(now)s
    FROM open, unnest(%(questions)s::text[], %(values)s::jsonb[], %(seen)s::int[])
        AS given (question, value, seen)
    ORDER BY given.question
    ON CONFLICT (run_id, question) DO UPDATE
    SET value = excluded.value, revision = excluded.revision, answered_at = excluded.answered_at
    WHERE excluded.revision = kept.revision + 1
    RETURNING question
"""

# What a page asks for, in one statement that no ORM compiles again: this is the busiest path.
_OPEN = """
    SELECT run.id, run.version_id, run.language, run.started_at, run.touched_at, run.finished_at,
        (
            SELECT jsonb_agg(jsonb_build_array(question, value, revision) ORDER BY id)
            FROM questionnaires_answer WHERE run_id = run.id
        )
    FROM questionnaires_run AS run
    WHERE run.key = %s
"""

LONGEST_NAME = 150  # signs of the name of a file


class RunClosed(DomainError):
    """The run is finished, or was erased."""


class StaleAnswer(DomainError):
    """Another page changed the answer meanwhile; what it wrote is kept."""


class RunIncomplete(DomainError):
    """A required answer is missing; `page` asks for it."""

    def __init__(self, page: Page) -> None:
        super().__init__(_("Il manque une réponse."))
        self.page = page


def digest_of(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of a content, written as canonical JSON."""
    canonical = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


@lru_cache(maxsize=32)
def definition_of(version_id: int) -> Definition:
    """Return the questionnaire of a published version: it never changes, so it is read once."""
    rows = QuestionnaireVersion.objects.filter(published_at__isnull=False)
    return read(rows.values_list("content", flat=True).get(pk=version_id))


def write_version(
    *, code: str, number: str, content: Mapping[str, Any], published_at: datetime | None
) -> QuestionnaireVersion:
    """Write a version, a draft without `published_at`, in the caller's transaction.

    Raises DefinitionRefused.
    """
    read(content)
    questionnaire, _created = Questionnaire.objects.get_or_create(code=code)
    return QuestionnaireVersion.objects.create(
        questionnaire=questionnaire,
        number=number,
        content=content,
        sha256=digest_of(content),
        published_at=published_at,
    )


def change_draft(*, version_id: int, content: Mapping[str, Any]) -> None:
    """Write a draft anew, in the caller's transaction; the database refuses a published version.

    Raises DefinitionRefused.
    """
    read(content)
    QuestionnaireVersion.objects.filter(pk=version_id).update(
        content=content, sha256=digest_of(content)
    )


def publish_draft(*, version_id: int, now: datetime) -> None:
    """Publish a draft, in the caller's transaction; from then on it never changes."""
    QuestionnaireVersion.objects.filter(pk=version_id).update(published_at=now)


def start_run(*, version_id: int, language: str, now: datetime) -> Run:
    """Begin a run, in the caller's transaction."""
    return Run.objects.create(
        version_id=version_id, language=language, started_at=now, touched_at=now
    )


@dataclass(frozen=True)
class Kept:
    """What a run holds: its answers, the revision of each, and the way they make."""

    definition: Definition
    answers: Mapping[str, Any]
    revisions: Mapping[str, int]

    @cached_property
    def way(self) -> Way:
        """The way through, as far as the answers lead."""
        return way(self.definition, self.answers)

    def with_answers(self, values: Mapping[str, Any]) -> "Kept":
        """Return the same with other answers; None takes one back."""
        answers = {**self.answers, **values}
        left = {question: value for question, value in answers.items() if value is not None}
        return Kept(self.definition, left, self.revisions)


def kept(run: Run) -> Kept:
    """Return what was answered (one query)."""
    rows = Answer.objects.filter(run=run).values_list("question", "value", "revision")
    return _kept(run, list(rows.order_by("pk")))


def opened(key: str) -> tuple[Run, Kept]:
    """Return the run of a link and what it holds (one query). Raises Run.DoesNotExist."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [key])
        row = cursor.fetchone()
    if row is None:
        raise Run.DoesNotExist
    pk, version_id, language, started_at, touched_at, finished_at, answers = row
    run = Run(
        pk=pk, version_id=version_id, key=key, language=language, started_at=started_at,
        touched_at=touched_at, finished_at=finished_at,
    )  # fmt: skip
    return run, _kept(run, json.loads(answers or "[]"))


def _kept(run: Run, found: Sequence[Sequence[Any]]) -> Kept:
    return Kept(
        definition=definition_of(run.version_id),
        answers={question: value for question, value, _revision in found if value is not None},
        revisions={question: revision for question, _value, revision in found},
    )


def save_answers(
    *, run: Run, values: Mapping[str, Any], seen: Mapping[str, int], now: datetime
) -> dict[str, Any]:
    """Keep the answers of one page, or none of them; return them as they are kept (one query).

    The same page sent twice writes once. Values must be sound (`paths.fault_of`), a file is a
    `Document`; None takes an answer back. Raises RunClosed, or StaleAnswer when a value differs
    from one that the page did not show.
    """
    if len(values) == 1 and not any(_may_be_file(value) for value in values.values()):
        return _save(run, values, seen, now=now)  # one statement: whole by itself
    with transaction.atomic(durable=True):
        return _save(run, values, seen, now=now)


def _may_be_file(value: Any) -> bool:
    return value is None or isinstance(value, Document)


def _save(
    run: Run, values: Mapping[str, Any], seen: Mapping[str, int], *, now: datetime
) -> dict[str, Any]:
    documents = {
        question: value for question, value in values.items() if isinstance(value, Document)
    }
    values = {
        question: str(_key_of(run, question, value)) if question in documents else value
        for question, value in values.items()
    }
    questions = sorted(values)
    with connection.cursor() as cursor:
        cursor.execute(
            _SAVE,
            {
                "now": now,
                "key": run.key,
                "questions": questions,
                "values": [json.dumps(values[question]) for question in questions],
                "seen": [seen.get(question, 0) for question in questions],
            },
        )
        written = {question for (question,) in cursor.fetchall()}
    if left := set(questions) - written:
        _explain(run, {question: values[question] for question in left})
    _keep_files(run, values, documents, now=now)
    return values


def _key_of(run: Run, question: str, document: Document) -> UUID:
    return uuid5(run.pk, f"{question} {document.name} {hashlib.sha256(document.data).hexdigest()}")


def _keep_files(
    run: Run, values: Mapping[str, Any], documents: Mapping[str, Document], *, now: datetime
) -> None:
    """Write the files of these answers, and drop those that they replace."""
    if not documents and None not in values.values():
        return
    questions = definition_of(run.version_id).questions
    asked = [code for code in values if code in questions and questions[code].kind == Kind.FILE]
    if not asked:
        return
    AnswerFile.objects.bulk_create(
        [
            AnswerFile(
                id=UUID(values[question]), run=run, question=question,
                name=document.name[-LONGEST_NAME:], suffix=document.suffix,
                content=document.data, received_at=now,
            )
            for question, document in documents.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    kept_keys = [values[code] for code in asked if values[code] is not None]
    AnswerFile.objects.filter(run=run, question__in=asked).exclude(pk__in=kept_keys).delete()


def file_of(run: Run, file_id: UUID) -> AnswerFile:
    """Return a file of this run. Raises AnswerFile.DoesNotExist."""
    return AnswerFile.objects.get(pk=file_id, run=run)


def _explain(run: Run, values: Mapping[str, Any]) -> None:
    """Find why answers were not written: sent twice (fine), changed elsewhere, or too late."""
    if not Run.objects.open().filter(pk=run.pk).exists():
        raise RunClosed(_("Ce questionnaire est terminé : vos réponses ne changent plus."))
    there = dict(
        Answer.objects.filter(run=run, question__in=values).values_list("question", "value")
    )
    if any(there.get(question) != value for question, value in values.items()):
        raise StaleAnswer(
            _("Cette réponse a changé entre-temps, dans une autre page. Voici ce qui est gardé.")
        )


def finish_run(*, run_id: Any, now: datetime) -> tuple[Run, Kept]:
    """Close a run, in the caller's transaction: what was answered and is not asked goes.

    Twice is once. Raises Run.DoesNotExist or RunIncomplete.
    """
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    found = kept(run)
    followed = found.way
    if run.finished_at is not None:
        return run, found
    if followed.next_page is not None:
        raise RunIncomplete(followed.next_page)
    Answer.objects.filter(run=run).exclude(question__in=followed.kept).delete()
    if any(question.kind == Kind.FILE for question in found.definition.questions.values()):
        AnswerFile.objects.filter(run=run).exclude(question__in=followed.kept).delete()
    run.finished_at = now
    run.save(update_fields=["finished_at"])
    return run, Kept(found.definition, followed.kept, found.revisions)


def reopen_run(*, run_id: Any, now: datetime) -> Run:
    """Open a finished run again, in the caller's transaction; its answers are where they were."""
    run = Run.objects.select_for_update(of=("self",)).get(pk=run_id)
    run.finished_at, run.touched_at = None, now
    run.save(update_fields=["finished_at", "touched_at"])
    return run
