"""Forms of the referential: the words of one of its elements, its conditions, a whole file."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.referential import ReferentialRefused, read
from diagnostics.referential_words import element_of, with_words, words_of

MOST_BYTES = 2 * 1024 * 1024  # of a file: ten times what the portal ships
LONGEST_WORDS = 1_000  # signs of one text
CONDITIONS = "conditions"
ALWAYS = ""
_ELEMENTS = ("titles", "profile", "axes", "questions", "measures", "reds")
_NAMES = {
    "title": gettext_lazy("Titre"),
    "text": gettext_lazy("Question"),
    "intro": gettext_lazy("Introduction"),
    "help": gettext_lazy("Aide"),
    "label": gettext_lazy("Réponse"),
    "level_1": gettext_lazy("Mesure, premier niveau"),
    "level_2": gettext_lazy("Mesure, second niveau"),
    "why": gettext_lazy("Pourquoi"),
    "how": gettext_lazy("Comment"),
}


class SeenForm(forms.Form):
    """What was read when the button was pressed: a draft that changed meanwhile is refused."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)


class ContentForm(SeenForm):
    """A form that makes a whole content; what does not hold together comes back place by place."""

    number: str
    content: dict[str, Any]

    def _check(self, content: Mapping[str, Any]) -> None:
        self.content = {**content, "version": self.number}
        try:
            read(self.content)
        except ReferentialRefused as refused:
            raise ValidationError(str(refused).splitlines()) from refused


class FileForm(ContentForm):
    """A version as JSON, whole, from a file."""

    file = forms.FileField(
        label=gettext_lazy("Fichier JSON"),
        help_text=gettext_lazy("Une version entière, comme l’export la donne ; 2 Mo au plus."),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
    )

    def __init__(self, *args: Any, number: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.number = number

    def clean_file(self) -> Any:
        """Read the file. Raises ValidationError, one line a fault."""
        file = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise ValidationError(_("Ce fichier est trop lourd : 2 Mo au plus."))
        content = _json(file.read())
        if not isinstance(content, dict):
            raise ValidationError(_("Une version s’écrit comme un objet JSON."))
        self._check(content)
        return file


class ElementForm(ContentForm):
    """The words of one element in each language; of a question, its weight and its condition too.

    `element`: «questions[x_backup]», as `words_of` names it; `conditions`: the named rules.
    """

    def __init__(self, *args: Any, content: dict[str, Any], element: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.base, self.element, self.number = content, element, content["version"]
        found = [
            (place, words) for place, words in words_of(content) if element_of(place) == element
        ]
        self.places = dict(sorted(found, key=lambda entry: _order(entry[0])))
        languages = dict(settings.LANGUAGES)
        for rank, (place, words) in enumerate(self.places.items()):
            for language in content["languages"]:
                self.fields[f"words{rank}-{language}"] = forms.CharField(
                    label=f"{_label(place, element)} · {languages.get(language, language)}",
                    initial=words.get(language, ""),
                    max_length=LONGEST_WORDS,
                    widget=forms.Textarea(attrs={"rows": 2, "lang": language}),
                )
        self._add_rules()

    def _add_rules(self) -> None:
        if self.element == CONDITIONS:
            for name, tree in self.base[CONDITIONS].items():
                written = json.dumps(tree, ensure_ascii=False)
                self.fields[f"tree-{name}"] = forms.CharField(
                    label=name, initial=written, widget=forms.Textarea(attrs={"rows": 4})
                )
        question = _question(self.base, self.element)
        if question is not None:
            self.fields["weight"] = forms.TypedChoiceField(
                label=_("Poids"),
                choices=[(weight, weight) for weight in (1, 2, 3)],
                coerce=int,
                initial=question["weight"],
            )
            self.fields["when"] = forms.ChoiceField(
                label=_("Posée si"),
                choices=[
                    (ALWAYS, _("toujours")),
                    *((name, name) for name in self.base[CONDITIONS]),
                ],
                initial=question.get("when", ALWAYS),
                required=False,
            )

    def clean(self) -> dict[str, Any]:
        """Make the content and check it as a whole."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        changed = {
            place: {
                language: cleaned[f"words{rank}-{language}"] for language in self.base["languages"]
            }
            for rank, place in enumerate(self.places)
        }
        content = with_words(deepcopy(self.base), changed)
        for name in content[CONDITIONS] if self.element == CONDITIONS else ():
            content[CONDITIONS][name] = _json(cleaned[f"tree-{name}"].encode())
        question = _question(content, self.element)
        if question is not None:
            question["weight"] = cleaned["weight"]
            question.pop("when", None)
            if cleaned["when"] != ALWAYS:
                question["when"] = cleaned["when"]
        self._check(content)
        return cleaned


def elements_of(content: Mapping[str, Any]) -> dict[str, str]:
    """Return what may be changed by a form, each with its first words."""
    found: dict[str, str] = {}
    places = sorted(words_of(content), key=lambda entry: _order(entry[0]))
    for place, words in places:
        found.setdefault(element_of(place), words["fr"])
    return found | {CONDITIONS: ", ".join(content[CONDITIONS])}


def _order(place: str) -> tuple[int, int]:
    """Return the rank of a place: the database keeps the keys of an object as it likes."""
    part, last = place.partition("[")[0].partition(".")[0], place.rpartition(".")[2]
    return (
        _ELEMENTS.index(part) if part in _ELEMENTS else len(_ELEMENTS),
        # Lists keep their order; of one element, what names it comes first.
        list(_NAMES).index(last) if last in _NAMES else len(_NAMES),
    )


def _label(place: str, element: str) -> str:
    """Say what a text is within its element."""
    inside = place.removeprefix(element).lstrip(".")
    holder, _dot, last = inside.rpartition(".")
    return " ".join(filter(None, [holder, str(_NAMES.get(last, last))])) or element


def _question(content: Mapping[str, Any], element: str) -> dict[str, Any] | None:
    """Return the scored question that an element is."""
    code = element.removeprefix("questions[").removesuffix("]")
    found = (entry for entry in content["questions"] if entry["code"] == code)
    return next(found, None) if element.startswith("questions[") else None


def _json(written: bytes) -> Any:
    """Return what is written, as the database can keep it. Raises ValidationError."""
    try:
        value = json.loads(written.decode("utf-8-sig"))
        kept = json.dumps(value, ensure_ascii=False, allow_nan=False)
        kept.encode()  # refuses half of a pair
    except (ValueError, RecursionError) as broken:
        raise ValidationError(_("Ce n’est pas du JSON : %(why)s") % {"why": broken}) from broken
    if "\\u0000" in kept:
        raise ValidationError(_("Ce n’est pas du JSON : %(why)s") % {"why": "\\u0000"})
    return value
