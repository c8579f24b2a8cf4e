"""What may be asked of the list of places."""

from django import forms
from django.utils.translation import gettext_lazy

from directory.address_filters import AddressFilterForm, Options
from directory.enums import PlaceKind
from directory.models.places import PlaceQuerySet
from directory.place_wording import named
from directory.places.standard import choices
from directory.poles import communes_of_poles, poles
from directory.reference import territories
from emn.territory.ground import places as communes


class PlaceFilterForm(AddressFilterForm):
    """Filters of the list, the map and the files: the same names in the address."""

    q = forms.CharField(label=gettext_lazy("Nom du lieu"), required=False, max_length=100)
    genre = forms.ChoiceField(label=gettext_lazy("Genre de lieu"), required=False)
    service = forms.ChoiceField(label=gettext_lazy("Service"), required=False)
    public = forms.ChoiceField(label=gettext_lazy("Public"), required=False)
    territoire = forms.ChoiceField(label=gettext_lazy("Intercommunalité"), required=False)
    pole = forms.ChoiceField(label=gettext_lazy("Sillon lorrain"), required=False)
    commune = forms.CharField(required=False, max_length=5, widget=forms.HiddenInput)

    def options(self) -> Options:
        """Return the choices of each list."""
        return {
            "genre": list(PlaceKind.choices),
            "service": [(value, named(value)) for value in choices("services")],
            "public": [
                (value, named(value)) for value in choices("publics_specifiquement_adresses")
            ],
            "pole": [(pole.key, pole.name) for pole in poles().values()],
            "territoire": sorted(territories().items(), key=lambda entry: entry[1]),
        }

    def clean_commune(self) -> str:
        """Leave out a commune that does not exist."""
        code = str(self.cleaned_data["commune"])
        return code if code in communes() else ""

    def narrowed(self, rows: PlaceQuerySet, *, but: str = "") -> PlaceQuerySet:
        """Return the places that answer; `but`: a filter left aside."""
        asked = {name: value for name, value in self.asked.items() if name != but}
        for name, lookup in (
            ("q", "name__icontains"), ("genre", "kind"), ("territoire", "commune__epci"),
            ("commune", "commune"),
        ):  # fmt: skip
            if value := asked.get(name):
                rows = rows.filter(**{lookup: value})
        if pole := asked.get("pole"):
            rows = rows.filter(commune__in=communes_of_poles()[pole])
        if service := asked.get("service"):
            rows = rows.filter(services__contains=[service])
        if public := asked.get("public"):
            rows = rows.welcoming(public)
        return rows
