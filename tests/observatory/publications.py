"""Publications for the tests."""

from observatory.models import Publication
from observatory.services import publications
from observatory.survey_enums import PublicationKind
from tests.directory.factories import UserFactory
from tests.observatory.surveys import LATER


def published_study(*, title="Étude", now=LATER, **values):
    """Publish a study of one part, without figures."""
    defaults = {"kind": PublicationKind.STUDY, "title": title, "summary": "Deux phrases."}
    study = Publication.objects.create(**defaults | values)
    study.parts.create(position=1, title="Partie", text="Un texte.")
    return publications.publish(
        publication_id=study.pk, by_id=UserFactory(is_staff=True).pk, now=now
    )
