"""Trust in the back office: files and facts, contests and replies to decide, versions."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory import statements
from directory.admin.replies import reply_page
from directory.enums import ContestStatus, ReplyStatus
from directory.models import (
    TrustContest,
    TrustEvent,
    TrustFile,
    TrustParameters,
    TrustReply,
    TrustSnapshot,
)
from directory.services import trust as ledger
from directory.services import trust_rights as rights
from directory.services import trust_versions as versions
from directory.services.replies import digest_of
from directory.trust_forms import (
    ContestDecisionForm,
    DraftForm,
    PublicationForm,
    ReplyWithdrawalForm,
    VoidForm,
)
from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, RowsToDecide, decision_page

CORRECT = "directory.correct_trustevent"
DECIDE_CONTEST = "directory.decide_trustcontest"
DECIDE_REPLY = "directory.decide_trustreply"
PUBLISH = "directory.publish_trustparameters"


class LetterFilter(admin.AllValuesFieldListFilter):
    """The classes, and those without one by a word to click on."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Name the class of those that have none."""
        for choice in super().choices(changelist):
            yield choice | {"display": choice["display"] or _("aucune")}


@admin.register(TrustFile)
class TrustFileAdmin(ReadOnlyAdmin):
    """Each provider's file, with its statement."""

    public_content = False
    list_display = ["provider", "standing", "letter", "displayed", "computed_on"]
    list_filter = ["standing", ("letter", LetterFilter)]
    search_fields = ["provider__name", "provider__company__siret"]
    ordering = ["pk"]
    fields = [
        "provider", "standing", "letter", "displayed", "opened_at", "computed_on",
        "computed_version", "statement",
    ]  # fmt: skip
    readonly_fields = ["statement"]

    def view_on_site(self, obj: TrustFile) -> str | None:
        """Link to the public page."""
        if obj.provider is None or not obj.provider.is_published:
            return None
        return reverse("directory:trust", args=[obj.provider.slug])

    @admin.display(description=gettext_lazy("relevé"))
    def statement(self, obj: TrustFile) -> str:
        """Show every line, with the points."""
        found = statements.statement_of(obj, is_own=True)
        if found is None:
            return _("Pas encore calculé.")
        context = {"statement": found, "file": obj}
        return render_to_string("admin/directory/trust_statement.html", context)


