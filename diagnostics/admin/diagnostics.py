"""Diagnostics, read-only: their owners write them."""

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from diagnostics.enums import Depth
from diagnostics.models import Diagnostic
from emn.lib.admin import ReadOnlyAdmin

if TYPE_CHECKING:
    from emn.accounts.models import User


class OwnerFilter(admin.SimpleListFilter):
    """The flash diagnostics by whether a company has them in its file."""

    title = gettext_lazy("rattachement")
    parameter_name = "rattachement"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, Any]]:
        """Offer those that await a company, and the others."""
        return [("attend", _("Terminé, sans entreprise")), ("fait", _("Dans un dossier"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """Keep what was asked."""
        if self.value() == "attend":
            return queryset.finished().filter(depth=Depth.FLASH, company=None)
        return queryset.exclude(company=None) if self.value() == "fait" else queryset


@admin.register(Diagnostic)
class DiagnosticAdmin(ReadOnlyAdmin):
    """What companies found out. The answers stay theirs; the secret of the link is not shown."""

    list_display = ("pk", "company", "depth", "stage", "claimed_at")
    list_filter = (OwnerFilter, "depth", "stage")
    fields = (
        "referential", "depth", "stage", "company", "claimed_at", "result", "adviser", "signed_at",
        "t1_planned_on", "t2_planned_on",
    )  # fmt: skip
    ordering = ("-pk",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Keep what the agent may see; Django says that the others are not found."""
        return Diagnostic.objects.scoped_for(cast("User", request.user))
