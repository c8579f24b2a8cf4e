"""Words in the reader's language where they were written, else in the one they come from. No model.

What a reader gets in another language than the page's is marked with it, for whoever listens.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language


@dataclass(frozen=True, slots=True)
class Said:
    """Words, and the language to declare on them: empty where it is that of the page."""

    text: str
    lang: str = ""

    def __str__(self) -> str:
        return self.text

    def __bool__(self) -> bool:
        return bool(self.text)

    @property
    def own(self) -> str:
        """The words in the reader's language itself, nothing where those of another stand in."""
        return "" if self.lang else self.text

    @property
    def lang_attribute(self) -> SafeString:
        """What its element carries: ` lang="fr"`, or nothing."""
        return format_html(' lang="{}"', self.lang) if self.lang else SafeString()


def said(texts: Mapping[str, str], language: str) -> Said:
    """Return the text of `language`; where it is empty, that of the portal's first language."""
    source: str = settings.LANGUAGE_CODE
    if own := texts.get(language, ""):
        return Said(own)
    return Said(texts.get(source, ""), "" if language == source else source)


def said_of(row: object, field: str) -> Said:
    """Return the words of a field that is translated column by column, for the page's language."""
    texts = {code: getattr(row, f"{field}_{code}") or "" for code, _name in settings.LANGUAGES}
    return said(texts, get_language() or settings.LANGUAGE_CODE)
