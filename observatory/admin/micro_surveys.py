"""Micro-surveys of the letter: prepared here, put in a letter by its block."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from emn.lib.admin import BaseAdmin
from observatory.micro_survey_forms import MicroSurveyAdminForm
from observatory.models import MicroSurvey


@admin.register(MicroSurvey)
class MicroSurveyAdmin(BaseAdmin):
    """Its questions and its last day; answers are read by nobody."""

    form = MicroSurveyAdminForm
    list_display = ["title", "code", "closes_on", "sealed_at"]
    search_fields = ["title", "code"]
    ordering = ["-closes_on", "-pk"]
    fields = ["code", "title", "version", "closes_on", "sealed_at", "results"]
    state_fields = ("sealed_at", "results")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What somebody answered keeps its questions; what is counted does not change."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None:
            return fixed
        if obj.sealed_at is not None:
            return (*fixed, "code", "title", "version", "closes_on")
        return (*fixed, "code", "version") if obj.readers.exists() else (*fixed, "code")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Write what the form changed alone: readers answer meanwhile, and the tally is theirs."""
        if not change:
            super().save_model(request, obj, form, change)
            return
        obj.save(update_fields=form.changed_data)
        self._content_changed()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was answered stays."""
        may = super().has_delete_permission(request, obj)
        is_unanswered = obj is not None and obj.sealed_at is None and not obj.readers.exists()
        return may and is_unanswered
