"""Forms of the chest: a project, and the seven things to hold. Secrets are refused as they come."""

from typing import Any

from django import forms
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from directory.enums import AssetKind, AssetState
from directory.models import Asset, Company
from directory.models.reversibility import LONGEST_PLACE
from directory.reversibility.secrets import looks_secret
from directory.services.reversibility import secret_refusal

HELPS = {
    AssetKind.DOMAIN: _("Le nom qui figure dans l’annuaire des domaines : le vôtre ?"),
    AssetKind.REGISTRAR: _("Là où il se paie chaque année, et qui en a le compte."),
    AssetKind.HOSTING: _("Chez qui sont les fichiers et la base, au nom de qui est le contrat."),
    AssetKind.ADMINS: _("Qui entre partout : site, messagerie, statistiques, réseaux sociaux."),
    AssetKind.BACKUPS: _("Où elles sont, chez un autre que l’hébergeur, essayées quand."),
    AssetKind.EXPORT: _("Dans quel format vos données sortent, et comment le demander."),
    AssetKind.LICENCE: _("Ce qui est à vous, ce qui est libre, ce qui est loué."),
}


class PlainField(forms.CharField):
    """Words that hold no secret."""

    def clean(self, value: Any) -> Any:
        """Refuse what looks like a password or a key."""
        text = super().clean(value)
        if looks_secret(text):
            raise forms.ValidationError(secret_refusal())
        return text


class ProjectForm(forms.Form):
    """A project to add."""

    company: "forms.ModelChoiceField[Company]" = forms.ModelChoiceField(
        label=_("Entreprise"), queryset=Company.objects.none(), empty_label=None
    )
    name = PlainField(
        label=_("Nom du projet"),
        max_length=120,
        help_text=_("Un site, une boutique, un logiciel : ce qu’il faudrait pouvoir emporter."),
    )
    supplier = PlainField(label=_("Prestataire actuel"), max_length=120, required=False)

    def __init__(self, *args: Any, companies: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["company"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = companies
        if len(companies) == 1:
            field.initial, field.widget = companies[0].pk, forms.HiddenInput()
            field.widget.choices = field.choices


class AssetForm(forms.Form):
    """One thing to hold."""

    state = forms.ChoiceField(label=_("Est-ce en main ?"), choices=AssetState)
    holder = PlainField(
        label=_("Au nom de qui"),
        max_length=120,
        required=False,
    )
    place = PlainField(label=_("Où"), max_length=LONGEST_PLACE, required=False)
    checked_on = forms.DateField(
        label=_("Vérifié le"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    kind = AssetKind.DOMAIN

    def clean_checked_on(self) -> Any:
        """Refuse a day to come."""
        day = self.cleaned_data["checked_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(gettext("Ce jour n’est pas encore venu."))
        return day

    @property
    def title(self) -> Any:
        """What it is about."""
        return self.kind.label

    @property
    def help(self) -> Any:
        """What to look at."""
        return HELPS[self.kind]


def asset_rows(data: QueryDict | None, assets: list[Asset]) -> "BaseFormSet[AssetForm]":
    """Return the seven rows, in the order of `AssetKind`."""
    known = {asset.kind: asset for asset in assets}
    kinds = list(AssetKind)
    initial = [
        {name: getattr(known[kind], name) for name in ("state", "holder", "place", "checked_on")}
        for kind in kinds
    ]
    rows = formset_factory(AssetForm, extra=0, min_num=0, max_num=len(kinds))
    found = rows(data, initial=initial, prefix="assets")
    for form, kind in zip(found.forms, kinds, strict=False):
        form.kind = kind
    return found
