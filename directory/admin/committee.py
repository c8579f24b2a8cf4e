"""The committee room: the file, the clock, who sits and who may not, the vote, the decision."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.complaint_forms import (
    DecisionForm,
    HearingForm,
    PublicationForm,
    RecusalForm,
    VotesForm,
)
from directory.enums import CaseStatus, ComplaintSide, RecusalReason
from directory.models import CommitteeCase, CommitteeMandate, CommitteeMember
from directory.services import committee, panels
from emn.lib.admin import BaseAdmin, QueueFilter, ReadOnlyAdmin, agent_id
from emn.lib.decisions import Buttons, WithButtons, decision_page

RUN, PUBLISH = "directory.run_committeecase", "directory.publish_committeecase"
_OPEN, _VOTING, _VOTED = CaseStatus.OPEN, CaseStatus.VOTING, CaseStatus.VOTED
# Verb of the address → its label, and the states it is offered in.
VERBS: dict[str, tuple[Any, tuple[CaseStatus, ...]]] = {
    "prestataire": (gettext_lazy("Entendre le prestataire"), (_OPEN,)),
    "plaignant": (gettext_lazy("Entendre le plaignant"), (_OPEN,)),
    "recuser": (gettext_lazy("Récuser un membre"), (_OPEN, _VOTING)),
    "completer": (gettext_lazy("Compléter la formation"), (_OPEN, _VOTING)),
    "ouvrir": (gettext_lazy("Ouvrir le vote"), (_OPEN,)),
    "voter": (gettext_lazy("Inscrire les votes"), (_VOTING,)),
    "clore": (gettext_lazy("Clore le vote"), (_VOTING,)),
    "decider": (gettext_lazy("Écrire la décision"), (_VOTED,)),
    "publier": (gettext_lazy("Publier le texte anonymisé"), (CaseStatus.DECIDED,)),
}


class MandateInline(admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """The mandates of a member."""

    model = CommitteeMandate
    extra = 1


@admin.register(CommitteeMember)
class CommitteeMemberAdmin(BaseAdmin):
    """Who may sit, for which college, from when to when."""

    public_content = False
    list_display = ["name", "organisation", "siren", "colleges"]
    search_fields = ["name", "organisation", "siren"]
    ordering = ["name", "pk"]
    inlines = [MandateInline]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the mandates with the members."""
        return super().get_queryset(request).prefetch_related("mandates")

    @admin.display(description=gettext_lazy("mandats"))
    def colleges(self, member: CommitteeMember) -> str:
        """Show each mandate with its last day."""
        rows = sorted(member.mandates.all(), key=lambda row: row.ends_on)
        return ", ".join(f"{row.get_college_display()} → {row.ends_on:%d/%m/%Y}" for row in rows)


class PendingFilter(QueueFilter):
    """The cases that wait for a decision."""

    title = gettext_lazy("file")
    parameter_name = "file"
    queues = (("cours", gettext_lazy("À décider"), lambda rows: rows.pending()),)


