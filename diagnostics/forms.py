"""Forms around a result: send oneself the link, put it in a company's file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.models import Company
from emn.accounts.models import User
from emn.lib.forms import PublicForm


class LinkForm(PublicForm):
    """Where to write the link. The letter is another matter, asked for apart (R2.03)."""

    scope = "diagnostics.link"
    limit_with_proof = 20
    limit_without_proof = 3

    email = forms.EmailField(
        label=_("Votre courriel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Il sert à ce seul envoi : nous ne le gardons pas avec vos réponses."),
    )
    letter = forms.BooleanField(
        label=_("Je veux aussi recevoir la lettre du centre."),
        required=False,
        help_text=_("Facultatif. Un second message vous demandera de confirmer."),
    )


class ClaimForm(forms.Form):
    """Which of the person's companies."""

    company = forms.TypedChoiceField(
        label=_("Votre entreprise"), coerce=int, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        own = Company.objects.filter(memberships__user=user).order_by("name", "pk")
        field = self.fields["company"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = list(own.values_list("pk", "name"))
