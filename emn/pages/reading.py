"""A page as its reader meets it: in their language where it was written, else in French."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.utils.safestring import SafeString

from emn.accounts.enums import Language
from emn.lib.page_cache import keep_version
from emn.lib.translated import Said
from emn.pages.models import Page, PageVersion
from emn.pages.wording import to_html

FRENCH = Language.FRENCH.value


@dataclass(frozen=True)
class Reading:
    """One page in the words shown; `language` is that of the reader, who may get French instead."""

    page: Page
    version: PageVersion
    language: str
    is_stale: bool = False

    @property
    def is_missing(self) -> bool:
        """Whether the reader's language has no text yet."""
        return self.version.language != self.language

    @property
    def lang(self) -> str:
        """The language to declare on the words, empty where it is that of the page."""
        return self.version.language if self.is_missing else ""

    @property
    def url(self) -> str:
        """The address in the reader's language."""
        return self.page.get_absolute_url()

    @property
    def html(self) -> SafeString:
        """The text; a version never changes, so it is written once for each language."""
        return keep_version(
            ("emn.pages.text", self.version.pk, self.version.written_at),
            lambda: to_html(self.version.text, language=self.language),
        )

    @property
    def picture_address(self) -> str:
        """The whole address of the picture, empty without one."""
        url = self.page.picture_url
        return f"{settings.PUBLIC_URL}{url}" if url.startswith("/") else url

    @property
    def alt(self) -> Said:
        """What the picture shows."""
        return self.page.alt(self.language)


def readings(pages: Sequence[Page], *, language: str, now: datetime) -> list[Reading]:
    """Return each page that has words at `now` (one query)."""
    found: defaultdict[int, dict[str, PageVersion]] = defaultdict(dict)
    if pages:
        for version in PageVersion.objects.current(pages, now=now):
            found[version.page_id][version.language] = version
    return [_reading(page, found[page.pk], language) for page in pages if FRENCH in found[page.pk]]


def _reading(page: Page, versions: dict[str, PageVersion], language: str) -> Reading:
    french = versions[FRENCH]
    own = versions.get(language, french)
    stale = own.follows is not None and own.follows < french.number
    return Reading(page=page, version=own, language=language, is_stale=stale)
