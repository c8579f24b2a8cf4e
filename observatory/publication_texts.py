"""The words of a publication as its reader meets them: in their language, else in French."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import get_language

from emn.accounts.enums import Language
from emn.lib.translated import Said, said
from observatory.models import Publication, PublicationPart, PublicationTranslation

FRENCH = Language.FRENCH.value
Parts = Sequence[PublicationPart]


@dataclass(frozen=True)
class Reading:
    """One publication in the words shown; `language` is that of the reader."""

    publication: Publication
    translation: PublicationTranslation | None
    language: str

    @property
    def title(self) -> Said:
        """Its title."""
        return self._said(
            self.publication.title, self.translation.title if self.translation else ""
        )

    @property
    def summary(self) -> Said:
        """What it says in two sentences."""
        return self._said(
            self.publication.summary, self.translation.summary if self.translation else ""
        )

    @property
    def erratum(self) -> Said:
        """What was wrong in it."""
        return self._said(
            self.publication.erratum, self.translation.erratum if self.translation else ""
        )

    def title_of(self, part: PublicationPart) -> Said:
        """Return the title of one of its parts."""
        return self._said(part.title, self._of(part, "title"))

    def text_of(self, part: PublicationPart) -> Said:
        """Return the text of one of its parts."""
        return self._said(part.text, self._of(part, "text"))

    @property
    def is_missing(self) -> bool:
        """Whether the reader's language has no text yet."""
        return self.language != FRENCH and self.translation is None

    def is_partial(self, parts: Parts) -> bool:
        """Tell whether some of its words are shown in French for want of others."""
        shown = [self.title, self.summary, self.erratum]
        shown += [words for part in parts for words in (self.title_of(part), self.text_of(part))]
        return not self.is_missing and any(words and words.lang for words in shown)

    def is_stale(self, parts: Parts) -> bool:
        """Tell whether the French has changed since it was translated."""
        return self.translation is not None and self.translation.follows != french_digest(
            self.publication, parts
        )

    @property
    def url(self) -> str:
        """The address of its page in the current language."""
        return self.publication.get_absolute_url()

    def _of(self, part: PublicationPart, name: str) -> str:
        words = self.translation.parts.get(str(part.pk), {}) if self.translation else {}
        return str(words.get(name, ""))

    def _said(self, french: str, own: str) -> Said:
        return said({self.language: own, FRENCH: french}, self.language)


def readings(publications: Iterable[Publication], *, language: str | None = None) -> list[Reading]:
    """Return each in the language of the reader, the current one by itself (one query)."""
    spoken, rows = language or get_language() or FRENCH, list(publications)
    found: dict[int, PublicationTranslation] = {}
    if rows and spoken != FRENCH:
        last = PublicationTranslation.objects.last_written(rows).filter(language=spoken)
        found = {row.publication_id: row for row in last}
    return [Reading(row, found.get(row.pk), spoken) for row in rows]


def readings_by_language(publications: Iterable[Publication]) -> dict[int, dict[str, Reading]]:
    """Return, by the key of each, its words in every language of the portal (one query)."""
    rows = list(publications)
    last = PublicationTranslation.objects.last_written(rows) if rows else ()
    found = {(row.publication_id, row.language): row for row in last}
    codes = [code for code, _name in settings.LANGUAGES]
    return {
        row.pk: {code: Reading(row, found.get((row.pk, code)), code) for code in codes}
        for row in rows
    }


def french_digest(publication: Publication, parts: Parts) -> str:
    """Return what tells whether the French words are still those that were translated."""
    words = [publication.title, publication.summary, publication.erratum]
    for part in sorted(parts, key=lambda part: part.pk):
        words += [str(part.pk), part.title, part.text]
    return hashlib.sha256(json.dumps(words, ensure_ascii=False).encode()).hexdigest()
