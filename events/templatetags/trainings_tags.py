"""Trainings in templates."""

from django import template
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from directory.models import Provider
from emn.lib.languages import language_name
from events.models import HalfDay, Trainer
from events.training_papers import span
from events.training_queries import Mean

register = template.Library()


@register.simple_tag
def lang_of_training(language: str) -> SafeString:
    """Say in which language the words are, when it is not that of the page."""
    return SafeString() if language == get_language() else format_html(' lang="{}"', language)


@register.simple_tag
def foreign_training(language: str) -> str:
    """Say that a text exists in another language only; nothing when it is in that of the page."""
    if language == get_language():
        return ""
    return _("Ce texte n’existe qu’en %(language)s.") % {"language": language_name(language)}


@register.simple_tag
def trainer_card(trainer: Trainer) -> Provider | None:
    """Return the trainer's card when everyone may read it."""
    card = trainer.provider
    return card if card is not None and card.is_published else None


@register.simple_tag
def mean(found: Mean) -> str:
    """Show a mean with what it is worth: its answers, and how many were asked (R4.08)."""
    said = ngettext(
        "%(value)s sur 5 (%(n)s réponse sur %(asked)s, soit %(rate)s %%)",
        "%(value)s sur 5 (%(n)s réponses sur %(asked)s, soit %(rate)s %%)",
        found.n,
    )
    return said % {
        "value": number_format(found.value, 1),
        "n": found.n,
        "asked": found.asked,
        "rate": found.rate,
    }


@register.simple_tag
def half_span(half: HalfDay) -> str:
    """Say when a half-day is."""
    return span(half)


@register.filter
def within(rank: int, most: int) -> bool:
    """Tell whether a row is among the first ones."""
    return rank <= most
