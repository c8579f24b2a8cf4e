"""Redirects, beside those that a page makes when its address changes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from emn.lib.admin import BaseAdmin
from emn.pages.models import Redirect
from emn.pages.services import redirects


class RedirectForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Two paths that make neither chain nor ring."""

    def clean(self) -> dict[str, Any]:
        """Refuse what would take more than one step."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        redirects.lock()  # until the transaction of the back office ends
        old_path, new_path = cleaned.get("old_path"), cleaned.get("new_path") or ""
        if old_path and redirects.makes_a_chain(
            old_path=old_path, new_path=new_path, but=self.instance.pk or 0
        ):
            raise forms.ValidationError(
                _("Une autre redirection passe par l’un de ces chemins : menez droit au dernier.")
            )
        return cleaned


@admin.register(Redirect)
class RedirectAdmin(BaseAdmin):
    """They are looked at only where nothing else answers."""

    form = RedirectForm
    fields = ["old_path", "new_path"]
    list_display = ["old_path", "new_path"]
    search_fields = ["old_path", "new_path"]
    ordering = ["old_path", "pk"]
