"""Components of the directory's pages."""

from collections.abc import Iterable
from html import escape

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from directory.enums import SpokenLanguage
from directory.filters import SearchForm
from directory.queries import Choice, Line
from emn.lib.page_cache import keep_version

register = template.Library()

SLOT = "\ue000"  # a sign of no alphabet, which no template writes
CHOSEN = ' aria-current="true"'


@register.simple_tag
def facet_choices(choices: Iterable[Choice]) -> SafeString:
    """Show choices of a facet: links that set one, or that remove it when it is set.

    Written by hand: a page shows some eighty of them.
    """
    return SafeString(
        "".join(
            f'<li><a href="{escape(choice.url)}"{CHOSEN if choice.chosen else ""}>'
            f'{escape(choice.label)} <span class="chip-count">{choice.count}</span></a></li>'
            for choice in choices
        )
    )


@register.simple_tag
def finder_field(bound: BoundField) -> SafeString:
    """Show a field of the finder as `field` does; all but what was typed is rendered once."""
    typed = bound.value()
    if bound.errors:
        return bound.as_field_group()
    if not typed:
        return keep_version(("finder-field", bound.name), bound.as_field_group)
    before, after = keep_version(("finder-around", bound.name), lambda: _around(bound.name))
    return SafeString(f"{before}{escape(str(typed))}{after}")


def _around(name: str) -> tuple[str, str]:
    """Return what stands before and after the value of a field of the finder."""
    before, _slot, after = SearchForm(initial={name: SLOT})[name].as_field_group().partition(SLOT)
    return before, after


@register.simple_tag
def provider_lines(lines: Iterable[Line]) -> SafeString:
    """Show cards in a list; each version of a card is rendered once."""
    return SafeString("".join(map(_line, lines)))


def _line(line: Line) -> str:
    return keep_version(
        ("provider-line", line.card.pk, line.card.written_at, line.distance_km),
        lambda: render_to_string("directory/components/provider_row.html", {"line": line}),
    )


@register.filter
def language_name(code: str) -> str:
    """Return the name of a working language."""
    return str(SpokenLanguage(code).label)
