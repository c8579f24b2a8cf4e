"""The agenda's filters: a form over GET, whose unknown values are ignored."""

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from directory.enums import SpokenLanguage
from emn.lib.page_cache import kept
from emn.lib.templatetags.french import quoted
from emn.lib.text import stem, words
from events.enums import SessionKind, SessionMode
from events.models import Room, Session, Theme
from events.models.sessions import SessionQuerySet
from events.services.sessions import LANGUAGES

LONGEST_QUERY = 100
_ANY = [("", _("Tous"))]
_ANY_F = [("", _("Toutes"))]
Choices = list[tuple[str, str]]


@kept
def themes() -> Choices:
    """Return the themes, in their order and in the page's language."""
    return [(row.slug, row.name) for row in Theme.objects.order_by("position", "pk")]


@kept
def rooms() -> Choices:
    """Return the rooms, in their order and in the page's language."""
    return [(row.slug, row.name) for row in Room.objects.order_by("position", "pk")]


class AgendaForm(forms.Form):
    """What a visitor may look for."""

    q = forms.CharField(
        label=_("Rechercher dans l’agenda"), required=False, max_length=LONGEST_QUERY
    )
    type = forms.ChoiceField(label=_("Type"), required=False, choices=[*_ANY, *SessionKind.choices])
    theme = forms.ChoiceField(label=_("Thème"), required=False)
    lieu = forms.ChoiceField(label=_("Salle"), required=False)
    mode = forms.ChoiceField(
        label=_("Participer"), required=False,
        choices=[
            *_ANY,
            (SessionMode.ON_SITE.value, SessionMode.ON_SITE.label),
            (SessionMode.REMOTE.value, SessionMode.REMOTE.label),
        ],
    )  # fmt: skip
    langue = forms.ChoiceField(
        label=_("Langue"), required=False, choices=[*_ANY_F, *SpokenLanguage.choices]
    )

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        for name, choices, empty in (("theme", themes(), _ANY), ("lieu", rooms(), _ANY_F)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*empty, *choices]
        self.full_clean()
        self.asked: dict[str, str] = {
            name: value for name, value in self.cleaned_data.items() if value
        }

    @property
    def choices(self) -> list[forms.BoundField]:
        """The fields of a choice, in their order."""
        return [self[name] for name in self.fields if name != "q"]

    def narrow(self, sessions: SessionQuerySet) -> SessionQuerySet:
        """Keep what was asked for; each word must be found, in any of the three languages."""
        for name, value in self.asked.items():
            sessions = _NARROW[name](sessions, value)
        return sessions

    def chips(self) -> list[tuple[str, str]]:
        """Return what is asked for, in words, each with the address without it."""
        said = []
        for name, value in self.asked.items():
            field = self.fields[name]
            choices: Any = field.choices if isinstance(field, forms.ChoiceField) else ()
            labels = dict(choices)
            others = QueryDict(mutable=True)
            others.update({key: kept_ for key, kept_ in self.asked.items() if key != name})
            said.append((str(labels.get(value, quoted(value))), others.urlencode()))
        return said


def _with_words(sessions: SessionQuerySet, asked: str) -> SessionQuerySet:
    for word in words(asked):
        sessions = sessions.filter(terms__overlap=[*{stem(word, code) for code in LANGUAGES}])
    return sessions


def _by_mode(sessions: SessionQuerySet, mode: str) -> SessionQuerySet:
    return sessions.filter(mode__in=[mode, SessionMode.HYBRID])


def _key_of(model: type[Theme | Room], slug: str) -> QuerySet[Any, Any]:
    """Return the key, found first: joined, each theme is taken for a rare one, and all is read."""
    return model.objects.filter(slug=slug).values("pk")[:1]


_NARROW: dict[str, Any] = {
    "q": _with_words,
    "type": lambda rows, value: rows.filter(kind=value),
    "theme": lambda rows, value: rows.filter(themes=_key_of(Theme, value)),
    "lieu": lambda rows, value: rows.filter(room=_key_of(Room, value)),
    "mode": _by_mode,
    "langue": lambda rows, value: rows.filter(language=value),
}


def shown(asked: QueryDict) -> tuple[AgendaForm, SessionQuerySet]:
    """Return the form as it was filled, and the sessions of the agenda that answer it."""
    form = AgendaForm(asked)
    return form, form.narrow(Session.objects.shown())
