"""The secretariat of complaints: queues by clock, and the moves of each complaint."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.complaint_forms import (
    AdmissionForm,
    CourtForm,
    FactsForm,
    GroundForm,
    InadmissibleForm,
    WithdrawalForm,
    WordsForm,
)
from directory.complaints.states import leads_to
from directory.enums import ComplaintEventKind as Kind
from directory.enums import ComplaintKind, ComplaintStatus
from directory.models import Complaint
from directory.services import complaint_handling as services
from directory.services import complaints
from emn.lib.admin import QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page
from emn.lib.storage import kept_file

HANDLE = "directory.handle_complaint"
# Verb of the address → its label, and the move that it makes (None: see `_offers`).
VERBS: dict[str, tuple[Any, Kind | None]] = {
    "accuser": (gettext_lazy("Accuser réception"), Kind.ACKNOWLEDGED),
    "corriger": (gettext_lazy("Corriger les faits"), None),
    "recevoir": (gettext_lazy("Déclarer recevable"), Kind.ADMITTED),
    "demeure": (gettext_lazy("Mettre en demeure"), Kind.NOTICED),
    "ecarter": (gettext_lazy("Déclarer irrecevable"), Kind.INADMISSIBLE),
    "accord": (gettext_lazy("Noter un accord"), Kind.CONCILIATED),
    "saisir": (gettext_lazy("Saisir le comité"), Kind.REFERRED),
    "justice": (gettext_lazy("Noter une action en justice"), Kind.COURT),
    "justice-finie": (gettext_lazy("Fin de l’action en justice"), Kind.COURT_ENDED),
    "retirer": (gettext_lazy("Noter un retrait"), Kind.WITHDRAWN),
}


class ClockFilter(QueueFilter):
    """The complaints by who must move, and by clock."""

    title = gettext_lazy("file")
    parameter_name = "file"
    queues = (
        ("secretariat", gettext_lazy("Au secrétariat"), lambda rows: rows.for_staff()),
        ("retard", gettext_lazy("Hors délai"), lambda rows: rows.overdue(on=timezone.localdate())),
        ("cours", gettext_lazy("En cours"), lambda rows: rows.open()),
    )


@admin.register(Complaint)
class ComplaintAdmin(WithButtons, ReadOnlyAdmin):
    """Each complaint with its clock; the buttons call the services."""

    change_form_template = "admin/directory/complaint/change_form.html"
    public_content = False
    list_display = ["reference", "company", "subject", "status", "due_on", "clock"]
    list_filter = [ClockFilter, "status", "kind", "clause"]
    search_fields = ["company__name", "siren", "client_name"]
    ordering = [F("due_on").asc(nulls_last=True), "pk"]
    fields = [
        "status", "due_on", "kind", "clause", "company", "siren", "client_name", "client_siren",
        "client_kind", "contact_name", "contact_email", "contact_phone", "contract_on",
        "is_lowest_price", "text", "wanted", "confirmed_at", "acknowledged_at", "admitted_at",
        "severity", "grounds", "refusal", "refusal_words", "reply", "replied_at",
        "conciliation_on", "court_since", "court_stopped_days", "settlement", "with_fault",
        "outcome", "ended_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what its author has not confirmed: it is no complaint yet."""
        return super().get_queryset(request).exclude(confirmed_at=None)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what has nothing to say yet, and who complains from who need not know."""
        fields: Any = super().get_fields(request, obj)
        if not request.user.has_perm(HANDLE):
            fields = [name for name in fields if not name.startswith("contact_")]
        if obj is None:
            return fields
        shown = [name for name in fields if getattr(obj, name) not in {None, ""}]
        return [name for name in shown if name != "court_stopped_days" or obj.court_stopped_days]

    @admin.display(description=gettext_lazy("référence"), ordering="pk")
    def reference(self, complaint: Complaint) -> str:
        """Show what every message calls it."""
        return complaint.reference

    @admin.display(description=gettext_lazy("objet"))
    def subject(self, complaint: Complaint) -> str:
        """Show the commitment in question."""
        return complaint.get_clause_display() or complaint.get_kind_display()

    @admin.display(description=gettext_lazy("horloge"))
    def clock(self, complaint: Complaint) -> str:
        """Say how long is left, or how late it is."""
        if not complaint.is_open or complaint.due_on is None:
            return "–"
        if complaint.is_stopped:
            return _("suspendue : action en justice")
        days = (complaint.due_on - timezone.localdate()).days
        if days < 0:
            return _("en retard de %(days)d j") % {"days": -days}
        return _("reste %(days)d j") % {"days": days}

    def get_urls(self) -> list[Any]:
        """Add the moves and the documents."""
        guard = self.admin_site.admin_view
        return [
            path(
                "<int:complaint_id>/decision/<str:verb>/",
                guard(self.decide),
                name="directory_complaint_decide",
            ),
            path(
                "<int:complaint_id>/pieces/<int:file_id>/",
                guard(self.file),
                name="directory_complaint_file",
            ),
            *super().get_urls(),
        ]

    def buttons(self, request: HttpRequest, row: Complaint) -> Buttons:
        """Offer the moves of its state."""
        if not request.user.has_perm(HANDLE):
            return []
        return [
            (reverse("admin:directory_complaint_decide", args=[row.pk, verb]), label)
            for verb, (label, kind) in VERBS.items()
            if _offers(row, verb, kind)
        ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show its scope, its documents, its cases and its history."""
        complaint = context.get("original")
        context["files"] = complaint.files.order_by("pk")
        context["events"] = complaint.events.select_related("by").order_by("at", "pk")
        context["cases"] = complaint.cases.order_by("pk")
        context["may_handle"] = request.user.has_perm(HANDLE)
        examined = complaint.status in {ComplaintStatus.RECEIVED, ComplaintStatus.ACKNOWLEDGED}
        context["refusals"] = services.refusals_of(complaint) if examined else []
        context["examined"] = examined
        return super().render_change_form(request, context, *args, **kwargs)

    def file(self, request: HttpRequest, complaint_id: int, file_id: int) -> HttpResponseBase:
        """Give a document to the agent, as a file to keep."""
        if not request.user.has_perm(HANDLE):
            raise PermissionDenied
        complaint = get_object_or_404(Complaint, pk=complaint_id)
        row = get_object_or_404(complaint.files, pk=file_id)
        return kept_file(row.file, row.name)

    def decide(self, request: HttpRequest, complaint_id: int, verb: str) -> HttpResponse:
        """Make one move."""
        rows = Complaint.objects.confirmed().select_related("company")
        complaint = get_object_or_404(rows, pk=complaint_id)
        if verb not in VERBS:
            raise Http404
        posted = request.POST if request.method == "POST" else None
        form, act, warning = self._move(request, complaint, verb, posted)
        return decision_page(
            self,
            request,
            title=VERBS[verb][0],
            subject=complaint,
            permission=HANDLE,
            done=_("C’est fait ; ceux que cela regarde en sont avertis."),
            facts=_facts(complaint),
            form=form,
            warning=warning,
            act=act,
            stays=True,
        )

    def _move(
        self, request: HttpRequest, complaint: Complaint, verb: str, posted: Any
    ) -> tuple[forms.Form, Callable[[dict[str, Any]], object], str]:
        """Return the form of a move, what it does, and what to know before."""
        asked: dict[str, Any] = {
            "complaint_id": complaint.pk,
            "by_id": agent_id(request),
            "now": timezone.now(),
        }
        if verb == "corriger":
            facts = FactsForm(posted, complaint=complaint)
            return (
                facts,
                lambda _given: services.correct_facts(**asked, values=facts.values()),
                "",
            )
        simple: dict[str, tuple[type[forms.Form], Callable[..., object]]] = {
            "accuser": (forms.Form, services.acknowledge),
            "recevoir": (AdmissionForm, services.admit),
            "demeure": (WordsForm, services.give_notice),
            "ecarter": (InadmissibleForm, services.declare_inadmissible),
            "accord": (WordsForm, services.note_settlement),
            "saisir": (GroundForm, services.refer),
            "justice": (CourtForm, services.note_court),
            "justice-finie": (forms.Form, services.end_court),
            "retirer": (WithdrawalForm, complaints.withdraw),
        }
        kind, service = simple[verb]
        return kind(posted), lambda given: partial(service, **asked)(**given), _warning(verb)


