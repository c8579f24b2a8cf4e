"""Publications: composed as drafts, published once, corrected by a dated erratum."""

from datetime import datetime

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from emn.lib.db import advisory_lock
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.questionnaires.services import definition_of
from observatory.models import Publication, PublicationPart, SurveyEdition
from observatory.publication_documents import publication_pdf
from observatory.services.surveys.editions import items_of
from observatory.survey_enums import PublicationKind


class PublicationRefused(DomainError):
    """The publication may not do that."""


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
        summary=_("Les réponses de : %(population)s.") % {"population": edition.survey.population},
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
    """Give it its reference and its document, for ever, and show it to everyone.

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
    publication.pdf = publication_pdf(publication, parts)
    publication.save(update_fields=["reference", "published_at", "published_by", "pdf"])
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
    publication.pdf = publication_pdf(
        publication, list(publication.parts.order_by("position", "pk"))
    )
    publication.save(update_fields=["erratum", "corrected_on", "pdf"])
    touch()
    return publication


def _locked(publication_id: int) -> Publication:
    rows = Publication.objects.select_related("edition__survey")
    return rows.select_for_update(of=("self",)).get(pk=publication_id)
