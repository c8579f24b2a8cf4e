"""Files of people: bring one in, follow it, write it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import ReadOnlyAdmin
from emn.lib.errors import DomainError
from emn.lib.tables import SUFFIXES, write_xlsx
from emn.mailings.enums import Basis, ImportStatus
from emn.mailings.imports.lines import COLUMNS
from emn.mailings.models import JobFunction, MailingList, SubscriberImport, Topic
from emn.mailings.services import subscriber_imports as services

IMPORT = "mailings.import_subscribers"
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class ImportForm(forms.Form):
    """The list, on what ground it may write to these people, and the file."""

    mailing_list: Any = forms.ModelChoiceField(
        label=gettext_lazy("Liste"), queryset=MailingList.objects.none()
    )
    basis = forms.ChoiceField(
        label=gettext_lazy("Pourquoi pouvez-vous leur écrire ?"),
        widget=forms.RadioSelect,
        choices=[
            (
                Basis.CONSENT,
                gettext_lazy("Chaque personne a dit oui : le fichier dit quand, et où le vérifier"),
            ),
            (
                Basis.PROFESSION,
                gettext_lazy(
                    "Ce sont des professionnels déjà en relation avec le centre, et la liste parle "
                    "de leur métier"
                ),
            ),
        ],
    )
    file = forms.FileField(
        label=gettext_lazy("Fichier"),
        help_text=gettext_lazy(
            "XLSX, CSV ou CSV.GZ, 10 Mo et 200 000 lignes au plus : compressez un grand CSV, ou "
            "coupez-le."
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(SUFFIXES)}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["mailing_list"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = MailingList.objects.in_order()

    def clean_file(self) -> Any:
        """Refuse what is too large."""
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_MAX_BYTES:
            raise forms.ValidationError(
                _("Ce fichier pèse %(size)s ; 10 Mo au plus. Compressez-le ou coupez-le.")
                % {"size": filesizeformat(file.size)}
            )
        return file


@admin.register(SubscriberImport)
class SubscriberImportAdmin(ReadOnlyAdmin):
    """Each file with its report; the buttons call the services."""

    public_content = False
    change_list_template = "admin/mailings/subscriberimport/change_list.html"
    list_display = [
        "name",
        "mailing_list",
        "basis",
        "status",
        "line_count",
        "added_count",
        "error_count",
        "created_at",
        "created_by",
    ]
    list_filter = ["status"]
    ordering = ["-created_at", "-pk"]

    def get_urls(self) -> list[Any]:
        """Add the upload, the model and the buttons."""
        guard = self.admin_site.admin_view
        return [
            path("nouveau/", guard(self.upload), name="mailings_subscriberimport_upload"),
            path("modele/", guard(self.model_file), name="mailings_subscriberimport_model"),
            path(
                "<int:import_id>/<str:verb>/agir/",
                guard(self.act),
                name="mailings_subscriberimport_act",
            ),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """Take a file and follow it."""
        _require(request)
        form = ImportForm(*((request.POST, request.FILES) if request.method == "POST" else ()))
        if form.is_valid():
            file = form.cleaned_data["file"]
            try:
                entry = services.start_import(
                    file=file,
                    name=file.name,
                    list_id=form.cleaned_data["mailing_list"].pk,
                    basis=form.cleaned_data["basis"],
                    by_id=request.user.pk or 0,
                    now=timezone.now(),
                )
            except DomainError as refusal:
                form.add_error("file", refusal.message)
            else:
                self.log_addition(request, entry, [{"added": {}}])
                return redirect("admin:mailings_subscriberimport_change", entry.pk)
        context = {
            "form": form,
            "topics": ", ".join(topic.name for topic in Topic.objects.in_order()),
            "functions": ", ".join(each.name for each in JobFunction.objects.in_order()),
        }
        return self._page(request, "upload", _("Importer des abonnés"), context)

    def model_file(self, request: HttpRequest) -> HttpResponse:
        """Give an empty workbook with the columns."""
        _require(request)
        response = HttpResponse(content_type=_XLSX)
        response["Content-Disposition"] = 'attachment; filename="modele-abonnes.xlsx"'
        write_xlsx(response, [COLUMNS])  # type: ignore[arg-type]
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow one file: state, counts, lines to correct, buttons."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        entry = get_object_or_404(
            SubscriberImport.objects.select_related("mailing_list"), pk=object_id
        )
        may, stale = request.user.has_perm(IMPORT), entry.is_stale(now=timezone.now())
        context = {
            "entry": entry,
            "running": entry.is_running and not stale,
            "counted": entry.status
            in {ImportStatus.READY, ImportStatus.WRITING, ImportStatus.WRITTEN},
            "may_write": may and entry.status == ImportStatus.READY,
            "may_abandon": may and entry.status in {ImportStatus.READY, ImportStatus.FAILED},
            "may_relaunch": may and stale,
            "more_errors": max(0, entry.error_count - len(entry.errors)),
        }
        return self._page(request, "detail", entry.name, context)

    def act(self, request: HttpRequest, import_id: int, verb: str) -> HttpResponse:
        """Write, abandon or relaunch."""
        _require(request)
        acts: dict[str, Callable[..., SubscriberImport]] = {
            "ecrire": services.ask_to_write,
            "abandonner": services.abandon_import,
            "relancer": services.relaunch_import,
        }
        if verb not in acts or not SubscriberImport.objects.filter(pk=import_id).exists():
            raise Http404
        if request.method == "POST":
            try:
                entry = acts[verb](import_id=import_id, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                self.log_change(request, entry, verb)
        return redirect("admin:mailings_subscriberimport_change", import_id)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any]
    ) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        context |= shared | {"title": title, "opts": self.model._meta}
        return render(request, f"admin/mailings/subscriberimport/{name}.html", context)


def _require(request: HttpRequest) -> None:
    if not request.user.has_perm(IMPORT):
        raise PermissionDenied
