"""The pages of an import: bring a file in, follow it, have it written."""

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.errors import DomainError
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.models import FileImport
from emn.lib.tables import SUFFIXES, XLSX_TYPE, write_xlsx


class ImportForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label=gettext_lazy("Fichier"),
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

    def asked(self) -> dict[str, Any]:
        """Return what `start_import` is given: the file, and what else the form asks."""
        return self.cleaned_data


class FileImportAdmin(ReadOnlyAdmin):
    """Each file with its report; the buttons call the services.

    `services` has `start_import`, `ask_to_write`, `abandon_import` and `relaunch_import`. The
    templates in the folder of the model extend those of `admin/lib/file_import`. `workbook_name`:
    that of an empty workbook to fill in, with the `columns`, where there is one.
    """

    public_content = False
    change_list_template = "admin/lib/file_import/change_list.html"
    permission: str
    services: ModuleType
    form_class: type[ImportForm] = ImportForm
    upload_title: Any
    workbook_name = ""
    list_filter = ["status"]
    ordering = ["-created_at", "-pk"]

    def get_urls(self) -> list[Any]:
        """Add the upload, the buttons and the workbook."""
        guard = self.admin_site.admin_view
        urls = [
            path("nouveau/", guard(self.upload), name=self._name("upload")),
            path("<int:import_id>/<str:verb>/agir/", guard(self.act), name=self._name("act")),
        ]
        if self.workbook_name:
            urls.append(path("modele/", guard(self.workbook), name=self._name("model")))
        return [*urls, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Offer the upload to whom it is allowed."""
        may_upload = request.user.has_perm(self.permission)
        context = {"may_upload": may_upload, "upload_title": self.upload_title}
        return super().changelist_view(request, context | (extra_context or {}))

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file and follow it."""
        self._require(request)
        form = self.form_class(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid():
            asked = form.asked()
            try:
                entry = self.services.start_import(
                    **asked, name=asked["file"].name, by_id=agent_id(request), now=timezone.now()
                )
            except DomainError as refusal:
                form.add_error("file", refusal.message)
            else:
                self.log_addition(request, entry, [{"added": {}}])
                return redirect(f"admin:{self._name('change')}", entry.pk)
        context = {"form": form, "columns": self.columns()} | self.upload_context()
        return self._page(request, "upload", self.upload_title, context)

    def columns(self) -> Sequence[str]:
        """Return the columns of a file."""
        return ()

    def upload_context(self) -> dict[str, Any]:
        """Return what else the page of the upload shows beside the form."""
        return {}

    def workbook(self, request: HttpRequest) -> HttpResponse:
        """Give an empty workbook with the columns."""
        self._require(request)
        response = HttpResponse(content_type=XLSX_TYPE)
        response["Content-Disposition"] = f'attachment; filename="{self.workbook_name}"'
        write_xlsx(response, [self.columns()])  # type: ignore[arg-type]
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow one file: state, counts, lines to correct, buttons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry: FileImport | None = self.get_object(request, object_id)
        if entry is None:
            raise Http404
        stale = entry.is_stale(now=timezone.now())
        may_act = request.user.has_perm(self.permission)
        context = {
            "entry": entry,
            "running": entry.is_running and not stale,
            "may_write": may_act and entry.status == ImportStatus.READY,
            "may_abandon": may_act and entry.status in entry.abandoned_from,
            "may_relaunch": may_act and stale,
        }
        return self._page(request, "detail", entry.name, context)

    def act(self, request: HttpRequest, import_id: int, verb: str) -> HttpResponse:
        """Write, abandon or relaunch."""
        self._require(request)
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

    def _require(self, request: HttpRequest) -> None:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied

    def _name(self, page: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"title": title, "opts": self.opts}
        folder = f"admin/{self.opts.app_label}/{self.opts.model_name}"
        return render(request, f"{folder}/{name}.html", context)
