"""The forms of the composer."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

from emn.mailings import segments
from emn.mailings.models import Campaign

_LOCAL = "%Y-%m-%dT%H:%M"


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """What an envoi is called, and whose list it goes to."""

    class Meta:
        model = Campaign
        fields = ["title", "list", "priority", "is_archived"]
        help_texts = {"title": _("Pour vous y retrouver : les lecteurs ne le voient pas.")}

    def values(self) -> dict[str, Any]:
        """Return what the service takes."""
        given = self.cleaned_data
        return {
            "title": given["title"],
            "list_id": given["list"].pk,
            "priority": given["priority"],
            "is_archived": given["is_archived"],
        }


class EditionForm(forms.Form):
    """The words of one language that a mailbox shows before the message is opened."""

    subject = forms.CharField(
        label=_("Objet"),
        max_length=120,
        validators=[RegexValidator(r"\A[^\r\n]*\Z")],
    )
    preheader = forms.CharField(
        label=_("Aperçu après l’objet"),
        max_length=150,
        required=False,
        help_text=_("La phrase que les messageries montrent à côté de l’objet."),
    )


class SegmentForm(forms.Form):
    """Who the envoi is for: one question a criterion, nothing ticked asks nothing."""

    def __init__(self, data: Any, *, segment: dict[str, list[str]]) -> None:
        super().__init__(data, initial=segment)
        for criterion in segments.criteria:
            choices = criterion.choices()
            if not choices:
                continue
            self.fields[criterion.key] = forms.MultipleChoiceField(
                label=str(criterion.label),
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )


class ScheduleForm(forms.Form):
    """When."""

    at = forms.DateTimeField(
        label=_("Jour et heure"),
        widget=forms.DateTimeInput(format=_LOCAL, attrs={"type": "datetime-local"}),
        input_formats=[_LOCAL],
        help_text=_("À l’heure de Paris. Passé deux heures de retard, l’envoi attend votre avis."),
    )


class PauseForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Pourquoi"), max_length=200)


class RiskForm(forms.Form):
    """That it is wanted although some people get the same letter twice."""

    accepted = forms.BooleanField(
        label=_("J’ai compris : des personnes peuvent recevoir deux fois la même lettre.")
    )


def words_form(
    form: type[forms.Form], data: Any, *, language: str, written: dict[str, Any] | None
) -> forms.Form:
    """Return the form of one language: left empty, that language has no words."""
    if data is None:
        return form(initial=written or {}, prefix=language, use_required_attribute=False)
    return form(data, prefix=language, empty_permitted=True, use_required_attribute=False)
