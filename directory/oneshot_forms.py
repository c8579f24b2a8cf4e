"""Forms of Stop one-shot: nine answers, and a call to ask for."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.enums import CallOutcome
from directory.oneshot.questions import rules
from emn.lib.forms import PublicForm


class CheckForm(forms.Form):
    """Nine questions, each yes or no."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for question in rules().questions.values():
            self.fields[question.key] = forms.ChoiceField(
                label=question.question,
                choices=[("yes", gettext("Oui")), ("no", gettext("Non"))],
                widget=forms.RadioSelect,
                error_messages={"required": gettext("Répondez oui ou non.")},
            )


class CallForm(PublicForm):
    """Whom to call. `colour` and `alarms`: what the page that sent it had found, if it had."""

    scope = "directory.oneshot.call"
    limit_with_proof = 10
    limit_without_proof = 3

    name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.RegexField(
        regex=r"^[+0-9 ().-]{6,20}$",
        label=_("Votre téléphone"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        error_messages={"invalid": _("Un numéro s’écrit en chiffres : 03 87 00 00 00.")},
    )
    email = forms.EmailField(
        label=_("Votre courriel"),
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Un des deux suffit."),
    )
    best_time = forms.CharField(
        label=_("Quand vous joindre"),
        max_length=120,
        required=False,
        help_text=_("Par exemple : le matin, sauf mardi."),
    )
    colour = forms.CharField(required=False, max_length=6, widget=forms.HiddenInput)
    alarms = forms.CharField(required=False, max_length=200, widget=forms.HiddenInput)

    def clean_colour(self) -> str:
        """Return a colour of ours, or nothing."""
        colour = str(self.cleaned_data["colour"])
        return colour if colour in {"green", "orange", "red"} else ""

    def clean_alarms(self) -> list[str]:
        """Return questions of ours."""
        said = str(self.cleaned_data["alarms"]).split(",")
        return [key for key in rules().questions if key in said]

    def clean(self) -> dict[str, Any]:
        """Ask for a way to be reached."""
        if not self.errors and not (self.cleaned_data["phone"] or self.cleaned_data["email"]):
            self.add_error("phone", gettext("Donnez un téléphone ou un courriel."))
        return super().clean()


class CallDecisionForm(forms.Form):
    """What became of the call."""

    outcome = forms.ChoiceField(label=_("Suite"), choices=CallOutcome, widget=forms.RadioSelect)
    note = forms.CharField(
        label=_("Note pour le centre"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Effacée avec la demande, six mois après."),
    )
