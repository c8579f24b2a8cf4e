"""What a visitor may filter the directory by; the state is in the URL."""

import re
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.urls import reverse_lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from directory.enums import ClientSector, ClientSize, SpokenLanguage, TrustClass
from directory.models import SearchDocument
from emn.territory.models import Commune
from emn.territory.queries import communes_matching, names_that_find, nearest_commune

DEFAULT_RADIUS_KM = 20
LARGEST_RADIUS_KM = 100


_POSITION = re.compile(r"^(-?\d{1,2}(?:\.\d+)?),(-?\d{1,3}(?:\.\d+)?)$")


class PlaceField(forms.CharField):
    """A commune: its INSEE code, its name as people write it, or a position « 48.73,7.05 »."""

    default_error_messages = {
        "unknown": _("Nous ne connaissons pas cette commune. Vérifiez son nom ou son code postal.")
    }

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").replace("\x00", "").strip()[:80]
        if not typed:
            return None
        communes = Commune.objects.select_related("epci")
        code: str | None = typed
        if position := _POSITION.match(typed):
            latitude, longitude = map(float, position.groups())
            code = nearest_commune(latitude=latitude, longitude=longitude)
        found = communes.filter(pk=code).first() if typed[:2].isdigit() else None
        found = found or next(iter(communes_matching(typed, limit=1)), None)
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found

    def prepare_value(self, value: Any) -> Any:
        """Show the name of a commune that a link gave by its code."""
        is_code = str(value)[:2].isdigit()
        return names_that_find().get(str(value), value) if is_code else value


class CommuneInput(forms.TextInput):
    """Where a commune is typed: the browser suggests names."""

    def __init__(self) -> None:
        super().__init__(
            attrs={
                "data-emn-suggest": format_lazy(
                    "{}?quoi=communes", reverse_lazy("directory:suggestions")
                ),
                "data-emn-suggest-label": _("communes"),
            }
        )


class SearchForm(forms.Form):
    """The question itself: words and a place."""

    q = forms.CharField(
        label=_("Votre besoin, ou un nom"),
        required=False,
        strip=True,
        widget=forms.TextInput(
            attrs={
                "data-emn-suggest": reverse_lazy("directory:suggestions"),
                "data-emn-suggest-label": _("suggestions"),
            }
        ),
    )
    commune = PlaceField(label=_("Près de"), required=False, widget=CommuneInput)
    rayon = forms.IntegerField(
        label=_("Dans un rayon de (km)"),
        required=False,
        widget=forms.NumberInput(
            attrs={"placeholder": DEFAULT_RADIUS_KM, "min": 1, "max": LARGEST_RADIUS_KM}
        ),
        validators=[
            MinValueValidator(1, _("Le rayon est d’au moins 1 km.")),
            MaxValueValidator(
                LARGEST_RADIUS_KM, _("Le rayon est de 100 km au plus : au-delà, cherchez partout.")
            ),
        ],
    )


class FacetFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped library
    """The facets of the address; `chosen` gives the ones that are set and known."""

    charte = django_filters.ChoiceFilter(choices=[("oui", _("Signataires"))])
    classe = django_filters.ChoiceFilter(choices=TrustClass.choices)
    service = django_filters.CharFilter()
    territoire = django_filters.CharFilter()
    langue = django_filters.ChoiceFilter(choices=SpokenLanguage.choices)
    taille = django_filters.ChoiceFilter(choices=ClientSize.choices)
    metier = django_filters.ChoiceFilter(choices=ClientSector.choices)

    class Meta:
        model = SearchDocument
        fields: list[str] = []

    @property
    def chosen(self) -> dict[str, str]:
        """Return facet → value; a value that nothing can be is left out."""
        self.form.is_valid()
        cleaned = self.form.cleaned_data
        return {name: cleaned[name] for name in self.filters if cleaned.get(name)}
