"""Diagnostics, read-only: their owners and the commands write them."""

from django.contrib import admin

from diagnostics.models import Diagnostic, ReferentialVersion
from emn.lib.admin import ReadOnlyAdmin


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
    fields = ("referential", "depth", "stage", "company", "claimed_at", "result")
    ordering = ("-pk",)
