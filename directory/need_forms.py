"""Forms of needs: the company's three steps, what providers answer, what staff decides."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.enums import (
    BudgetBand,
    ClientSector,
    ClientSize,
    ClosingReason,
    LaterOutcome,
    LossReason,
    NeedDeadline,
    NeedOutcome,
    RefusalReason,
    SpokenLanguage,
    Usefulness,
)
from directory.filters import PlaceField
from directory.models import Service
from directory.models.needs import LONGEST_TEXT
from directory.need_questions import questions
from directory.reference import taxonomy
from emn.lib.forms import PublicForm

LONGEST_ANSWER = 500
QUESTION = "question_"
_EMPTY = ("", _("Choisissez"))


class ContactFields(forms.Form):
    """Whom to write to."""

    name = forms.CharField(
        label=_("Votre nom"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=_("Votre courriel professionnel"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("Nous y envoyons un lien : votre demande ne part qu’une fois confirmée."),
    )
    phone = forms.RegexField(
        regex=r"^[+0-9 ().-]{6,20}$",
        label=_("Votre téléphone"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
        help_text=_("Donné seulement aux prestataires qui acceptent votre demande."),
        error_messages={"invalid": _("Un numéro s’écrit en chiffres : 03 87 00 00 00.")},
    )


class NeedContactForm(PublicForm, ContactFields):
    """The first step. `service` and `fiche`: where the visitor comes from."""

    scope = "directory.need"
    limit_with_proof = 30
    field_order = ["name", "email", "phone"]

    service = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)
    fiche = forms.CharField(required=False, max_length=80, widget=forms.HiddenInput)

    def clean_service(self) -> int | None:
        """Return the key of the service, None when it is not one of the taxonomy."""
        slug = self.cleaned_data["service"]
        return next((pk for pk, entry in taxonomy().items() if entry.slug == slug), None)


class NeedCompanyForm(forms.Form):
    """The second step: the company that was found, and what the register cannot tell."""

    siret = forms.CharField(widget=forms.HiddenInput, max_length=14)
    client_size = forms.ChoiceField(
        label=_("Combien de salariés ?"), choices=[_EMPTY, *ClientSize.choices]
    )
    sector = forms.ChoiceField(label=_("Votre métier"), choices=[_EMPTY, *ClientSector.choices])


class NeedDetailsForm(forms.Form):
    """The last step. `family`: whose questions the page that was sent showed."""

    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Que cherchez-vous ?"),
        queryset=Service.objects.none(),
        empty_label=_("Choisissez un service"),
    )
    text = forms.CharField(
        label=_("Votre besoin, avec vos mots"),
        max_length=LONGEST_TEXT,
        min_length=20,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text=_(
            "Ce que vous voulez obtenir, ce qui existe déjà, ce qui bloque. N’écrivez ni nom ni "
            "téléphone : les prestataires lisent ce texte avant d’accepter."
        ),
        error_messages={"min_length": _("Dites-en un peu plus : vingt signes au moins.")},
    )
    commune = PlaceField(label=_("Où ?"), help_text=_("La commune où le travail se fera."))
    budget = forms.ChoiceField(
        label=_("Budget total, hors taxes"), choices=BudgetBand, widget=forms.RadioSelect
    )
    deadline = forms.ChoiceField(
        label=_("Pour quand ?"), choices=NeedDeadline, widget=forms.RadioSelect
    )
    working_language = forms.ChoiceField(
        label=_("Langue de travail"), choices=SpokenLanguage, initial=SpokenLanguage.FRENCH
    )
    family = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, family: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["family"] = family
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = Service.objects.staying().in_order()
        groups: dict[str, list[tuple[int, str]]] = {}
        for entry in taxonomy().values():
            groups.setdefault(entry.category_name, []).append((entry.pk, entry.name))
        services.widget.choices = [("", services.empty_label or ""), *groups.items()]
        for question in questions().get(family, ()):
            self.fields[QUESTION + question.key] = forms.CharField(
                label=question.label, required=False, max_length=LONGEST_ANSWER
            )

    @property
    def answers(self) -> dict[str, str]:
        """The answers to the questions of the service."""
        return {
            name.removeprefix(QUESTION): value
            for name, value in self.cleaned_data.items()
            if name.startswith(QUESTION) and value
        }

    def values(self) -> dict[str, Any]:
        """Return what is valid, by the names of the need: complete or not."""
        names = ("service", "text", "budget", "deadline", "working_language")
        values = {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}
        if place := self.cleaned_data.get("commune"):
            values["commune_id"] = place.pk
        return values | {"answers": self.answers}


class MessageForm(forms.Form):
    """A message of a thread."""

    text = forms.CharField(
        label=_("Votre message"), max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 4})
    )


class RefusalForm(forms.Form):
    """Why a provider does not take a request."""

    reason = forms.ChoiceField(
        label=_("Pourquoi ?"), choices=RefusalReason, widget=forms.RadioSelect
    )
    words = forms.CharField(
        label=_("Précisez"),
        required=False,
        max_length=500,
        help_text=_("Lu par le centre seulement."),
    )
    pauses = forms.BooleanField(
        label=_("Ne plus m’envoyer de demandes jusqu’à nouvel ordre"), required=False
    )


class LossForm(forms.Form):
    """Why a company goes no further with a provider."""

    reason = forms.ChoiceField(
        label=_("Pourquoi ?"),
        choices=[choice for choice in LossReason.choices if choice[0] != LossReason.NO_NEWS],
    )


class ClosingForm(forms.Form):
    """Why a company ends its need."""

    reason = forms.ChoiceField(
        label=_("Pourquoi ?"),
        choices=[
            (reason.value, reason.label)
            for reason in (ClosingReason.ELSEWHERE, ClosingReason.DROPPED)
        ],
        widget=forms.RadioSelect,
    )


class SatisfactionForm(forms.Form):
    """Three questions, ten days after the first contact."""

    was_called = forms.TypedChoiceField(
        label=_("Un prestataire vous a-t-il appelé ou écrit ?"),
        choices=[("yes", _("Oui")), ("no", _("Non"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
    )
    was_useful = forms.ChoiceField(
        label=_("Cet échange vous a-t-il été utile ?"), choices=Usefulness, widget=forms.RadioSelect
    )
    outcome = forms.ChoiceField(
        label=_("Où en êtes-vous ?"), choices=NeedOutcome, widget=forms.RadioSelect
    )


class LaterForm(forms.Form):
    """One question, five months after."""

    outcome = forms.ChoiceField(
        label=_("Où en est le travail ?"), choices=LaterOutcome, widget=forms.RadioSelect
    )


class QualifyForm(forms.Form):
    """What staff sets right before the providers are asked."""

    service: "forms.ModelChoiceField[Service]" = forms.ModelChoiceField(
        label=_("Service"), queryset=Service.objects.none()
    )
    commune = PlaceField(label=_("Lieu"))
    client_size = forms.ChoiceField(label=_("Effectif"), choices=ClientSize)
    sector = forms.ChoiceField(label=_("Métier"), choices=ClientSector)
    working_language = forms.ChoiceField(label=_("Langue de travail"), choices=SpokenLanguage)
    budget = forms.ChoiceField(label=_("Budget"), choices=BudgetBand)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        services = self.fields["service"]
        assert isinstance(services, forms.ModelChoiceField)
        services.queryset = Service.objects.staying().in_order()


class StaffClosingForm(forms.Form):
    """Why the centre ends a need; the company reads the words."""

    reason = forms.ChoiceField(label=_("Motif"), choices=ClosingReason)
    words = forms.CharField(
        label=_("Ce que l’entreprise lira"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


class RecommendForm(forms.Form):
    """Providers that an agent adds, and why: a line of the neutrality log."""

    providers = forms.MultipleChoiceField(
        label=_("Prestataires"), widget=forms.CheckboxSelectMultiple
    )
    reason = forms.CharField(
        label=_("Pourquoi ceux-là"),
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Gardé au journal de neutralité, avec votre nom et la date."),
    )

    def __init__(self, *args: Any, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["providers"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = choices
