"""The queue of errors that readers report."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.admin.searching import WordSearch
from directory.enums import ReportStatus
from directory.models import CardReport
from directory.report_forms import ReportDecisionForm
from directory.services import reports as services
from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page

PERMISSION = "directory.decide_cardreport"


@admin.register(CardReport)
class CardReportAdmin(WithButtons, WordSearch, ReadOnlyAdmin):
    """Each report beside the card it speaks of."""

    public_content = False
    list_display = ["provider", "category", "status", "created_at", "decided_at"]
    list_filter = ["status", "category"]
    search_fields = ["provider__name"]
    paths = ("provider__",)
    ordering = ["created_at", "pk"]
    fields = [
        "status",
        "provider",
        "category",
        "message",
        "email",
        "created_at",
        "decided_at",
        "decided_by",
        "answer",
    ]

    def view_on_site(self, obj: CardReport) -> str | None:
        """Link to the public card."""
        return obj.provider.get_absolute_url() if obj.provider.is_published else None

    def buttons(self, request: HttpRequest, row: CardReport) -> Buttons:
        """Offer to decide while the report waits."""
        decides = row.status == ReportStatus.OPEN and request.user.has_perm(PERMISSION)
        address = reverse("admin:directory_cardreport_decide", args=[row.pk])
        return [(address, _("Traiter"))] if decides else []

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        decide = path(
            "<int:report_id>/decision/",
            self.admin_site.admin_view(self.decide),
            name="directory_cardreport_decide",
        )
        return [decide, *super().get_urls()]

    def decide(self, request: HttpRequest, report_id: int) -> HttpResponse:
        """Close the report, with words for its author."""
        report = get_object_or_404(CardReport.objects.select_related("provider"), pk=report_id)
        return decision_page(
            self,
            request,
            title=_("Traiter le signalement"),
            subject=report,
            facts=[
                (_("Fiche"), report.provider.name),
                (_("Sujet"), report.get_category_display()),
                (_("Précisions"), report.message),
                (_("Adresse pour la réponse"), report.email),
            ],
            form=ReportDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.decide_report(
                report_id=report_id,
                decision=ReportStatus(given["decision"]),
                answer=given["answer"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=PERMISSION,
            done=_("Le signalement est traité."),
        )
