"""What came back as staff sees it: filed by a person when no rule could; addresses freed."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Case, Q, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.decisions import confirmed
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import IncidentKind
from emn.mailings.models import MailIncident, Suppression
from emn.mailings.services import returns as services

HANDLE, BLOCK = "mailings.handle_incident", "mailings.lift_suppression"
REFUSALS_SHOWN = 200  # causes
_ERASED = _("Un retour classé ne se rouvre pas, et le texte du message est effacé.")


class _ByMailbox(ReadOnlyAdmin):
    """Rows found by the whole address, of which only the fingerprint is kept."""

    public_content = False
    search_fields = ("mailbox_hash",)
    search_help_text = _("Adresse complète")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Look for a mailbox by its fingerprint."""
        term = search_term.strip()
        return (queryset.filter(mailbox_hash=mailbox_hash(term)) if term else queryset), False

    def decide(self, request: HttpRequest, queryset: Any, decision: Callable[..., Any]) -> None:
        """Take a decision for each row, note it in its history, and say how many were taken."""
        done = 0
        for pk in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                row = decision(pk, by_id=request.user.pk, now=timezone.now())
            except DomainError as refusal:
                messages.error(request, f"n° {pk} : {refusal.message}")
            else:
                self.log_change(request, row, str(row))
                done += 1
        if done:
            said = ngettext("%d décision prise.", "%d décisions prises.", done)
            messages.success(request, said % done)


def _file_as(kind: IncidentKind) -> Callable[..., HttpResponse | None]:
    @admin.action(description=_("Classer comme : %s") % kind.label, permissions=["handle"])
    @confirmed(_ERASED)
    def file(self: "MailIncidentAdmin", request: HttpRequest, queryset: Any) -> None:
        self.decide(request, queryset, partial(_file_one, kind=kind))

    file.__name__ = f"file_as_{kind}"
    return file


def _file_one(incident_id: int, *, kind: IncidentKind, by_id: int, now: datetime) -> MailIncident:
    return services.file_return(incident_id=incident_id, kind=kind, by_id=by_id, now=now)


def _ignore_one(incident_id: int, *, by_id: int, now: datetime) -> MailIncident:
    return services.ignore_return(incident_id=incident_id, by_id=by_id, now=now)


def _block_one(incident_id: int, *, address: str, by_id: int, now: datetime) -> MailIncident:
    return services.block_from_return(
        incident_id=incident_id, address=address, by_id=by_id, now=now
    )


