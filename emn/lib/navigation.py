"""The pages that the menus show unless staff chose otherwise: each app registers its own."""

from dataclasses import dataclass

from django.utils.functional import Promise

from emn.lib.registry import Registry


@dataclass(frozen=True)
class NavItem:
    """One entry: what it says and the URL name it leads to (without arguments)."""

    label: str | Promise
    url_name: str
    order: int
    in_header: bool = True  # the footer shows it in any case

    @property
    def key(self) -> str:
        """An address stands once in the menu."""
        return self.url_name


menu = Registry[NavItem]()
register = menu.register
