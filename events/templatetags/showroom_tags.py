"""Showrooms in templates."""

from dataclasses import dataclass

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from emn.lib.templatetags.components import drawn
from events import showroom_reading as reading
from events.enums import Scenario
from events.models import Demonstration, Registration, Showroom, VisitNotebook
from events.services import notebooks

register = template.Library()

DRAWN_WIDTH, DRAWN_HEIGHT = 320, 200
_ICONS = {
    Scenario.SHOP: "store",
    Scenario.CRAFT: "settings",
    Scenario.RESTAURANT: "users",
    Scenario.OFFICE: "building-2",
    Scenario.PARENT: "house",
    Scenario.DISABILITY: "door-open",
}
_PLANS = {"showroom-1", "showroom-2"}


@dataclass(frozen=True)
class Shown:
    """A picture as a page shows it; a drawing says nothing to who does not see it."""

    src: str
    srcset: str
    alt: str
    width: int
    height: int


@register.simple_tag
def demonstration_picture(demonstration: Demonstration) -> Shown:
    """Return the first photograph of a demonstration, else the drawing of its theme."""
    for row in sorted(demonstration.pictures.all(), key=lambda entry: entry.pk):
        return Shown(row.url, row.srcset, row.alt, row.width, row.height)
    drawing = static(f"img/demo-{demonstration.theme}.svg")
    return Shown(drawing, "", "", DRAWN_WIDTH, DRAWN_HEIGHT)


@register.simple_tag
def is_french_only(demonstration: Demonstration) -> bool:
    """Tell whether the words of a demonstration are in French on a page that is not."""
    language = get_language() or settings.LANGUAGE_CODE
    return language != settings.LANGUAGE_CODE and not getattr(demonstration, f"usage_{language}")


@register.simple_tag
def price_words(demonstration: Demonstration) -> str:
    """Say the price range."""
    return reading.price(demonstration)


@register.simple_tag
def plan_of(showroom: Showroom) -> str:
    """Return the template that draws the walls of a showroom."""
    slug = showroom.room.slug
    return f"events/showrooms/plans/{slug if slug in _PLANS else 'showroom-1'}.html"


@register.simple_tag
def scenario_icon(scenario: Scenario) -> SafeString:
    """Draw the icon of a scenario."""
    return drawn(_ICONS[scenario])


@register.simple_tag
def notebook_path(registration: Registration) -> str:
    """Return the address of the notebook that goes with a registration, in the page's language."""
    found = VisitNotebook.objects.filter(registration=registration).first()
    return notebooks.path(found, get_language() or settings.LANGUAGE_CODE) if found else ""


@register.simple_tag
def notebook_url(registration: Registration) -> str:
    """Return its whole address, for messages; nothing when there is no notebook."""
    where = notebook_path(registration)
    return settings.PUBLIC_URL + where if where else ""


@register.simple_tag
def notebook_code(registration: Registration) -> str:
    """Return the code of the visit; nothing when there is no notebook."""
    found = VisitNotebook.objects.filter(registration=registration).first()
    return found.code if found else ""
