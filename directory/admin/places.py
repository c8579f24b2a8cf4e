"""Places: edit one, import a file of the national standard and follow it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.admin.transfers import ImportForm
from directory.enums import ImportStatus
from directory.models import Place, PlaceImport
from directory.places.columns import LISTS, TEXTS, cells_of
from directory.places.standard import faults
from directory.services import places as services
from emn.lib.admin import BaseAdmin, ReadOnlyAdmin, agent_id
from emn.lib.errors import DomainError

IMPORT = "directory.import_places"
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
class PlaceImportAdmin(ReadOnlyAdmin):
    """Each file with its report; the buttons call the services."""

    public_content = False
    change_list_template = "admin/directory/placeimport/change_list.html"
    list_display = ["name", "origin", "status", "line_count", "error_count", "created_at"]
    list_filter = ["status"]
    ordering = ["-created_at", "-pk"]

    def get_urls(self) -> list[Any]:
        """Add the upload and the buttons."""
        guard = self.admin_site.admin_view
        return [
            path("nouveau/", guard(self.upload), name="directory_placeimport_upload"),
            path(
                "<int:import_id>/<str:verb>/agir/",
                guard(self.act),
                name="directory_placeimport_act",
            ),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file and follow it."""
        _require(request)
        form = PlaceImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                entry = services.start_import(
                    file=file,
                    name=file.name,
                    origin=form.cleaned_data["origin"],
                    by_id=agent_id(request),
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("file", refusal.message)
            else:
                return redirect("admin:directory_placeimport_change", entry.pk)
        return self._page(request, "upload", _("Importer des lieux"), {"form": form})

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow one file: state, counts, lines to correct, buttons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = get_object_or_404(PlaceImport, pk=object_id)
        stale, may_act = entry.is_stale(now=timezone.now()), request.user.has_perm(IMPORT)
        context = {
            "entry": entry,
            "running": entry.is_running and not stale,
            "may_write": entry.status == ImportStatus.READY and may_act,
            "may_abandon": entry.status
            in {ImportStatus.READY, ImportStatus.REFUSED, ImportStatus.FAILED}
            and may_act,
            "may_relaunch": stale and may_act,
            "more_errors": max(0, entry.error_count - len(entry.errors)),
        }
        return self._page(request, "detail", entry.name, context)

    def act(self, request: HttpRequest, import_id: int, verb: str) -> HttpResponse:
        """Write, abandon or relaunch."""
        _require(request)
        acts: dict[str, Callable[..., PlaceImport]] = {
            "ecrire": services.ask_to_write,
            "abandonner": services.abandon_import,
            "relancer": services.relaunch_import,
        }
        if verb not in acts or not PlaceImport.objects.filter(pk=import_id).exists():
            raise Http404
        if request.method == "POST":
            confirmed = {}
            if verb == "ecrire":
                typed = request.POST.get("withdrawn", "")
                confirmed["withdrawn_count"] = int(typed) if typed.isdecimal() else None
            try:
                entry = acts[verb](import_id=import_id, now=timezone.now(), **confirmed)
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, entry, verb)
        return redirect("admin:directory_placeimport_change", import_id)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"title": title, "opts": self.model._meta}
        return render(request, f"admin/directory/placeimport/{name}.html", context)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(IMPORT):
        raise PermissionDenied
