"""Forms of trainings: enrolling, signing, positioning, evaluating, answering."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from stdnum.fr import siret as stdnum_siret

from emn.lib.forms import PublicForm
from emn.lib.text import digits
from events.enums import BuyerKind, Funding, SkillLevel, TraineeKind
from events.models import CapacityPool, Objective
from events.services.enrolments import NewTrainee
from events.services.orders import Buyer

ROWS = 6  # trainees that the form takes at once
BEFORE_LEVELS = (
    (0, _("Je découvre")),
    (1, _("J’ai essayé")),
    (2, _("Je sais faire avec de l’aide")),
    (3, _("Je sais faire seul")),
)
_KINDS = [choice for choice in TraineeKind.choices if choice[0] != TraineeKind.INDIVIDUAL]


class _AskedOfFirms(forms.TextInput):
    """A field that a firm must fill and a person leaves empty: the browser does not know which."""

    def use_required_attribute(self, _initial: Any) -> bool:
        """Leave it to the form."""
        return False


class EnrolmentForm(PublicForm):
    """Who buys, who comes: one page, whoever the buyer is."""

    scope = "events.enrolment"
    limit_with_proof = 60
    limit_without_proof = 10

    buyer_kind = forms.ChoiceField(
        label=_("Qui paie la formation ?"), choices=BuyerKind, widget=forms.RadioSelect,
        initial=BuyerKind.COMPANY,
    )  # fmt: skip
    name = forms.CharField(
        label=_("Entreprise ou organisme"), max_length=200,
        help_text=_("Laissez vide si vous payez vous-même."),
        error_messages={"required": _("Écrivez le nom de l’entreprise ou de l’organisme.")},
        widget=_AskedOfFirms(attrs={"autocomplete": "organization"}),
    )  # fmt: skip
    siret = forms.CharField(
        label=_("SIRET"), max_length=20, help_text=_("Quatorze chiffres."),
        error_messages={"required": _("La convention porte le SIRET de l’entreprise.")},
        widget=_AskedOfFirms(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )  # fmt: skip
    street = forms.CharField(
        label=_("Adresse"), max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )  # fmt: skip
    postcode = forms.CharField(
        label=_("Code postal"), max_length=12,
        widget=forms.TextInput(attrs={"autocomplete": "postal-code"}),
    )  # fmt: skip
    city = forms.CharField(
        label=_("Ville"), max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )  # fmt: skip
    contact_name = forms.CharField(
        label=_("Votre nom"), max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("Votre courriel"),
        help_text=_("Nous y envoyons le document à signer."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    funding = forms.ChoiceField(
        label=_("Comment est-elle financée ?"), choices=Funding, initial=Funding.COMPANY
    )
    pool: Any = forms.TypedChoiceField(
        coerce=int, label=_("Comment venez-vous ?"), widget=forms.RadioSelect
    )
    informed = forms.BooleanField(
        label=_(
            "J’ai lu le programme, les titres des formateurs, les horaires, le prix, le règlement "
            "intérieur et les conditions d’annulation."
        )
    )

    def __init__(self, *args: Any, pools: Sequence[CapacityPool], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.data.get("buyer_kind") == BuyerKind.INDIVIDUAL:
            self.fields["name"].required = self.fields["siret"].required = False
        if len(pools) < 2:  # noqa: PLR2004 -- nothing to choose
            del self.fields["pool"]
        else:
            field = self.fields["pool"]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(pool.pk, pool.label) for pool in pools]
        for number in range(1, ROWS + 1):
            self.fields[f"name_{number}"] = forms.CharField(
                label=_("Nom et prénom"), max_length=120, required=number == 1
            )
            self.fields[f"email_{number}"] = forms.EmailField(
                label=_("Courriel"), required=number == 1,
                help_text=_("Le sien : il y reçoit sa convocation et ses liens de signature.")
                if number == 1 else "",
            )  # fmt: skip
            self.fields[f"kind_{number}"] = forms.ChoiceField(
                label=_("Statut"), choices=_KINDS, required=False
            )

    @property
    def trainee_rows(self) -> list[list[forms.BoundField]]:
        """The fields of each trainee."""
        return [
            [self[f"{name}_{number}"] for name in ("name", "email", "kind")]
            for number in range(1, ROWS + 1)
        ]

    @property
    def filled_rows(self) -> int:
        """How many trainees are written, at least one."""
        return max(
            [n for n in range(1, ROWS + 1) if self.data.get(f"name_{n}") or
             self.data.get(f"email_{n}")] or [1]
        )  # fmt: skip

    def clean_siret(self) -> str:
        """Return fourteen digits, or nothing."""
        typed = digits(self.cleaned_data["siret"])
        if self.cleaned_data["siret"].strip() and not stdnum_siret.is_valid(typed):
            raise forms.ValidationError(_("Ce SIRET n’existe pas. Vérifiez ses quatorze chiffres."))
        return typed

    def clean(self) -> dict[str, Any]:
        """Read the trainees row by row."""
        cleaned = super().clean()
        for number in range(2, ROWS + 1):
            if bool(cleaned.get(f"name_{number}")) != bool(cleaned.get(f"email_{number}")):
                self.add_error(
                    f"name_{number}", _("Écrivez le nom et le courriel, ou laissez les deux vides.")
                )
        return cleaned

    @property
    def is_individual(self) -> bool:
        """Whether a person buys for themselves."""
        return bool(self.cleaned_data["buyer_kind"] == BuyerKind.INDIVIDUAL)

    def buyer(self) -> Buyer:
        """Return who buys."""
        given = self.cleaned_data
        alone = self.is_individual
        return Buyer(
            kind=BuyerKind(given["buyer_kind"]),
            name=given["contact_name"] if alone else given["name"],
            siret="" if alone else given["siret"],
            street=given["street"],
            postcode=given["postcode"],
            city=given["city"],
            contact_name=given["contact_name"],
            email=given["email"],
        )

    def funder(self) -> Funding:
        """Return who pays in the end; a person, when a person buys."""
        return Funding.OWN if self.is_individual else Funding(self.cleaned_data["funding"])

    def trainees(self) -> list[NewTrainee]:
        """Return who comes."""
        given = self.cleaned_data
        return [
            NewTrainee(
                full_name=given[f"name_{number}"],
                email=given[f"email_{number}"],
                kind=TraineeKind.INDIVIDUAL
                if self.is_individual
                else given[f"kind_{number}"] or TraineeKind.EMPLOYEE,
            )
            for number in range(1, ROWS + 1)
            if given.get(f"name_{number}")
        ]


class SignatureForm(forms.Form):
    """A name that is a signature; a drawing, where a script draws."""

    full_name = forms.CharField(
        label=_("Votre nom et votre prénom"), max_length=120,
        help_text=_("Tapé ici, il vaut signature."),
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    drawing = forms.CharField(
        required=False, max_length=8000, widget=forms.HiddenInput(attrs={"data-emn-drawing": ""})
    )


class AgreementForm(SignatureForm):
    """The same, by somebody who may bind the buyer."""

    role = forms.CharField(
        label=_("Votre fonction"), max_length=120, required=False,
        help_text=_("Gérante, directeur, responsable de la formation…"),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )  # fmt: skip
    early_start = forms.BooleanField()
    agreed = forms.BooleanField(
        label=_("J’ai lu le document et je peux le signer pour le client nommé ci-dessus.")
    )

    def __init__(self, *args: Any, early_request: str = "", **kwargs: Any) -> None:
        """`early_request`: the words of who starts before the end of the withdrawal, or none."""
        super().__init__(*args, **kwargs)
        if early_request:
            self.fields["early_start"].label = early_request
        else:
            del self.fields["early_start"]


class RoomForm(forms.Form):
    """Who stands before the code of the room."""

    email = forms.EmailField(
        label=_("Votre courriel d’inscription"), widget=forms.EmailInput({"autocomplete": "email"})
    )


class PositioningForm(forms.Form):
    """Where one stands with each objective, before."""

    def __init__(self, *args: Any, objectives: list[Objective], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in objectives:
            self.fields[f"objective_{row.pk}"] = forms.TypedChoiceField(
                label=row.text, choices=BEFORE_LEVELS, coerce=int, widget=forms.RadioSelect
            )
        self.fields["expectations"] = forms.CharField(
            label=_("Ce que vous attendez de cette formation"), required=False, max_length=2000,
            widget=forms.Textarea(attrs={"rows": 4}),
        )  # fmt: skip

    def levels(self) -> dict[int, int]:
        """Return the level said for each objective."""
        return {
            int(name.removeprefix("objective_")): level
            for name, level in self.cleaned_data.items()
            if name.startswith("objective_")
        }


class EvaluationForm(forms.Form):
    """Where one trainee stands with each objective, at the end."""

    def __init__(self, *args: Any, objectives: list[Objective], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for row in objectives:
            self.fields[f"objective_{row.pk}"] = forms.ChoiceField(
                label=row.text, choices=SkillLevel, widget=forms.RadioSelect
            )

    def levels(self) -> dict[int, str]:
        """Return the level given to each objective."""
        return {
            int(name.removeprefix("objective_")): level for name, level in self.cleaned_data.items()
        }


_SCORES = [(n, str(n)) for n in range(1, 6)]


class SatisfactionForm(forms.Form):
    """What one thinks of a training, in a minute."""

    score = forms.TypedChoiceField(
        label=_("Dans l’ensemble, de 1 (pas du tout satisfait) à 5 (très satisfait)"),
        choices=_SCORES, coerce=int, widget=forms.RadioSelect,
    )  # fmt: skip
    useful = forms.TypedChoiceField(
        label=_("Ce que vous y apprenez vous sert au travail, de 1 (non) à 5 (tout à fait)"),
        choices=_SCORES, coerce=int, widget=forms.RadioSelect,
    )  # fmt: skip
    comment = forms.CharField(
        label=_("Une remarque, une réclamation, une idée"), required=False, max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )  # fmt: skip


class NoteForm(forms.Form):
    """What a trainer notes once the half-day is over."""

    presence = forms.ChoiceField(
        label=_("Présence"), widget=forms.RadioSelect,
        choices=[("present", _("Était là, n’a pas signé")), ("absent", _("Était absent"))],
    )  # fmt: skip
    reason = forms.CharField(label=_("Motif"), max_length=300)
