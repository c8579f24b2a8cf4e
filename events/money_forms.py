"""Forms of orders, invoices and payments."""

from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from events.enums import BuyerKind, PaymentMethod, ProductKind, Unit
from events.models import Product
from events.money.statements import cents_of

MOST_STATEMENT_BYTES = 2 * 1024 * 1024
ONLY_CENTS = _("Écrivez un montant en euros, comme 1 234,50.")


class AcceptForm(forms.Form):
    """The buyer says yes."""

    accepted_by = forms.CharField(
        label=_("Votre nom et votre qualité"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    purchase_order = forms.CharField(
        label=_("Numéro de votre bon de commande"),
        max_length=50,
        required=False,
        help_text=_("S’il doit figurer sur la facture."),
    )


class EurosField(forms.CharField):
    """An amount typed as people write it; whole cents once clean."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal"}))
        super().__init__(max_length=20, **kwargs)

    def clean(self, value: Any) -> Any:
        """Return cents, or None for an empty optional field."""
        text = super().clean(value)
        if not text:
            return None
        cents = cents_of(text)
        if cents is None or cents < 0:
            raise forms.ValidationError(ONLY_CENTS)
        return cents


class DayField(forms.DateField):
    """A day, picked in the browser."""

    widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], **kwargs)


class QuoteForm(forms.Form):
    """Who buys, and when what is sold takes place."""

    kind = forms.ChoiceField(label=_("Sorte d’acheteur"), choices=BuyerKind)
    name = forms.CharField(label=_("Nom de l’acheteur"), max_length=200)
    siret = forms.CharField(label=_("SIRET"), max_length=20, required=False)
    street = forms.CharField(label=_("Adresse"), max_length=200)
    postcode = forms.CharField(label=_("Code postal"), max_length=12)
    city = forms.CharField(label=_("Ville"), max_length=100)
    country = forms.RegexField(
        label=_("Pays, en deux lettres"), regex="^[A-Za-z]{2}$", initial="FR"
    )
    vat_id = forms.CharField(label=_("Numéro de TVA"), max_length=20, required=False)
    contact_name = forms.CharField(label=_("Contact"), max_length=120, required=False)
    email = forms.EmailField(label=_("Courriel"), required=False)
    purchase_order = forms.CharField(label=_("Bon de commande"), max_length=50, required=False)
    service_code = forms.CharField(
        label=_("Code service (Chorus Pro)"), max_length=100, required=False
    )
    language = forms.ChoiceField(label=_("Langue des papiers"), choices=settings.LANGUAGES)
    service_from = DayField(label=_("Prestation, du"), required=False)
    service_until = DayField(label=_("au"), required=False)


class CorrectionForm(QuoteForm):
    """The same, of a quote that may have been read already."""

    confirmed = forms.BooleanField(
        label=_("Je confirme : l’acheteur lira ce devis à la place de l’ancien.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].disabled = True


class QuoteLineForm(forms.Form):
    """One line: a product, which gives what is left empty, or words of its own."""

    product: "forms.ModelChoiceField[Product]" = forms.ModelChoiceField(
        label=_("Produit"), queryset=Product.objects.none(), required=False
    )
    kind = forms.ChoiceField(
        label=_("Sorte"), choices=[("", "–"), *ProductKind.choices], required=False
    )
    label = forms.CharField(label=_("Désignation"), max_length=300, required=False)
    quantity = forms.DecimalField(
        label=_("Quantité"), min_value=Decimal("0.01"), max_digits=9, decimal_places=2,
        required=False, localize=True,
    )  # fmt: skip
    unit = forms.ChoiceField(label=_("Unité"), choices=[("", "–"), *Unit.choices], required=False)
    price = EurosField(label=_("Prix unitaire hors taxes (€)"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["product"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Product.objects.filter(is_active=True).order_by("kind", "pk")
        for each in self.fields.values():  # the label stands at the head of the column
            each.widget.attrs["aria-label"] = each.label


class StaffAcceptForm(AcceptForm):
    """The buyer said yes by telephone or on paper."""

    accepted_by = forms.CharField(label=_("Qui a accepté"), max_length=120)


class IssueForm(forms.Form):
    """The day of an invoice."""

    on = DayField(label=_("Date d’émission"), initial=timezone.localdate)


class CreditForm(IssueForm):
    """Why an invoice is credited, and how much of each line; nothing: all of it."""

    reason = forms.CharField(label=_("Motif, écrit sur l’avoir"), max_length=200)
    reopen = forms.BooleanField(
        label=_("Rouvrir la commande pour la facturer à nouveau"),
        required=False,
        help_text=_("Seulement quand l’avoir solde la facture."),
    )

    def __init__(self, *args: Any, lines: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for line in lines:
            self.fields[f"line_{line['position']}"] = forms.DecimalField(
                label=_("Quantité à créditer : %(label)s") % {"label": line["label"]},
                help_text=_("%(quantity)s facturés. Toutes les lignes vides : tout est crédité.")
                % {"quantity": line["quantity"]},
                required=False, min_value=0, max_digits=9, decimal_places=2, localize=True,
            )  # fmt: skip

    @property
    def quantities(self) -> dict[int, Decimal] | None:
        """Return the quantities by line; None when none was typed."""
        typed = {
            int(name.removeprefix("line_")): value
            for name, value in self.cleaned_data.items()
            if name.startswith("line_") and value is not None
        }
        return typed or None


class ContractForm(forms.Form):
    """When, and how, an individual signed the contract."""

    signed_on = DayField(label=_("Contrat signé le"))
    at_a_distance = forms.BooleanField(label=_("Conclu à distance"), required=False)


_BY_HAND = [(row.value, row.label) for row in PaymentMethod if row != PaymentMethod.CARD]


class PaymentForm(forms.Form):
    """Money that came."""

    amount = EurosField(label=_("Montant (€)"))
    received_on = DayField(label=_("Reçu le"), initial=timezone.localdate)
    method = forms.ChoiceField(label=_("Moyen"), choices=_BY_HAND)
    reference = forms.CharField(label=_("Référence"), max_length=140, required=False)


class CardRefundForm(forms.Form):
    """Money that the provider of cards is asked to give back."""

    amount = EurosField(label=_("Montant (€)"))


class RefundForm(CardRefundForm):
    """Money that the centre gave back, as its bank knows it."""

    refunded_on = DayField(label=_("Rendu le"), initial=timezone.localdate)
    method = forms.ChoiceField(label=_("Moyen"), choices=_BY_HAND)
    reference = forms.CharField(label=_("Référence"), max_length=140, required=False)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(label=_("Motif"), max_length=200)


class AssignForm(forms.Form):
    """The order that a line of the bank pays."""

    order = forms.CharField(
        label=_("Numéro de commande ou de facture"),
        max_length=40,
        help_text=_("Par exemple C2026-000042 ou F2026-00012."),
    )


class StatementForm(forms.Form):
    """A file of the bank."""

    file = forms.FileField(
        label=_("Relevé"),
        help_text=_(
            "Le fichier camt.053 (.xml) de la banque, ou un tableau (.csv, .xlsx) avec les "
            "colonnes date, libelle, montant, et si possible emetteur et reference."
        ),
    )

    def clean_file(self) -> Any:
        """Refuse what is not a statement by its name or its size."""
        file = self.cleaned_data["file"]
        if not file.name.lower().endswith((".xml", ".csv", ".xlsx")):
            raise forms.ValidationError(_("Ce fichier n’est pas un .xml, un .csv ou un .xlsx."))
        if file.size > MOST_STATEMENT_BYTES:
            raise forms.ValidationError(_("Ce fichier dépasse 2 Mo."))
        return file


class ExportForm(forms.Form):
    """The days of an export."""

    start = DayField(label=_("Du"))
    end = DayField(label=_("au"))
