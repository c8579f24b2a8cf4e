"""The catalogue of trainings, written here; the life of a session's file goes by buttons."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from modeltranslation.admin import TranslationAdmin, TranslationTabularInline

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin
from emn.lib.decisions import Buttons, WithButtons, decision_page
from events.enums import SessionKind
from events.models import (
    Enrolment,
    HalfDay,
    Objective,
    Session,
    Trainer,
    Training,
    TrainingComplaint,
    TrainingSession,
)
from events.services import trainings as services
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
    filter_horizontal = ["trainers"]
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


class HalfDayInline(admin.TabularInline):  # type: ignore[type-arg]
    """The half-days, read as they are; changed by a button before the start."""

    model = HalfDay
    extra = 0
    fields = ["starts_at", "ends_at", "links_sent_at"]
    readonly_fields = ("starts_at", "ends_at", "links_sent_at")
    can_delete = False

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
    inlines = [HalfDayInline]

    @admin.display(description=gettext_lazy("début"), ordering="session__starts_at")
    def starts_at(self, own: TrainingSession) -> Any:
        """Return when it starts."""
        return own.session.starts_at

    def buttons(self, request: HttpRequest, row: TrainingSession) -> Buttons:
        """Lead to the file; offer to set the half-days before the start."""
        if not request.user.has_perm(RUN):
            return []
        names = [(reverse("trainings:file", args=[row.pk]), _("Dossier et « Ce qui manque »"))]
        if row.session.starts_at > timezone.now():
            url = reverse("admin:events_trainingsession_halves", args=[row.pk])
            names.append((url, _("Écrire les demi-journées")))
        return names

    def get_urls(self) -> list[Any]:
        """Add the decisions."""
        guard = self.admin_site.admin_view
        own = [
            path(
                "<int:pk>/demi-journees/", guard(self.halves), name="events_trainingsession_halves"
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
                training_session_id=pk, spans=given["spans"], now=timezone.now()
            ),
            permission=RUN, done=_("Les demi-journées sont écrites."), stays=True,
        )  # fmt: skip


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