@admin.register(TrustEvent)
class TrustEventAdmin(RowsToDecide):
    """The ledger."""

    list_display = ["file", "kind", "effective_on", "source", "key", "recorded_at"]
    list_filter = ["kind", "source"]
    search_fields = ["file__provider__name", "file__provider__company__siret"]
    list_select_related = ["file__provider"]
    ordering = ["-pk"]
    fields = ["file", "kind", "effective_on", "payload", "source", "key", "recorded_at"]

    def buttons(self, request: HttpRequest, row: TrustEvent) -> Buttons:
        """Offer to undo an error."""
        may = request.user.has_perm(CORRECT)
        return [(self.address("void", row.pk), gettext_lazy("Annuler ce fait"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the page that undoes."""
        return [self.page("annuler", self.void, "void"), *super().get_urls()]

    def void(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Undo a fact recorded by error."""
        event = get_object_or_404(TrustEvent.objects.select_related("file__provider"), pk=pk)
        return decision_page(
            self,
            request,
            title=_("Annuler ce fait"),
            subject=event,
            facts=[
                (_("Dossier"), event.file),
                (_("Fait"), event),
                (_("Contenu"), str(event.payload)),
            ],
            warning=_(
                "Le fait reste au registre, suivi de son annulation ; l’indice est calculé comme "
                "s’il n’avait jamais été, aussi pour le passé."
            ),
            form=VoidForm(request.POST if request.method == "POST" else None),
            act=lambda given: ledger.void_event(
                event_id=pk, reason=given["reason"], now=timezone.now()
            ),
            permission=CORRECT,
            done=_("Le fait est annulé ; l’indice est recalculé."),
        )


@admin.register(TrustSnapshot)
class TrustSnapshotAdmin(ReadOnlyAdmin):
    """What was computed, day after day."""

    public_content = False
    list_display = ["file", "at", "parameters", "is_published", "value", "letter", "computed_at"]
    list_filter = ["is_published", "parameters"]
    search_fields = ["file__provider__name", "file__provider__company__siret"]
    list_select_related = ["file__provider", "parameters"]
    ordering = ["-pk"]


@admin.register(TrustContest)
class TrustContestAdmin(RowsToDecide):
    """Contests, the most urgent first."""

    list_display = ["file", "component", "status", "opened_at", "due_on", "late"]
    list_filter = ["status"]
    search_fields = ["file__provider__name", "file__provider__company__siret"]
    list_select_related = ["file__provider"]
    ordering = ["due_on", "pk"]
    fields = [
        "file", "component", "event", "reason", "opened_by", "opened_at", "due_on", "status",
        "decision", "decided_by", "decided_at",
    ]  # fmt: skip

    @admin.display(description=gettext_lazy("en retard"), boolean=True)
    def late(self, row: TrustContest) -> bool:
        """Say that the decision should have been taken."""
        return row.is_late(on=timezone.localdate())

    def buttons(self, request: HttpRequest, row: TrustContest) -> Buttons:
        """Offer to decide while it is open."""
        may = row.status == ContestStatus.OPEN and request.user.has_perm(DECIDE_CONTEST)
        return [(self.address("decide", row.pk), gettext_lazy("Décider"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("decision", self.decide, "decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide, with reasons."""
        rows = TrustContest.objects.select_related("file__provider", "event")
        row = get_object_or_404(rows, pk=pk)
        return decision_page(
            self,
            request,
            title=_("Décider de la contestation"),
            subject=row,
            facts=[
                (_("Dossier"), row.file),
                (_("Partie"), statements.PART_NAMES[row.component]),
                (_("Fait contesté"), row.event),
                (_("Ce qui est faux, et pourquoi"), row.reason),
                (_("À décider avant le"), row.due_on.strftime("%d/%m/%Y")),
            ],
            form=ContestDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: rights.decide_contest(
                contest_id=pk,
                granted=given["granted"] == "oui",
                decision=given["decision"],
                void_the_fact=given["void_the_fact"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=DECIDE_CONTEST,
            done=_("La décision est prise et envoyée."),
        )


@admin.register(TrustReply)
class TrustReplyAdmin(RowsToDecide):
    """Public replies, the most urgent first."""

    list_display = ["file", "status", "written_at", "due_at"]
    list_filter = ["status"]
    search_fields = ["file__provider__name", "file__provider__company__siret"]
    list_select_related = ["file__provider"]
    ordering = ["due_at", "pk"]
    fields = [
        "file", "text", "written_by", "written_at", "due_at", "status", "refusal", "decided_at",
    ]  # fmt: skip

    def buttons(self, request: HttpRequest, row: TrustReply) -> Buttons:
        """Offer to decide while it waits, to take it down once it is published."""
        if not request.user.has_perm(DECIDE_REPLY):
            return []
        if row.status == ReplyStatus.WAITING:
            return [(self.address("decide", row.pk), gettext_lazy("Publier ou refuser"))]
        if row.status == ReplyStatus.PUBLISHED:
            return [(self.address("withdraw", row.pk), gettext_lazy("Retirer"))]
        return []

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("decision", self.decide, "decide"),
            self.page("retrait", self.withdraw, "withdraw"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish, or refuse with reasons."""
        row = get_object_or_404(TrustReply.objects.select_related("file__provider"), pk=pk)
        return reply_page(
            self,
            request,
            row,
            about=[(_("Dossier"), row.file)],
            decide=rights.decide_reply,
            permission=DECIDE_REPLY,
        )

    def withdraw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a published reply down, with reasons."""
        row = get_object_or_404(TrustReply.objects.select_related("file__provider"), pk=pk)
        return decision_page(
            self,
            request,
            title=_("Retirer la réponse"),
            subject=row,
            facts=[(_("Dossier"), row.file), (_("Réponse"), row.text)],
            form=ReplyWithdrawalForm(
                request.POST if request.method == "POST" else None,
                initial={"seen": digest_of(row.text)},
            ),
            act=lambda given: rights.withdraw_reply(
                reply_id=pk, seen=given["seen"], reason=given["reason"], now=timezone.now()
            ),
            permission=DECIDE_REPLY,
            done=_("La réponse ne paraît plus ; le prestataire est prévenu."),
        )


@admin.register(TrustParameters)
class TrustParametersAdmin(RowsToDecide):
    """Versions of the formula: written as drafts, simulated, published."""

    list_display = ["version", "published_on", "effective_on", "simulated_at"]
    ordering = ["-pk"]
    fields = [
        "version", "note", "published_on", "effective_on", "simulated_at", "impact_table", "values",
    ]  # fmt: skip
    readonly_fields = ["impact_table"]

    def view_on_site(self, obj: TrustParameters) -> str | None:
        """Link to the public page of a published version."""
        return obj.get_absolute_url() if obj.published_on else None

    @admin.display(description=gettext_lazy("ce qu’elle changerait"))
    def impact_table(self, row: TrustParameters) -> str:
        """Show what the simulation found."""
        if row.impact is None:
            if row.simulation_asked_at is not None:
                return _("Simulation en cours : rechargez la page dans un moment.")
            return _("Pas encore simulée.") if row.published_on is None else "–"
        return format_html(
            "{}{}",
            render_to_string("directory/trust/impact.html", {"impact": row.impact}),
            render_to_string("admin/directory/trust_most.html", {"impact": row.impact}),
        )

    def buttons(self, request: HttpRequest, row: TrustParameters) -> Buttons:
        """Offer what the state of the version allows."""
        if not request.user.has_perm(PUBLISH):
            return []
        copy = (self.address("copy", row.pk), gettext_lazy("Nouveau brouillon à partir d’elle"))
        if row.published_on is not None:
            return [copy]
        found = [
            (self.address("edit", row.pk), gettext_lazy("Modifier")),
            (self.address("simulation", row.pk), gettext_lazy("Simuler")),
        ]
        if row.impact is not None:
            found.append((self.address("publish", row.pk), gettext_lazy("Publier")))
        return [*found, copy]

    def get_urls(self) -> list[Any]:
        """Add the pages of a version."""
        return [
            self.page("copie", self.copy, "copy"),
            self.page("modifier", self.edit, "edit"),
            self.page("simulation", self.simulation, "simulation"),
            self.page("publier", self.publish, "publish"),
            *super().get_urls(),
        ]

    def copy(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a new draft from a version."""
        return self._draft(request, pk, is_copy=True)

    def edit(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change a draft."""
        return self._draft(request, pk, is_copy=False)

    def _draft(self, request: HttpRequest, pk: int, *, is_copy: bool) -> HttpResponse:
        row = get_object_or_404(TrustParameters, pk=pk)
        initial = {
            "version": "" if is_copy else row.version,
            "note": "" if is_copy else row.note,
            "values": versions.values_as_text(row),
        }
        return decision_page(
            self,
            request,
            title=_("Nouveau brouillon") if is_copy else _("Modifier le brouillon"),
            subject=row,
            form=DraftForm(request.POST if request.method == "POST" else None, initial=initial),
            act=lambda given: versions.write_draft(
                parameters_id=None if is_copy else pk,
                version=given["version"],
                values=given["values"],
                note=given["note"],
                now=timezone.now(),
            ),
            permission=PUBLISH,
            done=_("Le brouillon est enregistré. Simulez-le avant de le publier."),
        )

    def simulation(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have a draft simulated."""
        row = get_object_or_404(TrustParameters, pk=pk)
        return decision_page(
            self,
            request,
            title=_("Simuler"),
            subject=row,
            facts=[(_("Version"), row.version), (_("Ce qui change, et pourquoi"), row.note)],
            form=forms.Form(request.POST if request.method == "POST" else None),
            act=lambda _given: versions.ask_simulation(parameters_id=pk, now=timezone.now()),
            permission=PUBLISH,
            done=_("La simulation est lancée : son résultat paraît sur la page de la version."),
        )

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish a draft, for good."""
        row = get_object_or_404(TrustParameters, pk=pk)

        def act(given: dict[str, Any]) -> object:
            effective_on: date = given["effective_on"]
            return versions.publish_version(
                parameters_id=pk, effective_on=effective_on, now=timezone.now()
            )

        return decision_page(
            self,
            request,
            title=_("Publier la version"),
            subject=row,
            facts=[(_("Version"), row.version), (_("Ce qui change, et pourquoi"), row.note)],
            warning=_("Une version publiée ne change plus jamais."),
            form=PublicationForm(request.POST if request.method == "POST" else None),
            act=act,
            permission=PUBLISH,
            done=_("La version est publiée."),
        )
