"""The form that invites someone to act for a company."""

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import MembershipRole


class InvitationForm(forms.Form):
    """An address, and what it may do."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    role = forms.ChoiceField(
        label=_("Rôle"),
        choices=MembershipRole,
        initial=MembershipRole.EDITOR,
        help_text=_(
            "La personne responsable invite, retire et signe pour l’entreprise ; le rédacteur "
            "écrit les fiches et suit le dossier."
        ),
    )
