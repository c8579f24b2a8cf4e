"""Forms of the alerts."""

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import AlertFrequency
from emn.lib.forms import PublicForm


class FrequencyForm(forms.Form):
    """How often an alert writes."""

    frequency = forms.ChoiceField(
        label=_("Quand vous écrire ?"),
        choices=AlertFrequency,
        initial=AlertFrequency.WEEKLY,
        widget=forms.RadioSelect,
        help_text=_("Seulement s’il y a du nouveau."),
    )


class AlertForm(PublicForm, FrequencyForm):
    """Whom to write to, and how often."""

    scope = "directory.alert"
    limit_with_proof = 20
    field_order = ["email", "frequency"]

    email = forms.EmailField(
        label=_("Votre adresse électronique"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
