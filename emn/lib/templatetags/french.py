"""French where Django's own filters speak English."""

from datetime import date, datetime
from decimal import Decimal

from django import template
from django.template.defaultfilters import stringfilter
from django.utils import formats, timezone
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

register = template.Library()


@register.filter
def pluralize_fr(count: float, endings: str = "s") -> str:
    """Return the ending that `count` asks for: in French, zero and one and a half are singular.

    `endings` is the plural's («s»), or singular and plural («al,aux»).

    >>> [f"place{pluralize_fr(n)}" for n in (0, 1, 2)]
    ['place', 'place', 'places']
    """
    singular, comma, plural = endings.partition(",")
    if not comma:
        singular, plural = "", endings
    return singular if abs(count) < 2 else plural  # noqa: PLR2004 -- French begins the plural at 2


@register.filter
def day(value: date | datetime) -> str:
    """Return the day in words: «mardi 1er décembre 2026», «Dienstag, 1. Dezember 2026»."""
    local = timezone.localtime(value) if isinstance(value, datetime) else value
    return formats.date_format(local, "LONG_DATE_FORMAT")


@register.filter
def clock(value: datetime) -> str:
    """Return the local hour as it is said: «14 h 30», «9 h», «14:30 Uhr», «14:30»."""
    shown = formats.date_format(timezone.localtime(value), "CLOCK_FORMAT")
    return shown.removesuffix("\u00a000")


@register.filter
def duration(days: int) -> str:
    """Return a length of time in whole years when it is one, and in days otherwise.

    >>> [duration(days) for days in (7, 365, 730)]
    ['7 jours', '1 an', '2 ans']
    """
    if days and days % 365 == 0:
        return ngettext("%(n)d an", "%(n)d ans", days // 365) % {"n": days // 365}
    return ngettext("%(n)d jour", "%(n)d jours", days) % {"n": days}


@register.filter
def euros(cents: int) -> str:
    """Return an amount of whole cents as the language writes it: «1 234,50 €».

    >>> euros(123450)
    '1\xa0234,50\xa0€'
    """
    figure = formats.number_format(Decimal(cents) / 100, 2, use_l10n=True, force_grouping=True)
    return _("%(amount)s €") % {"amount": figure}


@register.filter(is_safe=True)
@stringfilter
def quoted(words: str) -> str:
    """Return the words in the quotation marks of the language: «\xa0Oui\xa0», „Ja“, ‘Yes’."""
    return _("« %(words)s »") % {"words": words}


@register.filter(is_safe=True)
@stringfilter
def colon(words: str) -> str:
    """Return the words and a colon: French puts a space before it, German and English none."""
    return words + _before_double_sign() + ":"


@register.simple_tag
def semicolon() -> str:
    """Return a semicolon, with the space that French puts before it, and one after."""
    return _before_double_sign() + "; "


def _before_double_sign() -> str:
    return "\u00a0" if get_language() == "fr" else ""
