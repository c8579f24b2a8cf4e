"""The menus of the header and of the footer."""

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone

from emn.pages.enums import MenuPlace
from emn.pages.menus import links

register = template.Library()


@register.inclusion_tag("pages/components/menu.html", takes_context=True)
def menu(context: Context, place: str) -> dict[str, object]:
    """Link the entries of a menu, the current section marked (a page of error has none)."""
    request = context.get("request")
    path, home = request.path if request else "", reverse("home")
    found = links(MenuPlace(place), now=timezone.now(), may_look=request is not None)
    return {"links": [(each, each.href != home and path.startswith(each.href)) for each in found]}
