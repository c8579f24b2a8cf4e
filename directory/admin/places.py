"""Places: edit one, import a file of the national standard and follow it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.models import Place, PlaceImport
from directory.places.columns import LISTS, TEXTS, cells_of
from directory.places.standard import faults
from directory.services import places as services
from emn.lib.admin import BaseAdmin
from emn.lib.file_imports.admin import FileImportAdmin, ImportForm

TEXT_FIELDS = tuple(name for name in TEXTS.values() if name != "reference")


class PlaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A place by hand, held to the same standard as a line of a file."""

    class Meta:
        model = Place
        fields = (
            "reference", "slug", "kind", "commune", *TEXT_FIELDS, "latitude", "longitude",
            "updated_on", *LISTS.values(),
        )  # fmt: skip

    def clean_slug(self) -> str:
        """Refuse the address of another page."""
        slug = str(self.cleaned_data["slug"])
        if slug in services.RESERVED_SLUGS:
            raise forms.ValidationError(_("Cette adresse est celle d’une autre page."))
        return slug

    def clean(self) -> None:
        """Refuse what could not be exported."""
        super().clean()
        if self.errors:
            return
        for name, value in self.cleaned_data.items():
            setattr(self.instance, name, value)
        for fault in faults(cells_of(self.instance)):
            self.add_error(None, services.told(fault))


@admin.register(Place)
class PlaceAdmin(BaseAdmin):
    """Edited in place; a file that names the place writes over it again."""

    form = PlaceForm
    list_display = ["name", "kind", "commune", "origin", "updated_on", "withdrawn_at"]
    list_filter = ["kind", "origin"]
    search_fields = ["name", "reference"]
    autocomplete_fields = ["commune"]
    prepopulated_fields = {"slug": ["name"]}
    state_fields = ("origin", "withdrawn_at")
    ordering = ["name", "pk"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a place: files withdraw it."""
        return False

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of a public place only."""
        return None if obj.withdrawn_at else super().view_on_site(obj)


class PlaceImportForm(ImportForm):
    """The file, and who stands behind it."""

    origin = forms.CharField(
        label=gettext_lazy("Origine"),
        max_length=100,
        help_text=gettext_lazy(
            "Qui donne ce fichier : le même nom à chaque fois. Les lieux de cette origine qui n’y "
            "sont plus seront retirés, après votre accord."
        ),
    )


@admin.register(PlaceImport)
class PlaceImportAdmin(FileImportAdmin):
    """Files of the national standard."""

    permission = "directory.import_places"
    services = services
    form_class = PlaceImportForm
    upload_title = gettext_lazy("Importer des lieux")
    list_display = ["name", "origin", "status", "line_count", "error_count", "created_at"]

    def confirmed(self, request: HttpRequest) -> dict[str, Any]:
        """Read how many places staff agrees to withdraw."""
        typed = request.POST.get("withdrawn", "")
        return {"withdrawn_count": int(typed) if typed.isdecimal() else None}
