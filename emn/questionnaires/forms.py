"""One page of a questionnaire as a form: its fields, and the values that are kept (see `Kind`)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from emn.lib.documents import Document, DocumentField
from emn.questionnaires.conditions import UNKNOWN, asked_by, holds
from emn.questionnaires.definition import LONGEST_TEXT, Kind, Option, Question
from emn.questionnaires.paths import Page, fault_of
from emn.territory.models import Commune, NafCode

SEEN, ROW, DOUBT, REMOVE = "seen-", "--", "unknown-", "remove-"
# What the browser reads as it is kept; a code is written in more ways than one, a table and a file
# are more than one field.
_READ_ALIKE = {Kind.SINGLE, Kind.MULTIPLE, Kind.SCALE, Kind.NUMBER, Kind.TEXT, Kind.DATE}
_NAF = re.compile(r"^(\d{2})\.?(\d{2})([A-Za-z])$")


@dataclass(frozen=True)
class Shown:
    """A question as a page shows it: the revision of what it shows, and its fields.

    `file`: the key of the file that is kept for it.
    """

    question: Question
    text: str
    revision: int
    file: str
    fields: list[forms.BoundField]


class PageForm(forms.Form):
    """The questions of a page. A question that its answers hide is neither asked for nor kept.

    `answers`, `revisions`: what the run holds; `language`: that of the words.
    """

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        files: Any = None,
        *,
        page: Page,
        answers: Mapping[str, Any],
        revisions: Mapping[str, int],
    ) -> None:
        self.page = page
        self.answers = answers
        self.revisions = revisions
        self.language = get_language() or "fr"
        super().__init__(data, files)
        for question in page.questions:
            self.fields |= self._fields_of(question)

    @property
    def seen(self) -> dict[str, int]:
        """The revision of each answer that the page sent showed, 0 for none or nonsense."""
        return {
            question.code: int(text)
            for question in self.page.questions
            if (text := str(self.data.get(SEEN + question.code, ""))).isdecimal() and len(text) < 9  # noqa: PLR2004 -- fits an int4
        }

    @property
    def shown(self) -> list[Shown]:
        """The questions, for the template."""
        return [
            Shown(
                question=question,
                text=question.text.say(self.language),
                revision=self.revisions.get(question.code, 0),
                file=self._kept_file(question) or "",
                fields=[
                    self[name] for name in self.fields if self._question_of(name) == question.code
                ],
            )
            for question in self.page.questions
        ]

    @property
    def values(self) -> dict[str, Any]:
        """The value of each question of the page, once valid; None for one left empty or hidden."""
        return dict(self._values)

    def clean(self) -> dict[str, Any]:
        """Read the fields into values, in order, so that each condition sees what stands before."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        self._values: dict[str, Any] = {}
        known = {
            code: value
            for code, value in self.answers.items()
            if code not in {question.code for question in self.page.questions}
        }
        for question in self.page.questions:
            value = None
            if holds(question.when, known):
                value = self._value(question, cleaned)
            else:
                for name in [
                    name for name in self.fields if self._question_of(name) == question.code
                ]:
                    self.errors.pop(name, None)
            self._values[question.code] = value
            if value is not None:
                known[question.code] = value
        return cleaned

    def _value(self, question: Question, cleaned: Mapping[str, Any]) -> Any:
        code = question.code
        if cleaned.get(DOUBT + code):
            self._forgive(code)
            return UNKNOWN
        if any(self._question_of(name) == code for name in self.errors):
            return None
        value = self._read(question, cleaned)
        if isinstance(value, Document):
            return value
        if value in (None, "", []):
            if question.is_required:
                self.add_error(self._first(question), self._missing(question))
            return None
        if fault_of(question, value):
            self.add_error(self._first(question), self._wrong(question))
            return None
        return value

    def _forgive(self, code: str) -> None:
        """Drop the errors of a question that needs no field."""
        for name in [name for name in self.errors if self._question_of(name) == code]:
            del self.errors[name]

    def _read(self, question: Question, cleaned: Mapping[str, Any]) -> Any:
        given = cleaned.get(question.code)
        if question.kind == Kind.FILE and not isinstance(given, Document):
            given = None if cleaned.get(REMOVE + question.code) else self._kept_file(question)
        match question.kind:
            case Kind.MULTIPLE:
                chosen = [code for code in question.option_codes if code in (given or ())]
                return UNKNOWN if given == [UNKNOWN] else chosen
            case Kind.MATRIX:
                rows = {
                    row.code: cleaned.get(f"{question.code}{ROW}{row.code}")
                    for row in question.rows
                }
                return rows if all(rows.values()) else None
            case Kind.SCALE:
                return given if given in (None, "", UNKNOWN) else int(given)
            case Kind.NUMBER:
                return format(given.normalize(), "f") if isinstance(given, Decimal) else None
            case Kind.DATE:
                return given.isoformat() if given else None
            case _:
                return given

    @staticmethod
    def _missing(question: Question) -> str:
        if question.kind == Kind.MULTIPLE:
            return _("Cochez au moins une réponse.")
        if question.kind in {Kind.SINGLE, Kind.SCALE, Kind.MATRIX}:
            return _("Choisissez une réponse pour continuer.")
        if question.kind == Kind.FILE:
            return _("Choisissez un fichier pour continuer.")
        return _("Écrivez une réponse pour continuer.")

    @staticmethod
    def _wrong(question: Question) -> str:
        if question.kind == Kind.MULTIPLE:
            return _("Une des réponses cochées exclut les autres.")
        return _("Cette réponse n’est pas possible ici.")

    @staticmethod
    def _first(question: Question) -> str:
        if question.kind == Kind.MATRIX:
            return PageForm._row(question, question.rows[0])
        return question.code

    @staticmethod
    def _row(question: Question, row: Option) -> str:
        return f"{question.code}{ROW}{row.code}"

    @staticmethod
    def _question_of(name: str) -> str:
        return name.removeprefix(DOUBT).removeprefix(REMOVE).partition(ROW)[0]

    def _kept_file(self, question: Question) -> str | None:
        """Return the key of the file that is kept for a question."""
        kept = self.answers.get(question.code)
        return kept if question.kind == Kind.FILE and isinstance(kept, str) else None

    def _say(self, option: Option) -> str:
        return option.label.say(self.language)

    def _fields_of(self, question: Question) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = {}
        kept = self.answers.get(question.code)
        if question.kind == Kind.MATRIX:
            choices = [(option.code, self._say(option)) for option in question.options]
            for row in question.rows:
                fields[self._row(question, row)] = forms.ChoiceField(
                    label=self._say(row),
                    choices=choices,
                    required=False,
                    widget=forms.RadioSelect,
                    initial=kept.get(row.code) if isinstance(kept, dict) else None,
                )
        else:
            field = self._field(question)
            field.initial = kept if kept != UNKNOWN or self._holds_doubt(question) else None
            if kept == UNKNOWN and question.kind == Kind.MULTIPLE:
                field.initial = [UNKNOWN]
            fields[question.code] = field
        if question.may_not_know and not self._holds_doubt(question):
            fields[DOUBT + question.code] = forms.BooleanField(
                label=_("Je ne sais pas"), required=False, initial=kept == UNKNOWN
            )
        if self._kept_file(question) and not question.is_required:
            fields[REMOVE + question.code] = forms.BooleanField(
                label=_("Retirer ce fichier"), required=False
            )
        return fields

    @staticmethod
    def _holds_doubt(question: Question) -> bool:
        """Whether « je ne sais pas » is one of the choices."""
        return question.kind in {Kind.SINGLE, Kind.MULTIPLE, Kind.SCALE}

    def _field(self, question: Question) -> forms.Field:
        make, options = _FIELDS[question.kind]
        more: dict[str, Any] = {}
        if question.kind in {Kind.SINGLE, Kind.SCALE, Kind.MULTIPLE}:
            more["choices"] = self._choices(question)
        if question.kind == Kind.NUMBER:
            bounds = (("min_value", question.least), ("max_value", question.most))
            more |= {name: Decimal(text) for name, text in bounds if text}
        helps = [question.help.say(self.language)]
        if question.kind == Kind.FILE:
            helps.append(_("Un PDF, ou une image PNG, JPEG ou WebP ; 10 Mo au plus."))
        unit = question.unit.say(self.language)
        text = question.text.say(self.language)
        field: forms.Field = make(
            label=f"{text} ({unit})" if unit else text,
            help_text=escape(" ".join(filter(None, helps))),
            required=False,
            **options,
            **more,
        )
        return field

    def _choices(self, question: Question) -> list[tuple[str, str]]:
        if question.kind == Kind.SCALE:
            steps = range(int(question.least), int(question.most) + 1)
            low, high = (end.say(self.language) for end in question.ends)
            meant = {steps[0]: low, steps[-1]: high}
            choices = [
                (str(step), f"{step} – {meant[step]}" if meant.get(step) else str(step))
                for step in steps
            ]
        else:
            choices = [(option.code, self._say(option)) for option in question.options]
        return choices + ([(UNKNOWN, _("Je ne sais pas"))] if question.may_not_know else [])


