"""Companies and who acts for them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from directory.admin.searching import WordSearch, answering
from directory.models import Company, Membership


class MembershipInline(admin.TabularInline):  # type: ignore[type-arg]
    """The people of the company."""

    model = Membership
    extra = 0
    autocomplete_fields = ["user"]
    readonly_fields = ["joined_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the links with the person each row names."""
        return super().get_queryset(request).select_related("user", "company")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """A link is given or withdrawn, never passed on to someone else."""
        return False


@admin.register(Company)
class CompanyAdmin(WordSearch):
    """What the register says is read-only: the import keeps it true."""

    list_display = ["name", "siret", "commune", "naf_code", "checked_at", "is_demo"]
    list_select_related = ["commune"]
    list_filter = ["is_demo"]
    search_fields = ["name"]
    names, siret = ("name",), "siret"
    sortable_by = ["name", "siret"]
    ordering = ["name", "pk"]
    inlines = [MembershipInline]
    readonly_fields = [
        "siret",
        "name",
        "street",
        "postcode",
        "commune",
        "naf_code",
        "naf_nomenclature",
        "headcount_band",
        "founded_on",
        "closed_on",
        "checked_at",
        "is_demo",
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds one: it comes from the register."""
        return False

    def keys(self, typed: str) -> QuerySet[Any]:
        """Return the keys of the companies that answer."""
        return answering(Company.objects.all(), typed, names=["name"], sirets=["siret"]).values(
            "pk"
        )
