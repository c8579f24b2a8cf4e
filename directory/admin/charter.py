"""The charter's secretariat: documents to read, adhesions to admit, sanctions, recognitions."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from directory.charter_forms import (
    CharterReasonForm,
    EvidenceDecisionForm,
    RecognitionDecisionForm,
    SuspensionForm,
)
from directory.enums import AdhesionStatus, AuditLevel, InsolvencyState
from directory.models import (
    Adhesion,
    Audit,
    AuditDraw,
    Charter,
    Evidence,
    InsolvencyCheck,
    Recognition,
)
from directory.services import audits, charter_checks, charter_recognition, insolvency
from directory.trust_forms import AuditForm, InsolvencyForm, LotoForm
from emn.lib.admin import QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page
from emn.lib.storage import kept_file

CHECK, SANCTION = "directory.check_adhesion", "directory.sanction_adhesion"
RECORD_INSOLVENCY = "directory.record_insolvency"
RECORD_AUDIT = "directory.record_audit"
# Verb of the address → its label, the states it is offered in, the permission it asks for.
VERBS: dict[str, tuple[Any, tuple[AdhesionStatus, ...], str]] = {
    "admettre": (_("Admettre l’entreprise"), (AdhesionStatus.CHECK,), CHECK),
    "renvoyer": (_("Demander un complément"), (AdhesionStatus.CHECK,), CHECK),
    "refuser": (_("Refuser l’adhésion"), (AdhesionStatus.CHECK,), CHECK),
    "suspendre": (_("Suspendre"), (AdhesionStatus.ACTIVE,), SANCTION),
    "retablir": (_("Lever la suspension"), (AdhesionStatus.SUSPENDED,), SANCTION),
    "retirer": (_("Retirer"), (AdhesionStatus.ACTIVE, AdhesionStatus.SUSPENDED), SANCTION),
}


class NewPiecesFilter(QueueFilter):
    """The queue: members who brought a document since they were admitted."""

    title = _("pièces")
    parameter_name = "pieces"
    queues = (("nouvelles", _("Nouvelles, à lire"), lambda rows: rows.with_new_pieces()),)


@admin.register(Charter)
class CharterAdmin(ReadOnlyAdmin):
    """The versions, as `sync_charters` writes them."""

    list_display = ["version", "valid_from", "sha256"]
    ordering = ["-valid_from", "-pk"]
    fields = ["version", "valid_from", "sha256"]


@admin.register(Adhesion)
class AdhesionAdmin(WithButtons, ReadOnlyAdmin):
    """Each adhesion with its documents and its history; the buttons call the services."""

    change_form_template = "admin/directory/adhesion/change_form.html"
    list_display = ["reference", "company", "status", "submitted_at", "starts_on", "expires_on"]
    list_filter = ["status", NewPiecesFilter]
    search_fields = ["company__name", "siren"]
    ordering = ["submitted_at", "pk"]
    fields = [
        "status", "company", "siren", "charter", "renews", "signed_at", "signatory_name",
        "signatory_role", "power_basis", "complaints_accepted_at", "document_sha256",
        "submitted_at", "check_note", "checked_at", "checked_by", "member_since", "starts_on",
        "expires_on", "suspended_on", "suspended_until", "ended_on", "ended_by",
    ]  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what has nothing to say yet."""
        fields: Any = super().get_fields(request, obj)
        return [name for name in fields if obj is None or getattr(obj, name)]

    @admin.display(description=_("référence"), ordering="pk")
    def reference(self, adhesion: Adhesion) -> str:
        """Show what the signed document calls it."""
        return adhesion.reference

    def get_urls(self) -> list[Any]:
        """Add the decisions and the files."""
        guard = self.admin_site.admin_view
        own: list[tuple[str, Any, str]] = [
            ("decision/<str:verb>/", self.decide, "decide"),
            ("document/", self.document, "document"),
            ("bodacc/", self.note_insolvency, "bodacc"),
            ("audit/", self.note_audit, "audit"),
            ("pieces/<int:evidence_id>/", self.decide_piece, "piece"),
            ("pieces/<int:evidence_id>/fichier/", self.piece_file, "piece_file"),
        ]
        return [
            path(f"<int:adhesion_id>/{end}", guard(view), name=f"directory_adhesion_{name}")
            for end, view, name in own
        ] + super().get_urls()

    def buttons(self, request: HttpRequest, row: Adhesion) -> Buttons:
        """Offer the decisions of its state."""
        status = row.status_on(timezone.localdate())
        decisions = [
            (reverse("admin:directory_adhesion_decide", args=[row.pk, verb]), label)
            for verb, (label, states, permission) in VERBS.items()
            if status in states and request.user.has_perm(permission)
        ]
        if row.is_standing and request.user.has_perm(RECORD_INSOLVENCY):
            address = reverse("admin:directory_adhesion_bodacc", args=[row.pk])
            decisions.append((address, _("Noter une vérification au BODACC")))
        if row.is_standing and request.user.has_perm(RECORD_AUDIT):
            address = reverse("admin:directory_adhesion_audit", args=[row.pk])
            decisions.append((address, _("Noter un audit")))
        return decisions

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show its documents and its history."""
        adhesion = context.get("original")
        context["pieces"] = adhesion.evidence.select_related("decided_by").order_by("pk")
        context["events"] = adhesion.events.select_related("by").order_by("at", "pk")
        context["may_check"] = request.user.has_perm(CHECK)
        context["how"] = adhesion.how_on(timezone.localdate())
        return super().render_change_form(request, context, *args, **kwargs)

    def decide(self, request: HttpRequest, adhesion_id: int, verb: str) -> HttpResponse:
        """Admit, send back, refuse, suspend, resume or withdraw."""
        adhesion = get_object_or_404(Adhesion.objects.select_related("company"), pk=adhesion_id)
        if verb not in VERBS:
            raise Http404
        label, _states, permission = VERBS[verb]
        asked: dict[str, Any] = {
            "adhesion_id": adhesion_id,
            "by_id": agent_id(request),
            "now": timezone.now(),
        }
        posted = request.POST if request.method == "POST" else None
        page = partial(
            decision_page,
            self,
            request,
            title=label,
            subject=adhesion,
            permission=permission,
            done=_("C’est fait ; l’entreprise en est avertie."),
            facts=[
                (_("Entreprise"), f"{adhesion.company} ({adhesion.company.siret})"),
                (_("État"), adhesion.how_on(timezone.localdate())),
                (_("Signataire"), f"{adhesion.signatory_name}, {adhesion.signatory_role}"),
                (_("Échoit le"), adhesion.expires_on and date_format(adhesion.expires_on)),
            ],
        )
        if verb == "admettre":
            return page(
                form=forms.Form(posted), act=lambda _given: charter_checks.activate(**asked)
            )
        if verb == "suspendre":
            return page(
                form=SuspensionForm(posted),
                act=lambda given: charter_checks.suspend(**asked, **given),
            )
        acts: dict[str, Any] = {
            "renvoyer": charter_checks.send_back,
            "refuser": charter_checks.refuse,
            "retablir": charter_checks.resume,
            "retirer": charter_checks.withdraw,
        }
        warnings = {
            "retirer": _("L’entreprise ne pourra pas signer de nouveau avant vingt-quatre mois."),
            "refuser": _("L’adhésion se ferme. Pour obtenir une pièce, demandez un complément."),
        }
        return page(
            form=CharterReasonForm(posted),
            warning=warnings.get(verb, ""),
            act=lambda given: acts[verb](**asked, reason=given["reason"]),
        )

    def note_insolvency(self, request: HttpRequest, adhesion_id: int) -> HttpResponse:
        """Note what the legal notices say of the company."""
        adhesion = get_object_or_404(Adhesion.objects.select_related("company"), pk=adhesion_id)
        known = InsolvencyCheck.objects.filter(siren=adhesion.siren).first()
        today = timezone.localdate()
        return decision_page(
            self,
            request,
            title=_("Noter une vérification au BODACC"),
            subject=adhesion,
            facts=[
                (_("Entreprise"), f"{adhesion.company} (SIREN {adhesion.siren})"),
                (_("Dernier état connu"), known and known.get_state_display()),
                (_("Vérifié le"), known and known.answered_at and date_format(known.answered_at)),
                (_("Annonce"), known and known.notice),
            ],
            form=InsolvencyForm(
                request.POST if request.method == "POST" else None, initial={"on": today}
            ),
            act=lambda given: insolvency.record_seen(
                siren=adhesion.siren,
                by_id=agent_id(request),
                now=timezone.now(),
                state=InsolvencyState(given["state"]),
                notice=given["notice"],
                on=given["on"],
            ),
            permission=RECORD_INSOLVENCY,
            done=_("La vérification est notée ; l’indice est recalculé."),
            stays=True,
        )

    def note_audit(self, request: HttpRequest, adhesion_id: int) -> HttpResponse:
        """Note what an audit of the company found."""
        adhesion = get_object_or_404(Adhesion.objects.select_related("company"), pk=adhesion_id)
        waiting = Audit.objects.to_do().filter(adhesion__siren=adhesion.siren).first()
        return decision_page(
            self,
            request,
            title=_("Noter un audit"),
            subject=adhesion,
            facts=[
                (_("Entreprise"), f"{adhesion.company} (SIREN {adhesion.siren})"),
                (_("Motif"), waiting and waiting.get_origin_display()),
                (_("À faire avant le"), waiting and date_format(waiting.due_on)),
            ],
            warning=_(
                "Si l’indice publié doit baisser de 5 points ou plus, le prestataire en est averti "
                "et la baisse attend dix jours ouvrés."
            ),
            form=AuditForm(
                request.POST if request.method == "POST" else None,
                initial={"on": timezone.localdate()},
            ),
            act=lambda given: audits.record_audit(
                adhesion_id=adhesion_id,
                by_id=agent_id(request),
                now=timezone.now(),
                level=AuditLevel(given["level"]),
                points=given["points"],
                on=given["on"],
                minutes=given["minutes"],
            ),
            permission=RECORD_AUDIT,
            done=_("L’audit est noté ; l’indice est recalculé."),
            stays=True,
        )

    def decide_piece(
        self, request: HttpRequest, adhesion_id: int, evidence_id: int
    ) -> HttpResponse:
        """Take or refuse a document."""
        piece = self._piece(adhesion_id, evidence_id)
        return decision_page(
            self,
            request,
            title=_("Lire une pièce"),
            subject=piece.adhesion,
            facts=[
                (_("Entreprise"), piece.adhesion.company),
                (_("Pièce"), f"{piece.kind_entry.label} : {piece.name}"),
                (_("Attendu"), piece.kind_entry.help),
                (_("Valable jusqu’au"), piece.valid_until and date_format(piece.valid_until)),
                (_("Déjà décidé"), piece.decided_at and piece.get_status_display()),
            ],
            form=EvidenceDecisionForm(
                request.POST if request.method == "POST" else None, piece=piece
            ),
            act=lambda given: charter_checks.decide_evidence(
                evidence_id=evidence_id,
                by_id=agent_id(request),
                seen=given["seen"],
                accepted=given["accepted"],
                clauses=given.get("clauses", ()),
                reason=given["reason"],
                now=timezone.now(),
            ),
            permission=CHECK,
            done=_("La pièce est lue."),
            stays=True,
        )

    def piece_file(
        self, request: HttpRequest, adhesion_id: int, evidence_id: int
    ) -> HttpResponseBase:
        """Give a document to the agent, as a file to keep."""
        _require(request, CHECK)
        piece = self._piece(adhesion_id, evidence_id)
        return kept_file(piece.file, piece.name)

    def document(self, request: HttpRequest, adhesion_id: int) -> HttpResponseBase:
        """Give the signed document."""
        _require(request, CHECK)
        adhesion = get_object_or_404(Adhesion, pk=adhesion_id)
        return kept_file(adhesion.document, f"charte-{adhesion.reference}.pdf")

    def _piece(self, adhesion_id: int, evidence_id: int) -> Evidence:
        rows = Evidence.objects.select_related("adhesion__company")
        return get_object_or_404(rows, pk=evidence_id, adhesion=adhesion_id)


@admin.register(InsolvencyCheck)
class InsolvencyCheckAdmin(WithButtons, ReadOnlyAdmin):
    """What BODACC last said of each company of the charter; the notices that a person must read."""

    public_content = False
    list_display = ["siren", "state", "notice", "answered_at", "failed_at"]
    list_filter = ["state"]
    search_fields = ["siren"]
    ordering = ["answered_at", "siren"]
    fields = ["siren", "state", "notice", "answered_at", "failed_at", "newest", "seen_by"]

    def buttons(self, request: HttpRequest, row: InsolvencyCheck) -> Buttons:
        """Offer to note what was read, while the company adheres."""
        adhesion = Adhesion.objects.standing().filter(siren=row.siren).first()
        if adhesion is None or not request.user.has_perm(RECORD_INSOLVENCY):
            return []
        address = reverse("admin:directory_adhesion_bodacc", args=[adhesion.pk])
        return [(address, _("Noter ce que disent les annonces"))]


class AuditStateFilter(QueueFilter):
    """The queue: audits to do."""

    title = _("état")
    parameter_name = "etat"
    queues = (
        ("a-faire", _("À faire"), lambda rows: rows.to_do()),
        ("faits", _("Faits ou refusés"), lambda rows: rows.recorded()),
    )


@admin.register(Audit)
class AuditAdmin(WithButtons, ReadOnlyAdmin):
    """Audits, the most urgent first."""

    public_content = False
    list_display = ["adhesion", "origin", "due_on", "late", "done_on", "level", "points"]
    list_filter = [AuditStateFilter, "origin", "level"]
    search_fields = ["adhesion__company__name", "adhesion__siren"]
    list_select_related = ["adhesion__company"]
    ordering = ["due_on", "pk"]
    fields = [
        "adhesion", "origin", "draw", "opened_at", "due_on", "done_on", "level", "points",
        "minutes", "recorded_by", "recorded_at", "dropped_at",
    ]  # fmt: skip

    @admin.display(description=_("en retard"))
    def late(self, row: Audit) -> str:
        """Say that it should have taken place; nothing when all is well."""
        return str(_("en retard")) if row.is_late(on=timezone.localdate()) else ""

    def buttons(self, request: HttpRequest, row: Audit) -> Buttons:
        """Offer to note an audit that is to do."""
        if row.done_on or row.dropped_at or not request.user.has_perm(RECORD_AUDIT):
            return []
        current = Adhesion.objects.standing().filter(siren=row.adhesion.siren).first()
        if current is None:
            return []
        return [(reverse("admin:directory_adhesion_audit", args=[current.pk]), _("Noter l’audit"))]


@admin.register(AuditDraw)
class AuditDrawAdmin(WithButtons, ReadOnlyAdmin):
    """The draw of each year."""

    public_content = False
    list_display = ["__str__", "announced_on", "value_on", "value", "drawn_at"]
    ordering = ["-year"]
    fields = [
        "announced_on",
        "members",
        "digest",
        "value_on",
        "value",
        "seed",
        "drawn_at",
        "drawn_by",
    ]
    readonly_fields = ["members", "seed", "digest"]

    @admin.display(description=_("membres"))
    def members(self, row: AuditDraw) -> int:
        """Count those among whom one draws."""
        return len(row.population)

    @admin.display(description=_("empreinte de la liste"))
    def digest(self, row: AuditDraw) -> str:
        """Show what fixes them."""
        return row.digest

    @admin.display(description=_("graine"))
    def seed(self, row: AuditDraw) -> str:
        """Show what the numbers start from."""
        return row.seed

    def view_on_site(self, _obj: AuditDraw) -> str:
        """Link to the public page."""
        return reverse("charter:audits")

    def buttons(self, request: HttpRequest, row: AuditDraw) -> Buttons:
        """Offer to draw once the value is public."""
        is_time = not row.value and row.value_on <= timezone.localdate()
        if not is_time or not request.user.has_perm(RECORD_AUDIT):
            return []
        return [(reverse("admin:directory_auditdraw_draw", args=[row.pk]), _("Tirer les audits"))]

    def get_urls(self) -> list[Any]:
        """Add the draw."""
        draw = path(
            "<int:draw_id>/tirer/",
            self.admin_site.admin_view(self.draw),
            name="directory_auditdraw_draw",
        )
        return [draw, *super().get_urls()]

    def draw(self, request: HttpRequest, draw_id: int) -> HttpResponse:
        """Draw the members from the numbers that came out."""
        row = get_object_or_404(AuditDraw, pk=draw_id)
        return decision_page(
            self,
            request,
            title=_("Tirer les audits"),
            subject=row,
            facts=[
                (_("Année"), str(row.year)),
                (_("Membres"), len(row.population)),
                (_("Premier tirage du Loto à partir du"), date_format(row.value_on)),
            ],
            warning=_("Le tirage est public et ne se refait pas : relisez les numéros."),
            form=LotoForm(request.POST if request.method == "POST" else None),
            act=lambda given: audits.draw_sample(
                draw_id=draw_id,
                numbers=given["numbers"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=RECORD_AUDIT,
            done=_("Les audits sont tirés ; les entreprises en sont averties."),
        )


@admin.register(Recognition)
class RecognitionAdmin(WithButtons, ReadOnlyAdmin):
    """Requests of recognition, each due within a month."""

    list_display = ["company", "scheme", "status", "due_on", "valid_until"]
    list_filter = ["status"]
    search_fields = ["company__name", "company__siret"]
    ordering = ["due_on", "pk"]
    fields = [
        "status", "company", "scheme", "link", "valid_until", "asked_at", "asked_by", "due_on",
        "decided_at", "decided_by", "reason",
    ]  # fmt: skip

    def buttons(self, request: HttpRequest, row: Recognition) -> Buttons:
        """Offer to answer a request that waits."""
        waits = row.status == "waiting" and request.user.has_perm(CHECK)
        address = reverse("admin:directory_recognition_answer", args=[row.pk])
        return [(address, _("Répondre"))] if waits else []

    def get_urls(self) -> list[Any]:
        """Add the answer."""
        answer = path(
            "<int:recognition_id>/reponse/",
            self.admin_site.admin_view(self.answer),
            name="directory_recognition_answer",
        )
        return [answer, *super().get_urls()]

    def answer(self, request: HttpRequest, recognition_id: int) -> HttpResponse:
        """Confirm, or refuse with a reason."""
        row = get_object_or_404(Recognition.objects.select_related("company"), pk=recognition_id)
        return decision_page(
            self,
            request,
            title=_("Répondre à la demande"),
            subject=row,
            facts=[
                (_("Entreprise"), f"{row.company} ({row.company.siret})"),
                (_("Engagement"), row.scheme_entry.name),
                (_("Page qui le prouve"), row.link),
                (_("Valable jusqu’au"), date_format(row.valid_until)),
                (_("Réponse due le"), date_format(row.due_on)),
            ],
            form=RecognitionDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: charter_recognition.answer_recognition(
                recognition_id=recognition_id,
                by_id=agent_id(request),
                confirmed=given["confirmed"],
                reason=given["reason"],
                now=timezone.now(),
            ),
            permission=CHECK,
            done=_("C’est fait ; l’entreprise en est avertie."),
        )


def _require(request: HttpRequest, permission: str) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied
