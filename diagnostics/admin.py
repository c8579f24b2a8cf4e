"""Diagnostics, read-only: their owners and the commands write them."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from diagnostics.models import (
    Absence,
    Adviser,
    Appointment,
    Diagnostic,
    ReferentialVersion,
    WeeklyHours,
)
from emn.lib.admin import BaseAdmin, ReadOnlyAdmin


@admin.register(ReferentialVersion)
class ReferentialVersionAdmin(ReadOnlyAdmin):
    """The versions, frozen."""

    list_display = ("number", "published_at", "sha256")
    ordering = ("-published_at", "-pk")


@admin.register(Diagnostic)
class DiagnosticAdmin(ReadOnlyAdmin):
    """What companies found out. The answers stay theirs; the secret of the link is not shown."""

    list_display = ("pk", "company", "depth", "stage", "claimed_at")
    list_filter = ("depth", "stage")
    fields = (
        "referential", "depth", "stage", "company", "claimed_at", "result", "adviser", "signed_at",
        "t1_planned_on", "t2_planned_on",
    )  # fmt: skip
    ordering = ("-pk",)


class HoursInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """When an adviser can be visiting."""

    model = WeeklyHours
    extra = 1


class AbsenceInline(admin.TabularInline):  # type: ignore[type-arg]
    """When not."""

    model = Absence
    extra = 1


@admin.register(Adviser)
class AdviserAdmin(BaseAdmin):
    """Advisers: the director names them; each sets their own hours, absences and limit."""

    list_display = ("user", "visit_limit", "takes_visits")
    ordering = ("pk",)
    fields = ("user", "epcis", "visit_limit", "takes_visits")
    autocomplete_fields = ("user",)
    filter_horizontal = ("epcis",)
    inlines = (HoursInline, AbsenceInline)
    public_content = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who the adviser is does not change."""
        return (*super().get_readonly_fields(request, obj), *(("user",) if obj else ()))


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    """Visits, read-only: companies take them, both call them off."""

    list_display = ("starts_at", "company", "adviser", "cancelled_at")
    list_filter = ("adviser",)
    list_select_related = ("company", "adviser__user")
    fields = ("adviser", "company", "starts_at", "ends_at", "wish", "booked_at", "cancelled_at")
    ordering = ("-starts_at", "-pk")
