"""What came back as staff sees it: filed by a person when no rule could; addresses freed."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from emn.lib.admin import ReadOnlyAdmin
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import IncidentKind
from emn.mailings.models import MailIncident, Suppression
from emn.mailings.services import returns as services


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


def _file_as(kind: IncidentKind) -> Callable[..., None]:
    @admin.action(description=_("Classer comme : %s") % kind.label, permissions=["handle"])
    def file(self: "MailIncidentAdmin", request: HttpRequest, queryset: Any) -> None:
        self.decide(request, queryset, partial(_file_one, kind=kind))

    file.__name__ = f"file_as_{kind}"
    return file


def _file_one(incident_id: int, *, kind: IncidentKind, by_id: int, now: datetime) -> MailIncident:
    return services.file_return(incident_id=incident_id, kind=kind, by_id=by_id, now=now)


def _free_one(suppression_id: int, *, by_id: int, now: datetime) -> Suppression:
    return services.free_mailbox(suppression_id=suppression_id, by_id=by_id, now=now)


@admin.register(MailIncident)
class MailIncidentAdmin(_ByMailbox):
    """What came back; the text is shown as text, and only while a person has to read it."""

    list_display = ("received_at", "kind", "status_code", "rule", "campaign", "handled_at")
    list_filter = ("kind", ("handled_at", admin.EmptyFieldListFilter), "source")
    ordering = ("-received_at", "-pk")
    fields = (
        "kind", "source", "status_code", "rule", "campaign", "received_at", "handled_at", "words",
    )  # fmt: skip
    readonly_fields = ("words",)
    actions = tuple(_file_as(kind) for kind in IncidentKind if kind != IncidentKind.UNREADABLE)

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """Whether the person may file."""
        return request.user.has_perm("mailings.handle_incident")

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
