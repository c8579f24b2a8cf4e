"""Filters of a list that the address holds: lists of choices, and what of them was understood."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _

Options = Mapping[str, list[tuple[str, Any]]]


class AddressFilterForm(forms.Form):
    """Filters by their names in the address; a value of no list narrows nothing."""

    def options(self) -> Options:
        """Return the choices of each list, by the name of its filter."""
        raise NotImplementedError

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, values in self.options().items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", _("Tous")), *values]

    @property
    def asked(self) -> dict[str, Any]:
        """What was understood, as parameters of the address."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