def mirrored(page: Page) -> dict[str, Any]:
    """Return the conditions that the browser may evaluate by itself on this page, for comfort.

    Only those that read nothing but the page, and there only what a browser reads as the portal
    does: the rest is settled here.
    """
    here = {question.code for question in page.questions if question.kind in _READ_ALIKE}
    return {
        question.code: question.when
        for question in page.questions
        if question.when is not None and set(asked_by(question.when)) <= here
    }


class CommuneCodeField(forms.CharField):
    """A commune by its name or its postcode; its INSEE code is kept."""

    def clean(self, value: Any) -> str:
        """Return the code, empty when nothing was typed."""
        typed = str(super().clean(value)).strip()
        if not typed:
            return ""
        found = list(Commune.objects.named_like(typed).order_by("-population", "pk")[:5])
        exact = [row for row in found if typed.casefold() in (row.name.casefold(), row.insee_code)]
        if known := Commune.objects.filter(pk=typed.upper()).first():
            return known.pk
        if len(exact or found) == 1:
            return (exact or found)[0].pk
        if found:
            names = ", ".join(row.name for row in found)
            raise ValidationError(_("Précisez la commune : %(names)s…") % {"names": names})
        raise ValidationError(_("Nous ne connaissons pas cette commune. Essayez son code postal."))


