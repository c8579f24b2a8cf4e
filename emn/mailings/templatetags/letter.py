"""What the templates of letters may use: counted links, the markup of letters, masked addresses."""

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from emn.mailings import addresses, markup

register = template.Library()
register.filter(addresses.masked)


@register.simple_tag(takes_context=True)
def go(context: Context, url: str) -> str:
    """Write the address of a link; a path leads to the portal. Each link of a block comes here."""
    return str(context["link"](markup.absolute(url)))


@register.simple_tag(takes_context=True)
def rich(context: Context, source: str) -> SafeString:
    """Write the markup of letters as HTML."""
    return markup.to_html(source, link=context["link"])


@register.simple_tag(takes_context=True)
def plain(context: Context, source: str) -> str:
    """Write the markup of letters as text."""
    return markup.to_text(source, link=context["link"])
