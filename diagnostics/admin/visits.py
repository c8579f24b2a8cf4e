"""The visits by state and clock, the late ones first; read-only: both sides call them off."""

from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.enums import VisitProgress
from diagnostics.models import Appointment
from emn.lib.admin import QueueFilter, ReadOnlyAdmin
from emn.lib.tables import write_csv

if TYPE_CHECKING:
    from emn.accounts.models import User

MOST_LINES = 10_000


class ProgressFilter(admin.SimpleListFilter):
    """The visits by how far they are."""

    title = gettext_lazy("état")
    parameter_name = "etat"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer each state."""
        return list(VisitProgress.choices)

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep one state."""
        return queryset.filter(progress=self.value()) if self.value() else queryset


class LateFilter(QueueFilter):
    """The visits whose report is late."""

    title = gettext_lazy("délai")
    parameter_name = "delai"
    queues = (("retard", gettext_lazy("En retard"), lambda rows: rows.filter(is_late=True)),)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    """From the booking to the report: whose turn it is, since when. An adviser sees one’s own."""

    change_list_template = "admin/diagnostics/appointment/change_list.html"
    public_content = False
    list_display = ("starts_at", "company", "adviser", "progress", "days", "late")
    list_filter = (ProgressFilter, LateFilter, "adviser")
    list_select_related = ("company", "adviser__user")
    search_fields = ("company__name", "company__siret")
    fields = (
        "adviser", "company", "starts_at", "ends_at", "wish", "booked_at", "cancelled_at",
        "progress",
    )  # fmt: skip
    readonly_fields = ("progress",)

    def get_ordering(self, request: HttpRequest) -> Any:
        """Return the late ones first, then those that go on, then what is done."""
        return ("urgency", "starts_at", "pk")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Say of each visit how far it is; Django’s own would order by it before it is known."""
        rows = Appointment.objects.scoped_for(cast("User", request.user))
        return rows.with_progress(now=timezone.now()).order_by(*self.get_ordering(request))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return one visit; those of other advisers are not found."""
        found = super().get_object(request, object_id, from_field)
        if found is None:
            raise Http404
        return found

    @admin.display(description=gettext_lazy("état"))
    def progress(self, row: Any) -> str:
        """Return how far the visit is."""
        return str(VisitProgress(row.progress).label)

    @admin.display(description=gettext_lazy("jours depuis la visite"))
    def days(self, row: Any) -> str:
        """Return the days from the visit to its report, or to now."""
        return _days(row, now=timezone.now())

    @admin.display(description=gettext_lazy("en retard"))
    def late(self, row: Any) -> str:
        """Tell whether the report is late; nothing for what is on time."""
        return _("oui") if row.is_late else ""

    def get_urls(self) -> list[Any]:
        """Add the export."""
        view = self.admin_site.admin_view(self.export)
        return [path("export/", view, name="diagnostics_appointment_export"), *super().get_urls()]

    def export(self, request: HttpRequest) -> HttpResponse:
        """Give the list as it is filtered, for a spreadsheet."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        rows = self.get_changelist_instance(request).queryset[:MOST_LINES]
        file = BytesIO()
        write_csv(file, _lines(rows, now=timezone.now()))
        response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
        response.headers["Content-Disposition"] = 'attachment; filename="visites.csv"'
        return response


def _days(row: Any, *, now: datetime) -> str:
    until = row.delivered_at or now
    if row.progress in {VisitProgress.BOOKED, VisitProgress.CANCELLED}:
        return "–"
    return str((until - row.starts_at).days)


def _lines(rows: Any, *, now: datetime) -> Iterator[list[str]]:
    yield [
        _("Entreprise"), _("Conseiller"), _("Pris le"), _("Visite"), _("État"), _("Remis le"),
        _("Jours depuis la visite"), _("En retard"),
    ]  # fmt: skip
    for row in rows:
        yield [
            str(row.company),
            str(row.adviser),
            _on(row.booked_at),
            _on(row.starts_at),
            str(VisitProgress(row.progress).label),
            _on(row.delivered_at),
            _days(row, now=now),
            _("oui") if row.is_late else _("non"),
        ]


def _on(at: datetime | None) -> str:
    return date_format(timezone.localtime(at), "SHORT_DATE_FORMAT") if at else ""