class NafCodeField(forms.CharField):
    """An activity code, written with or without its point."""

    def clean(self, value: Any) -> str:
        """Return it as INSEE writes it, empty when nothing was typed."""
        typed = str(super().clean(value)).strip()
        if not typed:
            return ""
        if found := _NAF.match(typed.replace(" ", "")):
            code = f"{found[1]}.{found[2]}{found[3].upper()}"
            if NafCode.objects.filter(code=code).exists():
                return code
        raise ValidationError(
            _("Un code NAF compte quatre chiffres et une lettre, comme 10.71C. Il est sur le Kbis.")
        )


_FIELDS: dict[Kind, tuple[Any, dict[str, Any]]] = {
    Kind.SINGLE: (forms.ChoiceField, {"widget": forms.RadioSelect}),
    Kind.SCALE: (forms.ChoiceField, {"widget": forms.RadioSelect}),
    Kind.MULTIPLE: (forms.MultipleChoiceField, {"widget": forms.CheckboxSelectMultiple}),
    Kind.NUMBER: (forms.DecimalField, {"max_digits": 15, "decimal_places": 3}),
    Kind.DATE: (
        forms.DateField,
        {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
    ),
    Kind.COMMUNE: (CommuneCodeField, {}),
    Kind.NAF: (NafCodeField, {}),
    Kind.FILE: (DocumentField, {}),
    Kind.TEXT: (
        forms.CharField,
        {"max_length": LONGEST_TEXT, "widget": forms.Textarea(attrs={"rows": 4})},
    ),
}
