"""Components of the directory's pages."""

from collections.abc import Iterable
from functools import cache, partial
from html import escape

from django import template
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from directory.cards import ComposedCard
from directory.enums import CardLanguage, ContactMode
from directory.filters import SearchForm
from directory.queries import Choice, Line, taglines
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
    """Show cards in a list; each version of a card is rendered once.

    When some are not kept yet, one query reads the words of all.
    """
    shown = list(lines)
    told = cache(lambda: taglines([line.card for line in shown]))

    def render(line: Line) -> SafeString:
        return render_to_string(
            "directory/components/provider_row.html",
            {"line": line, "words": told()[line.card.pk]},
        )

    return SafeString(
        "".join(
            keep_version(
                (
                    "provider-line",
                    line.card.pk,
                    line.card.written_at,
                    line.distance_km,
                    line.signatory_since,
                ),
                partial(render, line),
            )
            for line in shown
        )
    )


@register.filter
def portal_language(code: str) -> str:
    """Return the name of a language of the portal, in the language of the page."""
    return str(CardLanguage(code).label)


@register.inclusion_tag("directory/components/main_contact.html")
def main_contact(card: ComposedCard) -> dict[str, object]:
    """Show the one main action of a card: the contact that its owner prefers, else the first."""
    ways = {
        ContactMode.EMAIL: (card.email, f"mailto:{card.email}", _("Écrire au prestataire"), "mail"),
        ContactMode.PHONE: (
            card.phone, f"tel:{card.phone_number}", _("Appeler le prestataire"), "phone",
        ),
        ContactMode.WEBSITE: (
            card.website, card.website, _("Aller sur son site"), "external-link",
        ),
    }  # fmt: skip
    order = sorted(ways, key=lambda mode: mode != card.contact_mode)
    for mode in order:
        value, href, label, icon = ways[mode]
        if value:
            return {"href": href, "label": label, "icon": icon}
    return {"href": ""}
