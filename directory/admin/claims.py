"""Who asks to act for a company: the centre decides where no owner does."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.models import Claim
from directory.services import claims as services
from emn.lib.admin import QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page

PERMISSION = "directory.moderate_provider"


class ClaimQueueFilter(QueueFilter):
    """The queue: what the centre must decide."""

    title = _("à décider")
    parameter_name = "file"
    queues = (("oui", _("Au centre de décider"), lambda rows: rows.for_staff(now=timezone.now())),)


class RefusalForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label=_("Motif envoyé à la personne"), max_length=1000, widget=forms.Textarea
    )


@admin.register(Claim)
class ClaimAdmin(WithButtons, ReadOnlyAdmin):
    """Each claim with its proof."""

    public_content = False
    list_display = ["company", "user", "status", "method", "proven_at", "waiting_since"]
    list_filter = [ClaimQueueFilter, "status", "method"]
    search_fields = ["company__name", "company__siret", "user__email"]
    ordering = ["waiting_since", "pk"]
    fields = [
        "status",
        "company",
        "members",
        "user",
        "method",
        "email",
        "proven_at",
        "message",
        "created_at",
        "waiting_since",
        "closed_at",
        "decided_by",
        "reason",
    ]
    readonly_fields = ["members"]

    @admin.display(description=_("personnes déjà rattachées"))
    def members(self, claim: Claim) -> str:
        """Show who acts for the company today."""
        people = claim.company.members.order_by("email", "pk")
        return ", ".join(person.email for person in people) or "—"

    def buttons(self, request: HttpRequest, row: Claim) -> Buttons:
        """Offer to decide on a claim that waits."""
        decides = row.is_waiting and request.user.has_perm(PERMISSION)
        return [
            (reverse("admin:directory_claim_decide", args=[row.pk, verb]), label)
            for verb, label in (("accepter", _("Accepter")), ("refuser", _("Refuser")))
            if decides
        ]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        decide = path(
            "<int:claim_id>/decision/<str:verb>/",
            self.admin_site.admin_view(self.decide),
            name="directory_claim_decide",
        )
        return [decide, *super().get_urls()]

    def decide(self, request: HttpRequest, claim_id: int, verb: str) -> HttpResponse:
        """Accept, or refuse with a reason."""
        claim = get_object_or_404(Claim.objects.select_related("company", "user"), pk=claim_id)
        asked: dict[str, Any] = {
            "claim_id": claim_id,
            "by_id": agent_id(request),
            "now": timezone.now(),
        }
        posted = request.POST if request.method == "POST" else None
        page = partial(
            decision_page,
            self,
            request,
            subject=claim,
            facts=[
                (_("Entreprise"), f"{claim.company} ({claim.company.siret})"),
                (_("Personnes déjà rattachées"), self.members(claim)),
                (_("Demandeur"), claim.user.email),
                (_("Adresse prouvée"), claim.email if claim.proven_at else ""),
                (_("Message"), claim.message),
            ],
            permission=PERMISSION,
            done=_("C’est fait."),
        )
        if verb == "accepter":
            return page(
                title=_("Accepter la demande"),
                form=forms.Form(posted),
                act=lambda _given: services.accept_claim(**asked),
                warning=_("Cette personne pourra modifier les fiches de l’entreprise."),
            )
        if verb == "refuser":
            return page(
                title=_("Refuser la demande"),
                form=RefusalForm(posted),
                act=lambda given: services.refuse_claim(**asked, reason=given["reason"]),
            )
        raise Http404
