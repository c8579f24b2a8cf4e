"""Reporting an error on a card, and deciding on it."""

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import ReportCategory, ReportStatus
from emn.lib.forms import PublicForm


class ReportForm(PublicForm):
    """What is wrong, in the words of a reader."""

    scope = "directory.report"
    limit_with_proof = 20
    limit_without_proof = 3

    category = forms.ChoiceField(
        label=_("Qu’est-ce qui ne va pas ?"), choices=ReportCategory, widget=forms.RadioSelect
    )
    message = forms.CharField(
        label=_("Précisez"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Ce qui est faux, et ce qui serait juste si vous le savez."),
    )
    email = forms.EmailField(
        label=_("Votre adresse, si vous voulez une réponse"),
        required=False,
        help_text=_("Elle sert à cela seulement, et n’est pas donnée au prestataire."),
    )


class ReportDecisionForm(forms.Form):
    """What became of it, and the words for its author."""

    decision = forms.ChoiceField(
        label=_("Décision"),
        choices=[
            (ReportStatus.CORRECTED, _("C’est corrigé")),
            (ReportStatus.OWNER_TOLD, _("Le transmettre au prestataire")),
            (ReportStatus.UNFOUNDED, _("Sans fondement")),
        ],
        widget=forms.RadioSelect,
    )
    answer = forms.CharField(
        label=_("Réponse à la personne qui a signalé"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Envoyée si elle a laissé une adresse."),
    )
