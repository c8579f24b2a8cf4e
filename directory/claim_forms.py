"""Forms of a claim, and of its decision by the one responsible."""

from collections.abc import Sequence

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class ClaimEmailForm(forms.Form):
    """An address of the firm, to which a code goes."""

    prefix = "adresse"
    email = forms.EmailField(label=_("Votre adresse au nom de l’entreprise"), max_length=254)

    def __init__(self, *args: object, domains: Sequence[str] = (), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._domains = domains
        self.fields["email"].help_text = gettext("Elle finit par %(domains)s.") % {
            "domains": gettext(" ou ").join(f"@{domain}" for domain in domains)
        }

    def clean_email(self) -> str:
        """Refuse an address elsewhere, before anything is sent."""
        email = str(self.cleaned_data["email"])
        if email.rpartition("@")[2].lower() not in self._domains:
            raise forms.ValidationError(
                gettext(
                    "Cette adresse n’est pas sur le domaine de l’entreprise. Si vous n’en avez "
                    "pas, envoyez plutôt un message au centre."
                )
            )
        return email


class ClaimMessageForm(forms.Form):
    """Who the person is, when it has no address of the firm."""

    prefix = "message"
    message = forms.CharField(
        label=_("Qui êtes-vous dans l’entreprise ?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Votre nom, votre rôle, et un numéro où vous rappeler si besoin."),
    )


class CodeForm(forms.Form):
    """The code that was sent."""

    code = forms.CharField(
        label=_("Code reçu par courriel"),
        max_length=10,
        widget=forms.TextInput(
            attrs={"inputmode": "numeric", "autocomplete": "one-time-code", "size": 8}
        ),
        help_text=_("Six chiffres, valables une heure."),
    )


class ClaimDecisionForm(forms.Form):
    """Why a claim is refused; nothing is needed to accept it."""

    reason = forms.CharField(
        label=_("Motif, si vous refusez"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Il est envoyé à la personne."),
    )
