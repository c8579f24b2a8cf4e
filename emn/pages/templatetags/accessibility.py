"""The mention that the law asks on every page."""

from django import template

from emn.pages.queries import current_conformity

register = template.Library()


@register.simple_tag
def accessibility_status() -> str:
    """Return the level of conformity in words: «partiellement conforme»."""
    return str(current_conformity().label)
