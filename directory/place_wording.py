"""The words of the national standard in the language of the page; opening hours in plain words."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from directory.models import Place
from directory.places import hours

_FRENCH_NUMBER = re.compile(r"(?:\+33|0)(\d)(\d\d)(\d\d)(\d\d)(\d\d)")
_DAYS = (
    gettext_noop("lundi"), gettext_noop("mardi"), gettext_noop("mercredi"), gettext_noop("jeudi"),
    gettext_noop("vendredi"), gettext_noop("samedi"), gettext_noop("dimanche"),
)  # fmt: skip
_NAMES = {
    name: name
    for name in (
        gettext_noop("Aide aux démarches administratives"),
        gettext_noop("Maîtrise des outils numériques du quotidien"),
        gettext_noop("Insertion professionnelle via le numérique"),
        gettext_noop("Utilisation sécurisée du numérique"),
        gettext_noop("Parentalité et éducation avec le numérique"),
        gettext_noop("Loisirs et créations numériques"),
        gettext_noop("Compréhension du monde numérique"),
        gettext_noop("Accès internet et matériel informatique"),
        gettext_noop("Acquisition de matériel informatique à prix solidaire"),
        gettext_noop("Jeunes"),
        gettext_noop("Étudiants"),
        gettext_noop("Familles et/ou enfants"),
        gettext_noop("Seniors"),
        gettext_noop("Femmes"),
        gettext_noop("Surdité"),
        gettext_noop("Handicaps moteurs"),
        gettext_noop("Handicaps mentaux"),
        gettext_noop("Illettrisme"),
        gettext_noop("Langues étrangères (anglais)"),
        gettext_noop("Langues étrangères (autres)"),
        gettext_noop("Déficience visuelle"),
        gettext_noop("Gratuit"),
        gettext_noop("Gratuit sous condition"),
        gettext_noop("Payant"),
        gettext_noop("Se présenter"),
        gettext_noop("Téléphoner"),
        gettext_noop("Contacter par mail"),
        gettext_noop("Prendre un RDV en ligne"),
        gettext_noop("En autonomie"),
        gettext_noop("Accompagnement individuel"),
        gettext_noop("Dans un atelier collectif"),
        gettext_noop("À distance"),
    )
}


def named(value: str) -> str:
    """Return a word of the standard in the language of the page; a proper name stays."""
    return _(value) if value in _NAMES else value


def named_all(values: list[str]) -> list[str]:
    """Return several."""
    return [named(value) for value in values]


def telephone(place: Place) -> str:
    """Return a French number as people write it, another as it came.

    >>> telephone(Place(telephone="+33387000104"))
    '03 87 00 01 04'
    """
    match = _FRENCH_NUMBER.fullmatch(place.telephone)
    return " ".join((f"0{match[1]}", *match.groups()[1:])) if match else place.telephone


def opening_lines(place: Place) -> list[tuple[str, str]] | None:
    """Return (days, hours) in words; None when the text is not plain, and is shown as it is."""
    week = hours.read(place.hours) if place.hours else None
    if week is None:
        return None
    lines = [(_days(entry), _hours(entry)) for entry in week]
    if hours.is_closed_on_holidays(place.hours):
        lines.append((_("jours fériés"), _("fermé")))
    return lines


def _days(entry: hours.Opening) -> str:
    first, last = _(_DAYS[entry.first]), _(_DAYS[entry.last])
    if entry.first == entry.last:
        return first
    if entry.last == entry.first + 1:
        return _("%(first)s et %(last)s") % {"first": first, "last": last}
    return _("du %(first)s au %(last)s") % {"first": first, "last": last}


def _hours(entry: hours.Opening) -> str:
    if entry.spans == (("00:00", "24:00"),):
        return _("jour et nuit")
    spans = [_("de %(start)s à %(end)s") % {"start": a, "end": b} for a, b in entry.spans]
    return ", ".join(spans)
