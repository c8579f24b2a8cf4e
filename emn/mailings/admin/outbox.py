"""The outbox as staff sees it: everything read-only, decisions on dead letters as actions."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from emn.lib.admin import ReadOnlyAdmin
from emn.lib.decisions import confirmed
from emn.lib.errors import DomainError
from emn.mailings.addresses import mailbox_hash
from emn.mailings.models import OutboundEmail
from emn.mailings.services import outbox as services


@admin.register(OutboundEmail)
class OutboundEmailAdmin(ReadOnlyAdmin):
    """Finds a message by its recipient's whole address or its Message-ID."""

    public_content = False
    list_display = ("created_at", "to_email", "kind", "status", "attempts", "sent_at", "last_error")
    list_filter = ("status", "unsolicited", "language")
    search_fields = ("message_id",)
    search_help_text = _("Adresse complète du destinataire, ou Message-ID")
    ordering = ("-created_at", "-pk")
    actions = ("retry", "abandon")
    fields = (
        "status",
        "kind",
        "to_email",
        "from_email",
        "reply_to",
        "subject",
        "preview",
        "language",
        "message_id",
        "created_at",
        "attempts",
        "next_attempt_at",
        "claimed_at",
        "sent_at",
        "last_error",
        "unsolicited",
        "secret",
        "purged",
    )
    readonly_fields = ("preview",)

    def has_decide_permission(self, request: HttpRequest) -> bool:
        """Whether the person may send again or abandon."""
        return request.user.has_perm("mailings.decide_dead_letter")

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[Any, bool]:
        """Look for a mailbox by its hash: it is found even once its address was erased."""
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = Q(message_id=f"<{term.strip('<>')}>") | Q(mailbox_hash=mailbox_hash(term))
        return queryset.filter(wanted), False

    @admin.display(description=_("texte"))
    def preview(self, email: OutboundEmail) -> SafeString | Promise:
        """Show the words, unless they would open somebody's account."""
        if email.secret:
            return _("Confidentiel : ce message porte un code ou un lien de connexion.")
        return format_html("<pre>{}</pre>", email.text_body)

    @admin.action(description=_("Relancer les courriels en échec"), permissions=["decide"])
    @confirmed(_("Ces messages repartent vers leurs destinataires dans la minute."))
    def retry(self, request: HttpRequest, queryset: Any) -> None:
        """Give each dead letter all its attempts again."""
        decision = partial(services.retry_dead_letter, now=timezone.now())
        done = self._decide(request, queryset, decision)
        if done:
            said = ngettext("%d courriel relancé.", "%d courriels relancés.", done)
            messages.success(request, said % done)

    @admin.action(description=_("Abandonner les courriels en échec"), permissions=["decide"])
    @confirmed(_("Un message abandonné ne se relance plus : son destinataire ne recevra rien."))
    def abandon(self, request: HttpRequest, queryset: Any) -> None:
        """Close each dead letter for good."""
        done = self._decide(request, queryset, services.abandon_dead_letter)
        if done:
            said = ngettext("%d courriel abandonné.", "%d courriels abandonnés.", done)
            messages.success(request, said % done)

    def _decide(
        self, request: HttpRequest, queryset: Any, decision: Callable[..., OutboundEmail]
    ) -> int:
        """Take the decision for each message, note it in its history; return for how many."""
        done = 0
        for email_id in queryset.order_by("pk").values_list("pk", flat=True):
            try:
                email = decision(email_id=email_id, by_id=request.user.pk)
            except DomainError as refusal:
                messages.error(request, f"n° {email_id} : {refusal.message}")
            else:
                self.log_change(request, email, email.get_status_display())
                done += 1
        return done
