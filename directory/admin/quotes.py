"""Quotes as the centre sees them: that they exist, never what they say nor for whom."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from directory.models import Quote
from emn.lib.admin import ReadOnlyAdmin


@admin.register(Quote)
class QuoteAdmin(ReadOnlyAdmin):
    """A quote is between a provider and its client: content, price and client are not shown."""

    public_content = False
    list_display = ["__str__", "provider", "status", "commitments", "sent_at", "answered_at"]
    list_filter = ["status", "commitments"]
    search_fields = ["provider__name"]
    date_hierarchy = "sent_at"
    ordering = ["-sent_at", "-pk"]
    fields = [
        "provider", "status", "commitments", "language", "sent_at", "valid_until", "answered_at",
        "sha256", "document_sha256",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out the drafts: nobody has sent them."""
        return super().get_queryset(request).filter(number__isnull=False)
