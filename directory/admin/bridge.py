"""The solidarity bridge: the queue of ads, and what was given."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.bridge_forms import AdCorrectionForm, AdRefusalForm
from directory.bridge_wording import counted
from directory.enums import AdStatus
from directory.models import AdReply, Company, SolidarityAd
from directory.services import bridge_handling as services
from emn.lib.admin import ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, Pages, RowsToDecide, WithDecisions, sent
from emn.territory.models import Establishment


@admin.register(SolidarityAd)
class SolidarityAdAdmin(WithDecisions, RowsToDecide):
    """Each ad with what was said of it; the buttons call the services, the history keeps them."""

    permission = "directory.handle_solidarityad"
    list_display = ["title", "side", "kind", "organisation", "commune", "status", "confirmed_at"]
    list_filter = ["status", "side", "kind", "ending"]
    search_fields = ["title", "organisation", "number"]
    date_hierarchy = "confirmed_at"
    ordering = ["-confirmed_at", "-pk"]
    fields = [
        "status", "side", "kind", "title", "text", "quantity", "erases_disks", "commune",
        "organisation", "number", "registered_as", "contact_name", "contact_email", "language",
        "answers", "created_at", "confirmed_at", "decided_at", "decided_by", "refusal",
        "published_at", "expires_at", "reminded_at", "ending", "ended_at",
    ]  # fmt: skip
    readonly_fields = ["registered_as", "answers"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what its mailbox has not confirmed: it is not an ad yet."""
        return super().get_queryset(request).exclude(confirmed_at=None)

    def view_on_site(self, obj: SolidarityAd) -> str | None:
        """Link to the page of a published ad only."""
        return obj.get_absolute_url() if obj.is_published else None

    @admin.display(description=gettext_lazy("au registre"))
    def registered_as(self, ad: SolidarityAd) -> str:
        """Say the name that the register gives to that number, if it knows it."""
        row = Establishment.objects.filter(pk=ad.number).first()
        if row is not None and not row.is_masked:
            return row.usual_name or row.sign_name or row.legal_name or "–"
        known = Company.objects.filter(siret=ad.number).first()
        return known.name if known else _("Inconnu ici : vérifiez sur annuaire-entreprises.")

    @admin.display(description=gettext_lazy("réponses envoyées"))
    def answers(self, ad: SolidarityAd) -> str:
        """Say how many replied, and what both sides say was given."""
        replies = list(ad.replies.sent())
        agreed = sum(reply.agreed for reply in replies)
        return f"{len(replies)} · {counted(ad.kind, agreed)}"

    def buttons(self, request: HttpRequest, row: SolidarityAd) -> Buttons:
        """Offer what may be done now."""
        if not row.is_alive or not request.user.has_perm(self.permission):
            return []
        names = [("correct", _("Corriger"))]
        if row.status == AdStatus.WAITING:
            names = [("publish", _("Mettre en ligne")), *names, ("refuse", _("Refuser"))]
        if row.is_published:
            names.append(("take_down", _("Retirer de la page")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def pages(self) -> Pages:
        """Name the decisions."""
        return [
            ("mettre-en-ligne", self.publish, "publish"),
            ("corriger", self.correct, "correct"),
            ("refuser", self.refuse, "refuse"),
            ("retirer", self.take_down, "take_down"),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the ad online."""
        ad = self._ad(pk)
        return self.decide(
            request, ad, _("Mettre l’annonce en ligne"), forms.Form(sent(request)),
            facts=self._facts(ad),
            act=lambda _given: services.publish_ad(
                ad_id=pk, by_id=agent_id(request), now=timezone.now()
            ),
            done=_("L’annonce est en ligne pour 90 jours, et son auteur prévenu."),
        )  # fmt: skip

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Refuse the ad, with words for its author."""
        ad = self._ad(pk)
        return self.decide(
            request, ad, _("Refuser l’annonce"), AdRefusalForm(sent(request)),
            facts=self._facts(ad),
            act=lambda given: services.refuse_ad(
                ad_id=pk, reason=given["reason"], by_id=agent_id(request), now=timezone.now()
            ),
            done=_("L’annonce est refusée, et son auteur sait pourquoi."),
        )  # fmt: skip

    def take_down(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take a published ad offline, with words for its author."""
        ad = self._ad(pk)
        return self.decide(
            request, ad, _("Retirer l’annonce de la page"), AdRefusalForm(sent(request)),
            facts=self._facts(ad),
            act=lambda given: services.take_down(
                ad_id=pk, reason=given["reason"], by_id=agent_id(request), now=timezone.now()
            ),
            done=_("L’annonce n’est plus en ligne ; son auteur et qui attendait sont prévenus."),
        )  # fmt: skip

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Set right what everyone reads."""
        ad = self._ad(pk)
        initial = {name: getattr(ad, name) for name in services.CORRECTED}
        initial["commune"] = ad.commune_id
        return self.decide(
            request, ad, _("Corriger l’annonce"), AdCorrectionForm(sent(request), initial=initial),
            act=lambda given: services.correct_ad(ad_id=pk, values=given, now=timezone.now()),
            done=_("L’annonce est corrigée, et son auteur la reçoit telle qu’elle est."),
        )  # fmt: skip

    def _ad(self, pk: int) -> SolidarityAd:
        rows = SolidarityAd.objects.exclude(confirmed_at=None).filter(forgotten_at=None)
        return get_object_or_404(rows.select_related("commune"), pk=pk)

    def _facts(self, ad: SolidarityAd) -> list[tuple[Any, Any]]:
        return [
            (_("Sens"), ad.get_side_display()),
            (_("Genre"), ad.get_kind_display()),
            (_("Description"), ad.text),
            (_("Nombre"), counted(ad.kind, ad.quantity)),
            (_("Lieu"), ad.commune.name),
            (_("Entreprise ou association"), f"{ad.organisation} · {ad.number}"),
            (_("Au registre"), self.registered_as(ad)),
        ]


@admin.register(AdReply)
class AdReplyAdmin(ReadOnlyAdmin):
    """What was answered to each ad, and what each side says was given."""

    public_content = False
    list_display = [
        "ad", "organisation", "confirmed_at", "author_count", "replier_count", "counted_at",
    ]  # fmt: skip
    list_filter = ["ad__side", "ad__kind"]
    search_fields = ["ad__title", "organisation", "number"]
    ordering = ["-confirmed_at", "-pk"]
    fields = [
        "ad", "organisation", "number", "contact_name", "contact_email", "language", "text",
        "created_at", "confirmed_at", "author_count", "replier_count", "counted_at",
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Leave out what its mailbox has not confirmed: it was never sent."""
        return super().get_queryset(request).exclude(confirmed_at=None)
