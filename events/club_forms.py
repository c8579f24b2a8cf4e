"""Forms of the clubs."""

from django import forms
from django.utils.translation import gettext_lazy as _

from emn.lib.forms import PublicForm


class JoinForm(PublicForm):
    """Who asks to join."""

    scope = "events.club"
    limit_with_proof = 40

    name = forms.CharField(
        label=_("Votre nom"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    company_name = forms.CharField(
        label=_("Votre entreprise ou organisme"),
        max_length=160,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    email = forms.EmailField(
        label=_("Votre courriel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien à ouvrir pour confirmer."),
    )
    motive = forms.CharField(
        label=_("Ce que vous venez chercher"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class MemberDecisionForm(forms.Form):
    """In or not, and why not."""

    accepted = forms.TypedChoiceField(
        label=_("Décision"),
        choices=[("oui", _("Accepter")), ("non", _("Ne pas accepter"))],
        coerce=lambda value: value == "oui",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Motif, que la personne lira"), max_length=300, required=False,
        help_text=_("Demandé quand vous n’acceptez pas."),
    )  # fmt: skip
