"""Surveys: prepared here, then led by buttons from the count of the frame to the frozen edition."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from emn.lib.admin import BaseAdmin, ReadOnlyAdmin
from emn.lib.decisions import Pages, sent
from emn.questionnaires.definition import Kind
from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.services import definition_of
from observatory.admin.steps import RUN, WithSteps
from observatory.models import DrawnUnit, Survey, SurveyEdition, SurveyStratum
from observatory.services import publications
from observatory.services.surveys import collecting, fieldwork, work
from observatory.services.surveys.errors import (
    AlreadyAnswered,
    SurveyClosed,
    SurveyRefused,
)
from observatory.services.surveys.sampling import shares_of
from observatory.survey_enums import Axis, Mode, Outcome, SurveyState, Work
from observatory.survey_forms import (
    AddressesForm,
    EntryForm,
    OpeningForm,
    OutcomeForm,
    SeedForm,
)

_FREE = (SurveyState.DRAFT, SurveyState.FRAMED)


class SurveyForm(forms.ModelForm):  # type: ignore[type-arg]
    """A survey, its axes as boxes to tick, its questionnaire among the published ones."""

    axes = forms.MultipleChoiceField(
        label=gettext_lazy("Strates par"), choices=Axis, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "version" in self.fields:
            field = self.fields["version"]
            assert isinstance(field, forms.ModelChoiceField)
            rows = QuestionnaireVersion.objects.published().select_related("questionnaire")
            # Those of the diagnostic are asked and scored there.
            field.queryset = rows.exclude(questionnaire__code__startswith="diagnostic")
            field.label_from_instance = _named  # type: ignore[method-assign, assignment]

    def clean_version(self) -> QuestionnaireVersion:
        """Leave out what asks for a file: it would tell who answers."""
        version: QuestionnaireVersion = self.cleaned_data["version"]
        questions = definition_of(version.pk).questions.values()
        if any(question.kind == Kind.FILE for question in questions):
            raise forms.ValidationError(_("Une enquête ne demande pas de fichier."))
        return version


def _named(version: Any) -> str:
    return f"{version.questionnaire.code} {version.number}"


class StratumInline(admin.TabularInline):  # type: ignore[type-arg]
    """The strata: their spread may be told until the draw."""

    model = SurveyStratum
    extra = 0
    can_delete = False
    fields = ["code", "size", "reachable", "spread", "drawn"]
    ordering = ["code", "pk"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave the spread free before the draw."""
        fixed = ["code", "size", "reachable", "drawn"]
        return fixed if obj is not None and obj.state == SurveyState.FRAMED else [*fixed, "spread"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Strata are counted, never typed."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whoever leads surveys."""
        return request.user.has_perm(RUN)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The same."""
        return request.user.has_perm(RUN)


@admin.register(Survey)
class SurveyAdmin(WithSteps, BaseAdmin):
    """The survey, its strata, where it stands."""

    form = SurveyForm
    list_display = ["title", "state", "source", "privacy", "closes_on"]
    list_filter = ["state", "source", "privacy"]
    search_fields = ["title", "code"]
    ordering = ["-created_at", "-pk"]
    prepopulated_fields = {"code": ["title"]}
    inlines = [StratumInline]
    state_fields = ("state", "progress", "seed", "frame_size", "closes_on", "opened_at",
                    "closed_at", "work", "trouble", "link")  # fmt: skip
    fieldsets = [
        (None, {"fields": ["title", "code", "population", "version", "source", "privacy",
                           "most_answers"]}),
        (gettext_lazy("Échantillon"), {"fields": ["sector", "axes", "allocation", "exponent",
                                                  "sample_size", "least"]}),
        (gettext_lazy("Où elle en est"), {"fields": list(state_fields)}),
    ]  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Once drawn or open, nothing of it changes."""
        fixed = super().get_readonly_fields(request, obj)
        if obj is None or obj.state == SurveyState.DRAFT:
            return fixed
        given = ["title", "code", "population", "version", "source", "privacy", "sector", "axes"]
        if obj.state == SurveyState.FRAMED:
            return (*fixed, *given)
        if not obj.is_open_link:
            given.append("most_answers")  # of an open link, it may be raised as it fills
        return (*fixed, *given, "allocation", "exponent", "sample_size", "least")

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only at first."""
        return {} if obj else self.prepopulated_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what was never opened."""
        may = super().has_delete_permission(request, obj)
        return may and obj is not None and obj.state in _FREE

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001 -- Django's
        """Date a new one."""
        if not change:
            obj.created_at = timezone.now()
        super().save_model(request, obj, form, change)

    @admin.display(description=gettext_lazy("avancement"))
    def progress(self, row: Survey) -> str:
        """Say how many of those drawn have answered, and by which way."""
        if row.opened_at is None:
            return "–"
        units = row.units.aggregate(
            drawn=Count("pk"),
            answered=Count("pk", filter=Q(outcome=Outcome.ANSWERED)),
            refused=Count("pk", filter=Q(outcome=Outcome.REFUSED)),
            out=Count("pk", filter=Q(outcome=Outcome.OUT_OF_SCOPE)),
            reachable=Count("pk", filter=~Q(email="")),
        )
        units["sheets"] = (
            row.anonymous_sheets.count()
            if row.is_anonymous
            else row.sheets.filter(submitted_at__isnull=False).count()
        )
        return _(
            "%(sheets)d bulletins ; %(drawn)d unités tirées, dont %(reachable)d avec une adresse, "
            "%(answered)d ont répondu, %(refused)d refusent, %(out)d sont hors champ"
        ) % units  # fmt: skip

    @admin.display(description=gettext_lazy("lien ouvert"))
    def link(self, row: Survey) -> str:
        """Give the address of an open survey."""
        return reverse("surveys:resume", args=[row.open_key]) if row.is_open_link else "–"

    def pages(self) -> Pages:
        """Return the steps of a survey, in order."""
        return [
            ("base", self.frame, "frame"),
            ("tirage", self.draw, "draw"),
            ("ouvrir", self.open, "open"),
            ("adresses", self.addresses, "addresses"),
            ("inviter", self.invite, "invite"),
            ("prolonger", self.extend, "extend"),
            ("clore", self.close, "close"),
            ("figer", self.freeze, "freeze"),
        ]

    def possible(self, row: Survey) -> list[tuple[str, str]]:
        """Return what may be done now."""
        if row.work:
            return []
        words = {
            "frame": _("Compter la base"), "draw": _("Tirer l’échantillon"),
            "open": _("Ouvrir l’enquête"), "addresses": _("Déposer des adresses"),
            "invite": _("Préparer l’invitation"), "extend": _("Prolonger l’enquête"),
            "close": _("Clore l’enquête"), "freeze": _("Figer une édition"),
        }  # fmt: skip
        names = {
            SurveyState.DRAFT: ["open"] if row.is_open_link else ["frame"],
            SurveyState.FRAMED: ["draw", "frame"],
            SurveyState.DRAWN: ["open", "addresses"],
            SurveyState.OPEN: (
                ["extend", "close"]
                if row.is_open_link
                else ["invite", "addresses", "extend", "close"]
            ),
            SurveyState.CLOSED: ["freeze"],
        }[SurveyState(row.state)]
        return [(name, words[name]) for name in names]

    def frame(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the population counted by strata."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Compter la base"), forms.Form(sent(request)),
            act=lambda _given: work.ask(survey_id=pk, work=Work.FRAME, now=timezone.now()),
            done=_("Le comptage est demandé : rechargez la page dans un instant."),
            warning=_("Les strates sont comptées dans le registre d’aujourd’hui."),
        )  # fmt: skip

    def draw(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Show how the sample is shared out, and have it drawn."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Tirer l’échantillon"), SeedForm(sent(request)),
            act=lambda given: work.ask(
                survey_id=pk, work=Work.DRAW, seed=given["seed"], now=timezone.now()
            ),
            done=_("Le tirage est demandé : rechargez la page dans un instant."),
            warning=_("Un échantillon tiré ne se tire pas à nouveau."),
            facts=((_("Allocation"), _allocation(row)),),
        )  # fmt: skip

    def open(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Let answers in."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Ouvrir l’enquête"), OpeningForm(sent(request)),
            act=lambda given: fieldwork.open_survey(
                survey_id=pk, closes_on=given["closes_on"], now=timezone.now()
            ),
            done=_("L’enquête est ouverte."),
            warning=_("La promesse faite aux répondants ne changera plus."),
            facts=((_("Promesse"), row.get_privacy_display()),),
        )  # fmt: skip

    def addresses(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write the addresses of drawn units from a file."""
        row = get_object_or_404(Survey, pk=pk)
        form = AddressesForm(sent(request), request.FILES or None)
        return self.decide(
            request, row, _("Déposer des adresses"), form,
            act=lambda _given: fieldwork.set_addresses(survey_id=pk, addresses=form.addresses),
            done=_("Les adresses sont écrites."),
        )  # fmt: skip

    def invite(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write the draft of the invitation."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Préparer l’invitation"), forms.Form(sent(request)),
            act=lambda _given: fieldwork.prepare_invitation(survey_id=pk, now=timezone.now()),
            done=_("Le brouillon est parmi les envois : relisez-le, puis programmez-le."),
            warning=_(
                "L’invitation part vers les unités tirées dont l’adresse est abonnée à la liste "
                "des enquêtes, une enquête par trimestre et par personne au plus."
            ),
        )  # fmt: skip

    def extend(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take answers for longer."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Prolonger l’enquête"),
            OpeningForm(sent(request), initial={"closes_on": row.closes_on}),
            act=lambda given: fieldwork.extend(
                survey_id=pk, closes_on=given["closes_on"], now=timezone.now()
            ),
            done=_("L’enquête est prolongée : sa page et les relances disent le nouveau jour."),
            warning=_("Les messages déjà partis disent l’ancien jour."),
        )  # fmt: skip

    def close(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Take no answer any more."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Clore l’enquête"), forms.Form(sent(request)),
            act=lambda _given: fieldwork.close(survey_id=pk, now=timezone.now()),
            done=_("L’enquête est close."),
            warning=_("Les liens ne servent plus. Ce qui n’a pas été remis est effacé."),
        )  # fmt: skip

    def freeze(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Have the weights and the figures computed and frozen."""
        row = get_object_or_404(Survey, pk=pk)
        return self.decide(
            request, row, _("Figer une édition"), forms.Form(sent(request)),
            act=lambda _given: work.ask(survey_id=pk, work=Work.FREEZE, now=timezone.now()),
            done=_("Le calcul est demandé : l’édition paraîtra parmi les éditions d’enquête."),
            warning=_("Une édition figée ne change plus ; une correction en fait une nouvelle."),
        )  # fmt: skip


def _allocation(row: Survey) -> str:
    """Return how the sample would be shared out, a stratum a line."""
    strata = {each.code: each for each in row.strata.order_by("code", "pk")}
    try:
        shares = shares_of(row, strata)
    except SurveyRefused as refusal:
        return refusal.message
    return "\n".join(f"{code} : {shares[code]} / {strata[code].size}" for code in strata)


@admin.register(DrawnUnit)
class DrawnUnitAdmin(WithSteps, ReadOnlyAdmin):
    """The sample: who answered, by telephone or on paper too. What was answered is not shown."""

    list_display = ["siret", "survey", "stratum", "outcome", "settled_on", "reminders"]
    list_filter = ["outcome", "survey"]
    list_select_related = ["survey", "stratum"]
    search_fields = ["siret", "email"]
    ordering = ["survey", "siret", "pk"]
    fields = ["survey", "stratum", "siret", "email", "outcome", "settled_on", "reminders",
              "reminded_on"]  # fmt: skip
    public_content = False

    def view_on_site(self, obj: Any) -> str | None:
        """Its page is the firm's own."""
        return None

    def pages(self) -> Pages:
        """Return both."""
        return [("saisir", self.enter, "enter"), ("suite", self.settle, "settle")]

    def possible(self, row: DrawnUnit) -> list[tuple[str, str]]:
        """Return what may be done now."""
        if row.outcome == Outcome.ANSWERED:
            return []
        names = [("settle", _("Noter un refus ou un hors champ"))]
        if row.outcome == Outcome.WAITING and row.survey.state == SurveyState.OPEN:
            names.insert(0, ("enter", _("Saisir ses réponses")))
        return names

    def enter(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Go to the pages of the survey, the mode noted."""
        if not request.user.has_perm(RUN):
            raise PermissionDenied
        unit = get_object_or_404(DrawnUnit.objects.select_related("survey"), pk=pk)
        form = EntryForm(sent(request))
        if request.method != "POST" or not form.is_valid():
            return self.decide(
                request, unit, _("Saisir ses réponses"), form, act=lambda _given: None, done=""
            )
        try:
            run = collecting.begin(
                token=unit.token, language="fr", mode=Mode(form.cleaned_data["mode"]),
                now=timezone.now(),
            )  # fmt: skip
        except (SurveyClosed, AlreadyAnswered) as refusal:
            messages.error(request, refusal.message)
            return redirect("admin:observatory_drawnunit_change", pk)
        self.log_change(request, unit, _("Saisir ses réponses"))
        return redirect("surveys:review", unit.token, run.key)

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Note that there will be no answer."""
        unit = get_object_or_404(DrawnUnit, pk=pk)
        return self.decide(
            request, unit, _("Noter un refus ou un hors champ"), OutcomeForm(sent(request)),
            act=lambda given: fieldwork.settle(
                unit_id=pk, outcome=Outcome(given["outcome"]), now=timezone.now()
            ),
            done=_("C’est noté."),
        )  # fmt: skip


@admin.register(SurveyEdition)
class SurveyEditionAdmin(WithSteps, ReadOnlyAdmin):
    """Frozen figures, and the draft of what is published of them."""

    list_display = ["survey", "number", "frozen_at"]
    list_select_related = ["survey"]
    ordering = ["-frozen_at", "-pk"]
    fields = ["survey", "number", "frozen_at", "method", "figures"]
    permission = "observatory.add_publication"
    public_content = False

    def pages(self) -> Pages:
        """Return the one."""
        return [("publication", self.compose, "compose")]

    def possible(self, row: SurveyEdition) -> list[tuple[str, str]]:
        """Always."""
        return [("compose", _("Composer une publication"))]

    def compose(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Write a draft, a part a question."""
        row = get_object_or_404(SurveyEdition.objects.select_related("survey"), pk=pk)
        return self.decide(
            request, row, _("Composer une publication"), forms.Form(sent(request)),
            act=lambda _given: publications.compose_from(edition_id=pk),
            done=_("Le brouillon est parmi les publications."),
        )  # fmt: skip
