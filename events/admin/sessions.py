"""Sessions, their rooms and themes: written here; their life goes by buttons."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import IntegrityError
from django.db.models import F, OuterRef, Subquery, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import (
    TranslationAdmin,
    TranslationStackedInline,
    TranslationTabularInline,
)

from emn.lib.admin import BaseAdmin, QueueFilter
from emn.lib.commit import after_commit
from emn.lib.db import broken_by
from emn.lib.decisions import Buttons, WithButtons, decision_page
from events import wording
from events.admin import people
from events.enums import AccessFeature, Frequency, RegistrationStatus, SessionMode, SessionStatus
from events.forms import CancelForm, ConnectionForm, DuplicateForm, MoveForm, SeriesForm
from events.models import (
    CapacityPool,
    Registration,
    Room,
    Session,
    SessionDocument,
    SessionQuestion,
    Speaker,
    Theme,
)
from events.models.opinions import BEST_SCORE
from events.services import opinions, seats
from events.services import sessions as services
from events.tasks import promote

RUN = "events.run_session"
_MOVED_BY_A_BUTTON = ("room", "elsewhere", "remote_url", "starts_at", "ends_at", "zone", "mode")


def _people(rows: Any) -> Subquery:
    """Return how many people these registrations of one session count."""
    return Subquery(rows.values("session").annotate(n=Sum("seats")).values("n"))


class WhenFilter(QueueFilter):
    """To come, today, over."""

    title = gettext_lazy("date")
    parameter_name = "quand"
    queues = (
        ("aujourdhui", gettext_lazy("Aujourd’hui"), lambda rows: rows.on_day(timezone.localdate())),
        ("venir", gettext_lazy("À venir"), lambda rows: rows.upcoming(now=timezone.now())),
        ("passees", gettext_lazy("Passées"), lambda rows: rows.filter(ends_at__lte=timezone.now())),
    )


class PoolInline(TranslationStackedInline):  # type: ignore[type-arg]  # not generic at run time
    """The seats; enlarging a pool lets the waiting list in."""

    model = CapacityPool
    extra = 0
    max_num = 8
    fields = ["mode", "category", "size", "overbooking", "waiting_limit", "shown"]
    readonly_fields = ["shown"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once announced, seats beyond the chairs change by a button, under the lock."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None or obj.status == SessionStatus.DRAFT:
            return fields
        return (*fields, "overbooking")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Keep what registrations may point to."""
        return False


class SpeakerInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who speaks."""

    model = Speaker
    extra = 0
    fields = ["name", "organisation", "provider", "position"]
    autocomplete_fields = ["provider"]


class QuestionInline(TranslationStackedInline):  # type: ignore[type-arg]
    """What the form asks besides the name; answers given stay as they were."""

    model = SessionQuestion
    extra = 0
    fields = ["kind", "label", "options", "is_required", "position"]


class DocumentInline(TranslationTabularInline):  # type: ignore[type-arg]
    """What may be taken away."""

    model = SessionDocument
    extra = 0
    fields = ["title", "file", "audience", "position"]


class SessionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A session; an empty address is made of the title and the day."""

    remote_url = forms.URLField(
        label=gettext_lazy("Adresse de connexion"),
        assume_scheme="https",
        required=False,
        help_text=Session._meta.get_field("remote_url").help_text,
    )

    access = forms.MultipleChoiceField(
        label=gettext_lazy("Accessibilité"),
        choices=AccessFeature,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def _get_validation_exclusions(self) -> set[str]:
        """Check the room too, whose constraint asks for the state, which is not edited here."""
        return set(super()._get_validation_exclusions()) - {"status"}  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """Make the address before the model is checked."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not cleaned.get("slug") and "slug" in self.fields:
            self.instance.slug = self.instance.slug or f"session-{uuid.uuid4().hex[:12]}"
            cleaned["slug"] = self.instance.slug
        return cleaned


@admin.register(Session)
class SessionAdmin(WithButtons, BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """Each session with its seats; what its people must be told of goes by a button."""

    form = SessionForm
    list_display = ["title", "starts_at", "kind", "room", "status", "taken", "in_line"]
    list_filter = [WhenFilter, "status", "kind", "room", "themes"]
    list_select_related = ["room"]
    search_fields = ["title_fr", "title_de", "title_en"]
    date_hierarchy = "starts_at"
    ordering = [F("starts_at").desc(), "-pk"]
    inlines = [PoolInline, QuestionInline, SpeakerInline, DocumentInline]
    state_fields = ("status", "published_at", "cancelled_at", "cancel_reason", "moved_from_at",
                    "series", "invitation_link", "opinion_mean")  # fmt: skip
    fieldsets = [
        (None, {"fields": ["kind", "title", "summary", "description", "themes"]}),
        (
            gettext_lazy("Quand et où"),
            {"fields": ["mode", "room", "elsewhere", "remote_url", "starts_at", "ends_at", "zone"]},
        ),
        (gettext_lazy("Pour qui"), {"fields": ["language", "access"]}),
        (
            gettext_lazy("Inscriptions"),
            {"fields": ["opens_at", "closes_at", "group_limit", "company_limit", "is_private",
                        "invitation_link"]},
        ),
        (
            gettext_lazy("Vie de la session"),
            {
                "fields": ["slug", "status", "published_at", "cancelled_at", "cancel_reason",
                           "moved_from_at", "series", "opinion_mean"],
            },
        ),
    ]  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count the seats with the rows."""
        here = Registration.objects.filter(session=OuterRef("pk")).order_by()
        waiting = here.filter(status=RegistrationStatus.WAITING)
        return (
            super()
            .get_queryset(request)
            .annotate(taken=_people(here.holding()), in_line=_people(waiting))
        )

    @admin.display(description=gettext_lazy("places prises"), ordering="taken")
    def taken(self, session: Any) -> Any:
        """Return how many seats are held."""
        return session.taken or 0

    @admin.display(description=gettext_lazy("en attente"), ordering="in_line")
    def in_line(self, session: Any) -> Any:
        """Return how many wait."""
        return session.in_line or 0

    @admin.display(description=gettext_lazy("avis"))
    def opinion_mean(self, session: Session) -> str:
        """Say the mean with its answers and how many were asked (R4.08), and lead to the words."""
        if session.opinion_asked_at is None:
            return "–"
        found = opinions.figures(session)
        said = _("%(n)s réponses de %(asked)s personnes") % {"n": found.n, "asked": found.asked}
        if not found.n:
            return said
        url = reverse("admin:events_sessionopinion_changelist")
        return format_html(
            '{} / {} · <a href="{}?registration__session__id__exact={}">{}</a>',
            number_format(found.value, 1), BEST_SCORE, url, session.pk, said,
        )  # fmt: skip

    @admin.display(description=gettext_lazy("lien d’invitation"))
    def invitation_link(self, session: Session) -> str:
        """Show where a private session is."""
        if not session.is_private or session.pk is None:
            return "–"
        return format_html('<a href="{0}">{0}</a>', session.get_absolute_url())

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once announced, the date and the place change by a button, which tells everyone."""
        fields = super().get_readonly_fields(request, obj)
        if obj is None or obj.status == SessionStatus.DRAFT:
            return fields
        return (*fields, *_MOVED_BY_A_BUTTON)

    def view_on_site(self, obj: Any) -> str | None:
        """Link to the page of what is announced."""
        return None if obj.published_at is None else obj.get_absolute_url()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete drafts only: what was announced is called off."""
        if obj is not None and obj.status != SessionStatus.DRAFT:
            return False
        return super().has_delete_permission(request, obj)

    def get_actions(self, request: HttpRequest) -> Any:
        """Offer no deletion of many."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Say so when another agent took the room between the check and the writing."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except IntegrityError as violation:
            if broken_by(violation) != "events_session_no_double_booking":
                raise
            messages.error(
                request,
                _("Quelqu’un vient de prendre cette salle à cette heure. Rien n’est écrit."),
            )
            return redirect(request.get_full_path())

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Save with the dates that calendars read, and an address of its own."""
        now = timezone.now()
        obj.changed_at = now
        if not change:
            obj.created_at = now
        if obj.slug.startswith("session-") and obj.published_at is None:
            obj.slug = services.free_slug(obj)
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Bring what it is found by in line, and let the waiting list in when there is room."""
        super().save_related(request, form, formsets, change)
        session = Session.objects.get(pk=form.instance.pk)
        services.write_terms(session)
        if session.takes_place:
            after_commit(lambda: promote.delay(session_id=session.pk))
        self._say_what_is_overfull(request, session)

    def _say_what_is_overfull(self, request: HttpRequest, session: Session) -> None:
        for pool in seats.pools_of(session):
            taken, seats_now = seats.count(pool).seated, pool.size + pool.overbooking
            if taken > seats_now:
                said = _(
                    "%(pool)s : places prises %(taken)s, offertes %(seats)s. Personne n’est "
                    "retiré, et plus personne n’entre."
                )
                values = {"pool": pool, "taken": taken, "seats": seats_now}
                messages.warning(request, said % values)

    # --- Buttons ---

    def buttons(self, request: HttpRequest, row: Session) -> Buttons:
        """Offer what may be done now."""
        if not request.user.has_perm(RUN):
            return []
        names = [("series", _("Répéter")), ("duplicate", _("Dupliquer"))]
        if row.status == SessionStatus.DRAFT:
            names.insert(0, ("publish", _("Publier")))
        elif row.takes_place and row.ends_at > timezone.now():
            names = [("move", _("Déplacer")), ("cancel", _("Annuler la session")), *names]
            if row.mode != SessionMode.ON_SITE:
                names.insert(1, ("connection", _("Changer la connexion")))
        if row.is_private:
            names.append(("renew", _("Renouveler l’invitation")))
        links = [
            (reverse(f"admin:events_session_{name}", args=[row.pk]), label) for name, label in names
        ]
        listed = reverse("admin:events_registration_changelist") + f"?session__id__exact={row.pk}"
        own = [(listed, _("Inscriptions"))]
        if row.published_at is not None and request.user.has_perm("events.handle_registration"):
            own.append((reverse("events:door", args=[row.pk]), _("Accueil")))
            pages = [("message", _("Écrire aux inscrits")), ("line", _("Liste d’attente"))]
            if row.ends_at > timezone.now():
                pages.append(("more_seats", _("Places en plus")))
            own += [
                (reverse(f"admin:events_session_{name}", args=[row.pk]), label)
                for name, label in pages
            ]
        return [*own, *links]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        guard = self.admin_site.admin_view
        pages: list[tuple[str, Callable[..., HttpResponseBase], str]] = [
            ("publier", self.publish, "publish"),
            ("deplacer", self.move, "move"),
            ("connexion", self.connection, "connection"),
            ("annuler", self.cancel, "cancel"),
            ("repeter", self.series, "series"),
            ("dupliquer", self.duplicate, "duplicate"),
            ("invitation", self.renew, "renew"),
            ("message", partial(people.message, self), "message"),
            ("attente", partial(people.line, self), "line"),
            ("places", partial(people.more_seats, self), "more_seats"),
        ]
        own = [
            path(f"<int:session_id>/{end}/", guard(view), name=f"events_session_{name}")
            for end, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def publish(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Put a draft on the agenda."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Publier la session"), forms.Form,
            act=lambda _given: services.publish_session(session_id=session.pk, now=timezone.now()),
            done=_("La session est à l’agenda."),
        )  # fmt: skip

    def move(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Change the hour or the place."""
        session = self._session(session_id)
        initial = {"starts_at": session.starts_at, "ends_at": session.ends_at,
                   "room": session.room_id, "elsewhere": session.elsewhere}  # fmt: skip
        return self._decide(
            request, session, _("Déplacer la session"), partial(MoveForm, session=session),
            initial=initial,
            act=lambda given: services.move_session(
                session_id=session.pk, starts_at=given["starts_at"], ends_at=given["ends_at"],
                room_id=given["room"].pk if given.get("room") else None,
                elsewhere=given.get("elsewhere", ""), now=timezone.now(),
            ),
            warning=_("Chaque inscrit reçoit un message avec la nouvelle date."),
            done=_("La session est déplacée ; chaque inscrit est prévenu."),
        )  # fmt: skip

    def connection(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Change where one connects."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Changer la connexion"), ConnectionForm,
            initial={"remote_url": session.remote_url},
            act=lambda given: services.change_connection(
                session_id=session.pk, remote_url=given["remote_url"], now=timezone.now()
            ),
            warning=_("Chaque inscrit à distance reçoit la nouvelle adresse."),
            done=_("La connexion est changée ; chaque inscrit à distance est prévenu."),
        )  # fmt: skip

    def cancel(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Call the session off."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Annuler la session"), CancelForm,
            act=lambda given: services.cancel_session(
                session_id=session.pk, reason=given["reason"], now=timezone.now()
            ),
            warning=_("Chaque inscrit reçoit ces mots. Une session annulée ne se rétablit pas."),
            done=_("La session est annulée ; chaque inscrit est prévenu."),
        )  # fmt: skip

    def series(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Repeat the session, as drafts."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Répéter la session"), SeriesForm,
            act=lambda given: services.make_series(
                session_id=session.pk, frequency=Frequency(given["frequency"]),
                interval=given["interval"], until=given["until"], now=timezone.now(),
            ),
            done=_("Les dates sont faites, en brouillon : relisez, puis publiez chacune."),
        )  # fmt: skip

    def duplicate(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Make a draft like this one."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Dupliquer la session"), DuplicateForm,
            act=lambda given: services.duplicate(
                session_id=session.pk, starts_at=given["starts_at"], now=timezone.now()
            ),
            done=_("La copie est faite, en brouillon."),
        )  # fmt: skip

    def renew(self, request: HttpRequest, session_id: int) -> HttpResponse:
        """Give a private session another link."""
        session = self._session(session_id)
        return self._decide(
            request, session, _("Renouveler l’invitation"), forms.Form,
            act=lambda _given: services.renew_invitation(
                session_id=session.pk, key=uuid.uuid4(), now=timezone.now()
            ),
            warning=_("L’ancien lien ne mènera plus nulle part."),
            done=_("Le lien est renouvelé."),
        )  # fmt: skip

    def _session(self, session_id: int) -> Session:
        return get_object_or_404(Session.objects.select_related("room"), pk=session_id)

    def _decide(
        self,
        request: HttpRequest,
        session: Session,
        title: str,
        form: Callable[..., forms.Form],
        *,
        act: Callable[[dict[str, Any]], object],
        done: str,
        warning: str = "",
        **values: Any,
    ) -> HttpResponse:
        """Show one decision and its facts; come back to the session."""
        return decision_page(
            self,
            request,
            title=title,
            subject=session,
            facts=[
                (_("Session"), session.title),
                (_("Quand"), wording.when(session)),
                (_("Où"), wording.place(session)),
                (_("Inscrits"), session.registrations.holding().seats()),
            ],
            form=form(request.POST if request.method == "POST" else None, **values),
            act=act,
            permission=RUN,
            warning=warning,
            done=done,
            stays=True,
        )


@admin.register(Theme)
class ThemeAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """The themes, in three languages."""

    list_display = ["name", "slug", "position"]
    ordering = ["position", "pk"]


@admin.register(Room)
class RoomAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """The rooms, in three languages."""

    list_display = ["name", "seats", "slug", "position"]
    ordering = ["position", "pk"]
