"""What a reader answers, and what staff chooses of a micro-survey."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emn.questionnaires.definition import Question
from emn.questionnaires.services import definition_of
from observatory.models import MicroSurvey
from observatory.services.surveys.micro import is_micro


class MicroSurveyForm(forms.Form):
    """The questions of one, each with its options."""

    def __init__(self, *args: Any, questions: list[Question], language: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            choices = [(option.code, option.label.say(language)) for option in question.options]
            self.fields[question.code] = forms.ChoiceField(
                label=question.text.say(language), choices=choices, widget=forms.RadioSelect,
                required=question.is_required,
            )  # fmt: skip


class MicroSurveyAdminForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Its questionnaire fits a letter."""

    class Meta:
        model = MicroSurvey
        fields = ("code", "title", "version", "closes_on")

    def clean_version(self) -> Any:
        """Refuse what is too long for a letter."""
        version = self.cleaned_data["version"]
        if not is_micro(list(definition_of(version.pk).questions.values())):
            raise forms.ValidationError(
                _("Choisissez d’une à trois questions, à une seule réponse, sans condition.")
            )
        return version
