"""Forms of the directory: finding one's company, what staff answers (cards: `card_forms`)."""

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import CorrectableField


class SiretForm(forms.Form):
    """Find one's establishment in the register: by SIRET or by name."""

    entreprise = forms.CharField(
        label=_("Votre SIRET, ou le nom de votre entreprise"),
        max_length=120,
        help_text=_("Le SIRET compte 14 chiffres ; il figure sur vos factures."),
    )


class DecisionForm(forms.Form):
    """A decision of staff on the text it has read: `edited_at` says which."""

    edited_at = forms.DateTimeField(widget=forms.HiddenInput)


class ReasonForm(DecisionForm):
    """Why staff sends a card back or hides it: the words the provider will read."""

    reason = forms.CharField(
        label=_("Motif envoyé au prestataire"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Dites ce qu’il faut changer, avec un exemple."),
    )


class CorrectionForm(forms.Form):
    """What the public card will say instead of its owner's words, and why."""

    field = forms.ChoiceField(label=_("Champ à corriger"), choices=CorrectableField)
    value = forms.CharField(
        label=_("Ce que la fiche dira"),
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=_("Vide : la fiche ne dit plus rien à cet endroit."),
    )
    reason = forms.CharField(
        label=_("Motif envoyé au prestataire"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
