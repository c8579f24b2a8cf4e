"""Needs: the queue by clock, qualification, the neutrality log, what nobody took."""

from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import need_reports
from directory.enums import NeedStatus
from directory.matching.candidates import best
from directory.matching.wording import main_reasons
from directory.models import Need, Provider, Recommendation
from directory.need_forms import QualifyForm, RecommendForm, StaffClosingForm
from directory.need_questions import answered
from directory.reference import taxonomy
from directory.services import need_handling as services
from directory.services import proposals
from emn.lib.admin import QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page
from emn.lib.tables import write_csv

HANDLE = "directory.handle_need"
REPORTED_DAYS = 365
CHOICES_FOR_STAFF = 15


class NeedQueueFilter(QueueFilter):
    """The needs that wait for somebody of the centre."""

    title = gettext_lazy("file")
    parameter_name = "file"
    queues = (
        ("qualifier", gettext_lazy("À qualifier"), lambda rows: rows.to_qualify()),
        ("conseil", gettext_lazy("Personne en contact"), lambda rows: rows.for_adviser()),
        ("sans-reponse", gettext_lazy("Sans prestataire"), lambda rows: rows.unanswered()),
    )


@admin.register(Need)
class NeedAdmin(WithButtons, ReadOnlyAdmin):
    """Each need with its clock; the buttons call the services."""

    public_content = False
    change_list_template = "admin/directory/need/change_list.html"
    list_display = ["number", "service", "commune", "company", "status", "confirmed_at", "clock"]
    list_filter = [NeedQueueFilter, "status", "budget", "sector"]
    search_fields = ["company__name", "company__siret", "text"]
    ordering = [F("confirmed_at").asc(nulls_last=True), "pk"]
    fields = [
        "status", "service", "commune", "company", "client_size", "sector", "working_language",
        "budget", "deadline", "text", "said", "contact_name", "contact_email", "contact_phone",
        "asked", "deposited_at", "confirmed_at", "qualified_at", "qualified_by", "proposed_at",
        "contact_at", "unanswered_at", "warned_at", "adviser_called_at", "asked_at", "was_called",
        "was_useful", "outcome", "later_outcome", "ended_at", "closing_reason",
    ]  # fmt: skip
    readonly_fields = ["said", "asked"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what its company has not confirmed: it is not a need yet."""
        return super().get_queryset(request).exclude(confirmed_at=None)

    @admin.display(description=gettext_lazy("numéro"), ordering="pk")
    def number(self, need: Need) -> str:
        """Return the number, which the draw is made with."""
        return str(need.pk)

    @admin.display(description=gettext_lazy("horloge"))
    def clock(self, need: Need) -> str:
        """Say what is due next, and whether it is late."""
        today = timezone.localdate()
        if need.status == NeedStatus.CONFIRMED and (due := need.qualify_before):
            late = _("en retard, à qualifier depuis le %(day)s")
            words = late if due < today else _("à qualifier avant la fin du %(day)s")
            return words % {"day": due.strftime("%d/%m")}
        if need.is_alive and need.contact_at is None and need.confirmed_at:
            days = (today - timezone.localdate(need.confirmed_at)).days
            return _("J+%(days)d sans contact") % {"days": days}
        return "–"

    @admin.display(description=gettext_lazy("réponses aux questions"))
    def said(self, need: Need) -> str:
        """Return the answers to the questions of the service."""
        entry = taxonomy().get(need.service_id or 0)
        rows = answered(entry.category_code if entry else "", need.answers)
        return format_html_join("", "<p>{}<br>{}</p>", rows) or "–"

    @admin.display(description=gettext_lazy("prestataires sollicités"))
    def asked(self, need: Need) -> str:
        """Return who was asked, what came of it, and why."""
        rows = need.proposals.select_related("provider").order_by("pk")
        return (
            format_html_join(
                "",
                "<li>{} · {}{} · {}</li>",
                (
                    (
                        proposal.provider.name,
                        proposal.get_status_display(),
                        f" ({proposal.get_refusal_reason_display()})"
                        if proposal.refusal_reason
                        else "",
                        ", ".join(main_reasons(proposal.points, proposal.facts)),
                    )
                    for proposal in rows
                ),
            )
            or "–"
        )

    def buttons(self, request: HttpRequest, row: Need) -> Buttons:
        """Offer what may be done now."""
        if not row.is_alive or not request.user.has_perm(HANDLE):
            return []
        names = []
        if row.status == NeedStatus.CONFIRMED:
            names.append(("qualify", _("Qualifier")))
        elif row.status != NeedStatus.CHOSEN:
            names.append(("recommend", _("Ajouter des prestataires")))
        names.append(("close", _("Clore")))
        return [
            (reverse(f"admin:directory_need_{name}", args=[row.pk]), label) for name, label in names
        ]

    def get_urls(self) -> list[Any]:
        """Add the decisions and the report."""
        guard = self.admin_site.admin_view
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<int:need_id>/qualifier/", self.qualify, "directory_need_qualify"),
            ("<int:need_id>/recommander/", self.recommend, "directory_need_recommend"),
            ("<int:need_id>/clore/", self.close, "directory_need_close"),
            ("sans-reponse/", self.unanswered, "directory_need_unanswered"),
        ]
        own = [path(address, guard(view), name=name) for address, view, name in pages]
        return [*own, *super().get_urls()]

    def qualify(self, request: HttpRequest, need_id: int) -> HttpResponse:
        """Set right what the matching reads, then let it propose."""
        need = self._need(need_id)
        initial = {name: getattr(need, name) for name in services.QUALIFIED_FIELDS}
        initial |= {"commune": need.commune_id, "service": need.service_id}
        form = QualifyForm(request.POST if request.method == "POST" else None, initial=initial)
        return decision_page(
            self,
            request,
            title=_("Qualifier le besoin"),
            subject=need,
            facts=self._facts(need),
            form=form,
            act=lambda given: services.qualify_need(
                need_id=need_id, values=given, by_id=agent_id(request), now=timezone.now()
            ),
            permission=HANDLE,
            done=_("Le besoin est qualifié : trois prestataires vont le recevoir."),
        )

    def recommend(self, request: HttpRequest, need_id: int) -> HttpResponse:
        """Add providers that the order did not reach, and say why: a line of the log."""
        need = self._need(need_id)
        now = timezone.now()
        known = set(need.proposals.values_list("provider_id", flat=True))
        found = best(proposals.asked_by(need), now=now, wanted=CHOICES_FOR_STAFF, without=known)
        names = dict(
            Provider.objects.filter(pk__in=[ranked.card for ranked in found]).values_list(
                "pk", "name"
            )
        )
        choices = [
            (
                str(ranked.card),
                f"{names[ranked.card]} · {ranked.total // 1000} · "
                + ", ".join(main_reasons(ranked.points, ranked.facts)),
            )
            for ranked in found
        ]
        form = RecommendForm(request.POST if request.method == "POST" else None, choices=choices)
        return decision_page(
            self,
            request,
            title=_("Ajouter des prestataires"),
            subject=need,
            facts=self._facts(need),
            form=form,
            act=lambda given: proposals.recommend(
                need_id=need_id,
                provider_ids=[int(pk) for pk in given["providers"]],
                reason=given["reason"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=HANDLE,
            warning=_(
                "Les prestataires sont dans l’ordre publié, avec leurs points. En choisir d’autres "
                "que les premiers demande une raison qui se défend."
            ),
            done=_("C’est fait, et noté au journal de neutralité."),
        )

    def close(self, request: HttpRequest, need_id: int) -> HttpResponse:
        """End the need, with words for its company."""
        need = self._need(need_id)
        return decision_page(
            self,
            request,
            title=_("Clore le besoin"),
            subject=need,
            facts=self._facts(need),
            form=StaffClosingForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.close_by_staff(
                need_id=need_id, reason=given["reason"], words=given["words"], now=timezone.now()
            ),
            permission=HANDLE,
            done=_("Le besoin est clos, et son entreprise prévenue."),
        )

    def unanswered(self, request: HttpRequest) -> HttpResponse:
        """Show, or give as a file, the needs of a year that nobody took, by EPCI and service."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        since = timezone.localdate() - timedelta(days=REPORTED_DAYS)
        lines = need_reports.unanswered(since=since)
        if request.GET.get("format") == "csv":
            return _as_csv(lines)
        context = self.admin_site.each_context(request) | {
            "title": _("Besoins sans réponse"),
            "opts": Need._meta,
            "since": since,
            "lines": lines,
            "total": sum(line.needs for line in lines),
        }
        return render(request, "admin/directory/need/unanswered.html", context)

    def _need(self, need_id: int) -> Need:
        rows = Need.objects.confirmed().filter(forgotten_at=None)
        return get_object_or_404(
            rows.select_related("service", "commune__epci", "company"), pk=need_id
        )

    def _facts(self, need: Need) -> list[tuple[Any, Any]]:
        return [
            (_("Entreprise"), need.company.name if need.company else ""),
            (_("Service"), need.service.name if need.service else ""),
            (_("Lieu"), need.commune.name if need.commune else ""),
            (_("Budget"), need.get_budget_display()),
            (_("Délai"), need.get_deadline_display()),
            (_("Besoin"), need.text),
        ]


def _as_csv(lines: list[need_reports.Unanswered]) -> HttpResponse:
    file = BytesIO()
    header = [_("Territoire"), _("Service"), _("Besoins"), _("Sans aucun candidat")]
    rows = [
        [line.epci, line.service, str(line.needs), str(line.without_candidate)] for line in lines
    ]
    write_csv(file, [header, *rows])
    response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="besoins-sans-reponse.csv"'
    return response


@admin.register(Recommendation)
class RecommendationAdmin(ReadOnlyAdmin):
    """The neutrality log: each recommendation by an agent, and how much they concentrate."""

    public_content = False
    change_list_template = "admin/directory/recommendation/change_list.html"
    list_display = ["made_at", "need", "providers", "reason", "made_by"]
    list_select_related = ["need__service", "made_by"]
    search_fields = ["reason", "proposals__provider__name"]
    date_hierarchy = "made_at"
    ordering = ["-made_at", "-pk"]
    fields = ["need", "providers", "reason", "made_by", "made_at"]
    readonly_fields = ["providers"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the providers with the lines."""
        return super().get_queryset(request).prefetch_related("proposals__provider")

    @admin.display(description=gettext_lazy("prestataires"))
    def providers(self, entry: Recommendation) -> str:
        """Name the providers that were added."""
        names = (proposal.provider.name for proposal in entry.proposals.all())
        return format_html("{}", ", ".join(names))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the concentration above the log."""
        now = timezone.now()
        context = {
            "concentration": need_reports.concentration(now=now),
            "by_staff": need_reports.concentration(now=now, recommended_only=True),
        }
        return super().changelist_view(request, (extra_context or {}) | context)
