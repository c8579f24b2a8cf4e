"""Rendez-vous solutions in the back office: the evenings, what is read, what is chosen and why."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import BaseAdmin, agent_id
from emn.lib.decisions import Buttons, RowsToDecide, WithButtons, decision_page
from events.enums import IrritantStatus, PitchStatus, SessionKind
from events.models import (
    Evening,
    Irritant,
    Meeting,
    Participant,
    Pitch,
    PitchChoice,
    Session,
    TableRequest,
    Timetable,
)
from events.rendezvous_forms import (
    CorrectIrritantForm,
    PitchChoiceForm,
    PublishIrritantForm,
    ReasonForm,
)
from events.services import irritants, outcomes, voting
from events.services import rendezvous as services

RUN = "events.run_rendezvous"


@admin.register(Evening)
class EveningAdmin(WithButtons, BaseAdmin):
    """Each evening: what is written here, the vote by buttons, the tables on their page."""

    list_display = ["session", "subject", "applications_close_at", "vote_closed_at"]
    list_select_related = ["session"]
    ordering = [F("session__starts_at").desc(), "-pk"]
    state_fields = ("vote_opened_at", "vote_closed_at", "ballots", "conversion")
    fields = [
        "session", "subject", "criteria", "applications_close_at", "requests_close_at",
        "tables_start_at", "slots", "tables", "paper_ballots", "vote_opened_at", "vote_closed_at",
        "ballots", "conversion",
    ]  # fmt: skip

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer sessions of this kind only."""
        if db_field.name == "session":
            rows = Session.objects.filter(kind=SessionKind.PITCHES)
            kwargs["queryset"] = rows.order_by("-starts_at", "-pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Keep an evening with its session."""
        fields = super().get_readonly_fields(request, obj)
        return fields if obj is None else (*fields, "session")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Save with the secrets of the vote."""
        services.give_codes(obj)
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep what irritants and tables point to."""
        return False

    @admin.display(description=gettext_lazy("bulletins"))
    def ballots(self, evening: Evening) -> int:
        """Return how many came in."""
        return voting.voters(evening) if evening.pk else 0

    @admin.display(description=gettext_lazy("suites à 90 jours"))
    def conversion(self, evening: Evening) -> str:
        """Return what came of the tables, with n."""
        if evening.pk is None:
            return "–"
        found = outcomes.conversion(evening)
        return _(
            "%(contracts)s contrats (dont %(both)s dits par les deux), %(going)s en cours, "
            "%(nothing)s sans suite ; n = %(answered)s réponses sur %(meetings)s rendez-vous"
        ) % {
            "contracts": found.contracts, "both": found.both_say, "going": found.in_progress,
            "nothing": found.nothing, "answered": found.answered, "meetings": found.meetings,
        }  # fmt: skip

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is announced."""
        return obj.get_absolute_url() if obj.session.takes_place else None

    def buttons(self, request: HttpRequest, row: Evening) -> Buttons:
        """Offer the vote, the tables and what was sent."""
        if not request.user.has_perm(RUN):
            return []
        own = [
            (reverse("rendezvous:live", args=[row.pk]), _("Tables")),
            (reverse("rendezvous:poster", args=[row.pk]), _("Affiche du vote")),
            (
                reverse("admin:events_pitch_changelist") + f"?evening__id__exact={row.pk}",
                _("Candidatures"),
            ),
        ]
        if row.vote_opened_at is None:
            own.append((reverse("admin:events_evening_open", args=[row.pk]), _("Ouvrir le vote")))
        elif row.vote_closed_at is None:
            own.append((reverse("admin:events_evening_close", args=[row.pk]), _("Clore le vote")))
        return own

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            _page(self, "ouvrir", self.open_vote, "open"),
            _page(self, "clore", self.close_vote, "close"),
            *super().get_urls(),
        ]

    def open_vote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let the room vote."""
        return _decide_evening(
            self, request, pk, title=_("Ouvrir le vote"), done=_("La salle vote."),
            act=lambda: voting.open_vote(evening_id=pk, now=timezone.now()),
        )  # fmt: skip

    def close_vote(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End the vote; the result is public at once."""
        return _decide_evening(
            self, request, pk, title=_("Clore le vote"),
            done=_("Le vote est clos, le résultat publié."),
            act=lambda: voting.close_vote(evening_id=pk, now=timezone.now()),
            warning=_("Un vote clos ne se rouvre pas. Le résultat est publié aussitôt."),
        )  # fmt: skip


def _page(model_admin: Any, route: str, view: Any, name: str) -> Any:
    return RowsToDecide.page(model_admin, route, view, name)


def _decide_evening(
    model_admin: Any, request: HttpRequest, pk: int, *, title: str, done: str, act: Any,
    warning: str = "",
) -> HttpResponse:  # fmt: skip
    evening = get_object_or_404(Evening.objects.select_related("session"), pk=pk)
    return decision_page(
        model_admin,
        request,
        title=title,
        subject=evening,
        form=forms.Form(request.POST if request.method == "POST" else None),
        act=lambda _given: act(),
        permission=RUN,
        done=done,
        warning=warning,
        stays=True,
    )


@admin.register(Irritant)
class IrritantAdmin(RowsToDecide):
    """What companies told: read, made anonymous, published."""

    list_display = ["summary", "status", "evening", "sector", "hours_weekly", "created_at"]
    list_filter = ["status", "sector"]
    list_select_related = ["evening__session"]
    search_fields = ["told", "text", "company_name"]
    ordering = ["-created_at", "-pk"]
    fields = [
        "status", "evening", "told", "text", "sector", "hours_weekly", "name", "company_name",
        "email", "language", "created_at", "confirmed_at", "decided_at", "decided_by", "reason",
        "ended_at", "log",
    ]  # fmt: skip
    readonly_fields = ["log"]

    @admin.display(description=gettext_lazy("décisions"))
    def log(self, row: Irritant) -> str:
        """Return each decision with its reason."""
        lines = row.decisions.select_related("by").order_by("at", "pk")
        return " · ".join(f"{line} : {line.reason or '–'} ({line.by or '–'})" for line in lines)

    @admin.display(description=gettext_lazy("irritant"))
    def summary(self, row: Irritant) -> str:
        """Return its first words."""
        return (row.text or row.told)[:80]

    def view_on_site(self, obj: Any) -> str | None:
        """Link to what everyone reads."""
        return obj.get_absolute_url() if obj.status == IrritantStatus.PUBLISHED else None

    def buttons(self, request: HttpRequest, row: Irritant) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        if row.status == IrritantStatus.PUBLISHED:
            return [
                (self.address("correct", row.pk), _("Corriger")),
                (self.address("retract", row.pk), _("Retirer")),
            ]
        if row.status == IrritantStatus.WAITING:
            return [
                (self.address("publish", row.pk), _("Publier")),
                (self.address("refuse", row.pk), _("Ne pas publier")),
            ]
        return []

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        return [
            self.page("publier", self.publish, "publish"),
            self.page("refuser", self.refuse, "refuse"),
            self.page("corriger", self.correct, "correct"),
            self.page("retirer", self.retract, "retract"),
            *super().get_urls(),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish in words that name nobody."""
        row = self._row(pk)
        form = PublishIrritantForm(
            request.POST if request.method == "POST" else None,
            irritant=row, evenings=_evenings(row),
        )  # fmt: skip
        return decision_page(
            self, request, title=_("Publier l’irritant"), subject=row, form=form,
            facts=[(_("Mots de l’entreprise"), row.told), (_("Entreprise"), row.company_name)],
            act=lambda given: irritants.publish_irritant(
                irritant_id=pk, text=given["text"],
                evening_id=given["evening"].pk if given["evening"] else None,
                by_id=agent_id(request), now=timezone.now(),
            ),
            done=_("L’irritant est publié, l’entreprise prévenue."), permission=RUN,
            warning=_("Relisez : nom, marque, commune, chiffre rare, tout ce qui ferait deviner."),
        )  # fmt: skip

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say why it is not published."""
        row = self._row(pk)
        return decision_page(
            self, request, title=_("Ne pas publier l’irritant"), subject=row,
            form=ReasonForm(request.POST if request.method == "POST" else None),
            facts=[(_("Mots de l’entreprise"), row.told)],
            act=lambda given: irritants.refuse_irritant(
                irritant_id=pk, reason=given["reason"], by_id=agent_id(request), now=timezone.now()
            ),
            done=_("C’est fait, l’entreprise est prévenue."), permission=RUN,
        )  # fmt: skip

    def correct(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Change the published words, or the evening, and say why."""
        row = get_object_or_404(Irritant, pk=pk, status=IrritantStatus.PUBLISHED)
        form = CorrectIrritantForm(
            request.POST if request.method == "POST" else None,
            irritant=row, evenings=_evenings(row),
        )  # fmt: skip
        return decision_page(
            self, request, title=_("Corriger l’irritant"), subject=row, form=form,
            facts=[(_("Mots de l’entreprise"), row.told), (_("Entreprise"), row.company_name)],
            act=lambda given: irritants.correct_irritant(
                irritant_id=pk, text=given["text"],
                evening_id=given["evening"].pk if given["evening"] else None,
                reason=given["reason"], by_id=agent_id(request), now=timezone.now(),
            ),
            done=_("L’irritant est corrigé, l’entreprise prévenue."), permission=RUN,
            warning=_("Relisez : nom, marque, commune, chiffre rare, tout ce qui ferait deviner."),
        )  # fmt: skip

    def retract(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take down what is published, and say why."""
        row = get_object_or_404(Irritant, pk=pk, status=IrritantStatus.PUBLISHED)
        return decision_page(
            self, request, title=_("Retirer l’irritant"), subject=row,
            form=ReasonForm(request.POST if request.method == "POST" else None),
            facts=[(_("Mots publiés"), row.text)],
            act=lambda given: irritants.retract_irritant(
                irritant_id=pk, reason=given["reason"], by_id=agent_id(request), now=timezone.now()
            ),
            done=_("L’irritant est retiré, l’entreprise prévenue."), permission=RUN,
            warning=_("Un irritant retiré ne revient pas : plus aucune page ne montre ses mots."),
        )  # fmt: skip

    def _row(self, pk: int) -> Irritant:
        return get_object_or_404(Irritant, pk=pk, forgotten_at=None)


def _evenings(irritant: Irritant) -> Any:
    """Return the evenings to come, and the irritant's own."""
    coming = Evening.objects.shown().upcoming(now=timezone.now())
    rows = coming | Evening.objects.filter(pk=irritant.evening_id or 0)
    return rows.select_related("session").order_by("session__starts_at", "pk")


@admin.register(Pitch)
class PitchAdmin(RowsToDecide):
    """The answers of providers: three are chosen, each choice with its reason."""

    list_display = ["provider", "irritant", "evening", "status", "position", "sent_at"]
    list_filter = ["status"]
    list_select_related = ["provider", "irritant", "evening__session"]
    search_fields = ["provider__name", "answer"]
    ordering = ["-sent_at", "-pk"]
    fields = [
        "provider", "irritant", "evening", "answer", "speaker_name", "status", "position",
        "sent_at", "log",
    ]  # fmt: skip
    readonly_fields = ["log"]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let an evening's page lead to its own."""
        return lookup == "evening__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("journal de neutralité"))
    def log(self, row: Pitch) -> str:
        """Return each choice with its reason."""
        lines = row.choices.select_related("by").order_by("at", "pk")
        return " · ".join(f"{line} : {line.reason} ({line.by or '–'})" for line in lines) or "–"

    def buttons(self, request: HttpRequest, row: Pitch) -> Buttons:
        """Offer the choice until the vote opens."""
        if not request.user.has_perm(RUN) or row.status == PitchStatus.WITHDRAWN:
            return []
        if row.evening.vote_opened_at is not None:
            return []
        return [(self.address("choose", row.pk), _("Choisir, ou non"))]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("choisir", self.choose, "choose"), *super().get_urls()]

    def choose(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose an answer for the stage, or not."""
        rows = Pitch.objects.select_related("irritant", "provider", "evening__session")
        row = get_object_or_404(rows, pk=pk)
        taken = row.evening.pitches.chosen().select_related("provider")
        return decision_page(
            self, request, title=_("Choisir une candidature"), subject=row,
            form=PitchChoiceForm(request.POST if request.method == "POST" else None),
            facts=[
                (_("Irritant"), row.irritant.text),
                (_("Réponse"), row.answer),
                (_("Critères publiés"), row.evening.criteria),
                (_("Déjà au programme"), ", ".join(f"{p.position}. {p.provider}" for p in taken)),
            ],
            act=lambda given: services.decide_pitch(
                pitch_id=pk, status=PitchStatus(given["status"]), position=given["position"],
                reason=given["reason"], by_id=agent_id(request), now=timezone.now(),
            ),
            done=_("C’est noté au journal ; le prestataire est prévenu."), permission=RUN,
        )  # fmt: skip


class _OfEvening(RowsToDecide):
    """Rows of one evening, to read."""

    list_filter = ["evening"]

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Lead to the page of the tables."""
        if not request.user.has_perm(RUN):
            return []
        return [(reverse("rendezvous:live", args=[row.evening_id]), _("Tables"))]


@admin.register(PitchChoice)
class PitchChoiceAdmin(RowsToDecide):
    """The neutrality log of the evenings."""

    list_display = ["at", "pitch", "status", "reason", "by"]
    list_select_related = ["pitch__provider", "by"]
    list_filter = ["status"]
    ordering = ["-at", "-pk"]

    def buttons(self, request: HttpRequest, row: Any) -> Buttons:
        """Offer nothing: a line is only ever added."""
        return []


@admin.register(Participant)
class ParticipantAdmin(_OfEvening):
    """Who takes part in the tables."""

    list_display = ["shown_name", "side", "evening", "joined_at", "left_at"]
    list_select_related = ["evening__session", "registration", "provider"]
    ordering = ["-pk"]
    exclude = ["told_plan"]


@admin.register(TableRequest)
class TableRequestAdmin(_OfEvening):
    """Who asked whom."""

    list_display = ["company", "provider", "asked_by", "wish", "status", "asked_at"]
    list_select_related = [
        "company__registration", "company__provider", "provider__provider",
        "provider__registration",
    ]  # fmt: skip
    ordering = ["-pk"]


@admin.register(Timetable)
class TimetableAdmin(_OfEvening):
    """Each computing, its seed and its proof."""

    list_display = ["evening", "version", "status", "method", "seed", "asked_at", "told_at"]
    list_select_related = ["evening__session"]
    ordering = ["-pk"]


@admin.register(Meeting)
class MeetingAdmin(_OfEvening):
    """Each meeting and what came of it."""

    list_display = [
        "evening", "slot", "table", "company", "provider", "state", "company_outcome",
        "provider_outcome",
    ]  # fmt: skip
    list_select_related = [
        "evening__session", "company__registration", "company__provider", "provider__provider",
        "provider__registration",
    ]  # fmt: skip
    ordering = ["-evening", "slot", "table", "pk"]