def _warning(verb: str) -> str:
    return {
        "recevoir": _("Le prestataire lira la plainte, la gravité et vos motifs."),
        "ecarter": _("La plainte se ferme. Le prestataire n’en saura rien."),
        "saisir": _("La conciliation prend fin : le comité décidera."),
    }.get(verb, "")


def _offers(row: Complaint, verb: str, kind: Kind | None) -> bool:
    """Whether to offer a move; the service has the last word."""
    if kind is None:
        return row.status in {ComplaintStatus.RECEIVED, ComplaintStatus.ACKNOWLEDGED}
    if leads_to(kind, row.status) is None:
        return False
    if verb == "demeure":
        return row.kind == ComplaintKind.PUBLICITY and not services.was_noticed(row)
    if verb in {"justice", "justice-finie"}:
        return (row.court_since is None) == (verb == "justice")
    if verb == "saisir" and row.status == ComplaintStatus.REPLY:
        return row.court_since is not None
    return True


def _facts(complaint: Complaint) -> list[tuple[Any, Any]]:
    return [
        (_("Mise en cause"), f"{complaint.company} ({complaint.siren})"),
        (_("Plaignant"), complaint.client_name),
        (_("Engagement"), complaint.get_clause_display() or complaint.get_kind_display()),
        (_("Contrat du"), date_format(complaint.contract_on)),
        (_("État"), complaint.get_status_display()),
        (_("Au plus tard le"), complaint.due_on and date_format(complaint.due_on)),
        (_("Faits"), complaint.text),
        (_("Demande"), complaint.wanted),
        (_("Réponse"), complaint.reply),
    ]
