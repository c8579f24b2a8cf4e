"""Components of the directory's pages."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from directory.enums import SpokenLanguage
from directory.queries import Choice

register = template.Library()


@register.simple_tag
def facet_choice(choice: Choice) -> SafeString:
    """Show one choice of a facet: a link that sets it, or that removes it when it is set."""
    return format_html(
        '<li><a href="{}"{}>{} <span class="chip-count">{}</span></a></li>',
        choice.url,
        SafeString(' aria-current="true"') if choice.chosen else "",
        choice.label,
        choice.count,
    )


@register.filter
def language_name(code: str) -> str:
    """Return the name of a working language."""
    return str(SpokenLanguage(code).label)
