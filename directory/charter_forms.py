"""Forms of the charter: signing, bringing documents, asking for a recognition, deciding."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.charter.rules import rules
from directory.enums import CharterClause, PowerBasis
from directory.models import Evidence
from directory.services.charter import Signature
from emn.lib.documents import DocumentField


class SignatureForm(forms.Form):
    """Who signs, by what power, and the three declarations."""

    name = forms.CharField(label=_("Vos prénom et nom"), max_length=120)
    role = forms.CharField(
        label=_("Votre qualité dans l’entreprise"),
        max_length=120,
        help_text=_("Gérante, président, entrepreneur individuel…"),
    )
    power_basis = forms.ChoiceField(
        label=_("Ce qui vous permet de signer pour elle"),
        choices=PowerBasis,
        widget=forms.RadioSelect,
    )
    without_reservation = forms.BooleanField(
        label=_("J’ai lu la charte, et j’y adhère sans réserve."),
    )
    may_bind = forms.BooleanField(label=_("Je déclare pouvoir engager l’entreprise."))
    accepts_complaints = forms.BooleanField(
        label=_("J’accepte que le comité de la charte traite les plaintes et décide des suites."),
    )

    def signature(self, *, version_read: str) -> Signature:
        """Return what was written and declared, on which version of the text."""
        given = self.cleaned_data
        return Signature(
            name=given["name"],
            role=given["role"],
            power_basis=PowerBasis(given["power_basis"]),
            version_read=version_read,
            without_reservation=given["without_reservation"],
            may_bind=given["may_bind"],
            accepts_complaints=given["accepts_complaints"],
        )


class EvidenceForm(forms.Form):
    """One document: what it is, the file, and its last day when it has one."""

    kind = forms.ChoiceField(label=_("De quoi s’agit-il ?"))
    file = DocumentField(
        label=_("Fichier"), help_text=_("PDF ou image, 10 Mo au plus. Masquez les noms de clients.")
    )
    valid_until = forms.DateField(
        label=_("Dernier jour de validité, pour une attestation"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        kinds = rules().evidence_kinds.values()
        field.choices = [(entry.code, entry.label) for entry in kinds if not entry.made_here]

    def clean(self) -> dict[str, Any]:
        """Ask for the date of what ends."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        entry = rules().evidence_kinds.get(cleaned.get("kind", ""))
        lacks_date = entry and entry.dated and not cleaned.get("valid_until")
        if lacks_date and "valid_until" not in self.errors:
            self.add_error(
                "valid_until", gettext("Donnez la date de fin qui figure sur l’attestation.")
            )
        return cleaned


class RecognitionForm(forms.Form):
    """A commitment elsewhere, and the page where anyone may check it."""

    scheme = forms.ChoiceField(label=_("Votre engagement"))
    link = forms.URLField(
        label=_("Page publique qui le prouve"),
        assume_scheme="https",
        validators=[URLValidator(schemes=["http", "https"])],
        help_text=_("La page de l’organisme où votre entreprise est nommée."),
    )
    valid_until = forms.DateField(
        label=_("Dernier jour de validité"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["scheme"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (entry.code, f"{entry.name} ({entry.country})") for entry in rules().schemes.values()
        ]


class RegisterFilter(forms.Form):
    """What the register may be narrowed to; the state is in the URL."""

    STATES = (
        ("", _("Tous les états")),
        ("active", _("En vigueur")),
        ("suspended", _("Suspendue")),
        ("expired", _("Échue")),
        ("resigned", _("Résiliée")),
        ("withdrawn", _("Retirée")),
    )
    q = forms.CharField(label=_("Entreprise ou SIREN"), required=False, max_length=100)
    etat = forms.ChoiceField(label=_("État"), required=False, choices=STATES)


class CharterReasonForm(forms.Form):
    """Why: the words that the company will read."""

    reason = forms.CharField(
        label=_("Motif envoyé à l’entreprise"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class SuspensionForm(CharterReasonForm):
    """Until when, and why."""

    until = forms.DateField(
        label=_("Le badge revient le"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Six mois au plus."),
    )
    field_order = ("until", "reason")


class EvidenceDecisionForm(forms.Form):
    """What staff makes of a document; `seen` is the state that was on the page."""

    seen = forms.CharField(widget=forms.HiddenInput)
    accepted = forms.TypedChoiceField(
        label=_("Décision"),
        choices=(("yes", _("Admettre la pièce")), ("no", _("La refuser"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    clauses = forms.MultipleChoiceField(
        label=_("Engagements que cette pièce atteste"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    reason = forms.CharField(
        label=_("Motif, si vous refusez"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, piece: Evidence, **kwargs: Any) -> None:
        clauses = piece.clauses or piece.kind_entry.clauses
        kwargs["initial"] = {"seen": piece.status, "clauses": clauses}
        super().__init__(*args, **kwargs)
        field = self.fields["clauses"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(code, CharterClause(code).label) for code in piece.kind_entry.clauses]
        if not piece.kind_entry.clauses:
            del self.fields["clauses"]


class RecognitionDecisionForm(forms.Form):
    """Confirm, or say why not."""

    confirmed = forms.TypedChoiceField(
        label=_("Réponse"),
        choices=(("yes", _("Reconnaître cet engagement")), ("no", _("Ne pas le reconnaître"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label=_("Motif, si vous ne le reconnaissez pas"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
