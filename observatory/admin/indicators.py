"""Releases in the back office: read, and corrected by a button that asks why."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from emn.lib.admin import ReadOnlyAdmin
from observatory.models import HeldRelease, Release
from observatory.tasks import correct_indicator


class CorrectionForm(ActionForm):
    """The line of the changelog that goes with a correction."""

    note = forms.CharField(label=_("Ce que la correction change"), max_length=300, required=False)


@admin.register(Release)
class ReleaseAdmin(ReadOnlyAdmin):
    """What was published; a correction computes the indicator anew and says why."""

    list_display = ("indicator", "number", "kind", "as_of", "computed_at", "cell_count",
                    "hidden_count")  # fmt: skip
    list_filter = ("indicator", "kind")
    fields = ("indicator", "number", "kind", "note", "definition", "as_of", "computed_at",
              "cell_count", "hidden_count", "fingerprint")  # fmt: skip
    ordering = ("-computed_at", "-pk")
    action_form = CorrectionForm
    actions = ("correct_indicators",)

    def has_correct_permission(self, request: HttpRequest) -> bool:
        """Tell whether this agent may publish a correction."""
        return request.user.has_perm("observatory.correct_release")

    @admin.action(description=_("Recalculer et publier une correction"), permissions=["correct"])
    def correct_indicators(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Publish a correction of the indicators of the chosen releases."""
        note = request.POST.get("note", "").strip()[:300]
        if not note:
            self.message_user(
                request, _("Dites en une phrase ce que la correction change."), messages.ERROR
            )
            return
        for code in sorted(set(queryset.values_list("indicator", flat=True))):
            correct_indicator.delay(code=code, note=note)
        self.message_user(
            request,
            _(
                "Le calcul est lancé : une version paraît ici si un chiffre change. Sinon, la "
                "raison se lit parmi les versions retenues."
            ),
        )


@admin.register(HeldRelease)
class HeldReleaseAdmin(ReadOnlyAdmin):
    """What was not published and why, until the next release, or until it is read and deleted."""

    public_content = False
    list_display = ("indicator", "note", "reason", "held_at")
    list_filter = ("indicator",)
    fields = ("indicator", "note", "reason", "held_at")
    ordering = ("-held_at", "-pk")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever may correct puts away what is read."""
        return request.user.has_perm("observatory.delete_heldrelease")