@admin.register(CommitteeCase)
class CommitteeCaseAdmin(WithButtons, ReadOnlyAdmin):
    """The room of a case; the buttons call the services."""

    change_form_template = "admin/directory/committeecase/change_form.html"
    list_display = ["reference", "about", "instance", "status", "due_on", "clock"]
    list_filter = [PendingFilter, "status", "instance"]
    list_select_related = ["complaint__company", "contest__file__provider"]
    ordering = ["due_on", "pk"]
    fields = [
        "status", "instance", "complaint", "contest", "opened_at", "due_on", "ground",
        "provider_heard_on", "provider_words", "complainant_heard_on", "complainant_words",
        "vote_opened_at", "vote_closed_at", "outcome", "reasons", "broken", "decided_at",
        "decided_by", "warning_until", "suspended_until", "adhesion", "reversed_at",
        "public_text", "published_at",
    ]  # fmt: skip
    readonly_fields = ["outcome", "broken"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out what has nothing to say yet."""
        fields: Any = super().get_fields(request, obj)
        if obj is None:
            return fields
        return [
            name
            for name in fields
            if getattr(obj, {"outcome": "vote_closed_at", "broken": "clauses"}.get(name, name))
        ]

    @admin.display(description=gettext_lazy("référence"), ordering="pk")
    def reference(self, case: CommitteeCase) -> str:
        """Show what every message calls it."""
        return case.reference

    @admin.display(description=gettext_lazy("affaire"))
    def about(self, case: CommitteeCase) -> str:
        """Show whom it is about."""
        if case.complaint is not None:
            return f"{case.complaint.reference} · {case.complaint.company}"
        return f"{_('Indice')} · {case.contest.file if case.contest else '–'}"

    @admin.display(description=gettext_lazy("ce que le vote a donné"))
    def outcome(self, case: CommitteeCase) -> str:
        """Show the measure."""
        return case.measure_words()

    @admin.display(description=gettext_lazy("engagements non tenus"))
    def broken(self, case: CommitteeCase) -> str:
        """Show the commitments in words."""
        return ", ".join(case.clause_labels)

    @admin.display(description=gettext_lazy("horloge"))
    def clock(self, case: CommitteeCase) -> str:
        """Say how long is left, or how late it is."""
        if case.status not in {_OPEN, _VOTING, _VOTED}:
            return "–"
        days = (case.due_on - timezone.localdate()).days
        if days < 0:
            return _("en retard de %(days)d j") % {"days": -days}
        return _("reste %(days)d j") % {"days": days}

    def get_urls(self) -> list[Any]:
        """Add the acts of the room."""
        act = path(
            "<int:case_id>/acte/<str:verb>/",
            self.admin_site.admin_view(self.act),
            name="directory_committeecase_act",
        )
        return [act, *super().get_urls()]

    def buttons(self, request: HttpRequest, row: CommitteeCase) -> Buttons:
        """Offer the acts of its state."""
        return [
            (reverse("admin:directory_committeecase_act", args=[row.pk, verb]), label)
            for verb, (label, states) in VERBS.items()
            if row.status in states
            and request.user.has_perm(PUBLISH if verb == "publier" else RUN)
            and not (verb in {"plaignant", "publier"} and row.complaint_id is None)
            and not (verb == "publier" and not row.is_final)
        ]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Show the panel, the votes and the file."""
        case = context.get("original")
        seats = case.seats.select_related("member", "vote").order_by("college", "pk")
        context["seats"] = [(seat, _vote_of(case, seat)) for seat in seats]
        context["empty_colleges"] = panels.empty_colleges(case)
        context["clock_words"] = self.clock(case)
        return super().render_change_form(request, context, *args, **kwargs)

    def act(self, request: HttpRequest, case_id: int, verb: str) -> HttpResponse:
        """Do one act of the session."""
        rows = CommitteeCase.objects.select_related(
            "complaint__company", "contest__file__provider__company", "contest__event"
        )
        case = get_object_or_404(rows, pk=case_id)
        if verb not in VERBS:
            raise Http404
        form, act, warning = self._act(request, case, verb)
        return decision_page(
            self,
            request,
            title=VERBS[verb][0],
            subject=case,
            permission=PUBLISH if verb == "publier" else RUN,
            done=_("C’est fait."),
            facts=_facts(case),
            form=form,
            warning=warning,
            act=act,
            stays=True,
        )

    def _act(
        self, request: HttpRequest, case: CommitteeCase, verb: str
    ) -> tuple[forms.Form, Callable[[dict[str, Any]], object], str]:
        """Return the form of an act, what it does, and what to know before."""
        posted = request.POST if request.method == "POST" else None
        now, by_id = timezone.now(), agent_id(request)
        if verb in {"prestataire", "plaignant"}:
            side = ComplaintSide.PROVIDER if verb == "prestataire" else ComplaintSide.COMPLAINANT
            return (
                HearingForm(posted, initial={"heard_on": timezone.localdate()}),
                lambda given: committee.note_hearing(case_id=case.pk, side=side, now=now, **given),
                _("Les membres du comité liront ces mots."),
            )
        if verb == "recuser":
            return (
                RecusalForm(posted, case=case),
                lambda given: panels.recuse(
                    seat_id=given["seat"],
                    reason=RecusalReason(given["reason"]),
                    by_id=by_id,
                    now=now,
                ),
                _("S’il a voté, son vote est annulé. Un autre membre de son collège est appelé."),
            )
        if verb == "voter":
            votes = VotesForm(posted, case=case)
            return votes, lambda _given: _cast(votes, by_id), ""
        if verb == "decider":
            return (
                DecisionForm(posted, case=case),
                lambda given: committee.decide(case_id=case.pk, by_id=by_id, now=now, **given),
                _("Le vote a donné : %(measure)s. La décision part aux deux parties.")
                % {"measure": case.measure_words()},
            )
        if verb == "publier":
            return (
                PublicationForm(posted, initial={"text": case.public_text or case.reasons}),
                lambda given: committee.publish(case_id=case.pk, by_id=by_id, now=now, **given),
                _("Relisez : rien ne doit faire reconnaître une partie."),
            )
        acts: dict[str, Callable[..., object]] = {
            "completer": panels.complete_panel,
            "ouvrir": committee.open_vote,
            "clore": committee.close_vote,
        }
        return forms.Form(posted), lambda _given: acts[verb](case_id=case.pk, now=now), ""


def _cast(form: VotesForm, by_id: int) -> None:
    for seat_id, measure in form.votes():
        committee.cast(seat_id=seat_id, measure=measure, by_id=by_id, now=timezone.now())


def _vote_of(case: CommitteeCase, seat: Any) -> str:
    vote = getattr(seat, "vote", None)
    return "" if vote is None else committee.vote_words(case, vote.measure)


def _facts(case: CommitteeCase) -> list[tuple[Any, Any]]:
    facts: list[tuple[Any, Any]] = [
        (_("État"), case.get_status_display()),
        (_("À décider au plus tard le"), date_format(case.due_on)),
        (_("Saisine"), case.ground),
    ]
    if case.complaint is not None:
        complaint = case.complaint
        facts += [
            (_("Mise en cause"), complaint.company),
            (_("Plaignant"), complaint.client_name),
            (_("Engagement"), complaint.get_clause_display() or complaint.get_kind_display()),
            (_("Faits"), complaint.text),
            (_("Réponse"), complaint.reply),
        ]
    elif case.contest is not None:
        facts += [
            (_("Contestation"), case.contest.reason),
            (_("Décision du centre"), case.contest.decision),
        ]
    return [
        *facts,
        (_("Le prestataire a dit"), case.provider_words),
        (_("Le plaignant a dit"), case.complainant_words),
    ]
