"""What visitors looked for: every counted search, and the report of those without result."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import SearchCount, SearchMonth
from directory.services.measures import unanswered
from directory.wording import search_in_words
from emn.lib.admin import QueueFilter, ReadOnlyAdmin

REPORT_DAYS = 28
REPORTED = 100


class WithoutResultFilter(QueueFilter):
    """Searches that found nothing."""

    title = _("réponse")
    parameter_name = "reponse"
    queues = (("non", _("Sans réponse"), lambda rows: rows.without_result()),)


@admin.register(SearchCount)
class SearchCountAdmin(ReadOnlyAdmin):
    """Counted searches, by day."""

    change_list_template = "admin/directory/searchcount/change_list.html"
    list_display = ["day", "words", "filters", "language", "results", "times"]
    list_filter = [WithoutResultFilter, "language"]
    search_fields = ["words"]
    date_hierarchy = "day"
    ordering = ["-day", "-times", "pk"]

    def get_urls(self) -> list[Any]:
        """Add the report."""
        report = path(
            "sans-reponse/",
            self.admin_site.admin_view(self.report_view),
            name="directory_searchcount_report",
        )
        return [report, *super().get_urls()]

    def report_view(self, request: HttpRequest) -> HttpResponse:
        """Show the searches of the last four weeks that found nothing, most asked first."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        today = timezone.localdate()
        since = today - timedelta(days=REPORT_DAYS)
        found, total = unanswered(since=since, until=today + timedelta(days=1), limit=REPORTED)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Recherches sans réponse"),
            "opts": SearchCount._meta,
            "since": since,
            "total": total,
            "lines": [(row, search_in_words(row.query)) for row in found],
        }
        return render(request, "admin/directory/searchcount/report.html", context)


@admin.register(SearchMonth)
class SearchMonthAdmin(ReadOnlyAdmin):
    """What stays of the searches after 13 months."""

    list_display = ["month", "language", "times", "times_without_result"]
    ordering = ["-month", "language", "pk"]