class BlockForm(forms.Form):
    """The address to block, where the portal does not know whose the return is."""

    address = forms.EmailField(
        label=_("Adresse à bloquer"), widget=forms.EmailInput({"size": 40, "autocomplete": "off"})
    )

    def __init__(self, *args: Any, incident: MailIncident, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["address"].required = not incident.mailbox_hash


class CauseForm(forms.Form):
    """One line of the refusals."""

    campaign_id = forms.IntegerField(required=False)
    status_code = forms.CharField(required=False)
    domain = forms.CharField(required=False)


def _free_one(suppression_id: int, *, by_id: int, now: datetime) -> Suppression:
    return services.free_mailbox(suppression_id=suppression_id, by_id=by_id, now=now)


@admin.register(MailIncident)
class MailIncidentAdmin(_ByMailbox):
    """What came back; the text is shown as text, and only while a person has to read it."""

    list_display = ("received_at", "kind", "status_code", "rule", "campaign", "handled_at")
    list_filter = ("kind", ("handled_at", admin.EmptyFieldListFilter), "source")
    ordering = (
        Case(
            When(Q(kind=IncidentKind.UNREADABLE, handled_at=None), then=Value(0)), default=Value(1)
        ),
        "-received_at",
        "-pk",
    )
    fields = (
        "kind", "source", "status_code", "rule", "campaign", "received_at", "handled_at",
        "diagnostic", "words",
    )  # fmt: skip
    readonly_fields = ("words",)
    actions = (
        "ignore",
        *(_file_as(kind) for kind in IncidentKind if kind != IncidentKind.UNREADABLE),
    )
    change_form_template = "admin/mailings/mailincident/change_form.html"
    change_list_template = "admin/mailings/mailincident/change_list.html"

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Whether the person may file."""
        return request.user.has_perm(HANDLE)

    @admin.action(description=_("Ignorer"), permissions=["handle"])
    @confirmed(_ERASED)
    def ignore(self, request: HttpRequest, queryset: Any) -> None:
        """Close what asks for nothing."""
        self.decide(request, queryset, _ignore_one)

    def get_urls(self) -> list[Any]:
        """Add the two decisions on a return, and the refusals of servers."""
        site = self.admin_site.admin_view
        return [
            path("refus/", site(self.refusals), name="mailings_mailincident_refusals"),
            path(
                "<int:incident_id>/ignorer/",
                site(self.ignore_one),
                name="mailings_mailincident_ignore",
            ),
            path(
                "<int:incident_id>/bloquer/",
                site(self.block),
                name="mailings_mailincident_block",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Offer the decisions while the return waits for one."""
        incident = context["original"]
        waits = incident.kind == IncidentKind.UNREADABLE and not incident.handled_at
        context |= {
            "may_ignore": waits and request.user.has_perm(HANDLE),
            "may_block": waits and request.user.has_perm(HANDLE) and request.user.has_perm(BLOCK),
            "block_form": BlockForm(incident=incident),
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @method_decorator(require_POST)
    def ignore_one(self, request: HttpRequest, incident_id: int) -> HttpResponse:
        """Close one return that asks for nothing."""
        return self._close(request, incident_id, (HANDLE,), _ignore_one)

    @method_decorator(require_POST)
    def block(self, request: HttpRequest, incident_id: int) -> HttpResponse:
        """Block the mailbox that one return is about."""
        incident = get_object_or_404(MailIncident, pk=incident_id)
        form = BlockForm(request.POST, incident=incident)
        if not form.is_valid():
            messages.error(
                request, _("Écrivez l’adresse à bloquer en entier, telle que le message la donne.")
            )
            return redirect("admin:mailings_mailincident_change", incident_id)
        decision = partial(_block_one, address=form.cleaned_data["address"])
        return self._close(request, incident_id, (HANDLE, BLOCK), decision)

    def _close(
        self,
        request: HttpRequest,
        incident_id: int,
        rights: tuple[str, ...],
        decision: Callable[..., MailIncident],
    ) -> HttpResponse:
        if not request.user.has_perms(rights):
            raise PermissionDenied
        get_object_or_404(MailIncident, pk=incident_id)
        try:
            incident = decision(incident_id, by_id=agent_id(request), now=timezone.now())
        except DomainError as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:mailings_mailincident_change", incident_id)
        self.log_change(request, incident, str(incident))
        messages.success(request, _("C’est fait ; le texte du message est effacé."))
        return redirect("admin:mailings_mailincident_changelist")

    def refusals(self, request: HttpRequest) -> HttpResponse:
        """Show who refuses our letters and why; close what was dealt with."""
        if not request.user.has_perm(HANDLE):
            raise PermissionDenied
        form = CauseForm(request.POST)
        if request.method == "POST" and form.is_valid():
            settled = services.settle_refusals(
                **form.cleaned_data, by_id=agent_id(request), now=timezone.now()
            )
            said = ngettext("%d refus classé.", "%d refus classés.", settled)
            messages.success(request, said % settled)
            return redirect("admin:mailings_mailincident_refusals")
        context = self.admin_site.each_context(request) | {
            "title": gettext("Refus de serveurs"),
            "causes": MailIncident.objects.refusals().by_cause()[:REFUSALS_SHOWN],
            "opts": self.model._meta,
        }
        return render(request, "admin/mailings/mailincident/refusals.html", context)

    @admin.display(description=_("message reçu"))
    def words(self, incident: MailIncident) -> SafeString:
        """Show the bytes as text, nothing in them interpreted."""
        raw = bytes(incident.raw or b"")
        return format_html("<pre>{}</pre>", raw.decode("utf-8", "replace"))


@admin.register(Suppression)
class SuppressionAdmin(_ByMailbox):
    """Addresses that no list writes to."""

    list_display = ("created_at", "reason", "status_code", "review_asked_at", "lifted_at")
    list_filter = (
        "reason",
        ("review_asked_at", admin.EmptyFieldListFilter),
        ("lifted_at", admin.EmptyFieldListFilter),
    )
    ordering = ("-created_at", "-pk")
    fields = ("reason", "status_code", "created_at", "review_asked_at", "lifted_at")
    actions = ("free",)

    def has_lift_permission(self, request: HttpRequest) -> bool:
        """Whether the person may free an address."""
        return request.user.has_perm("mailings.lift_suppression")

    @admin.action(description=_("Débloquer les adresses"), permissions=["lift"])
    def free(self, request: HttpRequest, queryset: Any) -> None:
        """Let lists write again to each address."""
        self.decide(request, queryset, _free_one)
