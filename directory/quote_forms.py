"""Forms of a quote: for whom, each of the seven parts, the costs, the company's answer.

Nothing but the shape is required: a draft is saved as it is, and told what it lacks.
"""

from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.conf import settings
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.enums import LossReason
from directory.quotes.money import HIGHEST_PRICE, HIGHEST_QUANTITY, Every, Line, write_line
from directory.quotes.parts import Field, Part, rules
from directory.services.quotes import LONGEST_VALIDITY

LONGEST_TEXT = 3_000
LONGEST_LINE = 200
BLANK_LINES = 3


class AmountField(forms.Field):
    """A number as people write it: «1 234,50», «1234.5», «1 234,50 €»."""

    def __init__(self, *, highest: Decimal, places: int = 2, **options: Any) -> None:
        super().__init__(**options)
        self.highest, self.places = highest, places
        self.widget.attrs["inputmode"] = "decimal"

    def prepare_value(self, value: Any) -> Any:
        """Show a number as the language of the page writes it."""
        if isinstance(value, Decimal):
            return number_format(value, use_l10n=True, force_grouping=False)
        return value

    def clean(self, value: Any) -> Any:
        """Return a Decimal, or None when it is empty."""
        text = "".join(str(value or "").split()).removesuffix("€").replace(",", ".")
        if not text:
            return super().clean(None)
        try:
            number = Decimal(text)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite():
            raise forms.ValidationError(gettext("Un nombre s’écrit en chiffres : 1 234,50."))
        if not 0 <= number <= self.highest:
            raise forms.ValidationError(
                gettext("Donnez un nombre de 0 à %(most)s.")
                % {"most": number_format(self.highest, use_l10n=True, force_grouping=True)}
            )
        if -int(number.as_tuple().exponent) > self.places:
            raise forms.ValidationError(gettext("Deux décimales au plus."))
        return number


