"""Files of cards: bring one in, follow it, write it; ask for one, download it."""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.enums import ExportStatus, FileFormat, ImportStatus, ProviderStatus
from directory.models import CardExport, CardImport
from directory.models.transfers import FileImport
from directory.reference import territories
from directory.services import exports, imports
from directory.transfers.columns import CardResource
from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.errors import DomainError
from emn.lib.tables import SUFFIXES, write_xlsx

IMPORT, EXPORT = "directory.import_cards", "directory.export_cards"


class ImportForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("Fichier de fiches"),
        help_text=gettext_lazy(
            "XLSX, CSV ou CSV.GZ, 10 Mo au plus : enregistrez un grand CSV en XLSX, ou "
            "compressez-le."
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("Ce fichier pèse %(size)s ; 10 Mo au plus. Compressez-le ou coupez-le.")
                % {"size": filesizeformat(file.size)}
            )
        return file


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


class FileImportAdmin(ReadOnlyAdmin):
    """Each file with its report; the buttons call the services.

    `services` has `start_import`, `ask_to_write`, `abandon_import` and `relaunch_import`; the
    templates lie in the folder of the model.
    """

    public_content = False
    permission: str
    services: ModuleType
    form_class: type[ImportForm] = ImportForm
    upload_title: Any
    list_filter = ["status"]
    ordering = ["-created_at", "-pk"]

    def get_urls(self) -> list[Any]:
        """Add the upload and the buttons."""
        guard = self.admin_site.admin_view
        return [
            path("nouveau/", guard(self.upload), name=self._name("upload")),
            path("<int:import_id>/<str:verb>/agir/", guard(self.act), name=self._name("act")),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file and follow it."""
        _require(request, self.permission)
        sent = (request.POST, request.FILES) if request.method == "POST" else ()
        form = self.form_class(*sent)
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                entry = self.services.start_import(
                    **form.cleaned_data,
                    name=file.name,
                    by_id=agent_id(request),
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("file", refusal.message)
            else:
                return redirect(f"admin:{self._name('change')}", entry.pk)
        context = {"form": form} | self.upload_context()
        return self._page(request, "upload", self.upload_title, context)

    def upload_context(self) -> dict[str, Any]:
        """Return what the page of the upload shows beside the form."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow one file: state, counts, lines to correct, buttons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = get_object_or_404(self.model, pk=object_id)
        stale = entry.is_stale(now=timezone.now())
        may_act = request.user.has_perm(self.permission)
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
        _require(request, self.permission)
        acts: dict[str, Callable[..., FileImport]] = {
            "ecrire": self.services.ask_to_write,
            "abandonner": self.services.abandon_import,
            "relancer": self.services.relaunch_import,
        }
        if verb not in acts or not self.model._default_manager.filter(pk=import_id).exists():
            raise Http404
        if request.method == "POST":
            confirmed = self.confirmed(request) if verb == "ecrire" else {}
            try:
                entry = acts[verb](import_id=import_id, now=timezone.now(), **confirmed)
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, entry, verb)
        return redirect(f"admin:{self._name('change')}", import_id)

    def confirmed(self, request: HttpRequest) -> dict[str, Any]:
        """Return what staff typed to have the file written."""
        return {}

    def _name(self, page: str) -> str:
        return f"directory_{self.opts.model_name}_{page}"

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"title": title, "opts": self.opts}
        return render(request, f"admin/directory/{self.opts.model_name}/{name}.html", context)


@admin.register(CardImport)
class CardImportAdmin(FileImportAdmin):
    """Files of cards, with an empty workbook to fill in."""

    change_list_template = "admin/directory/cardimport/change_list.html"
    permission = IMPORT
    services = imports
    upload_title = gettext_lazy("Importer des fiches")
    list_display = ["name", "status", "line_count", "error_count", "created_at", "created_by"]

    def get_urls(self) -> list[Any]:
        """Add the model."""
        guard = self.admin_site.admin_view
        return [
            path("modele/", guard(self.model_file), name="directory_cardimport_model"),
            *super().get_urls(),
        ]

    def upload_context(self) -> dict[str, Any]:
        """Name the columns."""
        return {"columns": CardResource().get_export_headers()}

    def model_file(self, request: HttpRequest) -> HttpResponse:
        """Give an empty workbook with the columns."""
        _require(request, IMPORT)
        response = HttpResponse(content_type=_TYPES[FileFormat.XLSX])
        response["Content-Disposition"] = 'attachment; filename="modele-fiches.xlsx"'
        write_xlsx(response, [CardResource().get_export_headers()])  # type: ignore[arg-type]
        return response


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
        entry = get_object_or_404(self.get_queryset(request), pk=object_id)
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
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
