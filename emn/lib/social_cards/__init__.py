"""The pictures shown where a page of the portal is shared (Open Graph, 1200 × 630).

Each app registers what its pages say on theirs; a worker draws ahead, under a name that the words
give. A request only asks whether that name is drawn.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b

from django.conf import settings

from emn.lib.palette import palette
from emn.lib.registry import Registry

DESIGN = 1  # raise it when the drawing changes: every picture is then drawn again
MOST_SIGNS = 300  # of a title or a line; what is longer would be cut by the drawing anyway


def file_of(digest: str) -> str:
    """Return the name that a picture has in the public storage."""
    return f"cartes/{digest}.png"


@dataclass(frozen=True, slots=True)
class Words:
    """What a picture says, in one language: the section, the title, one line, maybe a logo.

    `logo`: the name of a WebP file of the public storage.
    """

    section: str
    title: str
    line: str
    logo: str = ""

    @property
    def digest(self) -> str:
        """Name all that the picture shows: other words, colours or design give another name."""
        shown = (
            DESIGN, settings.CENTRE_NAME, sorted(palette().light.items()),
            self.section, self.title[:MOST_SIGNS], self.line[:MOST_SIGNS], self.logo,
        )  # fmt: skip
        return blake2b(repr(shown).encode(), digest_size=12).hexdigest()

    @property
    def file(self) -> str:
        """The name of the picture in the public storage."""
        return file_of(self.digest)


@dataclass(frozen=True, kw_only=True)
class CardSource:
    """The pages of one kind: what each says in the current language."""

    key: str
    order: int
    words: Callable[[], Iterable[Words]]


sources = Registry[CardSource]()
register = sources.register
