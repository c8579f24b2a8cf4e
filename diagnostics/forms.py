"""Forms around a result: send oneself the link, put it in a company's file."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext_lazy as _

from diagnostics.enums import Party
from diagnostics.services.appointments import Slot
from diagnostics.services.voices import MOST_ANSWERS
from diagnostics.synthesis import THREE
from diagnostics.voices import BATCH
from directory.models import Company
from emn.accounts.models import User
from emn.lib.forms import PublicForm

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise as StrPromise


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


class VoiceLinkForm(forms.Form):
    """How far a link for the people of a company goes."""

    most = forms.IntegerField(
        label=_("Combien de personnes peuvent répondre"), min_value=BATCH, max_value=MOST_ANSWERS,
        initial=10, help_text=_("Votre effectif, à peu près : au-delà, le lien se ferme."),
    )  # fmt: skip
    days = forms.TypedChoiceField(
        label=_("Pendant combien de temps"), coerce=int, initial=14,
        choices=[(7, _("une semaine")), (14, _("deux semaines")), (30, _("un mois"))],
    )  # fmt: skip


class AppointmentForm(forms.Form):
    """A visit: when, and what the adviser should know."""

    slot = forms.ChoiceField(
        label=_("Quand pouvons-nous venir ?"), widget=forms.RadioSelect,
        help_text=_("Une heure et demie, chez vous, sans frais."),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Votre téléphone"), required=False, max_length=20,
        help_text=_("Pour vous prévenir d’un retard."),
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("Ce que vous aimeriez regarder"), required=False, max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, *args: Any, slots: Sequence[Slot], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slots = {slot_code(slot): slot for slot in slots}
        field = self.fields["slot"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(code, slot_words(slot)) for code, slot in self.slots.items()]
        field.error_messages["invalid_choice"] = _(
            "Ce créneau vient d’être pris. Choisissez-en un autre."
        )


def slot_code(slot: Slot) -> str:
    """Return what a form sends for a slot."""
    return f"{slot.adviser_id}-{int(slot.starts_at.timestamp())}"


def slot_words(slot: Slot) -> str:
    """Say when a slot begins."""
    start = timezone.localtime(slot.starts_at)
    return f"{date_format(start, 'LONG_MONTH_DAY_FORMAT')}, {time_format(start, 'TIME_FORMAT')}"


class SynthesisForm(forms.Form):
    """Three strengths, three risks, three dated priorities, and the measures of the plan."""

    def __init__(
        self, *args: Any, content: Mapping[str, Any], measures: Sequence[tuple[str, str]],
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        for rank in range(1, THREE + 1):
            at = rank - 1
            self.fields[f"strength_{rank}"] = _line(
                _("Point fort %(rank)s"), rank, content["strengths"][at]
            )
            self.fields[f"risk_{rank}"] = _line(_("Risque %(rank)s"), rank, content["risks"][at])
            priority = content["priorities"][at]
            self.fields[f"priority_{rank}"] = _line(_("Priorité %(rank)s"), rank, priority["text"])
            self.fields[f"who_{rank}"] = forms.CharField(
                label=_("Qui s’en charge"), max_length=100, initial=priority["who"], required=False
            )
            self.fields[f"due_{rank}"] = forms.DateField(
                label=_("Pour le"), initial=priority["due_on"],
                widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            )  # fmt: skip
        self.fields["measures"] = forms.MultipleChoiceField(
            label=_("Mesures retenues avec l’entreprise"), choices=measures, required=False,
            initial=content["measures"], widget=forms.CheckboxSelectMultiple,
        )  # fmt: skip

        self.fields["other_aid"] = forms.DecimalField(
            label=_("Autres aides de minimis reçues en trois ans, en euros"), min_value=0,
            max_digits=9, decimal_places=2, initial=Decimal(content["other_aid_cents"]) / 100,
            help_text=_("Ce que déclare l’entreprise, groupe compris ; 0 si elle n’en a pas eu."),
        )  # fmt: skip

    def group(self, *names: str) -> list[list[forms.BoundField]]:
        """Return the fields of each rank, for the template."""
        return [[self[f"{name}_{rank}"] for name in names] for rank in range(1, THREE + 1)]

    @property
    def strengths(self) -> list[list[forms.BoundField]]:
        """The three strengths."""
        return self.group("strength")

    @property
    def risks(self) -> list[list[forms.BoundField]]:
        """The three risks."""
        return self.group("risk")

    @property
    def priorities(self) -> list[list[forms.BoundField]]:
        """The three priorities, each with who and when."""
        return self.group("priority", "who", "due")

    @property
    def content(self) -> dict[str, Any]:
        """What the synthesis keeps, once valid."""
        read, ranks = self.cleaned_data, range(1, THREE + 1)
        return {
            "strengths": [read[f"strength_{rank}"] for rank in ranks],
            "risks": [read[f"risk_{rank}"] for rank in ranks],
            "priorities": [
                {
                    "text": read[f"priority_{rank}"],
                    "who": read[f"who_{rank}"],
                    "due_on": read[f"due_{rank}"].isoformat(),
                }
                for rank in ranks
            ],
            "measures": read["measures"],
            "other_aid_cents": int(read["other_aid"] * 100),
        }


def _line(label: "StrPromise", rank: int, initial: str) -> forms.CharField:
    return forms.CharField(label=label % {"rank": rank}, max_length=200, initial=initial)


class VisitSignatureForm(forms.Form):
    """A name that is a signature, of what the page showed; a drawing, where a script draws."""

    party = forms.ChoiceField(choices=Party, widget=forms.HiddenInput)
    seen = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)
    full_name = forms.CharField(
        label=_("Nom et prénom"), max_length=150, help_text=_("Tapé ici, il vaut signature.")
    )
    drawing = forms.CharField(
        required=False, max_length=8000, widget=forms.HiddenInput(attrs={"data-emn-drawing": ""})
    )


class DropForm(forms.Form):
    """Why an interview is given up."""

    reason = forms.CharField(label=_("Pourquoi"), max_length=300)
