"""Reviews in the back office: the queue by clock, proofs, blocks, doubts, replies, groups."""

from typing import Any

from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.admin.replies import reply_page
from directory.enums import (
    BlockStatus,
    DoubtStatus,
    ProofStatus,
    ReplyStatus,
    ReviewRefusal,
    ReviewRemoval,
    ReviewStatus,
)
from directory.models import (
    GroupMember,
    Mission,
    Review,
    ReviewBlock,
    ReviewDoubt,
    ReviewProof,
    ReviewReply,
)
from directory.review_forms import (
    BlockDecisionForm,
    DoubtDecisionForm,
    InterviewForm,
    ProofDecisionForm,
    PublishForm,
    RefuseForm,
    RemoveForm,
)
from directory.services import review_moderation as services
from directory.services import review_rights as rights
from emn.lib.admin import BaseAdmin, QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, RowsToDecide, decision_page
from emn.lib.storage import kept_file

MODERATE = "directory.moderate_review"
DECIDE_DOUBT = "directory.decide_reviewdoubt"


class ReviewQueueFilter(QueueFilter):
    """The reviews that wait for somebody of the centre."""

    title = gettext_lazy("file")
    parameter_name = "file"
    queues = (
        ("lire", gettext_lazy("À lire"), lambda rows: rows.waiting()),
        (
            "retard",
            gettext_lazy("Délai de publication dépassé"),
            lambda rows: rows.late(now=timezone.now()),
        ),
        (
            "place",
            gettext_lazy("Publiés, en attente d’une place dans l’indice"),
            lambda rows: rows.to_count(),
        ),
    )


