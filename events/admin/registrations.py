"""Registrations, as their people and the clocks make them; staff acts by buttons."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import ReadOnlyAdmin
from emn.lib.decisions import Buttons, WithButtons, decision_page
from events.enums import EndReason, RegistrationStatus, SessionKind
from events.models import Registration, SessionOpinion, Trainee
from events.models.registrations import KEPT
from events.services import registrations as services

HANDLE = "events.handle_registration"


@admin.register(Registration)
class RegistrationAdmin(WithButtons, ReadOnlyAdmin):
    """Each registration with its clocks."""

    public_content = False
    list_display = ["full_name", "company_name", "session", "status", "seats", "registered_at"]
    list_filter = ["status", "end_reason", "pool__mode"]
    list_select_related = ["session"]
    search_fields = ["full_name", "email", "company_name", "siret"]
    ordering = ["-registered_at", "-pk"]
    fields = [
        "session", "pool", "status", "rank", "seats", "full_name", "email", "company_name", "siret",
        "company", "companions", "given_answers", "language", "registered_at", "expires_at",
        "in_line_at", "offered_at", "taken_at", "asked_at", "confirmed_at", "ended_at",
        "end_reason", "is_deferred",
    ]  # fmt: skip
    readonly_fields = ["rank", "given_answers"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let a session's page lead to its own."""
        return lookup == "session__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("rang sur la liste d’attente"))
    def rank(self, entry: Registration) -> str:
        """Return the rank of who waits."""
        return str(services.position(entry) or "–")

    @admin.display(description=gettext_lazy("réponses"))
    def given_answers(self, entry: Registration) -> str:
        """Return the questions of the form with what was answered."""
        lines = format_html_join("", "<dt>{}</dt><dd>{}</dd>", entry.answers)
        return format_html("<dl>{}</dl>", lines) if entry.answers else "–"

    def buttons(self, request: HttpRequest, row: Registration) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(HANDLE) or row.session.starts_at <= timezone.now():
            return []
        names = []
        if row.status == RegistrationStatus.PENDING:
            names.append(("line", _("Garder sa place dans la file")))
        is_training = row.session.kind == SessionKind.TRAINING
        if row.status in KEPT and not is_training:
            names.append(("take", _("Prendre la place pour la personne")))
        if row.status == RegistrationStatus.REGISTERED:
            names.append(("confirm", _("Noter qu’elle vient")))
        if row.is_active and not (
            is_training and Trainee.objects.filter(registration=row).exists()
        ):
            names.append(("cancel", _("Annuler l’inscription")))
        return [
            (reverse(f"admin:events_registration_{name}", args=[row.pk]), label)
            for name, label in names
        ]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        guard = self.admin_site.admin_view
        pages = [
            ("prendre", self.take, "take"),
            ("file", self.line, "line"),
            ("vient", self.confirm, "confirm"),
            ("annuler", self.cancel, "cancel"),
        ]
        own = [
            path(f"<int:entry_id>/{end}/", guard(view), name=f"events_registration_{name}")
            for end, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def take(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Take the seat for somebody who called."""
        return self._decide(
            request, entry_id, _("Prendre la place"), _("La place est prise."),
            lambda: services.take_seat(registration_id=entry_id, now=timezone.now()),
        )  # fmt: skip

    def line(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Keep the place in line of somebody who called."""
        return self._decide(
            request, entry_id, _("Garder sa place dans la file"), _("Elle est dans la file."),
            lambda: services.enter_line(registration_id=entry_id, now=timezone.now()),
        )  # fmt: skip

    def confirm(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """Note that the person comes."""
        return self._decide(
            request, entry_id, _("Noter sa venue"), _("C’est noté."),
            lambda: services.confirm_coming(registration_id=entry_id, now=timezone.now()),
        )  # fmt: skip

    def cancel(self, request: HttpRequest, entry_id: int) -> HttpResponse:
        """End a registration for its person, who is told."""
        return self._decide(
            request, entry_id, _("Annuler l’inscription"),
            _("L’inscription est annulée, la personne prévenue, la place rendue."),
            lambda: services.cancel_registration(
                registration_id=entry_id, now=timezone.now(), reason=EndReason.STAFF
            ),
        )  # fmt: skip

    def _decide(
        self, request: HttpRequest, entry_id: int, title: str, done: str, act: Any
    ) -> HttpResponse:
        rows = Registration.objects.filter(forgotten_at=None).select_related("session")
        entry = get_object_or_404(rows, pk=entry_id)
        return decision_page(
            self,
            request,
            title=title,
            subject=entry,
            facts=[(_("Personne"), entry.full_name), (_("Session"), entry.session)],
            form=forms.Form(request.POST if request.method == "POST" else None),
            act=lambda _given: act(),
            permission=HANDLE,
            done=done,
            stays=True,
        )


@admin.register(SessionOpinion)
class SessionOpinionAdmin(ReadOnlyAdmin):
    """What those who came think, session by session."""

    public_content = False
    list_display = ["session", "score", "comment", "answered_at"]
    list_filter = ["score", "registration__session__kind"]
    list_select_related = ["registration__session"]
    search_fields = ["registration__session__title_fr", "comment"]
    ordering = ["-answered_at", "-pk"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let a session's page lead to its own."""
        is_own = lookup == "registration__session__id__exact"
        return is_own or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("session"))
    def session(self, opinion: SessionOpinion) -> str:
        """Return the session."""
        return str(opinion.registration.session)
