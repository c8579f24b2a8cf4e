"""Places: edit one, import a file of the national standard and follow it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.enums import PlaceKind
from directory.models import Place, PlaceChange, PlaceImport
from directory.places.columns import LISTS, TEXTS, cells_of
from directory.places.standard import faults
from directory.services import places as services
from emn.lib.admin import BaseAdmin, ReadOnlyAdmin
from emn.lib.file_imports.admin import FileImportAdmin, ImportForm

SHOWN_CHANGES = 20
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
    state_fields = ("origin", "withdrawn_at", "imports")
    ordering = ["name", "pk"]

    @admin.display(description=gettext_lazy("ce que les imports en ont fait"))
    def imports(self, place: Place) -> str:
        """Tell the last changes, the newest first."""
        rows = place.changes.order_by("-made_at", "-pk")[:SHOWN_CHANGES] if place.pk else ()
        lines = [
            (date_format(timezone.localtime(row.made_at), "DATE_FORMAT"), row.get_kind_display(),
             row.file, told_fields(row))
            for row in rows
        ]  # fmt: skip
        return format_html_join("", "<p>{} · {} · {}<br>{}</p>", lines) or "–"

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes a place: files withdraw it."""
        return False

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of a public place only."""
        return None if obj.withdrawn_at else super().view_on_site(obj)


@admin.register(PlaceChange)
class PlaceChangeAdmin(ReadOnlyAdmin):
    """What each import did to each place."""

    public_content = False
    list_display = ["place", "kind", "made_at", "file", "what"]
    list_filter = ["kind"]
    search_fields = ["place__name", "place__reference", "file"]
    date_hierarchy = "made_at"
    ordering = ["-made_at", "-pk"]
    fields = ["place", "entry", "file", "kind", "what", "made_at"]
    readonly_fields = ["what"]

    @admin.display(description=gettext_lazy("champs changés"))
    def what(self, change: PlaceChange) -> str:
        """Tell the fields, before and after."""
        return told_fields(change) or "–"


def told_fields(change: PlaceChange) -> str:
    """Return the fields of a change, each on its line: the name, before → after."""
    names = {field.attname: field.verbose_name for field in Place._meta.concrete_fields}
    lines = [
        (names.get(name, name), " : {} → {}".format(*(value or "–" for value in said)))
        if said
        else (names.get(name, name), "")
        for name, said in change.fields.items()
    ]
    return format_html_join("", "{}{}<br>", lines)


class PlaceImportForm(ImportForm):
    """The file, and who stands behind it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Genre des lieux"),
        choices=PlaceKind,
        initial=PlaceKind.MEDIATION,
        help_text=gettext_lazy(
            "Celui des lieux que ce fichier ajoute : une école, un laboratoire… Un lieu déjà connu "
            "garde le sien."
        ),
    )

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
    list_display = ["name", "origin", "kind", "status", "line_count", "error_count", "created_at"]

    def confirmed(self, request: HttpRequest) -> dict[str, Any]:
        """Read how many places staff agrees to withdraw."""
        typed = request.POST.get("withdrawn", "")
        return {"withdrawn_count": int(typed) if typed.isdecimal() else None}
