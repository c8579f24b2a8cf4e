"""Diagnostics, read-only: their owners write them."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from diagnostics.enums import Depth
from diagnostics.models import Diagnostic
from emn.lib.admin import QueueFilter, ReadOnlyAdmin

if TYPE_CHECKING:
    from emn.accounts.models import User


class OwnerFilter(QueueFilter):
    """The flash diagnostics by whether a company has them in its file."""

    title = gettext_lazy("rattachement")
    parameter_name = "rattachement"
    queues = (
        (
            "attend",
            gettext_lazy("Terminé, sans entreprise"),
            lambda rows: rows.finished().filter(depth=Depth.FLASH, company=None),
        ),
        ("fait", gettext_lazy("Dans un dossier"), lambda rows: rows.exclude(company=None)),
    )


@admin.register(Diagnostic)
class DiagnosticAdmin(ReadOnlyAdmin):
    """What companies found out. The answers stay theirs; the secret of the link is not shown."""

    list_display = ("pk", "company", "depth", "stage", "claimed_at")
    list_filter = (OwnerFilter, "depth", "stage")
    search_fields = ("=id", "company__name", "company__siret")
    fields = (
        "referential", "depth", "stage", "company", "claimed_at", "result", "adviser", "signed_at",
        "t1_planned_on", "t2_planned_on",
    )  # fmt: skip
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Keep what the agent may see; Django says that the others are not found."""
        return Diagnostic.objects.scoped_for(cast("User", request.user))
