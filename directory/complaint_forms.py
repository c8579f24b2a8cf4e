"""Forms of complaints: the author’s, the provider’s, the secretariat’s, the committee’s."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.enums import (
    CharterClause,
    ClientKind,
    ComplaintKind,
    InadmissibleReason,
    Measure,
    RecusalReason,
    Severity,
)
from directory.models import CommitteeCase, Complaint
from directory.models.committee import CONTEST_MEASURES, LONGEST_REASONS
from directory.models.complaints import LONGEST_TEXT
from directory.need_forms import ContactFields
from emn.lib.documents import DocumentField
from emn.lib.forms import PublicForm
from emn.lib.text import digits

SIREN_DIGITS = 9
PUBLICITY = ComplaintKind.PUBLICITY.value
SUBJECTS = (
    *CharterClause.choices,
    (PUBLICITY, _("Ses documents ne citent pas son engagement à la charte")),
)


def _words(label: Any, *, longest: int = 2_000, rows: int = 4, **options: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, widget=forms.Textarea(attrs={"rows": rows}), **options
    )


def _day(label: Any, **options: Any) -> forms.DateField:
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, widget=widget, **options)


class ComplaintFields(forms.Form):
    """What happened, and between whom."""

    subject = forms.ChoiceField(
        label=_("Quel engagement n’a pas été tenu ?"), choices=SUBJECTS, widget=forms.RadioSelect
    )
    text = _words(
        _("Les faits"),
        longest=LONGEST_TEXT,
        rows=8,
        min_length=30,
        help_text=_(
            "Ce qui était convenu, ce qui s’est passé, quand. Le prestataire lira ce texte."
        ),
        error_messages={"min_length": _("Dites-en un peu plus : trente signes au moins.")},
    )
    wanted = _words(
        _("Ce que vous demandez"),
        longest=LONGEST_TEXT,
        help_text=_("Une correction, un remboursement, des accès, des excuses…"),
    )
    contract_on = _day(
        _("Date du contrat, du devis ou de l’offre"),
        help_text=_("Le prestataire devait être signataire de la charte ce jour-là."),
    )
    is_lowest_price = forms.TypedChoiceField(
        label=_("Était-ce un marché attribué au seul prix le plus bas ?"),
        choices=(("no", _("Non")), ("yes", _("Oui"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    client_kind = forms.ChoiceField(
        label=_("Vous êtes"), choices=ClientKind, widget=forms.RadioSelect
    )
    client_name = forms.CharField(
        label=_("Nom de votre organisation"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    client_siren = forms.CharField(
        label=_("SIREN de votre organisation"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
        help_text=_("Neuf chiffres. Il sert à écarter du comité qui vous serait lié."),
    )

    def clean_client_siren(self) -> str:
        """Return nine digits, or nothing."""
        number = digits(self.cleaned_data["client_siren"])
        if number and len(number) != SIREN_DIGITS:
            raise forms.ValidationError(gettext("Un SIREN compte 9 chiffres."))
        return number

    def clean_contract_on(self) -> Any:
        """Refuse a day to come."""
        day = self.cleaned_data["contract_on"]
        if day > timezone.localdate():
            raise forms.ValidationError(gettext("Ce jour est à venir."))
        return day

    def values(self) -> dict[str, Any]:
        """Return the fields of the complaint."""
        given = self.cleaned_data
        subject = given["subject"]
        is_publicity = subject == PUBLICITY
        same = ("text", "wanted", "contract_on", "is_lowest_price", "client_kind", "client_name",
                "client_siren")  # fmt: skip
        return {name: given[name] for name in same} | {
            "kind": ComplaintKind.PUBLICITY if is_publicity else ComplaintKind.BREACH,
            "clause": "" if is_publicity else subject,
            "contact_name": given["name"],
            "contact_email": given.get("email", ""),
            "contact_phone": given["phone"],
        }


_ORDER = [
    "subject", "text", "wanted", "contract_on", "is_lowest_price", "client_kind", "client_name",
    "client_siren", "name", "email", "phone",
]  # fmt: skip


class ComplaintForm(PublicForm, ContactFields, ComplaintFields):
    """A complaint without an account; nothing is sent before its mailbox confirms."""

    scope = "directory.complaint"
    limit_with_proof = 10
    limit_without_proof = 3
    field_order = _ORDER

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].help_text = _(
            "Nous y envoyons un lien : votre plainte ne part qu’une fois confirmée."
        )
        self.fields["phone"].help_text = _("Pour la conciliation. Le prestataire ne le voit pas.")


class OwnComplaintForm(ContactFields, ComplaintFields):
    """The same from an account, whose address is known."""

    field_order = _ORDER

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["email"]
        self.fields["phone"].help_text = _("Pour la conciliation. Le prestataire ne le voit pas.")


class FileForm(forms.Form):
    """One document of a party."""

    file = DocumentField(
        label=_("Fichier"), help_text=_("PDF ou image, 10 Mo au plus. L’autre partie le verra.")
    )


class ReplyForm(forms.Form):
    """The provider’s answer."""

    text = _words(
        _("Votre réponse"),
        longest=LONGEST_TEXT,
        rows=8,
        help_text=_("Le plaignant, le secrétariat et le comité la liront. Elle s’envoie une fois."),
    )


class GroundForm(forms.Form):
    """Why one appeals."""

    ground = _words(_("Ce que vous contestez, et pourquoi"), longest=LONGEST_TEXT, rows=6)


# --- Staff ---


class InadmissibleForm(forms.Form):
    """Why the complaint is outside the charter."""

    reason = forms.ChoiceField(
        label=_("Motif"), choices=InadmissibleReason, widget=forms.RadioSelect
    )
    words = _words(_("Explication envoyée au plaignant"))


class AdmissionForm(forms.Form):
    """How grave it is, and why."""

    severity = forms.TypedChoiceField(
        label=_("Gravité"), choices=Severity.choices, coerce=int, widget=forms.RadioSelect
    )
    grounds = _words(_("Motifs, lus par les deux parties"))


class FactsForm(forms.Form):
    """The facts that the scope is read of."""

    subject = forms.ChoiceField(label=_("Engagement en cause"), choices=SUBJECTS)
    client_kind = forms.ChoiceField(label=_("Sorte de client"), choices=ClientKind)
    contract_on = _day(_("Date du contrat ou de l’offre"))
    is_lowest_price = forms.BooleanField(
        label=_("Marché attribué au seul prix le plus bas"), required=False
    )

    def __init__(self, *args: Any, complaint: Complaint, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "subject": complaint.clause or PUBLICITY,
            "client_kind": complaint.client_kind,
            "contract_on": complaint.contract_on,
            "is_lowest_price": complaint.is_lowest_price,
        }
        super().__init__(*args, **kwargs)

    def values(self) -> dict[str, Any]:
        """Return what `correct_facts` takes."""
        given = dict(self.cleaned_data)
        subject = given.pop("subject")
        is_publicity = subject == PUBLICITY
        kind = ComplaintKind.PUBLICITY if is_publicity else ComplaintKind.BREACH
        return given | {"kind": kind, "clause": "" if is_publicity else subject}


class WordsForm(forms.Form):
    """Words that both parties read."""

    words = _words(_("Texte envoyé aux deux parties"))


class CourtForm(forms.Form):
    """Since when a court is seized."""

    since = _day(_("Action en justice depuis le"))


class WithdrawalForm(forms.Form):
    """What the author says when it takes its complaint back, and what the provider owned."""

    with_fault = forms.TypedChoiceField(
        label=_("Le prestataire a-t-il reconnu sa faute par écrit ?"),
        choices=(("no", _("Non")), ("yes", _("Oui : compte comme un accord amiable"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        initial="no",
    )
    settlement = _words(_("Ce qu’il a reconnu"), required=False)


class HearingForm(forms.Form):
    """What a party said to the committee."""

    heard_on = _day(_("Entendu le, ou invité pour le"))
    words = _words(_("Ce qui a été dit, ou : invité, absent"), longest=LONGEST_REASONS, rows=8)


class RecusalForm(forms.Form):
    """Which member withdraws, and why."""

    seat = forms.TypedChoiceField(label=_("Membre"), coerce=int)
    reason = forms.ChoiceField(
        label=_("Raison"), choices=RecusalReason, initial=RecusalReason.DECLARED
    )

    def __init__(self, *args: Any, case: CommitteeCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = case.seats.filter(recused_at=None).select_related("member").order_by("college", "pk")
        field = self.fields["seat"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(row.pk, str(row.member)) for row in rows]


class VotesForm(forms.Form):
    """The votes of a session, one field a seat that may vote; an empty one is not cast yet."""

    ABSTAIN = "abstain"

    def __init__(self, *args: Any, case: CommitteeCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = CONTEST_MEASURES.items() if case.contest_id else Measure.choices
        choices = [("", _("Pas encore voté")), *steps, (self.ABSTAIN, _("Abstention"))]
        rows = case.seats.filter(recused_at=None).select_related("member", "vote")
        for seat in rows.order_by("college", "pk"):
            vote = getattr(seat, "vote", None)
            held = "" if vote is None else self.ABSTAIN if vote.measure is None else vote.measure
            self.fields[f"seat_{seat.pk}"] = forms.ChoiceField(
                label=f"{seat.member} ({seat.get_college_display()})",
                choices=choices,
                required=False,
                initial=held,
            )

    def votes(self) -> list[tuple[int, int | None]]:
        """Return the votes that differ from those that are written: (seat, measure)."""
        return [
            (int(name.removeprefix("seat_")), None if value == self.ABSTAIN else int(value))
            for name, value in self.cleaned_data.items()
            if value != "" and value != str(self.fields[name].initial)
        ]


class DecisionForm(forms.Form):
    """The reasons of a decision, what it is founded on, and its days."""

    reasons = _words(
        _("Faits et motifs, envoyés aux deux parties"), longest=LONGEST_REASONS, rows=10
    )
    clauses = forms.MultipleChoiceField(
        label=_("Engagements non tenus"),
        choices=CharterClause,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    suspended_until = _day(
        _("Fin de la suspension"), required=False, help_text=_("Six mois au plus.")
    )

    def __init__(self, *args: Any, case: CommitteeCase, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not case.measure or case.complaint_id is None:
            del self.fields["clauses"]
        if case.measure != Measure.SUSPENSION or case.complaint_id is None:
            del self.fields["suspended_until"]


class PublicationForm(forms.Form):
    """The anonymised account."""

    text = _words(
        _("Texte anonymisé"),
        longest=LONGEST_REASONS,
        rows=10,
        help_text=_("Ni nom, ni lieu, ni montant qui ferait reconnaître une partie."),
    )
