"""Calls that companies asked for, the late ones first, and what Stop one-shot counted."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.models import CallRequest, OneShotCount
from directory.oneshot.questions import rules
from directory.oneshot_forms import CallDecisionForm
from directory.services import oneshot as services
from emn.lib.admin import QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page

HANDLE = "directory.handle_callrequest"


class WaitingFilter(QueueFilter):
    """The calls to make, and those among them that are late."""

    title = gettext_lazy("file")
    parameter_name = "file"
    queues = (
        ("faire", gettext_lazy("À rappeler"), lambda rows: rows.waiting()),
        ("retard", gettext_lazy("En retard"), lambda rows: rows.late(on=timezone.localdate())),
    )


@admin.register(CallRequest)
class CallRequestAdmin(WithButtons, ReadOnlyAdmin):
    """Each call with its clock."""

    public_content = False
    list_display = ["name", "phone", "best_time", "colour", "due_on", "clock", "outcome"]
    list_filter = [WaitingFilter, "outcome", "colour"]
    search_fields = ["name", "phone", "email"]
    ordering = [F("handled_at").desc(nulls_first=True), "due_on", "pk"]
    fields = [
        "name", "phone", "email", "best_time", "language", "colour", "said", "asked_at", "due_on",
        "handled_at", "handled_by", "outcome", "note",
    ]  # fmt: skip
    readonly_fields = ["said"]

    @admin.display(description=gettext_lazy("horloge"))
    def clock(self, call: CallRequest) -> str:
        """Say whether it is late."""
        if call.handled_at is not None:
            return "–"
        return _("en retard") if call.due_on < timezone.localdate() else _("à temps")

    @admin.display(description=gettext_lazy("alertes du contrat"))
    def said(self, call: CallRequest) -> str:
        """Return the questions that alarmed."""
        questions = rules().questions
        rows = ((questions[key].question,) for key in call.alarms if key in questions)
        return format_html_join("", "<p>{}</p>", rows) or "–"

    def buttons(self, request: HttpRequest, row: CallRequest) -> Buttons:
        """Offer to close what waits."""
        if row.handled_at is not None or not request.user.has_perm(HANDLE):
            return []
        return [(reverse("admin:directory_callrequest_close", args=[row.pk]), _("C’est fait"))]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        close = path(
            "<int:call_id>/traiter/",
            self.admin_site.admin_view(self.close),
            name="directory_callrequest_close",
        )
        return [close, *super().get_urls()]

    def close(self, request: HttpRequest, call_id: int) -> HttpResponse:
        """Write what became of the call."""
        call = get_object_or_404(CallRequest, pk=call_id)
        return decision_page(
            self,
            request,
            title=_("Traiter le rappel"),
            subject=call,
            facts=[
                (_("Nom"), call.name),
                (_("Téléphone"), call.phone),
                (_("Courriel"), call.email),
                (_("Quand"), call.best_time),
                (_("Résultat du contrôle"), call.get_colour_display()),
            ],
            form=CallDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.close_call(
                call_id=call_id,
                outcome=given["outcome"],
                note=given["note"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=HANDLE,
            done=_("Le rappel est traité."),
        )


@admin.register(OneShotCount)
class OneShotCountAdmin(ReadOnlyAdmin):
    """How many checks, by day, colour and question that alarmed."""

    public_content = False
    list_display = ["day", "colour", "words", "times"]
    list_filter = ["colour"]
    date_hierarchy = "day"
    ordering = ["-day", "colour", "question", "pk"]

    @admin.display(description=gettext_lazy("question qui alerte"), ordering="question")
    def words(self, row: OneShotCount) -> str:
        """Return the question, or that the line counts them all."""
        entry = rules().questions.get(row.question)
        return entry.question if entry else row.question or _("tous les contrôles")
