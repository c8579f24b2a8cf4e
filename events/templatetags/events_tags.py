"""Sessions in templates."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import floor
from urllib.parse import urlencode

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from directory.models import Provider
from emn.lib.languages import language_name
from emn.lib.templatetags.french import clock
from emn.lib.translated import Said, said_of
from events import wording
from events.enums import Availability, VoteCriterion
from events.models import Participant, Pitch, Registration, Session, Speaker, Theme
from events.queries import Line
from events.rendezvous.vote import Standing

register = template.Library()


@register.simple_tag
def when(session: Session) -> str:
    """Say when a session takes place."""
    return wording.when(session)


@register.simple_tag
def hours(session: Session) -> str:
    """Say at what hours."""
    return wording.hours(session)


@register.simple_tag
def start_hour(session: Session) -> str:
    """Say at what hour it starts."""
    with timezone.override(session.clock):
        return clock(session.starts_at)


@register.simple_tag
def local(session: Session) -> datetime:
    """Return when it starts on its own clock, without a zone that a filter would convert."""
    return session.local_start.replace(tzinfo=None)


@register.simple_tag
def short_month(day: datetime) -> str:
    """Return the month as a calendar's leaf writes it."""
    said = date_format(day, "M")
    return said.lower() if get_language() == "fr" else said


@register.simple_tag
def where(session: Session, entry: Registration | None = None) -> str:
    """Say where, on one line; to whom holds that registration, where they follow it."""
    return wording.place_for(entry) if entry else wording.place(session)


@register.simple_tag
def where_short(session: Session) -> str:
    """Say where, in a word or two."""
    if session.room is not None:
        return session.room.name
    return session.elsewhere or _("À distance")


@register.simple_tag
def lang_of(line: Line) -> SafeString:
    """Say in which language the words of a session are, when it is not that of the page."""
    if line.language == get_language():
        return SafeString()
    return format_html(' lang="{}"', line.language)


@register.simple_tag
def words_of(row: object, field: str) -> Said:
    """Return one translated text with its language: the title may be translated, and it not."""
    return said_of(row, field)


@register.simple_tag
def foreign_words(line: Line) -> str:
    """Say that a text exists in another language only; nothing when it is in that of the page."""
    if line.language == get_language():
        return ""
    return _("Ce texte n’existe qu’en %(language)s.") % {"language": language_name(line.language)}


@register.simple_tag
def seats_badge(line: Line) -> SafeString:
    """Show the words for the seats left."""
    tones = {
        str(Availability.OPEN.label): "success",
        str(Availability.FEW.label): "highlight",
        str(Availability.WAITING.label): "info",
    }
    tone = "alert" if line.session.is_cancelled else tones.get(line.seats, "neutral")
    return render_to_string(
        "components/badge.html", {"label": line.seats, "tone": tone, "icon": ""}
    )


@register.simple_tag
def register_label(line: Line) -> str:
    """Say what the button of the registration does: take a seat, or a place in line."""
    if line.seats in {str(Availability.WAITING.label), str(Availability.FULL.label)}:
        return _("Rejoindre la liste d’attente")
    return _("S’inscrire")


@register.simple_tag
def public_card(row: Speaker | Pitch | Participant) -> Provider | None:
    """Return the card of a speaker, a pitch or a table when everyone may read it."""
    card = row.provider
    return card if card is not None and card.is_published else None


@register.simple_tag
def theme_address(theme: Theme) -> str:
    """Return the agenda of a theme."""
    return reverse("events:list") + "?" + urlencode({"theme": theme.slug})


@register.simple_tag
def mark_of(mean: Fraction | None) -> str:
    """Write a mean of marks, out of 5, to the hundredth; halves go up, as one counts by hand."""
    if mean is None:
        return "–"
    hundredths = floor(mean * 100 + Fraction(1, 2))
    return number_format(Decimal(hundredths).scaleb(-2), 2)


@register.simple_tag
def tie_words(pitch: Pitch, line: Standing) -> str:
    """Say what parted a pitch from those of the same mean, or that nothing did."""
    name = pitch.provider.name
    if line.parted_by:
        criterion = str(VoteCriterion(line.parted_by).label)
        return _("« %(name)s » : à moyenne égale, départagé par « %(criterion)s ».") % {
            "name": name, "criterion": criterion,
        }  # fmt: skip
    return _("« %(name)s » : mêmes notes sur les quatre critères, ex æquo.") % {"name": name}
