"""Showrooms, demonstrations, visits, calls: written here; what has consequences goes by buttons."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline

from emn.accounts.models import User
from emn.lib.admin import BaseAdmin, QueueFilter, agent_id
from emn.lib.decisions import Buttons, Pages, RowsToDecide, WithDecisions, decision_page, sent
from events.enums import Scenario
from events.models import (
    Demonstration,
    DemonstrationSupplier,
    RightsApplication,
    RightsCall,
    RightsCriterion,
    Showroom,
    ShowroomPicture,
    Station,
    Visit,
    VisitHost,
)
from events.services import rights, showrooms, visits
from events.showroom_forms import LeavingForm, PictureForm, ScoreForm, SlotsForm
from events.showrooms.rights import total

RUN = "events.run_showroom"


class _Decided(WithDecisions, BaseAdmin):
    """What staff of the showrooms decides on."""

    permission = RUN


def _scenarios() -> forms.MultipleChoiceField:
    return forms.MultipleChoiceField(
        label=gettext_lazy("Scénarios"), choices=Scenario, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip


class StationInline(TranslationTabularInline):  # type: ignore[type-arg]
    """The stations of the plan."""

    model = Station
    extra = 0
    fields = ["number", "name", "x", "y"]
    ordering = ["number"]


class ShowroomForm(forms.ModelForm):  # type: ignore[type-arg]
    """A showroom, its scenarios as boxes to tick."""

    scenarios = _scenarios()


@admin.register(Showroom)
class ShowroomAdmin(_Decided, TranslationAdmin):  # type: ignore[type-arg]
    """The texts of each showroom, its stations, its photographs, its slots of visits."""

    form = ShowroomForm
    list_display = ["name", "room", "position"]
    ordering = ["position", "pk"]
    inlines = [StationInline]
    fieldsets = [
        (None, {"fields": ["room", "slug", "name", "summary", "touched", "scenarios"]}),
        (gettext_lazy("Venir"), {"fields": ["hours", "way_in", "accessibility"]}),
        (gettext_lazy("Montrer"), {"fields": ["picture", "position"]}),
    ]

    def buttons(self, request: HttpRequest, row: Showroom) -> Buttons:
        """Offer slots and photographs."""
        if not request.user.has_perm(RUN):
            return []
        return [
            (self.address("slots", row.pk), _("Ouvrir des créneaux de visite")),
            (self.address("picture", row.pk), _("Ajouter une photographie")),
            (reverse("showrooms:today"), _("Visites du jour")),
            (reverse("showrooms:labels"), _("Affichettes")),
            (reverse("showrooms:figures"), _("Chiffres")),
        ]

    def pages(self) -> Pages:
        """Return the two decisions."""
        return [("creneaux", self.slots, "slots"), ("photographie", self.picture, "picture")]

    def slots(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open slots of visits."""
        showroom = get_object_or_404(Showroom, pk=pk)
        form = SlotsForm(
            sent(request), initial={"scenarios": showroom.scenarios, "host": request.user.pk}
        )
        return self.decide(
            request, showroom, _("Ouvrir des créneaux de visite"), form,
            act=lambda given: visits.open_visits(
                showroom_id=showroom.pk, scenarios=[Scenario(code) for code in given["scenarios"]],
                starts=form.starts, length=timedelta(minutes=given["minutes"]),
                seats=given["seats"], group_limit=min(given["group_limit"], given["seats"]),
                host_id=given["host"].pk, invited=form.invited, now=timezone.now(),
            ),
            done=_("Les créneaux sont à l’agenda."),
            warning=_("Ils paraissent aussitôt. Tous s’ouvrent, ou aucun."),
        )  # fmt: skip

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a photograph of the room."""
        showroom = get_object_or_404(Showroom, pk=pk)
        return self.decide(
            request, showroom, _("Ajouter une photographie"),
            PictureForm(sent(request), request.FILES or None),
            act=lambda given: showrooms.add_picture(
                showroom_id=showroom.pk, demonstration_id=None, webp=given["picture"],
                alt=given["alt"],
            ),
            done=_("La photographie est en ligne."),
        )  # fmt: skip


class LeavingFilter(QueueFilter):
    """In place, leaving soon, gone."""

    title = gettext_lazy("présence")
    parameter_name = "presence"
    queues = (
        ("en-place", gettext_lazy("En place"), lambda rows: rows.in_place(on=timezone.localdate())),
        (
            "depart",
            gettext_lazy("Part dans le mois"),
            lambda rows: rows.leaving(on=timezone.localdate()),
        ),
        (
            "partie",
            gettext_lazy("Partie"),
            lambda rows: rows.filter(leaves_on__lte=timezone.localdate()),
        ),
    )


class SupplierInline(admin.TabularInline):  # type: ignore[type-arg]
    """The cards that can supply it."""

    model = DemonstrationSupplier
    extra = 0
    autocomplete_fields = ["provider"]


class DemonstrationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A demonstration, its scenarios as boxes to tick."""

    scenarios = _scenarios()

    def clean(self) -> dict[str, Any]:
        """Keep the station in the showroom."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        station, showroom = cleaned.get("station"), cleaned.get("showroom")
        if station and showroom and station.showroom_id != showroom.pk:
            self.add_error("station", _("Ce poste est dans l’autre showroom."))
        return cleaned


@admin.register(Demonstration)
class DemonstrationAdmin(_Decided, TranslationAdmin):  # type: ignore[type-arg]
    """What is shown, until when, who supplies it."""

    form = DemonstrationForm
    list_display = ["title", "showroom", "station", "theme", "entered_on", "leaves_on",
                    "published_at"]  # fmt: skip
    list_filter = [LeavingFilter, "showroom", "theme"]
    list_select_related = ["showroom", "station__showroom"]
    search_fields = ["title_fr", "title_de", "title_en"]
    ordering = ["-entered_on", "-pk"]
    autocomplete_fields = ["service", "exhibitor"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [SupplierInline]
    state_fields = ("published_at", "warned_at")

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is published."""
        return None if obj.published_at is None else obj.get_absolute_url()

    def buttons(self, request: HttpRequest, row: Demonstration) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        names = [("picture", _("Ajouter une photographie"))]
        if row.published_at is None:
            names.insert(0, ("publish", _("Publier")))
        elif row.is_in_place(on=timezone.localdate()):
            names.append(("leave", _("Avancer son départ")))
        return [(self.address(name, row.pk), label) for name, label in names]

    def pages(self) -> Pages:
        """Return the three decisions."""
        return [
            ("publier", self.publish, "publish"),
            ("photographie", self.picture, "picture"),
            ("depart", self.leave, "leave"),
        ]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show it to everyone."""
        row = get_object_or_404(Demonstration, pk=pk)
        return self.decide(
            request, row, _("Publier la démonstration"), forms.Form(sent(request)),
            act=lambda _given: showrooms.publish_demonstration(
                demonstration_id=row.pk, now=timezone.now()
            ),
            done=_("La démonstration est publiée."),
        )  # fmt: skip

    def leave(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have it leave earlier."""
        row = get_object_or_404(Demonstration, pk=pk)
        return self.decide(
            request, row, _("Avancer le départ"), LeavingForm(sent(request)),
            act=lambda given: showrooms.end_demonstration(
                demonstration_id=row.pk, on=given["on"]
            ),
            facts=((_("Départ prévu"), row.leaves_on),),
            done=_("Le départ est avancé ; la page reste, et le dit."),
        )  # fmt: skip

    def picture(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Add a photograph of it."""
        row = get_object_or_404(Demonstration, pk=pk)
        return self.decide(
            request, row, _("Ajouter une photographie"),
            PictureForm(sent(request), request.FILES or None),
            act=lambda given: showrooms.add_picture(
                showroom_id=row.showroom_id, demonstration_id=row.pk, webp=given["picture"],
                alt=given["alt"],
            ),
            done=_("La photographie est en ligne."),
        )  # fmt: skip


@admin.register(ShowroomPicture)
class ShowroomPictureAdmin(RowsToDecide):
    """The photographs; one comes off with its files."""

    list_display = ["alt", "showroom", "demonstration", "width", "height"]
    list_filter = ["showroom"]
    ordering = ["-pk"]

    def buttons(self, request: HttpRequest, row: ShowroomPicture) -> Buttons:
        """Offer to take it off."""
        if not request.user.has_perm(RUN):
            return []
        return [(self.address("remove", row.pk), _("Retirer la photographie"))]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("retirer", self.remove, "remove"), *super().get_urls()]

    def remove(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take it off."""
        row = get_object_or_404(ShowroomPicture, pk=pk)
        return decision_page(
            self, request, title=_("Retirer la photographie"), subject=row,
            form=forms.Form(sent(request)), permission=RUN,
            act=lambda _given: showrooms.remove_picture(picture_id=pk),
            done=_("La photographie est retirée."),
        )  # fmt: skip


# --- Visits ---


class HostInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who receives."""

    model = VisitHost
    extra = 0
    fields = ["role", "agent", "full_name"]

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Offer the agents of the centre."""
        if db_field.name == "agent":
            agents = User.objects.filter(is_staff=True, is_active=True)
            kwargs["queryset"] = agents.order_by("full_name", "pk")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class VisitForm(forms.ModelForm):  # type: ignore[type-arg]
    """A slot’s scenarios."""

    scenarios = forms.MultipleChoiceField(
        label=gettext_lazy("Scénarios"), choices=Scenario, widget=forms.CheckboxSelectMultiple
    )


@admin.register(Visit)
class VisitAdmin(BaseAdmin):
    """Scenarios and hosts of each slot; its hour and its registrations are the session’s."""

    form = VisitForm
    list_display = ["session", "showroom", "booked"]
    list_filter = ["showroom"]
    list_select_related = ["session__room", "showroom"]
    ordering = ["-session__starts_at", "-pk"]
    fields = ["session", "showroom", "scenarios"]
    readonly_fields = ["session", "showroom"]
    inlines = [HostInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the notebooks with the rows."""
        active = Q(notebooks__registration__ended_at=None)
        return super().get_queryset(request).annotate(booked=Count("notebooks", filter=active))

    @admin.display(description=gettext_lazy("réservations"), ordering="booked")
    def booked(self, visit: Any) -> int:
        """Return how many registrations have not ended."""
        return int(visit.booked)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Slots are opened by the showroom’s button."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A slot is called off with its session."""
        return False

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the session."""
        return obj.session.get_absolute_url() if obj.session.published_at else None


# --- Demonstration rights ---


class CriterionInline(admin.TabularInline):  # type: ignore[type-arg]
    """What is scored; fixed once published."""

    model = RightsCriterion
    extra = 0
    fields = ["label", "weight", "position"]

    def _may(self, obj: RightsCall | None) -> bool:
        return obj is None or obj.published_at is None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only before publication."""
        return self._may(obj) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only before publication."""
        return self._may(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only before publication."""
        return self._may(obj) and super().has_delete_permission(request, obj)


@admin.register(RightsCall)
class RightsCallAdmin(_Decided):
    """Each call: written, published, decided. Its seed is shown nowhere before the decision."""

    list_display = ["title", "showroom", "places", "opens_at", "closes_at", "published_at",
                    "decided_at"]  # fmt: skip
    list_filter = ["showroom"]
    ordering = ["-opens_at", "-pk"]
    fields = ["showroom", "title", "text", "places", "asks_charter", "opens_at", "closes_at",
              "starts_on", "ends_on", "seed_digest", "published_at", "decided_at",
              "decided_by"]  # fmt: skip
    state_fields = ("seed_digest", "published_at", "decided_at", "decided_by")
    inlines = [CriterionInline]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once published, nothing changes: applicants have read it."""
        if obj is not None and obj.published_at is not None:
            return self.fields
        return super().get_readonly_fields(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete drafts only."""
        if obj is not None and obj.published_at is not None:
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer no deletion of many."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is published."""
        return None if obj.published_at is None else obj.get_absolute_url()

    def buttons(self, request: HttpRequest, row: RightsCall) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        if row.published_at is None:
            return [(self.address("publish", row.pk), _("Publier l’appel"))]
        listed = reverse("admin:events_rightsapplication_changelist")
        own = [(f"{listed}?call__id__exact={row.pk}", _("Candidatures"))]
        if row.decided_at is None and row.closes_at <= timezone.now():
            own.append((self.address("decide", row.pk), _("Décider")))
        return own

    def pages(self) -> Pages:
        """Return the two decisions."""
        return [("publier", self.publish, "publish"), ("decider", self.decide_call, "decide")]

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Publish it, with the digest of its seed."""
        row = get_object_or_404(RightsCall, pk=pk)
        return self.decide(
            request, row, _("Publier l’appel"), forms.Form(sent(request)),
            act=lambda _given: rights.publish_call(call_id=pk, now=timezone.now()),
            warning=_("Les critères, leurs poids et les dates ne changent plus ensuite."),
            done=_("L’appel est publié, avec l’empreinte de sa graine."),
        )  # fmt: skip

    def decide_call(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Rank, reveal, tell."""
        row = get_object_or_404(RightsCall, pk=pk)
        return self.decide(
            request, row, _("Décider l’appel"), forms.Form(sent(request)),
            act=lambda _given: rights.decide(
                call_id=pk, by_id=agent_id(request), now=timezone.now()
            ),
            facts=(
                (_("Candidatures"), row.applications.filter(withdrawn_at=None).count()),
                (_("Places"), row.places),
            ),
            warning=_("Chaque candidat reçoit son rang, ses notes et leurs raisons. La graine est "
                      "publiée. Cela ne se reprend pas."),
            done=_("L’appel est décidé ; chaque candidat est prévenu."),
        )  # fmt: skip


@admin.register(RightsApplication)
class RightsApplicationAdmin(RowsToDecide):
    """The applications; each is scored on every criterion, with reasons."""

    list_display = ["title", "provider", "call", "applied_at", "withdrawn_at", "points", "rank",
                    "is_chosen"]  # fmt: skip
    list_filter = ["call"]
    list_select_related = ["provider", "call"]
    ordering = ["-applied_at", "-pk"]
    fields = ["call", "provider", "siren", "by", "title", "usage", "needs", "applied_at",
              "withdrawn_at", "points", "rank", "was_drawn", "is_chosen"]  # fmt: skip
    readonly_fields = ["points"]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the scores with the rows."""
        rows = super().get_queryset(request)
        return rows.prefetch_related("scores", "call__criteria")

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Let a call’s page lead to its own."""
        return lookup == "call__id__exact" or super().lookup_allowed(lookup, value, request)  # type: ignore[arg-type]

    @admin.display(description=gettext_lazy("total sur 1000"))
    def points(self, row: RightsApplication) -> str:
        """Return the total so far; a dash while a criterion is not scored."""
        weights = {entry.pk: entry.weight for entry in row.call.criteria.all()}
        given = {said.criterion_id: said.points for said in row.scores.all()}
        return str(total(given, weights)) if set(given) == set(weights) else "–"

    def buttons(self, request: HttpRequest, row: RightsApplication) -> Buttons:
        """Offer to score it."""
        is_time = row.call.closes_at <= timezone.now() and row.call.decided_at is None
        if not request.user.has_perm(RUN) or not is_time or row.withdrawn_at is not None:
            return []
        return [(self.address("score", row.pk), pgettext("donner une note", "Noter"))]

    def get_urls(self) -> list[Any]:
        """Add the decision."""
        return [self.page("noter", self.score, "score"), *super().get_urls()]

    def score(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Score each criterion, with its reason."""
        row = get_object_or_404(RightsApplication.objects.select_related("call", "provider"), pk=pk)
        known = {
            said.criterion_id: rights.Score(said.points, said.reason) for said in row.scores.all()
        }
        form = ScoreForm(
            sent(request), criteria=row.call.criteria.order_by("position", "pk"), known=known
        )
        return decision_page(
            self, request, title=_("Noter la candidature"), subject=row, form=form,
            facts=[(_("Prestataire"), row.provider), (_("Ce qui est montré"), row.title),
                   (_("À quoi cela sert"), row.usage), (_("Ce qu’il faut sur place"), row.needs)],
            act=lambda _given: rights.score(
                application_id=pk, scores=form.scores, by_id=agent_id(request), now=timezone.now()
            ),
            permission=RUN, done=_("La candidature est notée."), stays=True,
        )  # fmt: skip
