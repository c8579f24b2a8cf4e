"""Advisers: who visits, when, and how much."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from diagnostics.models import Absence, Adviser, WeeklyHours
from diagnostics.models.appointments import AdviserQuerySet
from emn.lib.admin import BaseAdmin


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

    list_display = ("user", "before", "after", "takes_visits")
    ordering = ("pk",)
    fields = ("user", "epcis", "visit_limit", "takes_visits")
    autocomplete_fields = ("user",)
    filter_horizontal = ("epcis",)
    inlines = (HoursInline, AbsenceInline)
    public_content = False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who the adviser is does not change."""
        return (*super().get_readonly_fields(request, obj), *(("user",) if obj else ()))

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the visits with each adviser."""
        rows: AdviserQuerySet = super().get_queryset(request)  # type: ignore[assignment]  # its own
        return rows.with_load(now=timezone.now())

    @admin.display(description=_("30 jours passés"), ordering="visits_before")
    def before(self, row: Any) -> str:
        """Return the visits made, and how many may be."""
        return f"{row.visits_before} / {row.visit_limit}"

    @admin.display(description=_("30 jours à venir"), ordering="visits_after")
    def after(self, row: Any) -> str:
        """Return the visits taken, and how many may be."""
        return f"{row.visits_after} / {row.visit_limit}"
