"""Components of the directory's pages."""

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from directory.enums import SpokenLanguage
from directory.queries import Choice, Result

register = template.Library()
SERVICES_IN_A_ROW = 4


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


@register.inclusion_tag("directory/components/provider_row.html")
def provider_row(result: Result) -> dict[str, object]:
    """Show a provider in a list: name, what it does, where."""
    provider = result.provider
    services = list(provider.services.all())
    distance = None
    if result.distance_km is not None:
        distance = number_format(result.distance_km, decimal_pos=0)
    return {
        "provider": provider,
        "commune": provider.company.commune,
        "services": services[:SERVICES_IN_A_ROW],
        "more_services": max(0, len(services) - SERVICES_IN_A_ROW),
        "distance": distance,
        "languages": [_language(code) for code in provider.languages if code != "fr"],
    }


@register.filter
def language_name(code: str) -> str:
    """Return the name of a working language."""
    return _language(code)


def _language(code: str) -> str:
    return str(SpokenLanguage(code).label)