@admin.register(Review)
class ReviewAdmin(RowsToDecide):
    """Each review with its clock; the words are read, never changed."""

    list_display = ["number", "provider", "client", "status", "level", "submitted_at", "clock"]
    list_filter = [ReviewQueueFilter, "status", "level"]
    search_fields = ["provider__name", "client__name", "client__siret"]
    list_select_related = ["provider", "client"]
    ordering = [F("publish_before").asc(nulls_last=True), "pk"]
    fields = [
        "status", "level", "provider", "client", "author_name", "author_email", "is_identified",
        "marks", "text", "language", "experience_on", "has_lived_it", "shows_profile", "mission",
        "papers", "minutes", "blocked_by", "submitted_at", "publish_before", "published_at",
        "counted_on", "decided_at", "decided_by", "refusal", "refusal_words", "removal",
        "removal_words", "ended_at", "forgotten_at",
    ]  # fmt: skip
    readonly_fields = ["marks", "mission", "papers", "minutes", "blocked_by"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what its author has not confirmed: it is not a review yet."""
        return super().get_queryset(request).exclude(status=ReviewStatus.UNCONFIRMED)

    @admin.display(description=gettext_lazy("numéro"), ordering="pk")
    def number(self, review: Review) -> str:
        """Return the number, which the ledger names it by."""
        return str(review.pk)

    @admin.display(description=gettext_lazy("horloge"))
    def clock(self, review: Review) -> str:
        """Say by when it is to be decided; one that is late is an alert (R1.10)."""
        if review.publish_before is None or review.status != ReviewStatus.WAITING:
            return "–"
        day = timezone.localtime(review.publish_before).strftime("%d/%m")
        if review.is_late(now=timezone.now()):
            words = _("EN RETARD : le délai publié est dépassé depuis le %(day)s") % {"day": day}
            return format_html("<strong>{}</strong>", words)
        return _("à décider avant le %(day)s") % {"day": day}

    @admin.display(description=gettext_lazy("notes"))
    def marks(self, review: Review) -> str:
        """Return the five ratings."""
        return format_html_join("", "{} : {}<br>", review.rating_lines)

    @admin.display(description=gettext_lazy("mission"))
    def mission(self, review: Review) -> str:
        """Return the mission of the invitation."""
        if review.invitation is None:
            return _("avis spontané")
        mission = review.invitation.mission
        return f"{mission.subject} · {mission.get_origin_display()} · {mission.ended_on:%d/%m/%Y}"

    @admin.display(description=gettext_lazy("preuves"))
    def papers(self, review: Review) -> str:
        """Link to the proofs."""
        rows = (
            (reverse("admin:directory_reviewproof_change", args=[row.pk]), row,
             row.get_status_display())
            for row in review.proofs.order_by("pk")
        )  # fmt: skip
        return format_html_join("", '<a href="{}">{}</a> · {}<br>', rows) or "–"

    @admin.display(description=gettext_lazy("compte rendu de l’entretien"))
    def minutes(self, review: Review) -> str:
        """Return the minutes that are kept."""
        return review.interview.minutes if hasattr(review, "interview") else "–"

    @admin.display(description=gettext_lazy("blocages"))
    def blocked_by(self, review: Review) -> str:
        """Link to what keeps it from counting."""
        rows = (
            (reverse("admin:directory_reviewblock_change", args=[row.pk]),
             row.get_kind_display(), row.detail, row.get_status_display())
            for row in review.blocks.order_by("pk")
        )  # fmt: skip
        return format_html_join("", '<a href="{}">{}</a> · {} · {}<br>', rows) or "–"

    def buttons(self, request: HttpRequest, row: Review) -> Buttons:
        """Offer what its state allows."""
        if not request.user.has_perm(MODERATE):
            return []
        names = []
        if row.status == ReviewStatus.WAITING:
            names += [("publish", _("Publier")), ("refuse", _("Refuser"))]
        is_alive = row.status in {ReviewStatus.WAITING, ReviewStatus.PUBLISHED}
        if is_alive and not hasattr(row, "interview"):
            names.append(("interview", _("Garder le compte rendu d’un entretien")))
        if row.status in services.REMOVABLE:  # who withdraws does not escape a fraud (I7)
            names.append(("remove", _("Retirer avec un motif")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("publier", self.publish, "publish"),
            self.page("refuser", self.refuse, "refuse"),
            self.page("entretien", self.interview, "interview"),
            self.page("retirer", self.remove, "remove"),
            *super().get_urls(),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish the review whole."""
        return self._decide(
            request,
            pk,
            title=_("Publier l’avis"),
            form=PublishForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.publish_review(
                review_id=pk,
                is_identified=given["is_identified"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            done=_("L’avis est publié ; l’auteur et le prestataire sont prévenus."),
        )

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Refuse it, for a reason of the list."""
        return self._decide(
            request,
            pk,
            title=_("Refuser l’avis"),
            warning=_("Un avis sévère, maladroit ou bref se publie : seuls ces motifs refusent."),
            form=RefuseForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.refuse_review(
                review_id=pk,
                reason=ReviewRefusal(given["reason"]),
                words=given["words"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            done=_("L’avis est refusé ; l’auteur reçoit le motif."),
        )

    def interview(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep the minutes of a talk with the client."""
        return self._decide(
            request,
            pk,
            title=_("Garder le compte rendu d’un entretien"),
            form=InterviewForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.hold_interview(
                review_id=pk,
                held_on=given["held_on"],
                minutes=given["minutes"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            done=_("Le compte rendu est gardé : l’avis est de niveau V3."),
        )

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it away, with reasons."""
        return self._decide(
            request,
            pk,
            title=_("Retirer l’avis"),
            warning=_(
                "Un faux avis retire tous les avis de ce client sur ce prestataire ; fait ou "
                "commandé par le prestataire, il lui coûte aussi des points."
            ),
            form=RemoveForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.remove_review(
                review_id=pk,
                reason=ReviewRemoval(given["reason"]),
                words=given["words"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            done=_("L’avis est retiré ; l’auteur et le prestataire sont prévenus."),
        )

    def _decide(self, request: HttpRequest, pk: int, **options: Any) -> HttpResponse:
        review = get_object_or_404(Review.objects.select_related("provider", "client"), pk=pk)
        facts = [
            (_("Prestataire"), review.provider),
            (_("Entreprise de l’auteur"), review.client),
            (_("Auteur"), f"{review.author_name}, {review.author_email}"),
            (_("Niveau"), f"{review.level} · {review.get_level_display()}"),
            (_("Fin de l’expérience"), review.experience_on.strftime("%d/%m/%Y")),
            (_("Texte"), review.text),
        ]
        return decision_page(
            self, request, subject=review, facts=facts, permission=MODERATE, stays=True, **options
        )


@admin.register(ReviewProof)
class ReviewProofAdmin(RowsToDecide):
    """Proofs: the document, what its owner read on it, and what does not fit (M5)."""

    list_display = ["review", "kind", "number", "status", "added_at"]
    list_filter = ["status", "kind"]
    search_fields = ["number", "issuer_siren", "recipient_siren"]
    list_select_related = ["review__provider"]
    ordering = ["added_at", "pk"]
    fields = [
        "review", "kind", "document", "issuer_siren", "recipient_siren", "number", "dated_on",
        "checks", "added_at", "status", "decision", "decided_at", "decided_by",
    ]  # fmt: skip
    readonly_fields = ["document", "checks"]

    @admin.display(description=gettext_lazy("document"))
    def document(self, row: ReviewProof) -> str:
        """Link to the file, which is only ever given to keep."""
        if not row.file:
            return _("effacé")
        return format_html('<a href="{}">{}</a>', self.address("file", row.pk), row.name)

    @admin.display(description=gettext_lazy("contrôles"))
    def checks(self, row: ReviewProof) -> str:
        """Say what does not fit, as far as what was typed tells."""
        if row.status != ProofStatus.WAITING:
            return "–"
        found = services.proof_faults(row, row.review)
        words = " ; ".join(services.fault_in_words(fault) for fault in found)
        return words or _("Ce qui a été saisi convient. Comparez-le au document.")

    def buttons(self, request: HttpRequest, row: ReviewProof) -> Buttons:
        """Offer to decide while it waits."""
        may = row.status == ProofStatus.WAITING and request.user.has_perm(MODERATE)
        return [(self.address("decide", row.pk), gettext_lazy("Décider"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the file and the decision."""
        return [
            self.page("fichier", self.file, "file"),
            self.page("decision", self.decide, "decide"),
            *super().get_urls(),
        ]

    def file(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Give the document, as a file to keep."""
        row = get_object_or_404(ReviewProof, pk=pk)
        if not request.user.has_perm(MODERATE):
            return HttpResponse(status=403)
        return kept_file(row.file, row.name)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Accept, ask for a better one, or find that it proves nothing."""
        rows = ReviewProof.objects.select_related("review__provider", "review__client")
        row = get_object_or_404(rows, pk=pk)
        return decision_page(
            self,
            request,
            title=_("Contrôler la preuve"),
            subject=row,
            facts=[
                (_("Avis"), row.review),
                (_("Document"), row),
                (_("Émetteur"), row.issuer_siren),
                (_("Destinataire"), row.recipient_siren),
                (_("Date"), row.dated_on.strftime("%d/%m/%Y")),
                (_("Contrôles"), self.checks(row)),
            ],
            form=ProofDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.decide_proof(
                proof_id=pk,
                status=ProofStatus(given["status"]),
                decision=given["decision"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=MODERATE,
            done=_("La preuve est contrôlée ; l’auteur est prévenu."),
        )


@admin.register(ReviewBlock)
class ReviewBlockAdmin(RowsToDecide):
    """What keeps reviews from counting; a person confirms or lifts (M3 to M6)."""

    list_display = ["review", "kind", "detail", "status", "found_at"]
    list_filter = ["status", "kind"]
    search_fields = ["review__provider__name"]
    list_select_related = ["review__provider"]
    ordering = ["found_at", "pk"]
    fields = [
        "review", "kind", "detail", "found_at", "status", "decision", "decided_at", "decided_by",
    ]  # fmt: skip

    def buttons(self, request: HttpRequest, row: ReviewBlock) -> Buttons:
        """Offer to decide while it is open."""
        may = row.status == BlockStatus.OPEN and request.user.has_perm(MODERATE)
        return [(self.address("decide", row.pk), gettext_lazy("Décider"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("decision", self.decide, "decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Confirm or lift, with reasons."""
        rows = ReviewBlock.objects.select_related("review__provider", "review__client")
        row = get_object_or_404(rows, pk=pk)
        return decision_page(
            self,
            request,
            title=_("Confirmer ou lever le blocage"),
            subject=row,
            facts=[
                (_("Avis"), row.review),
                (_("Entreprise de l’auteur"), row.review.client),
                (_("Nature"), row.get_kind_display()),
                (_("Ce qui a été trouvé"), row.detail),
            ],
            form=BlockDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.decide_block(
                block_id=pk,
                confirmed=given["confirmed"] == "oui",
                decision=given["decision"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=MODERATE,
            done=_("La décision est gardée ; l’indice est recalculé."),
        )


@admin.register(ReviewDoubt)
class ReviewDoubtAdmin(RowsToDecide):
    """Doubts of providers, the most urgent first (R1.13)."""

    list_display = ["review", "status", "opened_at", "due_on", "late"]
    list_filter = ["status"]
    search_fields = ["review__provider__name"]
    list_select_related = ["review__provider"]
    ordering = ["due_on", "pk"]
    fields = [
        "review", "why", "words", "opened_by", "opened_at", "due_on", "status", "decision",
        "decided_at", "decided_by",
    ]  # fmt: skip
    readonly_fields = ["why"]

    @admin.display(description=gettext_lazy("en retard"), boolean=True)
    def late(self, row: ReviewDoubt) -> bool:
        """Say that the decision should have been taken."""
        return row.is_late(on=timezone.localdate())

    @admin.display(description=gettext_lazy("motifs"))
    def why(self, row: ReviewDoubt) -> str:
        """Return the reasons in words."""
        return " ; ".join(row.reason_labels)

    def buttons(self, request: HttpRequest, row: ReviewDoubt) -> Buttons:
        """Offer to decide while it is open."""
        may = row.status == DoubtStatus.OPEN and request.user.has_perm(DECIDE_DOUBT)
        return [(self.address("decide", row.pk), gettext_lazy("Décider"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("decision", self.decide, "decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Decide, with reasons."""
        rows = ReviewDoubt.objects.select_related("review__provider", "review__client")
        row = get_object_or_404(rows, pk=pk)
        return decision_page(
            self,
            request,
            title=_("Décider du doute"),
            subject=row,
            facts=[
                (_("Avis"), row.review),
                (_("Texte"), row.review.text),
                (_("Motifs"), self.why(row)),
                (_("Ce qui le montre"), row.words),
                (_("À décider avant le"), row.due_on.strftime("%d/%m/%Y")),
            ],
            form=DoubtDecisionForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.decide_doubt(
                doubt_id=pk,
                upheld=given["upheld"] == "oui",
                decision=given["decision"],
                removal=given["removal"],
                by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=DECIDE_DOUBT,
            done=_("La décision est prise et envoyée."),
        )


@admin.register(ReviewReply)
class ReviewReplyAdmin(RowsToDecide):
    """Replies of providers, the most urgent first (R1.17)."""

    list_display = ["review", "status", "written_at", "due_at"]
    list_filter = ["status"]
    search_fields = ["review__provider__name"]
    list_select_related = ["review__provider"]
    ordering = ["due_at", "pk"]
    fields = [
        "review", "text", "written_by", "written_at", "due_at", "status", "refusal", "decided_at",
    ]  # fmt: skip

    def buttons(self, request: HttpRequest, row: ReviewReply) -> Buttons:
        """Offer to decide while it waits."""
        may = row.status == ReplyStatus.WAITING and request.user.has_perm(MODERATE)
        return [(self.address("decide", row.pk), gettext_lazy("Publier ou refuser"))] if may else []

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("decision", self.decide, "decide"), *super().get_urls()]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish, or refuse with reasons."""
        row = get_object_or_404(ReviewReply.objects.select_related("review__provider"), pk=pk)
        return reply_page(
            self,
            request,
            row,
            about=[(_("Avis"), row.review.text)],
            decide=rights.decide_reply,
            permission=MODERATE,
        )


@admin.register(Mission)
class MissionAdmin(ReadOnlyAdmin):
    """Missions and their invitations."""

    public_content = False
    list_display = ["provider", "client", "subject", "origin", "ended_on", "invited_at"]
    list_filter = ["origin"]
    search_fields = ["provider__name", "client__name", "client__siret"]
    list_select_related = ["provider", "client", "invitation"]
    ordering = ["-ended_on", "-pk"]

    @admin.display(description=gettext_lazy("invitée le"))
    def invited_at(self, row: Mission) -> Any:
        """Return when the client was invited."""
        return row.invitation.sent_at if hasattr(row, "invitation") else None


@admin.register(GroupMember)
class GroupMemberAdmin(BaseAdmin):
    """Which group a company belongs to: the whole group counts once (M2)."""

    public_content = False
    list_display = ["siren", "head_siren", "source"]
    search_fields = ["siren", "head_siren"]
    ordering = ["head_siren", "siren"]
    fields = ["siren", "head_siren", "source"]
