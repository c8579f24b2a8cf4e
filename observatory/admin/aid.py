"""The register of aids: what was granted, the ceiling, attestations, the export."""

import io
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin, agent_id
from emn.lib.errors import DomainError
from emn.lib.pdf import pdf_response
from emn.lib.tables import write_csv
from observatory.aid_documents import attestation_pdf
from observatory.aid_queries import export_lines, register
from observatory.funder_enums import AidRegime
from observatory.funder_forms import AttestationForm, DayInput, GrantForm, SizeForm
from observatory.funding.sizes import size_class
from observatory.models import AidAttestation, AidGrant, SizeDeclaration
from observatory.services import aid

GRANT = "observatory.grant_aid"
READ = "observatory.view_aidgrant"


class RegisterForm(forms.Form):
    """Which days of the register."""

    from_on = forms.DateField(label=gettext_lazy("Du"), widget=DayInput)
    until_on = forms.DateField(label=gettext_lazy("Au, compris"), widget=DayInput)


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


@admin.register(AidGrant)
class AidGrantAdmin(ReadOnlyAdmin):
    """The list is the whole register: visits as they were signed, and what else was granted."""

    public_content = False
    fields = (
        "siren", "name", "service", "label", "regime", "granted_on", "value_cents", "price_cents",
        "aid_cents", "scale", "declared_cents", "declared_on", "cancels", "noted_at", "noted_by",
    )  # fmt: skip

    def get_urls(self) -> list[Any]:
        """Add the grant, the attestation, the export."""
        guard = self.admin_site.admin_view
        return [
            path("accorder/", guard(self.grant), name="observatory_aidgrant_grant"),
            path("attester/", guard(self.attest), name="observatory_aidgrant_attest"),
            path("export.csv", guard(self.export), name="observatory_aidgrant_export"),
            path(
                "<int:pk>/reprendre/", guard(self.take_back), name="observatory_aidgrant_take_back"
            ),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """Show the register over some days, a year by default."""
        _require(request, READ)
        from_on, until_on, form = _days(request)
        entries = register(from_on=from_on, until_on=until_on)
        context = {
            "title": _("Registre des aides"),
            "form": form,
            "entries": entries,
            "total": sum(
                entry.aid_cents for entry in entries if entry.regime == AidRegime.DE_MINIMIS
            ),
            "query": f"from_on={from_on}&until_on={until_on}",
            "may_grant": request.user.has_perm(GRANT),
        }
        return self._page(request, "register", context)

    def export(self, request: HttpRequest) -> HttpResponse:
        """Send the aids de minimis of these days, as the central register wants them (R7.11)."""
        _require(request, READ)
        from_on, until_on, _form = _days(request)
        file = io.BytesIO()
        write_csv(file, export_lines(register(from_on=from_on, until_on=until_on)))
        response = HttpResponse(file.getvalue(), content_type="text/csv; charset=utf-8")
        name = f"aides-de-minimis-{from_on}-{until_on}.csv"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response

    def grant(self, request: HttpRequest) -> HttpResponse:
        """Grant an aid, when the ceiling leaves room."""
        _require(request, GRANT)
        form = GrantForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            typed = dict(form.cleaned_data)
            for name in ("value", "price", "declared"):
                typed[f"{name}_cents"] = typed.pop(name)
            try:
                made = aid.grant(**typed, user_id=agent_id(request), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, made, [{"added": {}}])
                messages.success(request, _("L’aide est inscrite au registre."))
                return redirect("admin:observatory_aidgrant_changelist")
        context = {"title": _("Accorder une aide"), "form": form, "action": _("Inscrire")}
        return self._page(request, "form", context)

    def take_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a wrong entry back."""
        _require(request, GRANT)
        row = get_object_or_404(AidGrant, pk=pk)
        form = forms.Form(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                aid.take_back(grant_id=pk, user_id=agent_id(request), now=timezone.now())
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_change(request, row, _("Reprendre cette ligne"))
                messages.success(request, _("La ligne est reprise : elle ne compte plus."))
                return redirect("admin:observatory_aidgrant_changelist")
        context = {
            "title": _("Reprendre cette ligne"), "subject": row, "form": form,
            "action": _("Reprendre"),
        }  # fmt: skip
        return self._page(request, "form", context)

    def attest(self, request: HttpRequest) -> HttpResponse:
        """Attest what a company was given."""
        _require(request, GRANT)
        form = AttestationForm(
            request.POST if request.method == "POST" else None,
            initial={"as_of": timezone.localdate(), "siren": request.GET.get("siren", "")},
        )
        if request.method == "POST" and form.is_valid():
            typed = form.cleaned_data
            try:
                made = aid.attest(
                    siren=typed["siren"], as_of=typed["as_of"], declared_cents=typed["declared"],
                    user_id=agent_id(request), now=timezone.now(),
                )  # fmt: skip
            except DomainError as refusal:
                form.add_error(None, refusal.message)
            else:
                self.log_addition(request, made, [{"added": {}}])
                return redirect("admin:observatory_aidattestation_changelist")
        context = {"title": _("Établir une attestation"), "form": form, "action": _("Établir")}
        return self._page(request, "form", context)

    def _page(self, request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.model._meta} | context
        return render(request, f"admin/observatory/aidgrant/{name}.html", context)


def _days(request: HttpRequest) -> tuple[date, date, RegisterForm]:
    today = timezone.localdate()
    asked = {"from_on": today.replace(month=1, day=1), "until_on": today}
    form = RegisterForm(request.GET or None, initial=asked)
    if form.is_valid():
        asked = form.cleaned_data
    return asked["from_on"], asked["until_on"], form


@admin.register(AidAttestation)
class AidAttestationAdmin(ReadOnlyAdmin):
    """Attestations, as they were issued; the document is written of the row."""

    public_content = False
    list_display = ("siren", "name", "as_of", "issued_at", "document")
    search_fields = ("siren", "name")
    ordering = ("-issued_at", "-pk")
    fields = ("siren", "name", "as_of", "issued_at", "issued_by", "sha256")

    @admin.display(description="PDF")
    def document(self, row: AidAttestation) -> str:
        """Lead to the document."""
        address = reverse("admin:observatory_aidattestation_file", args=[row.pk])
        return format_html('<a href="{}">{}</a>', address, _("Ouvrir"))

    def get_urls(self) -> list[Any]:
        """Add the document."""
        guard = self.admin_site.admin_view
        return [
            path("<int:pk>/pdf/", guard(self.file), name="observatory_aidattestation_file"),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the document."""
        _require(request, "observatory.view_aidattestation")
        row = get_object_or_404(AidAttestation, pk=pk)
        return pdf_response(attestation_pdf(row), f"attestation-{row.siren}-{row.as_of}.pdf")


@admin.register(SizeDeclaration)
class SizeDeclarationAdmin(BaseAdmin):
    """What companies declare of their size; the class is computed when it is written."""

    public_content = False
    list_display = ("siren", "declared_on", "size")
    list_filter = ("size",)
    search_fields = ("siren",)
    ordering = ("-declared_on", "-pk")
    fields = ("siren", "declared_on", "staff", "turnover_cents", "balance_cents", "size")
    state_fields = ("size",)
    form = SizeForm

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Write the class with what it is computed of."""
        obj.size = size_class(
            staff=obj.staff, turnover_cents=obj.turnover_cents, balance_cents=obj.balance_cents
        )
        super().save_model(request, obj, form, change)
