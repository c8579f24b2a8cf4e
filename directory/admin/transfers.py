"""Files of cards: bring one in, follow it, write it; ask for one, download it."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.enums import ExportStatus, FileFormat, ProviderStatus
from directory.models import CardExport, CardImport
from directory.reference import territories
from directory.services import exports, imports
from directory.transfers.columns import CardResource
from emn.lib.admin import ReadOnlyAdmin
from emn.lib.errors import DomainError
from emn.lib.file_imports.admin import FileImportAdmin
from emn.lib.tables import XLSX_TYPE

IMPORT, EXPORT = "directory.import_cards", "directory.export_cards"


class ExportForm(forms.Form):
    """Which cards, and for which program."""

    format = forms.ChoiceField(label=gettext_lazy("Format"), choices=FileFormat)
    status = forms.ChoiceField(
        label=gettext_lazy("État des fiches"),
        required=False,
        choices=[("", gettext_lazy("Tous les états")), *ProviderStatus.choices],
    )
    territory = forms.ChoiceField(label=gettext_lazy("Territoire"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted(territories().items(), key=lambda entry: entry[1])
        field = self.fields["territory"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("Tout le territoire")), *names]


@admin.register(CardImport)
class CardImportAdmin(FileImportAdmin):
    """Files of cards, with an empty workbook to fill in."""

    permission = IMPORT
    services = imports
    upload_title = gettext_lazy("Importer des fiches")
    workbook_name = "modele-fiches.xlsx"
    list_display = ["name", "status", "line_count", "error_count", "created_at", "created_by"]

    def columns(self) -> Sequence[str]:
        """Return the columns of an export."""
        return list(CardResource().get_export_headers())


@admin.register(CardExport)
class CardExportAdmin(ReadOnlyAdmin):
    """One's own exports: nobody downloads another's."""

    public_content = False
    change_list_template = "admin/directory/cardexport/change_list.html"
    list_display = ["created_at", "format", "row_count", "status"]
    ordering = ["-created_at", "-pk"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the exports of this agent."""
        return super().get_queryset(request).filter(created_by=request.user)

    def get_urls(self) -> list[Any]:
        """Add the request and the download."""
        guard = self.admin_site.admin_view
        return [
            path("nouveau/", guard(self.ask), name="directory_cardexport_ask"),
            path(
                "<int:export_id>/fichier/", guard(self.download), name="directory_cardexport_file"
            ),
            *super().get_urls(),
        ]

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Choose which cards, and have the file made."""
        _require(request, EXPORT)
        form = ExportForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            filters = {
                name: form.cleaned_data[name]
                for name in ("status", "territory")
                if form.cleaned_data[name]
            }
            try:
                entry = exports.start_export(
                    user=request.user,  # type: ignore[arg-type]  # an agent, by admin_view
                    file_format=form.cleaned_data["format"],
                    filters=filters,
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, entry, [{"added": {}}])
                return redirect("admin:directory_cardexport_change", entry.pk)
        context = {"title": _("Exporter des fiches"), "form": form}
        return self._page(request, "ask", context)

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow one export until it can be downloaded."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        context = {
            "title": str(entry),
            "entry": entry,
            "running": entry.status in {ExportStatus.WAITING, ExportStatus.RUNNING},
            "ready": entry.status == ExportStatus.READY,
        }
        return self._page(request, "detail", context)

    def download(self, request: HttpRequest, export_id: int) -> HttpResponseBase:
        """Send the file to the one who asked for it."""
        _require(request, EXPORT)
        entry = get_object_or_404(self.get_queryset(request), pk=export_id)
        if entry.status != ExportStatus.READY:
            raise Http404
        day = timezone.localdate(entry.created_at).isoformat()
        return FileResponse(
            entry.file.open("rb"),
            as_attachment=True,
            filename=f"fiches-{day}.{entry.format}",
            content_type=_TYPES[entry.format],
        )

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"opts": self.model._meta}
        return render(request, f"admin/directory/cardexport/{name}.html", context)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


_TYPES: dict[str, str] = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: XLSX_TYPE,
}