class HeadForm(forms.Form):
    """What the quote is, for whom, until when. Of a request, the client is not asked."""

    title = forms.CharField(
        label=_("Objet du devis"),
        max_length=150,
        required=False,
        help_text=_("En quelques mots : « Site vitrine de la boulangerie »."),
    )
    client_company = forms.CharField(
        label=_("Entreprise du client"), max_length=200, required=False
    )
    client_name = forms.CharField(
        label=_("Votre contact chez le client"), max_length=120, required=False
    )
    client_email = forms.EmailField(
        label=_("Son courriel"),
        required=False,
        help_text=_("Le devis y part par un lien, quand vous l’envoyez et pas avant."),
    )
    language = forms.ChoiceField(label=_("Langue du devis"), choices=settings.LANGUAGES)
    valid_until = forms.DateField(
        label=_("Valable jusqu’au"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, is_answer: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_answer:
            for name in ("client_company", "client_name", "client_email"):
                del self.fields[name]

    def clean_client_email(self) -> str:
        """Return it in lower case."""
        return str(self.cleaned_data["client_email"]).strip().lower()

    def clean_valid_until(self) -> Any:
        """Refuse a day that is over, or too far."""
        day = self.cleaned_data["valid_until"]
        today = timezone.localdate()
        if day is not None and not today <= day <= today + LONGEST_VALIDITY:
            raise forms.ValidationError(gettext("Donnez un jour à venir, dans l’année qui suit."))
        return day


class PartForm(forms.Form):
    """One part: its fields are data."""

    def __init__(self, *args: Any, part: Part, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for entry in part.fields:
            self.fields[entry.key] = _field(entry)

    def values(self) -> dict[str, Any]:
        """Return what is valid: complete or not."""
        return dict(self.cleaned_data)


def _field(entry: Field) -> forms.Field:
    options: dict[str, Any] = {
        "label": entry.label,
        "help_text": entry.help,
        "required": False,
    }
    if entry.kind == "check":
        return forms.BooleanField(**options)
    if entry.kind == "line":
        return forms.CharField(max_length=LONGEST_LINE, **options)
    widget = forms.Textarea(attrs={"rows": 4})
    return forms.CharField(max_length=LONGEST_TEXT, widget=widget, **options)


class LineForm(forms.Form):
    """One cost; a row without a name is no row."""

    label = forms.CharField(label=_("Désignation"), max_length=LONGEST_LINE, required=False)
    quantity = AmountField(
        label=_("Quantité"), highest=HIGHEST_QUANTITY, required=False, initial=Decimal(1)
    )
    price = AmountField(label=_("Prix unitaire HT (€)"), highest=HIGHEST_PRICE, required=False)
    vat = forms.ChoiceField(label=_("TVA"))
    every = forms.ChoiceField(
        label=_("Payé"),
        choices=[
            (Every.ONCE.value, _("une fois")),
            (Every.MONTH.value, _("chaque mois")),
            (Every.YEAR.value, _("chaque année")),
        ],
    )
    months = forms.IntegerField(label=_("Durée annoncée (mois)"), required=False, min_value=1)
    ends = forms.CharField(label=_("Comment y mettre fin"), max_length=LONGEST_LINE, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rates, months = self.fields["vat"], self.fields["months"]
        assert isinstance(rates, forms.ChoiceField)
        assert isinstance(months, forms.IntegerField)
        rates.choices = [(rate, _rate_label(rate)) for rate in rules().vat_rates]
        months.widget.attrs["max"] = rules().most_months

    def clean(self) -> dict[str, Any]:
        """Ask for the price of what is named, and for the name of what has a price."""
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if given.get("label") and given.get("price") is None and "price" not in self.errors:
            self.add_error("price", gettext("Donnez le prix : 0 s’il est offert."))
        if given.get("price") is not None and not given.get("label"):
            self.add_error("label", gettext("Dites ce qui est payé."))
        if (given.get("months") or 0) > rules().most_months:
            self.add_error("months", gettext("Dix ans au plus."))
        return given

    def line(self) -> dict[str, Any] | None:
        """Return the cost as the quote keeps it; None for an empty row."""
        given = self.cleaned_data
        if not given.get("label") or given.get("price") is None:
            return None
        every = Every(given["every"])
        is_once = every == Every.ONCE
        quantity = given.get("quantity")
        return write_line(
            Line(
                label=given["label"],
                quantity=Decimal(1) if quantity is None else quantity,
                price=given["price"],
                vat=Decimal(given["vat"]),
                every=every,
                months=0 if is_once else given.get("months") or 0,
                ends="" if is_once else given.get("ends", ""),
            )
        )


def _rate_label(rate: str) -> str:
    if rate == "0":
        return gettext("sans TVA")
    return gettext("%(rate)s %%") % {"rate": number_format(Decimal(rate), use_l10n=True)}


def line_rows(
    data: QueryDict | None, *, lines: list[Line] | None = None
) -> "BaseFormSet[LineForm]":
    """Return the rows of the table of costs, with some to fill in."""
    initial = [
        {
            "label": line.label,
            "quantity": line.quantity,
            "price": line.price,
            "vat": str(line.vat),
            "every": str(line.every),
            "months": line.months or None,
            "ends": line.ends,
        }
        for line in lines or []
    ]
    most = rules().most_lines
    rows = formset_factory(
        LineForm,
        extra=min(BLANK_LINES, most - len(initial)) if initial else BLANK_LINES,
        max_num=most,
        absolute_max=most,
        validate_max=True,
    )
    return rows(data, initial=initial, prefix="lines")


class DeclineForm(forms.Form):
    """Why a company declines a quote."""

    reason = forms.ChoiceField(
        label=_("Pourquoi ?"),
        choices=[
            (reason.value, reason.label)
            for reason in LossReason
            if reason not in {LossReason.NO_CALL, LossReason.NO_NEWS}
        ],
        widget=forms.RadioSelect,
    )
