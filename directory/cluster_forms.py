"""Forms of the grappes: what a firm says of itself as it enters, what it promises, the answers."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from directory.enums import ClusterRole, MemberKind
from directory.models import Company
from directory.reference import ServiceEntry
from emn.lib.text import digits


class ContributionForm(forms.Form):
    """What a member brings. `skills`: those that the objective needs."""

    contribution = forms.CharField(
        label=_("Ce que vous apportez"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Une phrase ou deux, lues par tous."),
    )
    skills = forms.TypedMultipleChoiceField(
        label=_("Ce que vous savez faire pour cet objectif"),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Ce que dit votre fiche de prestataire est déjà compté."),
    )

    def __init__(self, *args: Any, needed: Iterable[ServiceEntry], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        skills = self.fields["skills"]
        assert isinstance(skills, forms.TypedMultipleChoiceField)
        skills.choices = [(entry.pk, entry.name) for entry in needed]
        if not skills.choices:
            del self.fields["skills"]

    @property
    def values(self) -> dict[str, Any]:
        """Return what was said, by the names of the services."""
        given = self.cleaned_data
        return {"contribution": given["contribution"], "skill_ids": given.get("skills", [])}


class AgreementForm(ContributionForm):
    """The same, and the firm's agreement to the charter and to be shown."""

    agreed = forms.BooleanField(
        label=_(
            "Mon entreprise accepte la charte ci-dessus, et que son nom, sa commune, son rôle et "
            "ses engagements paraissent sur la page de la grappe."
        ),
        error_messages={"required": _("Sans cet accord, personne n’entre.")},
    )


class EntryForm(AgreementForm):
    """Who enters, and as what."""

    field_order = ["company", "kind", "contribution", "skills", "motive", "agreed"]

    company: "forms.ModelChoiceField[Company]" = forms.ModelChoiceField(
        label=_("Pour quelle entreprise ?"), queryset=Company.objects.none(), empty_label=None
    )
    kind = forms.ChoiceField(
        label=_("Vous êtes"), choices=MemberKind, initial=MemberKind.FIRM, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["company"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = companies


class JoinForm(EntryForm):
    """A request to enter."""

    motive = forms.CharField(
        label=_("Un mot pour l’animateur"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Lu par lui et par le centre, puis effacé avec la réponse."),
    )


class EmailInvitationForm(forms.Form):
    """Whom the animator invites, and in which language it is written to."""

    email = forms.EmailField(
        label=_("Adresse e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )
    language = forms.ChoiceField(label=_("Langue du courriel"), choices=settings.LANGUAGES)


class PromiseForm(forms.Form):
    """What, by when."""

    what = forms.CharField(
        label=_("Ce que votre entreprise fera"),
        max_length=200,
        help_text=_("Une chose que l’on pourra voir faite. Lue par tous."),
    )
    due_on = forms.DateField(
        label=_("Pour le"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class DropForm(forms.Form):
    """Why a commitment is given up."""

    reason = forms.CharField(label=_("Pourquoi l’abandonner ?"), max_length=200)


class AnswerForm(forms.Form):
    """In or not, and why not."""

    accepted = forms.TypedChoiceField(
        label=_("Réponse"),
        choices=[("oui", _("Accepter")), ("non", _("Ne pas accepter"))],
        coerce=lambda value: value == "oui",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Motif, que l’entreprise lira"),
        max_length=300,
        required=False,
        help_text=_("Demandé quand vous n’acceptez pas."),
    )


class RemovalForm(forms.Form):
    """Why a member is put out, or a grappe closed."""

    reason = forms.CharField(label=_("Motif, que les membres liront"), max_length=300)


class KeptForm(forms.Form):
    """Since when a commitment is kept."""

    kept_on = forms.DateField(
        label=_("Tenu depuis le"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )


class PlaceOfMemberForm(forms.Form):
    """What a member is, and what it does there: staff says it."""

    kind = forms.ChoiceField(label=_("Genre"), choices=MemberKind)
    role = forms.ChoiceField(label=_("Rôle"), choices=ClusterRole)


class InvitationForm(PlaceOfMemberForm):
    """Whom the centre invites: a company that has people on the portal."""

    field_order = ["siret", "kind", "role"]

    siret = forms.RegexField(
        regex=r"^([0-9]\s*){14}$",
        label=_("SIRET"),
        error_messages={"invalid": _("Un SIRET compte 14 chiffres.")},
    )

    def clean_siret(self) -> str:
        """Return the fourteen digits, without the spaces of an invoice."""
        return digits(self.cleaned_data["siret"])
