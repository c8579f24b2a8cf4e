"""Publications: written here as drafts, published and corrected by buttons."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.admin import BaseAdmin, agent_id
from emn.lib.decisions import Pages, sent
from observatory.admin.steps import WithSteps
from observatory.models import Publication, PublicationPart
from observatory.services import publications as services
from observatory.survey_forms import ErratumForm


class PartInline(admin.StackedInline):  # type: ignore[type-arg]
    """The parts, in order; frozen once published."""

    model = PublicationPart
    extra = 0
    ordering = ["position", "pk"]

    def _is_free(self, obj: Any) -> bool:
        return obj is None or obj.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only to a draft."""
        return super().has_add_permission(request, obj) and self._is_free(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only of a draft."""
        return super().has_change_permission(request, obj) and self._is_free(obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only from a draft."""
        return super().has_delete_permission(request, obj) and self._is_free(obj)


@admin.register(Publication)
class PublicationAdmin(WithSteps, BaseAdmin):
    """The text and the figures it comments."""

    list_display = ["title", "kind", "reference", "published_at"]
    list_filter = ["kind"]
    search_fields = ["title", "reference"]
    ordering = ["-pk"]
    fields = ["kind", "title", "summary", "edition", "replaces", "reference", "published_at",
              "erratum", "corrected_on"]  # fmt: skip
    state_fields = ("reference", "published_at", "erratum", "corrected_on")
    inlines = [PartInline]
    permission = "observatory.publish_publication"

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave the documents in the database."""
        return super().get_queryset(request).defer("pdf")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is published does not change."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None or obj.published_at is None:
            return fixed
        return (*fixed, "kind", "title", "summary", "edition", "replaces")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is published stays at its address."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and obj.published_at is None

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is published."""
        return None if obj.published_at is None else obj.get_absolute_url()

    def pages(self) -> Pages:
        """Return both."""
        return [("publier", self.publish, "publish"), ("erratum", self.correct, "correct")]

    def possible(self, row: Publication) -> list[tuple[str, str]]:
        """Return what may be done now."""
        if row.published_at is None:
            return [("publish", _("Publier"))]
        return [("correct", _("Ajouter un erratum"))]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it to everyone, for ever."""
        row = get_object_or_404(Publication, pk=pk)
        return self.decide(
            request, row, _("Publier l’étude"), forms.Form(sent(request)),
            act=lambda _given: services.publish(
                publication_id=pk, by_id=agent_id(request), now=timezone.now()
            ),
            done=_("La publication est parue."),
            warning=_("Son texte et ses chiffres ne changeront plus, ni son adresse."),
        )  # fmt: skip

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a dated erratum."""
        row = get_object_or_404(Publication, pk=pk)
        return self.decide(
            request, row, _("Ajouter un erratum"), ErratumForm(sent(request)),
            act=lambda given: services.correct(
                publication_id=pk, erratum=given["erratum"], now=timezone.now()
            ),
            done=_("L’erratum est en ligne."),
        )  # fmt: skip
