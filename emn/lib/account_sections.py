"""What a member finds on « Mon compte »: each app registers its own sections."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

from emn.lib.registry import Registry


@dataclass(frozen=True, kw_only=True)
class AccountSection:
    """One entry: a title, one line that says what it is for, and the URL name it leads to."""

    key: str
    title: str | Promise
    summary: str | Promise
    url_name: str
    order: int
    visible: Callable[[Any], bool] = lambda _user: True

    @property
    def url(self) -> str:
        """Return the address of the section, in the language of the page."""
        return reverse(self.url_name)


sections = Registry[AccountSection]()
register = sections.register


def sections_for(user: Any) -> list[AccountSection]:
    """Return the sections that `user` may see, in order."""
    return [section for section in sections if section.visible(user)]
