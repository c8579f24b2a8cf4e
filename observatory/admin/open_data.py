"""Open files and promises, as they were last written."""

from django.contrib import admin

from emn.lib.admin import ReadOnlyAdmin
from observatory.models import DatasetFile, ServiceLevel


@admin.register(DatasetFile)
class DatasetFileAdmin(ReadOnlyAdmin):
    """Files that the worker writes."""

    list_display = ("dataset", "row_count", "size_bytes", "changed_at", "checked_at")
    fields = ("dataset", "row_count", "size_bytes", "sha256", "changed_at", "checked_at")
    ordering = ("dataset", "pk")


@admin.register(ServiceLevel)
class ServiceLevelAdmin(ReadOnlyAdmin):
    """What the promises came to, day by day."""

    list_display = ("measured_on", "promise", "cases", "value", "kept")
    list_filter = ("promise",)
    ordering = ("-measured_on", "promise", "pk")
