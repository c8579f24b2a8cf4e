"""The taxonomy of services."""

from django.contrib import admin
from django.http import HttpRequest
from modeltranslation.admin import TranslationAdmin

from directory.models import Service, ServiceCategory
from directory.services.taxonomy import taxonomy_changed
from emn.lib.admin import BaseAdmin


class _TaxonomyAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """A change of words reaches the cards that use them."""

    def save_model(self, request: HttpRequest, obj: object, form: object, change: bool) -> None:  # noqa: FBT001 -- Django's signature
        """Save, then index again, after the commit, the cards that show the words."""
        super().save_model(request, obj, form, change)
        taxonomy_changed()


@admin.register(ServiceCategory)
class ServiceCategoryAdmin(_TaxonomyAdmin):
    """Families."""

    list_display = ["name", "code", "position"]
    ordering = ["position", "pk"]


@admin.register(Service)
class ServiceAdmin(_TaxonomyAdmin):
    """Services and the words people type for them."""

    list_display = ["name", "category", "code", "position"]
    list_select_related = ["category"]
    list_filter = ["category"]
    search_fields = ["name_fr", "name_de", "name_en", "code"]
    ordering = ["category__position", "position", "pk"]
