"""The cockpit of the funders: agreements, live figures, reports composed, frozen and shared."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin, agent_id
from emn.lib.db import posted_key
from emn.lib.errors import DomainError
from observatory.funder_forms import (
    AgreementForm,
    NarrativeForm,
    ObjectiveForm,
    PeriodForm,
    ShareForm,
)
from observatory.funding.figures import cost_per_effect
from observatory.funding_precision import said
from observatory.funding_queries import INDICATORS
from observatory.models import (
    Agreement,
    AgreementObjective,
    FunderReport,
    ReportFigure,
    ReportSample,
    ReportShare,
)
from observatory.report_documents import document_response, parts, shown
from observatory.report_links import share_url
from observatory.services import funder_reports, funding

RUN = "observatory.run_cockpit"
READ_AGREEMENT = "observatory.view_agreement"
READ_REPORT = "observatory.view_funderreport"
LINES_A_PAGE = 100


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


class ObjectiveInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """What the agreement follows."""

    model = AgreementObjective
    form = ObjectiveForm
    fields = ("indicator", "target")
    ordering = ("pk",)
    extra = 3


@admin.register(Agreement)
class AgreementAdmin(BaseAdmin):
    """Agreements; the cockpit of each is a page of its own."""

    list_display = ("reference", "title", "funder", "starts_on", "ends_on", "cockpit_link")
    list_filter = ("kind",)
    search_fields = ("reference", "title", "funder")
    ordering = ("-starts_on", "pk")
    fields = (
        "reference", "title", "funder", "kind", "programme", "summary", "amount_cents",
        "spent_cents", "starts_on", "ends_on", "is_published",
    )  # fmt: skip
    inlines = (ObjectiveInline,)
    form = AgreementForm
    change_form_template = "admin/observatory/agreement/change_form.html"

    @admin.display(description=gettext_lazy("tableau de bord"))
    def cockpit_link(self, row: Agreement) -> str:
        """Lead to the figures."""
        address = reverse("admin:observatory_agreement_cockpit", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, _("Ouvrir"))

    def get_urls(self) -> list[Any]:
        """Add the cockpit."""
        guard = self.admin_site.admin_view
        return [
            path("<int:pk>/tableau/", guard(self.cockpit), name="observatory_agreement_cockpit"),
            path("<int:pk>/compter/", guard(self.count), name="observatory_agreement_count"),
            *super().get_urls(),
        ]

    def cockpit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show the objectives with their last count, and the reports; POST asks for one."""
        _require(request, READ_AGREEMENT)
        agreement = get_object_or_404(Agreement, pk=pk)
        today = timezone.localdate()
        form = PeriodForm(
            request.POST if request.method == "POST" else None,
            initial={"from_on": agreement.starts_on, "until_on": min(today, agreement.ends_on)},
        )
        if request.method == "POST":
            _require(request, RUN)
            if form.is_valid():
                try:
                    report = funding.ask_report(
                        agreement_id=pk, user_id=agent_id(request), now=timezone.now(),
                        **form.cleaned_data,
                    )  # fmt: skip
                except DomainError as refusal:
                    form.add_error(None, refusal.message)
                else:
                    self.log_change(request, agreement, _("Composer un rapport"))
                    return redirect("admin:observatory_funderreport_change", report.pk)
        context = self.admin_site.each_context(request) | {
            "title": str(agreement),
            "opts": self.model._meta,
            "agreement": agreement,
            "rows": [_live(row, agreement) for row in agreement.objectives.order_by("pk")],
            "reports": agreement.reports.order_by("-number", "pk"),
            "form": form,
            "may_run": request.user.has_perm(RUN),
        }
        return render(request, "admin/observatory/agreement/cockpit.html", context)

    def count(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the worker count now."""
        _require(request, RUN)
        if request.method == "POST":
            get_object_or_404(Agreement, pk=pk)
            funding.ask_count(agreement_id=pk)
            messages.success(request, _("Le calcul est demandé : rechargez dans un instant."))
        return redirect("admin:observatory_agreement_cockpit", pk)


def _live(objective: AgreementObjective, agreement: Agreement) -> dict[str, Any]:
    """Return an objective as the cockpit shows it."""
    indicator = INDICATORS[objective.indicator]
    share = None
    if objective.target and objective.value is not None:
        share = min(100, int(objective.value * 100 / objective.target))
    return {
        "title": indicator.title,
        "source": indicator.source,
        "value": shown(objective.value, str(indicator.unit)),
        "precision": said(objective.precision or {}),
        "target": shown(objective.target) if objective.target is not None else "",
        "share": share,
        "cost_cents": (
            cost_per_effect(agreement.spent_cents, objective.value) if indicator.has_cost else None
        ),
    }


@admin.register(FunderReport)
class FunderReportAdmin(ReadOnlyAdmin):
    """Reports: followed while they are computed, written up, frozen, drawn from, shared."""

    public_content = False
    list_display = ("__str__", "from_on", "until_on", "state", "frozen_at")
    list_filter = ("state",)
    list_select_related = ("agreement",)
    ordering = ("-created_at", "-pk")

    def get_urls(self) -> list[Any]:
        """Add the lists, the papers and the acts."""
        guard = self.admin_site.admin_view
        return [
            path(
                "<int:pk>/fichier/<slug:name>/", guard(self.download),
                name="observatory_funderreport_file",
            ),
            path(
                "<int:pk>/liste/<slug:indicator>/", guard(self.lines),
                name="observatory_funderreport_lines",
            ),
            path(
                "<int:pk>/tirage/<int:sample_id>/", guard(self.sample),
                name="observatory_funderreport_sample",
            ),
            path(
                "<int:pk>/acte/<slug:verb>/", guard(self.act), name="observatory_funderreport_act"
            ),
            *super().get_urls(),
        ]  # fmt: skip

    def change_view(
        self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Follow and read one report."""
        _require(request, READ_REPORT)
        return self._detail(request, posted_key(object_id))

    def _detail(self, request: HttpRequest, pk: int, **forms_shown: forms.Form) -> HttpResponse:
        report = get_object_or_404(
            FunderReport.objects.select_related("agreement", "corrects", "frozen_by"), pk=pk
        )
        draws = Prefetch("samples", ReportSample.objects.order_by("number", "pk"))
        figures = list(report.figures.order_by("position", "pk").prefetch_related(draws))
        shares = list(report.shares.order_by("-created_at", "-pk"))
        context = {
            "title": _("Rapport n° %(number)s") % {"number": report.number},
            "report": report,
            "figures": [
                {
                    "row": row, "value": shown(row.value, row.unit),
                    "target": shown(row.target) if row.target is not None else "",
                    "parts": parts(row), "has_change": any(row.change.values()),
                    "samples": row.samples.all(),
                }
                for row in figures
            ],
            "documents": report.documents.defer("content").order_by("format", "pk"),
            "corrections": report.corrections.order_by("number", "pk"),
            "shares": [(row, share_url(row)) for row in shares],
            "narrative_form": forms_shown.get("narrative")
            or NarrativeForm(initial={"narrative": report.narrative}),
            "share_form": forms_shown.get("share") or ShareForm(),
            "may_run": request.user.has_perm(RUN),
            "today": timezone.localdate(),
        }  # fmt: skip
        return self._page(request, "detail", context)

    def act(self, request: HttpRequest, pk: int, verb: str) -> HttpResponse:
        """Do one thing of a report; a refusal is said, and what was typed comes back."""
        _require(request, RUN)
        report = get_object_or_404(FunderReport, pk=pk)
        page = redirect("admin:observatory_funderreport_change", pk)
        if request.method != "POST":
            return page
        form = {"recit": NarrativeForm, "lien": ShareForm}.get(verb, forms.Form)(request.POST)
        if not form.is_valid():
            name = {"recit": "narrative", "lien": "share"}[verb]
            return self._detail(request, pk, **{name: form})
        acts = self._acts(request, report, form.cleaned_data)
        if verb not in acts:
            raise Http404
        try:
            done, said = acts[verb]()
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return page
        self.log_change(request, report, said)
        messages.success(request, said)
        return done or page

    def _acts(
        self, request: HttpRequest, report: FunderReport, typed: dict[str, Any]
    ) -> dict[str, Callable[[], tuple[HttpResponse | None, str]]]:
        """Return what may be done: each gives where to go then, and what to say."""
        who: dict[str, Any] = {"user_id": agent_id(request), "now": timezone.now()}

        def write() -> tuple[None, str]:
            funding.write_narrative(report_id=report.pk, **typed)
            return None, _("Le récit est gardé.")

        def freeze() -> tuple[None, str]:
            funding.freeze(report_id=report.pk, **who)
            return None, _("Le rapport est figé. Ses documents s’écrivent.")

        def discard() -> tuple[HttpResponse, str]:
            funding.discard(report_id=report.pk)
            back = redirect("admin:observatory_agreement_cockpit", report.agreement_id)
            return back, _("Le brouillon est supprimé.")

        def correct() -> tuple[HttpResponse, str]:
            made = funding.ask_correction(report_id=report.pk, **who)
            return (
                redirect("admin:observatory_funderreport_change", made.pk),
                _("Les chiffres du jour se calculent, pour les comparer au rapport figé."),
            )

        def draw() -> tuple[HttpResponse, str]:
            indicator = request.POST.get("indicator", "")
            figure = get_object_or_404(ReportFigure, report=report, indicator=indicator)
            made = funder_reports.draw_sample(figure_id=figure.pk, **who)
            return (
                redirect("admin:observatory_funderreport_sample", report.pk, made.pk),
                _("Dix dossiers sont tirés au hasard."),
            )

        def share() -> tuple[None, str]:
            funder_reports.share(report_id=report.pk, **typed, **who)
            return None, _("Le lien est ouvert. Remettez-le à qui doit lire ce rapport.")

        def revoke() -> tuple[None, str]:
            rows = ReportShare.objects.filter(report=report)
            found = get_object_or_404(rows, pk=posted_key(request.POST.get("share")))
            funder_reports.revoke(share_id=found.pk, now=who["now"])
            return None, _("Le lien est fermé.")

        return {
            "recit": write, "figer": freeze, "supprimer": discard, "corriger": correct,
            "tirer": draw, "lien": share, "fermer": revoke,
        }  # fmt: skip

    def lines(self, request: HttpRequest, pk: int, indicator: str) -> HttpResponse:
        """List what one figure counts, with the proofs."""
        _require(request, READ_REPORT)
        rows = ReportFigure.objects.select_related("report__agreement")
        figure = get_object_or_404(rows, report=pk, indicator=indicator)
        pages = Paginator(figure.lines.order_by("key", "pk"), LINES_A_PAGE)
        context = {
            "title": figure.title,
            "report": figure.report,
            "figure": figure,
            "page": pages.get_page(request.GET.get("page")),
        }
        return self._page(request, "lines", context)

    def sample(self, request: HttpRequest, pk: int, sample_id: int) -> HttpResponse:
        """Show the files of one draw."""
        _require(request, READ_REPORT)
        rows = ReportSample.objects.select_related("figure__report__agreement")
        found = get_object_or_404(rows, pk=sample_id, figure__report=pk)
        context = {
            "title": _("Tirage n° %(number)s") % {"number": found.number},
            "report": found.figure.report,
            "figure": found.figure,
            "sample": found,
            "lines": funder_reports.sampled(found),
        }
        return self._page(request, "sample", context)

    def download(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """Send a paper of a frozen report."""
        _require(request, READ_REPORT)
        return document_response(get_object_or_404(FunderReport, pk=pk), name)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context |= self.admin_site.each_context(request) | {
            "title": context["title"],
            "opts": self.model._meta,
        }
        return render(request, f"admin/observatory/funderreport/{name}.html", context)
