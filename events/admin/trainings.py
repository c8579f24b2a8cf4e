"""The catalogue of trainings, written here; the life of a session's file goes by buttons."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page
from emn.lib.errors import DomainError
from emn.lib.templatetags.french import euros
from events.enums import SessionKind
from events.models import (
    Enrolment,
    HalfDay,
    Objective,
    Session,
    Trainer,
    TrainerChange,
    Training,
    TrainingComplaint,
    TrainingSession,
)
from events.services import enrolment_ends
from events.services import trainings as services
from events.services.enrolment_ends import Ending
from events.training_papers import missing_before_registration

RUN = "events.run_training"


class OpenForm(forms.Form):
    """Which session of the agenda is one of the training, and who teaches it."""

    session = forms.ModelChoiceField(
        label=gettext_lazy("Session de l’agenda"), queryset=Session.objects.none()
    )
    trainers: Any = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Formateurs"), queryset=Trainer.objects.none(),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        free = Session.objects.filter(
            kind=SessionKind.TRAINING, training_session=None, starts_at__gt=timezone.now()
        )
        choices: dict[str, Any] = {
            "session": free.order_by("starts_at", "pk"),
            "trainers": Trainer.objects.order_by("name", "pk"),
        }
        for name, rows in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class ObjectiveInline(TranslationTabularInline):  # type: ignore[type-arg]  # not generic at run time
    """What one is able to do at the end."""

    model = Objective
    extra = 0


@admin.register(Training)
class TrainingAdmin(WithButtons, BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """The catalogue, in three languages; published by a button, once nothing is missing."""

    list_display = ["title", "hours", "product", "is_published", "position"]
    list_filter = ["is_published"]
    list_select_related = ["product"]
    search_fields = ["title_fr", "title_de", "title_en"]
    ordering = ["position", "pk"]
    prepopulated_fields = {"slug": ["title"]}
    inlines = [ObjectiveInline]
    state_fields = ("is_published", "missing")

    @admin.display(description=gettext_lazy("ce qui manque"))
    def missing(self, training: Training) -> str:
        """Name what R4.03 wants and is not written."""
        return ", ".join(missing_before_registration(training)) if training.pk else "–"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Save with its date."""
        obj.changed_at = timezone.now()
        super().save_model(request, obj, form, change)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Delete nothing that may have sessions."""
        return False

    def buttons(self, request: HttpRequest, row: Training) -> Buttons:
        """Offer to publish, and to open the file of a session."""
        if not request.user.has_perm(RUN):
            return []
        names = [("open", _("Ouvrir une session"))]
        if not row.is_published:
            names.insert(0, ("publish", _("Publier")))
        return [
            (reverse(f"admin:events_training_{name}", args=[row.pk]), label)
            for name, label in names
        ]

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        guard = self.admin_site.admin_view
        own = [
            path("<int:pk>/publier/", guard(self.publish), name="events_training_publish"),
            path("<int:pk>/session/", guard(self.open), name="events_training_open"),
        ]
        return [*own, *super().get_urls()]

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Open the file of a session of the agenda."""
        training = get_object_or_404(Training, pk=pk)
        return decision_page(
            self, request, title=_("Ouvrir une session"), subject=training,
            form=OpenForm(request.POST if request.method == "POST" else None),
            act=lambda given: services.open_session(
                session_id=given["session"].pk, training_id=pk,
                trainer_ids=[row.pk for row in given["trainers"]], now=timezone.now(),
            ),
            permission=RUN, done=_("Le dossier est ouvert, et coupé en demi-journées."),
            stays=True,
        )  # fmt: skip

    def publish(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put the training in the catalogue."""
        training = get_object_or_404(Training, pk=pk)
        return decision_page(
            self, request, title=_("Publier la formation"), subject=training,
            form=forms.Form(request.POST if request.method == "POST" else None),
            act=lambda _given: services.publish_training(training_id=pk, now=timezone.now()),
            permission=RUN, done=_("La formation est au catalogue."), stays=True,
        )  # fmt: skip


@admin.register(Trainer)
class TrainerAdmin(BaseAdmin, TranslationAdmin):  # type: ignore[type-arg]
    """Who teaches."""

    list_display = ["name", "email", "provider"]
    search_fields = ["name"]
    ordering = ["name", "pk"]
    autocomplete_fields = ["provider"]


class HalfDaysForm(forms.Form):
    """The half-days of a session, one a line."""

    spans = forms.CharField(
        label=gettext_lazy("Une demi-journée par ligne"),
        help_text=gettext_lazy("Comme ceci : 08/12/2026 09:00 - 12:30"),
        widget=forms.Textarea(attrs={"rows": 8}),
    )

    def __init__(self, *args: Any, zone: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone

    def clean_spans(self) -> list[Any]:
        """Read the lines on the session's clock."""
        spans = []
        for line in self.cleaned_data["spans"].splitlines():
            if not line.strip():
                continue
            try:
                day, start, _dash, end = line.split()
                spans.append(
                    tuple(
                        datetime.strptime(f"{day} {hour}", "%d/%m/%Y %H:%M").replace(
                            tzinfo=self.zone
                        )
                        for hour in (start, end)
                    )
                )
            except ValueError:
                raise forms.ValidationError(
                    _("« %(line)s » ne se lit pas. Écrivez : 08/12/2026 09:00 - 12:30"),
                    params={"line": line},
                ) from None
        return spans


class ReplaceForm(forms.Form):
    """Who teaches in whose place, and why."""

    former: Any = forms.ModelChoiceField(
        label=gettext_lazy("Formateur à remplacer"), queryset=Trainer.objects.none()
    )
    latter: Any = forms.ModelChoiceField(
        label=gettext_lazy("Remplaçant"), queryset=Trainer.objects.none()
    )
    reason = forms.CharField(label=gettext_lazy("Motif"), max_length=200)

    def __init__(self, *args: Any, own: TrainingSession, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teaching = own.trainers.order_by("name", "pk")
        others = Trainer.objects.exclude(pk__in=teaching.values("pk")).order_by("name", "pk")
        for name, rows in (("former", teaching), ("latter", others)):
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = rows


class EndForm(forms.Form):
    """Confirms what ending an enrolment costs; the amount is that of the page."""

    agreed = forms.IntegerField(widget=forms.HiddenInput)


class BreakForm(EndForm):
    """The same, of a contract under way."""

    why = forms.CharField(
        label=gettext_lazy("Ce qui est arrivé"), max_length=300,
        help_text=gettext_lazy("Maladie, accident… Le dossier le garde."),
    )  # fmt: skip


class HalfDayInline(admin.TabularInline):  # type: ignore[type-arg]
    """The half-days, read as they are; changed by a button while they are not signed."""

    model = HalfDay
    extra = 0
    fields = readonly_fields = ("starts_at", "ends_at", "links_sent_at")
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one here."""
        return False


class TrainerChangeInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who was replaced, by whom, when and why."""

    model = TrainerChange
    extra = 0
    fields = readonly_fields = ("former", "latter", "reason", "changed_at", "changed_by")
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrainerChange]:
        """Read the names with the changes."""
        rows = super().get_queryset(request).select_related("former", "latter", "changed_by")
        return rows.order_by("pk")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody adds one here."""
        return False


@admin.register(TrainingSession)
class TrainingSessionAdmin(WithButtons, ReadOnlyAdmin):
    """The files of sessions."""

    list_display = ["session", "training", "starts_at", "closed_at"]
    list_filter = ["training", ("closed_at", admin.EmptyFieldListFilter)]
    list_select_related = ["session", "training"]
    search_fields = ["session__title_fr", "training__title_fr"]
    ordering = ["-session__starts_at", "-pk"]
    fields = ["session", "training", "trainers", "hot_asked_at", "cold_asked_at", "closed_at",
              "closed_by"]  # fmt: skip
    inlines = [HalfDayInline, TrainerChangeInline]

    @admin.display(description=gettext_lazy("début"), ordering="session__starts_at")
    def starts_at(self, own: TrainingSession) -> Any:
        """Return when it starts."""
        return own.session.starts_at

    def buttons(self, request: HttpRequest, row: TrainingSession) -> Buttons:
        """Lead to the file; offer what may be done of an open one."""
        if not request.user.has_perm(RUN):
            return []
        names = [(reverse("trainings:file", args=[row.pk]), _("Dossier et « Ce qui manque »"))]
        if row.closed_at is None:
            names += [
                (reverse(f"admin:events_trainingsession_{name}", args=[row.pk]), label)
                for name, label in (
                    ("halves", _("Écrire les demi-journées")),
                    ("replace", _("Remplacer un formateur")),
                )
            ]
        return names

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        guard = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/demi-journees/", guard(self.halves), name="events_trainingsession_halves"
            ),
            path("<int:pk>/formateur/", guard(self.replace), name="events_trainingsession_replace"),
            path(
                "<int:pk>/dossier/<int:enrolment_id>/rendre/",
                guard(self.give_back),
                name="events_trainingsession_give_back",
            ),
            path(
                "<int:pk>/dossier/<int:enrolment_id>/rompre/",
                guard(self.break_off),
                name="events_trainingsession_break_off",
            ),
        ]
        return [*own, *super().get_urls()]

    def halves(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write the half-days by hand."""
        own = get_object_or_404(TrainingSession.objects.select_related("session"), pk=pk)
        zone = own.session.clock
        lines = "\n".join(
            f"{half.starts_at.astimezone(zone):%d/%m/%Y %H:%M} - "
            f"{half.ends_at.astimezone(zone):%H:%M}"
            for half in own.half_days.order_by("starts_at", "pk")
        )
        return decision_page(
            self, request, title=_("Écrire les demi-journées"), subject=own,
            form=HalfDaysForm(
                request.POST if request.method == "POST" else None,
                initial={"spans": lines}, zone=zone,
            ),
            act=lambda given: services.set_half_days(
                training_session_id=pk, spans=given["spans"]
            ),
            permission=RUN, done=_("Les demi-journées sont écrites."), stays=True,
        )  # fmt: skip

    def replace(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let somebody teach in the place of a trainer."""
        own = get_object_or_404(TrainingSession.objects.select_related("session"), pk=pk)
        return decision_page(
            self, request, title=_("Remplacer un formateur"), subject=own,
            form=ReplaceForm(request.POST if request.method == "POST" else None, own=own),
            act=lambda given: services.replace_trainer(
                training_session_id=pk, former_id=given["former"].pk,
                latter_id=given["latter"].pk, reason=given["reason"], by_id=agent_id(request),
                now=timezone.now(),
            ),
            permission=RUN, stays=True,
            done=_("C’est fait. Le programme est à émettre à nouveau, avec le nouveau nom."),
        )  # fmt: skip

    def give_back(self, request: HttpRequest, pk: int, enrolment_id: int) -> HttpResponse:
        """End an enrolment at the word of its buyer, with the terms of its agreement."""
        found = _dossier(pk, enrolment_id)
        ending = enrolment_ends.ending_of(found, now=timezone.now())
        return self._end(
            request, found, ending, EndForm, title=_("Terminer le dossier"),
            act=lambda given: enrolment_ends.give_back(
                enrolment_id=found.pk, agreed_cents=given["agreed"], now=timezone.now()
            ),
            warning="" if ending else _(
                "L’acheteur ne peut plus renoncer : un cas de force majeure se rompt au prorata."
            ),
        )  # fmt: skip

    def break_off(self, request: HttpRequest, pk: int, enrolment_id: int) -> HttpResponse:
        """Break a contract under way: only the hours attended are owed."""
        found = _dossier(pk, enrolment_id)
        return self._end(
            request, found, enrolment_ends.breaking_of(found), BreakForm,
            title=_("Rompre le contrat, au prorata"),
            act=lambda given: enrolment_ends.break_off(
                enrolment_id=found.pk, why=given["why"], agreed_cents=given["agreed"],
                now=timezone.now(),
            ),
            warning=_(
                "Les factures sont créditées ; les heures émargées restent dues, à facturer "
                "ensuite."
            ),
        )  # fmt: skip

    def _end(
        self, request: HttpRequest, found: Enrolment, ending: Ending | None, form: type[EndForm],
        *, title: str, act: Callable[[dict[str, Any]], object], warning: str,
    ) -> HttpResponse:  # fmt: skip
        shown = {"agreed": ending.owed_cents if ending else 0}
        posted = request.POST.copy()
        given = form(posted if request.method == "POST" else None, initial=shown)

        def do(cleaned: dict[str, Any]) -> None:
            try:
                act(cleaned)
            except DomainError:  # the page comes back with the amount of now
                posted["agreed"] = str(shown["agreed"])
                raise

        return decision_page(
            self, request, title=f"{title} : {found}", subject=found.training_session,
            facts=[
                (_("Client"), found.order.buyer_name),
                (
                    _("Dédit"),
                    ending and ending.forfeit_cents and euros(ending.forfeit_cents),
                ),
                (_("Heures suivies, hors taxes"), ending and euros(ending.attended_cents)),
            ],
            form=given, act=do, permission=RUN, warning=warning, stays=True,
            done=_("Le dossier est terminé."),
        )  # fmt: skip


def _dossier(pk: int, enrolment_id: int) -> Enrolment:
    rows = Enrolment.objects.select_related("order", "training_session__session")
    return get_object_or_404(rows, pk=enrolment_id, training_session=pk)


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    """The enrolments, as their buyers and the clocks make them."""

    public_content = False
    list_display = ["order", "training_session", "funding", "created_at", "signed_at", "end_reason"]
    list_filter = ["funding", "end_reason"]
    list_select_related = ["order", "training_session__session"]
    search_fields = ["order__buyer_name", "order__email"]
    ordering = ["-created_at", "-pk"]
    exclude = ["drawing"]


@admin.register(TrainingComplaint)
class TrainingComplaintAdmin(BaseAdmin):
    """The log of complaints about trainings."""

    public_content = False
    list_display = ["received_on", "training_session", "answered_on"]
    list_filter = [("answered_on", admin.EmptyFieldListFilter)]
    list_select_related = ["training_session__session"]
    ordering = ["-received_on", "-pk"]
