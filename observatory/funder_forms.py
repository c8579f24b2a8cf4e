"""Forms of the cockpit: days of a report, its narrative, links to it; aids and attestations."""

from typing import Any

from django import forms
from django.utils import formats
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from observatory.funder_enums import AidRegime, AidService
from observatory.funding_queries import INDICATORS
from observatory.models import Agreement, AgreementObjective, SizeDeclaration


class DayInput(forms.DateInput):
    """A day, by the browser’s own calendar."""

    input_type = "date"

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%Y-%m-%d", **options)


class EurosField(forms.DecimalField):
    """An amount typed in euros, given in whole cents."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_digits=11, decimal_places=2, localize=True, **options)

    def prepare_value(self, value: Any) -> Any:
        """Show whole cents in euros; what was typed comes back as it was."""
        if not isinstance(value, int):
            return value
        sign = formats.get_format("DECIMAL_SEPARATOR")
        return f"{value // 100}{sign}{value % 100:02d}"

    def clean(self, value: Any) -> int | None:
        amount = super().clean(value)
        return None if amount is None else int(amount * 100)


class PeriodForm(forms.Form):
    """The days of a report, both included."""

    from_on = forms.DateField(label=_("Du"), widget=DayInput)
    until_on = forms.DateField(label=_("Au, compris"), widget=DayInput)


class NarrativeForm(forms.Form):
    """What the centre says of its figures."""

    narrative = forms.CharField(
        label=_("Récit"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
        help_text=_("Il est imprimé avec les chiffres, tel quel. Ne nommez personne."),
    )


class ShareForm(forms.Form):
    """For whom a link is, and until when."""

    label = forms.CharField(label=_("Remis à"), max_length=120)
    until_on = forms.DateField(label=_("Ouvert jusqu’au, compris"), widget=DayInput)


class ObjectiveForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """An indicator of the registry, and what is wanted of it."""

    indicator = forms.ChoiceField(label=_("Indicateur"))

    class Meta:
        model = AgreementObjective
        fields = ("indicator", "target")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["indicator"].choices = [  # type: ignore[attr-defined]  # a choice field
            ("", "—"),
            *((key, entry.title) for key, entry in INDICATORS.items()),
        ]


class AgreementForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """An agreement, its amounts in euros."""

    amount_cents = EurosField(label=_("Montant accordé (€)"))
    spent_cents = EurosField(label=_("Dépensé à ce jour (€)"), initial=0)

    class Meta:
        model = Agreement
        fields = ("amount_cents", "spent_cents")


class SizeForm(forms.ModelForm):  # type: ignore[type-arg]  # the same
    """What a company declares of its size, its amounts in euros."""

    turnover_cents = EurosField(label=_("Chiffre d’affaires (€)"))
    balance_cents = EurosField(label=_("Total du bilan (€)"))

    class Meta:
        model = SizeDeclaration
        fields = ("turnover_cents", "balance_cents")


class GrantForm(forms.Form):
    """An individual service that a company had for less than it is worth."""

    siren = forms.RegexField(
        r"^\d{9}$", label=_("SIREN"), error_messages={"invalid": _("Un SIREN compte 9 chiffres.")}
    )
    name = forms.CharField(label=_("Nom de l’entreprise"), max_length=200)
    service = forms.ChoiceField(label=_("Service"), choices=AidService.choices)
    label = forms.CharField(label=_("Prestation"), max_length=200)
    regime = forms.ChoiceField(
        label=_("Régime"), choices=AidRegime.choices, initial=AidRegime.DE_MINIMIS
    )
    granted_on = forms.DateField(
        label=_("Date d’octroi"), widget=DayInput,
        help_text=_("Le jour où le droit naît, et non celui où le service est rendu ou payé."),
    )  # fmt: skip
    value = EurosField(label=_("Valeur de la prestation (€)"))
    price = EurosField(label=_("Prix payé par l’entreprise (€)"))
    scale = forms.CharField(
        label=_("Barème"), max_length=60, help_text=_("Version du barème dont vient la valeur.")
    )
    declared = EurosField(
        label=_("Autres aides de minimis déclarées, sur trois ans (€)"),
        help_text=_(
            "Celles d’autres financeurs, pour tout le groupe, telles que l’entreprise les écrit."
        ),
    )
    declared_on = forms.DateField(label=_("Déclaration signée le"), widget=DayInput)

    def clean(self) -> dict[str, Any]:
        """Refuse a price above the value, and a declaration that came after."""
        data = super().clean() or self.cleaned_data
        value, price = data.get("value"), data.get("price")
        if value is not None and price is not None and price > value:
            self.add_error("price", gettext("Le prix dépasse la valeur : il n’y a pas d’aide."))
        declared_on, granted_on = data.get("declared_on"), data.get("granted_on")
        if declared_on and granted_on and declared_on > granted_on:
            self.add_error(
                "declared_on", gettext("L’entreprise déclare ses autres aides avant l’octroi.")
            )
        return data


class AttestationForm(forms.Form):
    """Which company, and as of which day."""

    siren = forms.RegexField(
        r"^\d{9}$", label=_("SIREN"), error_messages={"invalid": _("Un SIREN compte 9 chiffres.")}
    )
    as_of = forms.DateField(label=_("Au"), widget=DayInput)
    declared = EurosField(
        label=_("Autres aides de minimis déclarées, sur trois ans (€)"), initial=0
    )
