"""Clubs in the back office: the clubs, who is in, the minutes."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.admin import BaseAdmin, agent_id
from emn.lib.decisions import Buttons, RowsToDecide, WithButtons, decision_page
from events.club_forms import MemberDecisionForm
from events.enums import ClubMemberStatus
from events.models import Club, ClubMember, Minutes
from events.services import clubs as services

RUN = "events.run_club"


@admin.register(Club)
class ClubAdmin(BaseAdmin):
    """Each club, written here; its meetings are the sessions of its series."""

    list_display = ["name", "joining", "is_open"]
    search_fields = ["name", "summary"]
    ordering = ["name", "pk"]
    prepopulated_fields = {"slug": ["name"]}


@admin.register(ClubMember)
class ClubMemberAdmin(RowsToDecide):
    """Who is in, and who asks."""

    list_display = ["name", "company_name", "club", "status", "asked_at", "joined_at"]
    list_filter = ["status", "club"]
    list_select_related = ["club"]
    search_fields = ["name", "company_name", "email"]
    ordering = ["-asked_at", "-pk"]

    def buttons(self, request: HttpRequest, row: ClubMember) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        if row.status == ClubMemberStatus.ASKED:
            return [(self.address("decide", row.pk), _("Répondre à la demande"))]
        if row.status == ClubMemberStatus.MEMBER:
            return [(self.address("end", row.pk), _("Retirer du club"))]
        return []

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("repondre", self.decide, "decide"),
            self.page("retirer", self.end, "end"),
            *super().get_urls(),
        ]

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let somebody in, or not."""
        row = get_object_or_404(ClubMember.objects.select_related("club"), pk=pk, forgotten_at=None)
        return decision_page(
            self, request, title=_("Répondre à la demande"), subject=row,
            form=MemberDecisionForm(request.POST if request.method == "POST" else None),
            facts=[(_("Club"), row.club), (_("Personne"), row.name),
                   (_("Entreprise"), row.company_name), (_("Ce qu’elle cherche"), row.motive)],
            act=lambda given: services.decide(
                member_id=pk, accepted=given["accepted"], reason=given["reason"],
                by_id=agent_id(request), now=timezone.now(),
            ),
            done=_("C’est fait, la personne est prévenue."), permission=RUN,
        )  # fmt: skip

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End a membership, for somebody who called."""
        row = get_object_or_404(ClubMember.objects.select_related("club"), pk=pk, forgotten_at=None)
        return decision_page(
            self, request, title=_("Retirer du club"), subject=row,
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts=[(_("Club"), row.club), (_("Personne"), row.name)],
            act=lambda _given: services.leave(member_id=pk, now=timezone.now()),
            done=_("C’est fait."), permission=RUN,
        )  # fmt: skip


@admin.register(Minutes)
class MinutesAdmin(WithButtons, BaseAdmin):
    """The minutes: written here, published by a button that writes to the members."""

    list_display = ["title", "club", "met_on", "audience", "published_at"]
    list_select_related = ["club"]
    list_filter = ["club", "audience"]
    ordering = ["-met_on", "-pk"]
    state_fields = ("published_at",)
    autocomplete_fields = ["session"]

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of the club."""
        return obj.club.get_absolute_url()  # type: ignore[no-any-return]

    def buttons(self, request: HttpRequest, row: Minutes) -> Buttons:
        """Offer to publish."""
        if row.published_at is not None or not request.user.has_perm(RUN):
            return []
        return [(self.address("publish", row.pk), _("Publier"))]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("publier", self.publish, "publish"), *super().get_urls()]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish, and write to each member."""
        row = get_object_or_404(Minutes.objects.select_related("club"), pk=pk)
        return decision_page(
            self, request, title=_("Publier le compte rendu"), subject=row,
            form=forms.Form(request.POST if request.method == "POST" else None),
            facts=[(_("Pour qui"), row.get_audience_display())],
            act=lambda _given: services.publish_minutes(minutes_id=pk, now=timezone.now()),
            done=_("C’est publié ; chaque membre reçoit un message."), permission=RUN,
        )  # fmt: skip
