"""Publications: composed as drafts, published once, corrected by a dated erratum."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.questionnaires.services import definition_of
from observatory.models import (
    Publication,
    PublicationPart,
    PublicationTranslation,
    SurveyEdition,
)
from observatory.publication_texts import french_digest, readings
from observatory.services import publication_documents
from observatory.services.surveys.editions import items_of
from observatory.survey_enums import PublicationKind


class PublicationRefused(DomainError):
    """The publication may not do that."""


@dataclass(frozen=True)
class Words:
    """What is written of a publication in one language; what is empty is read in French.

    `parts`: the key of a part → «title», «text», without those that are empty.
    """

    title: str = ""
    summary: str = ""
    erratum: str = ""
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, row: PublicationTranslation) -> Self:
        """Return those of a version."""
        return cls(row.title, row.summary, row.erratum, row.parts)


@transaction.atomic(durable=True)
def compose_from(*, edition_id: int) -> Publication:
    """Write the draft of a barometer: one part a counted question, its texts left to staff.

    What volunteers said is a study: they make no barometer (mechanics 6.3).

    Raises SurveyEdition.DoesNotExist.
    """
    edition = SurveyEdition.objects.select_related("survey").get(pk=edition_id)
    definition = definition_of(edition.survey.version_id)
    draft = Publication.objects.create(
        kind=PublicationKind.STUDY if edition.survey.is_open_link else PublicationKind.BAROMETER,
        title=edition.survey.title,
        summary=_("Qui a été interrogé : %(population)s.")
        % {"population": edition.survey.population},
        edition=edition,
    )
    PublicationPart.objects.bulk_create(
        PublicationPart(
            publication=draft,
            position=position,
            title=definition.questions[item.code.partition(".")[0]].text.say("fr")[:160],
            question=item.code,
        )
        for position, item in enumerate(items_of(definition), start=1)
    )
    return draft


@transaction.atomic(durable=True)
def publish(*, publication_id: int, by_id: int, now: datetime) -> Publication:
    """Give it its reference for ever, ask for its documents, and show it to everyone.

    Raises PublicationRefused: published already, empty, or a question that the edition lacks.
    """
    publication = _locked(publication_id)
    if publication.published_at is not None:
        raise PublicationRefused(_("Cette publication est déjà parue : elle ne change plus."))
    parts = list(publication.parts.order_by("position", "pk"))
    if not parts:
        raise PublicationRefused(_("Écrivez au moins une partie."))
    figures = publication.edition.figures if publication.edition else ()
    known = {(row["question"], row["axis"]) for row in figures}
    shown = [part for part in parts if part.question]
    if missing := [part.question for part in shown if (part.question, part.axis) not in known]:
        raise PublicationRefused(
            _("L’édition n’a pas ces questions, ou pas ce détail : %(codes)s.")
            % {"codes": ", ".join(missing)}
        )
    advisory_lock("observatory.publication_reference")
    year = localdate(now).year
    number = Publication.objects.filter(reference__startswith=f"emn-{year}-").count() + 1
    publication.reference = f"emn-{year}-{number}"
    publication.published_at, publication.published_by_id = now, by_id
    publication.save(update_fields=["reference", "published_at", "published_by"])
    publication_documents.ask(publication)
    touch()
    return publication


@transaction.atomic(durable=True)
def correct(*, publication_id: int, erratum: str, now: datetime) -> Publication:
    """Add a dated erratum to what is published; nothing else changes. Raises PublicationRefused."""
    publication = _locked(publication_id)
    if publication.published_at is None:
        raise PublicationRefused(_("C’est un brouillon : corrigez-le directement."))
    day = localdate(now)
    added = f"{day:%d/%m/%Y} : {erratum.strip()}"
    publication.erratum = "\n".join(filter(None, [publication.erratum, added]))
    publication.corrected_on = day
    publication.save(update_fields=["erratum", "corrected_on"])
    publication_documents.ask(publication)
    touch()
    return publication


@transaction.atomic(durable=True)
def translate(
    *, publication_id: int, language: str, base: int, words: Words, by_id: int, now: datetime
) -> PublicationTranslation:
    """Add a version of its words in a language. `base`: the version that the writer started from.

    The same words written again say that they still hold: they follow the French of today.
    Raises Publication.DoesNotExist, or PublicationRefused (written meanwhile, empty, nothing new).
    """
    publication = _locked(publication_id)
    parts = list(publication.parts.order_by("position", "pk"))
    before = readings([publication], language=language)[0].translation
    if base != (before.number if before else 0):
        raise PublicationRefused(
            _("Quelqu’un a écrit une autre version entre-temps : relisez-la avant de remplacer.")
        )
    if words == Words():
        raise PublicationRefused(_("Écrivez au moins un texte."))
    follows = french_digest(publication, parts)
    if before and (Words.of(before), before.follows) == (words, follows):
        raise PublicationRefused(_("Rien n’a changé depuis la dernière version."))
    written = publication.translations.create(
        language=language, number=base + 1, title=words.title, summary=words.summary,
        erratum=words.erratum, parts=dict(words.parts), follows=follows, written_at=now,
        written_by_id=by_id,
    )  # fmt: skip
    if publication.published_at is not None:
        publication_documents.ask(publication, languages=[language])
        touch()
    return written


def _locked(publication_id: int) -> Publication:
    rows = Publication.objects.select_related("edition__survey")
    return rows.select_for_update(of=("self",)).get(pk=publication_id)
