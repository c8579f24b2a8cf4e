"""Audits are entered by staff; the public pages follow at once."""

from django.contrib import admin

from emn.lib.admin import BaseAdmin
from emn.pages.models import AccessibilityAudit


@admin.register(AccessibilityAudit)
class AccessibilityAuditAdmin(BaseAdmin):
    """Every public page shows the mention that comes from here."""

    list_display = ("audited_on", "standard", "rate_percent", "auditor")
    ordering = ("-audited_on", "-pk")
