"""What a visitor may filter the directory by; the state is in the URL."""

from collections.abc import Mapping
from typing import Any

import django_filters
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from directory.enums import ClientSize, SpokenLanguage
from directory.models import SearchDocument
from directory.reference import taxonomy
from directory.search.results import Documents
from emn.territory.models import Commune
from emn.territory.queries import communes_matching

DEFAULT_RADIUS_KM = 20
LARGEST_RADIUS_KM = 100


class PlaceField(forms.CharField):
    """A commune, by its INSEE code or by its name as people write it."""

    default_error_messages = {
        "unknown": _("Nous ne connaissons pas cette commune. Vérifiez son nom ou son code postal.")
    }

    def to_python(self, value: Any) -> Any:
        typed = str(value or "").replace("\x00", "").strip()[:80]
        if not typed:
            return None
        communes = Commune.objects.select_related("epci")
        found = communes.filter(pk=typed).first() if typed[:2].isdigit() else None
        found = found or next(iter(communes_matching(typed, limit=1)), None)
        if found is None:
            raise forms.ValidationError(self.error_messages["unknown"], code="unknown")
        return found


class SearchForm(forms.Form):
    """The question itself: words and a place."""

    q = forms.CharField(label=_("Votre besoin, ou un nom"), required=False, strip=True)
    commune = PlaceField(label=_("Près de"), required=False)
    rayon = forms.IntegerField(
        label=_("Dans un rayon de (km)"),
        required=False,
        validators=[
            MinValueValidator(1, _("Le rayon est d’au moins 1 km.")),
            MaxValueValidator(
                LARGEST_RADIUS_KM, _("Le rayon est de 100 km au plus : au-delà, cherchez partout.")
            ),
        ],
    )


class HoldsFilter(django_filters.ChoiceFilter):  # type: ignore[misc]  # untyped library
    """Keep the rows whose array column holds the chosen code."""

    def filter(self, qs: Documents, value: str) -> Documents:
        return qs.filter(**{f"{self.field_name}__contains": [value]}) if value else qs


class FacetFilter(django_filters.FilterSet):  # type: ignore[misc]  # untyped library
    """The facets: each narrows the set that the words and the place leave."""

    service = django_filters.CharFilter(method="by_service")
    langue = HoldsFilter(choices=SpokenLanguage.choices, field_name="languages")
    taille = HoldsFilter(choices=ClientSize.choices, field_name="client_sizes")
    territoire = django_filters.CharFilter(field_name="epci_code")

    class Meta:
        model = SearchDocument
        fields: list[str] = []

    def __init__(self, data: Mapping[str, Any]) -> None:
        super().__init__(data, queryset=SearchDocument.objects.all())
        self.form.is_valid()

    @property
    def chosen(self) -> dict[str, str]:
        """The facets the visitor set, by name; an unknown value is not one."""
        cleaned = self.form.cleaned_data
        return {name: cleaned[name] for name in self.filters if cleaned.get(name)}

    def narrow(self, documents: Documents, *, leave_out: str = "") -> Documents:
        """Apply every chosen facet but `leave_out`."""
        for name, value in self.chosen.items():
            if name != leave_out:
                documents = self.filters[name].filter(documents, value)
        return documents

    def by_service(self, documents: Documents, _name: str, slug: str) -> Documents:
        """Keep the cards that offer the service, or any service of the family of that slug."""
        wanted = [
            service.pk
            for service in taxonomy().values()
            if slug in {service.slug, service.category_slug}
        ]
        return documents.filter(service_ids__overlap=wanted)
