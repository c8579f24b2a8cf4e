"""The publications as resources of the API: their words in each language, where their files are."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from rest_framework import serializers
from rest_framework.exceptions import NotFound

from emn.accounts.enums import Language
from emn.lib.api.reading import Asked, ListQuestion, cursor_field, listing, one, page, reads, single
from emn.lib.api.texts import TextsSerializer
from observatory.models import Publication, PublicationDocument
from observatory.publication_texts import FRENCH, Reading, readings_by_language
from observatory.survey_enums import Axis, PublicationKind

TAG = gettext_lazy("Observatoire")
LANGUAGES = [code for code, _name in settings.LANGUAGES]
PUBLICATION = {
    "reference": "emn-2026-3",
    "kind": "barometer",
    "title": {"fr": "Baromètre du numérique", "de": "Digitalbarometer", "en": ""},
    "summary": {"fr": "Ce que disent 112 entreprises.", "de": "", "en": ""},
    "published_at": "2026-11-28T08:00:00Z",
    "corrected_on": None,
    "replaces": None,
    "replaced_by": None,
    "url": "https://portail.example/publications/emn-2026-3/",
    "figures_url": "https://portail.example/publications/emn-2026-3.json",
    "table_url": "https://portail.example/publications/emn-2026-3.csv",
    "documents": [
        {
            "language": "fr",
            "url": "https://portail.example/publications/emn-2026-3.pdf",
            "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "size_bytes": 84213,
            "made_at": "2026-11-28T08:00:04Z",
        }
    ],
}
WHOLE_PUBLICATION = {
    **PUBLICATION,
    "erratum": {"fr": "", "de": "", "en": ""},
    "older_than_french": ["de"],
    "sections": [
        {
            "title": {"fr": "Avez-vous un site ?", "de": "Haben Sie eine Website?", "en": ""},
            "text": {"fr": "Un sur deux.", "de": "Jedes zweite.", "en": ""},
            "question": "site",
            "axis": "",
        }
    ],
}


class PublicationDocumentSerializer(serializers.Serializer[Any]):
    """A document that was made."""

    language = serializers.ChoiceField(
        choices=Language.choices, help_text=gettext_lazy("Langue du document.")
    )
    url = serializers.URLField(help_text=gettext_lazy("Adresse du PDF."))
    sha256 = serializers.CharField(help_text=gettext_lazy("Empreinte SHA-256 du fichier."))
    size_bytes = serializers.IntegerField(help_text=gettext_lazy("Poids, en octets."))
    made_at = serializers.DateTimeField(help_text=gettext_lazy("Quand il a été fait."))


class PublicationSectionSerializer(serializers.Serializer[Any]):
    """A part of a publication."""

    title = TextsSerializer(help_text=gettext_lazy("Intertitre."))
    text = TextsSerializer(help_text=gettext_lazy("Texte."))
    question = serializers.CharField(
        help_text=gettext_lazy("Code de la question dont elle montre les chiffres ; vide : aucune.")
    )
    axis = serializers.ChoiceField(
        choices=Axis.choices, allow_blank=True,
        help_text=gettext_lazy("Détail montré ; vide : l’ensemble."),
    )  # fmt: skip


class PublicationSerializer(serializers.Serializer[Any]):
    """A publication as lists have it."""

    reference = serializers.CharField(help_text=gettext_lazy("Référence, stable."))
    kind = serializers.ChoiceField(
        choices=PublicationKind.choices, help_text=gettext_lazy("Genre.")
    )
    title = TextsSerializer(help_text=gettext_lazy("Titre."))
    summary = TextsSerializer(help_text=gettext_lazy("Résumé."))
    published_at = serializers.DateTimeField(help_text=gettext_lazy("Quand elle est parue."))
    corrected_on = serializers.DateField(
        allow_null=True, help_text=gettext_lazy("Jour du dernier erratum.")
    )
    replaces = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("Référence de celle qu’elle remplace.")
    )
    replaced_by = serializers.CharField(
        allow_null=True, help_text=gettext_lazy("Référence de celle qui la remplace.")
    )
    url = serializers.URLField(help_text=gettext_lazy("Page, pour les personnes."))
    figures_url = serializers.URLField(
        allow_null=True, help_text=gettext_lazy("Chiffres et méthode (JSON), s’il y en a.")
    )
    table_url = serializers.URLField(
        allow_null=True, help_text=gettext_lazy("Chiffres (CSV), s’il y en a.")
    )
    documents = PublicationDocumentSerializer(
        many=True, help_text=gettext_lazy("Le dernier document fait dans chaque langue.")
    )


class WholePublicationSerializer(PublicationSerializer):
    """A publication with its texts."""

    erratum = TextsSerializer(help_text=gettext_lazy("Erratum, daté ; vide : aucun."))
    older_than_french = serializers.ListField(
        child=serializers.ChoiceField(choices=Language.choices),
        help_text=gettext_lazy("Langues dont le texte est plus ancien que le français."),
    )
    sections = PublicationSectionSerializer(many=True, help_text=gettext_lazy("Parties, en ordre."))


class PublicationQuestion(ListQuestion):
    """What a list of publications may be asked."""

    genre = serializers.ChoiceField(
        choices=PublicationKind.choices, required=False, help_text=gettext_lazy("Genre.")
    )
    cursor = cursor_field(r"^[0-9]{1,18}$")


@reads(
    answer=listing(PublicationSerializer),
    question=PublicationQuestion,
    tag=TAG,
    summary=gettext_lazy("Les publications"),
    description=gettext_lazy(
        "Études, audits et éditions du baromètre. Un texte est vide dans une langue où il n’est "
        "pas traduit : lisez alors le français."
    ),
    example=PUBLICATION,
)
def publications(asked: Asked) -> Asked:
    """List what is published, by key."""
    rows = _published()
    if kind := asked.get("genre"):
        rows = rows.filter(kind=kind)
    answer = page(rows, asked=asked, address=reverse("api:publications"), source=_source())
    found = answer["results"]
    words, documents = readings_by_language(found), _documents(found)
    answer["results"] = [_described(row, words[row.pk], documents[row.pk]) for row in found]
    return answer


@reads(
    answer=single(WholePublicationSerializer),
    tag=TAG,
    summary=gettext_lazy("Une publication, par sa référence, avec ses textes"),
    place={"reference": r"^[-a-zA-Z0-9_]+$"},
    example=WHOLE_PUBLICATION,
)
def publication(_asked: Asked, reference: str) -> Asked:
    """Show one with its parts (four queries)."""
    row = _published().filter(reference=reference).first()
    if row is None:
        raise NotFound(_("Aucune publication ne porte cette référence."))
    parts = list(row.parts.order_by("position", "pk"))
    found = readings_by_language([row])[row.pk]
    sections = [
        {
            "title": {code: found[code].title_of(part).own for code in LANGUAGES},
            "text": {code: found[code].text_of(part).own for code in LANGUAGES},
            "question": part.question,
            "axis": part.axis,
        }
        for part in parts
    ]
    whole = _described(row, found, _documents([row])[row.pk]) | {
        "erratum": {code: found[code].erratum.own for code in LANGUAGES},
        "older_than_french": [code for code in LANGUAGES if found[code].is_stale(parts)],
        "sections": sections,
    }
    return one(whole, source=_source())


def _published() -> QuerySet[Publication]:
    return Publication.objects.published().select_related("replaces", "replaced_by")


def _documents(rows: Iterable[Publication]) -> Mapping[int, list[PublicationDocument]]:
    """Return key → the last document made in each language, without its bytes (one query)."""
    made = PublicationDocument.objects.made().filter(publication__in=rows).defer("content")
    found = defaultdict(list)
    for row in made.order_by("publication_id", "language", "-number", "-pk").distinct(
        "publication", "language"
    ):
        found[row.publication_id].append(row)
    return found


def _described(
    row: Publication, words: Mapping[str, Reading], documents: Iterable[PublicationDocument]
) -> dict[str, Any]:
    newer = getattr(row, "replaced_by", None)
    has_figures = row.edition_id is not None
    return {
        "reference": row.reference,
        "kind": row.kind,
        "title": {code: words[code].title.own for code in LANGUAGES},
        "summary": {code: words[code].summary.own for code in LANGUAGES},
        "published_at": row.published_at,
        "corrected_on": row.corrected_on,
        "replaces": row.replaces.reference if row.replaces else None,
        "replaced_by": newer.reference if newer else None,
        "url": _address("publication", row, FRENCH),
        "figures_url": _address("data", row, FRENCH) if has_figures else None,
        "table_url": _address("table", row, FRENCH) if has_figures else None,
        "documents": [
            {
                "language": document.language,
                "url": _address("document", row, document.language),
                "sha256": document.sha256,
                "size_bytes": document.size_bytes,
                "made_at": document.made_at,
            }
            for document in documents
        ],
    }


def _address(name: str, row: Publication, language: str) -> str:
    with override(language):
        return settings.PUBLIC_URL + reverse(f"publications:{name}", args=[row.reference])


def _source() -> str:
    return f"{settings.CENTRE_NAME}, {_('observatoire du numérique')}"
