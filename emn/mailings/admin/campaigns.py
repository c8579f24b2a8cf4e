"""The composer: an envoi written block by block, seen as its readers will, checked, then sent.

Threat model: an agent writes what thousands read under the centre's name. Words are text or the
small markup of `emn.mailings.markup`, never HTML; pictures are decoded and written again; a preview
stands in a frame without script; a trial only goes to the agent's own address; sending asks for a
permission of its own, and for every check of `emn.mailings.preflight`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp, csp_update
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.clickjacking import xframe_options_sameorigin

from emn.lib.admin import BaseAdmin, QueueFilter
from emn.lib.errors import DomainError
from emn.lib.languages import language_name
from emn.mailings import preflight, segments, tasks
from emn.mailings.admin.campaign_forms import (
    EditionForm,
    PauseForm,
    RiskForm,
    ScheduleForm,
    SegmentForm,
    SettingsForm,
    words_form,
)
from emn.mailings.blocks import COMMON, BlockKind, kind_of, kinds
from emn.mailings.composing import compose, without_marks
from emn.mailings.enums import CampaignStatus
from emn.mailings.list_relays import NO_REPLY
from emn.mailings.models import BEGUN, Block, Campaign, Edition
from emn.mailings.queries import count_of, progress_of
from emn.mailings.services import audiences, campaigns, drafts

WRITE, SEND = "mailings.change_campaign", "mailings.send_campaign"
_EXCERPT = 80
DOUBTS_A_PAGE = 50
_SANDBOX = "allow-popups allow-popups-to-escape-sandbox"
_LETTER_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],  # mail programs read nothing else
    "img-src": [SELF, settings.PUBLIC_URL],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": _SANDBOX,
}
Part = tuple[str | Promise, forms.BaseForm]  # a legend and its fields


@dataclass(frozen=True)
class BlockRow:
    """A block as the composer lists it."""

    block: Block
    label: str | Promise
    excerpt: str
    missing: Sequence[str]


@dataclass(frozen=True)
class Decision:
    """A step that staff may take from some states; `form` asks what it needs."""

    label: str | Promise
    done: str | Promise
    states: tuple[CampaignStatus, ...]
    act: Callable[[Mapping[str, Any], datetime, Mapping[str, Any]], object]  # who, when, what
    form: type[forms.Form] = forms.Form
    warning: str | Promise = ""
    about_doubts: bool = False
    when: Callable[[Campaign], bool] = bool

    def suits(self, campaign: Campaign) -> bool:
        """Tell whether it may be taken now."""
        if self.about_doubts and not campaign.is_in_doubt:
            return False
        return campaign.status in self.states and self.when(campaign)


_UNSENT = (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED, CampaignStatus.HELD)
_WAITING = (CampaignStatus.SCHEDULED, CampaignStatus.HELD)
DECISIONS: Mapping[str, Decision] = {
    "programmer": Decision(
        _("Programmer"),
        _("L’envoi est programmé."),
        _UNSENT,
        lambda who, now, given: campaigns.schedule_campaign(**who, now=now, **given),
        ScheduleForm,
    ),
    "envoyer": Decision(
        _("Envoyer maintenant"),
        _("L’envoi part dans la minute."),
        _UNSENT,
        lambda who, now, _given: campaigns.schedule_campaign(**who, now=now, at=None),
        warning=_("Le message part dans la minute. Ce qui est parti ne se rattrape pas."),
    ),
    "rouvrir": Decision(
        _("Revenir au brouillon"),
        _("L’envoi est de nouveau un brouillon."),
        _WAITING,
        lambda who, _now, _given: campaigns.reopen_campaign(**who),
    ),
    "suspendre": Decision(
        _("Mettre en pause"),
        _("L’envoi est en pause."),
        (CampaignStatus.SENDING,),
        lambda who, now, given: campaigns.pause_campaign(**who, now=now, **given),
        PauseForm,
        _("Ce qui est déjà entre les mains du relais arrive encore : une centaine de messages."),
    ),
    "reprendre": Decision(
        _("Reprendre"),
        _("L’envoi reprend où il en était."),
        (CampaignStatus.PAUSED,),
        lambda who, _now, _given: campaigns.resume_campaign(**who),
    ),
    "annuler": Decision(
        _("Annuler l’envoi"),
        _("L’envoi est annulé."),
        (*_WAITING, CampaignStatus.SENDING, CampaignStatus.PAUSED),
        lambda who, now, _given: campaigns.cancel_campaign(**who, now=now),
        warning=_("Une annulation ne se défait pas : qui n’a rien reçu ne recevra rien."),
    ),
    "retirer": Decision(
        _("Retirer de l’archive"),
        _("La lettre n’est plus visible sur le site."),
        BEGUN,
        lambda who, now, _given: campaigns.set_archived(**who, now=now, is_archived=False),
        warning=_("La page disparaît du site et du flux RSS ; les messages déjà remis restent."),
        when=lambda campaign: campaign.is_archived,
    ),
    "archiver": Decision(
        _("Publier dans l’archive"),
        _("La lettre est visible sur le site."),
        BEGUN,
        lambda who, now, _given: campaigns.set_archived(**who, now=now, is_archived=True),
        warning=_("Tout le monde pourra la lire, sans les liens propres à chaque lecteur."),
        when=lambda campaign: not campaign.is_archived and campaign.list.is_public,
    ),
    "ne-pas-renvoyer": Decision(
        _("Ne pas renvoyer"),
        _("C’est noté : les remises incertaines en restent là."),
        (CampaignStatus.SENT,),
        lambda who, now, _given: campaigns.decide_doubts(**who, now=now, again=False),
        warning=_("Qui n’a rien reçu ne recevra rien. La décision vaut pour toutes ces remises."),
        about_doubts=True,
    ),
    "renvoyer": Decision(
        _("Renvoyer au risque d’un double"),
        _("C’est noté : ces messages repartent dans la minute."),
        (CampaignStatus.SENT,),
        lambda who, now, _given: campaigns.decide_doubts(**who, now=now, again=True),
        RiskForm,
        _("La décision vaut pour toutes ces remises, et ne se défait pas."),
        about_doubts=True,
    ),
}


class DoubtFilter(QueueFilter):
    """Those whose uncertain messages wait for a decision."""

    title = _("remises incertaines")
    parameter_name = "incertains"
    queues = (("oui", _("à décider"), lambda rows: rows.in_doubt()),)


@admin.register(Campaign)
class CampaignAdmin(BaseAdmin):
    """Lists the envois; opening one is the composer."""

    public_content = False  # what everyone reads changes by services, which say so
    list_display = ("title", "list", "status", "scheduled_at", "started_at", "progress")
    list_filter = ("status", DoubtFilter, "list")
    search_fields = ("title", "editions__subject")
    ordering = ("-created_at", "-pk")

    @admin.display(description=_("avancement"))
    def progress(self, campaign: Campaign) -> str:
        """Say how many people have their outcome, out of how many."""
        if not campaign.audience:
            return "—"
        page = reverse("admin:mailings_campaign_progress", args=[campaign.pk])
        shown = f"{number_format(campaign.settled)} / {number_format(campaign.audience)}"
        return format_html('<a href="{}">{}</a>', page, shown)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only what never left may be deleted."""
        allowed = super().has_delete_permission(request, obj)
        return allowed and (obj is None or obj.status == CampaignStatus.DRAFT)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer none: deletion looks at each state."""
        return {}

    def get_urls(self) -> list[Any]:
        """Add the pages of the composer."""
        framed: Any = xframe_options_sameorigin(self.preview)
        preview = csp(_LETTER_POLICY)(framed)
        pages: dict[str, tuple[str, Callable[..., Any]]] = {
            "settings": ("reglages/", self.settings_page),
            "editions": ("objets/", self.editions_page),
            "segment": ("destinataires/", self.segment_page),
            "count": ("compte/", self.count_again),
            "links": ("liens/", self.check_links),
            "block_add": ("blocs/nouveau/<slug:key>/", self.block_page),
            "block": ("blocs/<int:block_id>/", self.block_page),
            "block_act": ("blocs/<int:block_id>/<str:verb>/", self.block_act),
            "preview": ("apercu/<str:language>/", preview),
            "trial": ("essai/<str:language>/", self.send_trial),
            "decide": ("decision/<str:verb>/", self.decide),
            "progress": ("suivi/", self.progress_page),
            "doubts": ("incertains/", self.doubts_page),
        }
        own = [
            path(
                f"<int:campaign_id>/{address}",
                self.admin_site.admin_view(view),
                name=f"mailings_campaign_{name}",
            )
            for name, (address, view) in pages.items()
        ]
        return [*own, *super().get_urls()]

    # --- The composer ---

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Begin an envoi."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SettingsForm(request.POST or None)
        if form.is_valid():
            campaign = drafts.create_campaign(**form.values(), now=timezone.now())
            self.log_addition(request, campaign, [{"added": {}}])
            return redirect("admin:mailings_campaign_editions", campaign.pk)
        return self._form_page(request, None, title=_("Nouvel envoi"), parts=[("", form)])

    @method_decorator(csp_update({"frame-src": [SELF]}))
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show the envoi as it stands: words, blocks, readers, checks, preview, what to do next."""
        campaign = self.get_object(request, object_id)
        if campaign is None:
            raise Http404
        if not self.has_view_or_change_permission(request, campaign):
            raise PermissionDenied
        now = timezone.now()
        editions = {each.language: each for each in campaign.editions.order_by("pk")}
        language = request.GET.get("langue", "")
        if language not in editions:
            language = next((code for code, _n in settings.LANGUAGES if code in editions), "")
        is_draft = campaign.status == CampaignStatus.DRAFT
        context = self.admin_site.each_context(request) | {
            "title": campaign.title,
            "campaign": campaign,
            "opts": self.model._meta,
            "is_draft": is_draft,
            "may_write": is_draft and request.user.has_perm(WRITE),
            "decisions": self._decisions(request, campaign),
            "editions": [(name, editions.get(code)) for code, name in settings.LANGUAGES],
            "blocks": self._block_rows(campaign, list(editions)),
            "kinds": list(kinds),
            "segment": _in_words(campaign),
            "count": count_of(campaign) if campaign.status in _UNSENT else None,
            "findings": _findings(campaign, now) if campaign.status in _UNSENT else [],
            "language": language,
            "languages": [each for each in settings.LANGUAGES if each[0] in editions],
            "text": without_marks(_text(editions[language], now)) if language else "",
            "sandbox": _SANDBOX,
            "links": campaign.links.annotate(total=Sum("clicks__count")).order_by("number"),
        }
        return render(request, "admin/mailings/campaign/composer.html", context)

    def preview(self, request: HttpRequest, campaign_id: int, language: str) -> HttpResponse:
        """Give the page of the letter as a mail program gets it, for a frame of the composer."""
        campaign = self._campaign(request, campaign_id)
        edition = get_object_or_404(Edition, campaign=campaign, language=language)
        html = edition.html or compose(campaign, language, now=timezone.now()).html
        return HttpResponse(without_marks(html).replace("<a ", '<a target="_blank" '))

    def settings_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Change the name, the list and the place in the archive."""
        campaign = self._campaign(request, campaign_id, WRITE)
        form = SettingsForm(request.POST or None, instance=campaign)
        return self._form_page(
            request,
            campaign,
            title=_("Réglages"),
            parts=[("", form)],
            act=lambda: drafts.save_settings(
                campaign_id=campaign_id, **form.values(), now=timezone.now()
            ),
        )

    def editions_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Write the subject of each language."""
        campaign = self._campaign(request, campaign_id, WRITE)
        written = {
            each["language"]: each
            for each in campaign.editions.values("language", "subject", "preheader")
        }
        filled = _in_each_language(_posted(request), EditionForm, written)
        return self._form_page(
            request,
            campaign,
            title=_("Objet et langues"),
            help_text=_("Une langue laissée vide n’a pas de version."),
            parts=_by_language(filled),
            act=lambda: drafts.save_editions(
                campaign_id=campaign_id, editions=_cleaned(filled), now=timezone.now()
            ),
        )

    def segment_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Choose who receives, and count them."""
        campaign = self._campaign(request, campaign_id, WRITE)
        form = SegmentForm(
            request.POST if request.method == "POST" else None, segment=campaign.segment
        )
        return self._form_page(
            request,
            campaign,
            title=_("Destinataires"),
            help_text=_(
                "Rien de coché : toute la liste. Qui n’a pas choisi de thème ou de territoire lit "
                "tout, et reçoit aussi."
            ),
            parts=[("", form)],
            count=count_of(campaign),
            act=lambda: drafts.save_segment(
                campaign_id=campaign_id, segment=form.cleaned_data, now=timezone.now()
            ),
            then="admin:mailings_campaign_segment",
        )

    def block_page(
        self, request: HttpRequest, campaign_id: int, key: str = "", block_id: int | None = None
    ) -> HttpResponse:
        """Write a block: what is common, then the words of each language."""
        campaign = self._campaign(request, campaign_id, WRITE)
        content: dict[str, Any] = {}
        if block_id is not None:
            block = get_object_or_404(Block, campaign=campaign, pk=block_id)
            key, content = block.kind, block.content
        kind = kind_of(key)
        if kind is None:
            raise Http404
        data = _posted(request)
        common = kind.settings(
            data,
            None if data is None else request.FILES,
            prefix=COMMON,
            initial=content.get(COMMON, {}),
        )
        filled = _in_each_language(data, kind.words, content)
        return self._form_page(
            request,
            campaign,
            title=kind.label,
            help_text=_("Une langue laissée vide ne montre pas ce bloc.") if filled else "",
            parts=[*([("", common)] if common.fields else []), *_by_language(filled)],
            checked=[common],
            act=lambda: drafts.save_block(
                campaign_id=campaign_id,
                block_id=block_id,
                kind=key,
                settings=common.cleaned_data,
                words=_cleaned(filled),
            ),
        )

    def block_act(
        self, request: HttpRequest, campaign_id: int, block_id: int, verb: str
    ) -> HttpResponse:
        """Move a block, or take it out."""
        self._campaign(request, campaign_id, WRITE)
        where = {"campaign_id": campaign_id, "block_id": block_id}
        verbs: dict[str, Callable[[], object]] = {
            "monter": lambda: drafts.move_block(**where, down=False),
            "descendre": lambda: drafts.move_block(**where, down=True),
            "retirer": lambda: drafts.delete_block(**where),
        }
        if verb not in verbs:
            raise Http404
        return self._act(request, campaign_id, verbs[verb], anchor="#blocs")

    def count_again(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Ask the worker to count the readers again."""
        self._campaign(request, campaign_id, WRITE)
        return self._act(
            request,
            campaign_id,
            lambda: audiences.ask_again(campaign_id=campaign_id, now=timezone.now()),
            anchor="#destinataires",
        )

    def check_links(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Ask the worker to try the links again."""
        self._campaign(request, campaign_id, WRITE)
        return self._act(
            request,
            campaign_id,
            lambda: tasks.check_links.delay(campaign_id=campaign_id),
            done=_("Les liens sont en cours de vérification : rechargez la page dans un instant."),
            anchor="#verifications",
        )

    def send_trial(self, request: HttpRequest, campaign_id: int, language: str) -> HttpResponse:
        """Send the letter to the agent who asks, and to nobody else."""
        self._campaign(request, campaign_id, WRITE)
        return self._act(
            request,
            campaign_id,
            lambda: drafts.send_trial(
                campaign_id=campaign_id,
                language=language,
                to_id=_agent(request).pk,
                now=timezone.now(),
            ),
            done=_("L’essai part vers votre adresse."),
        )

    def progress_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """Follow an envoi on its way: how far, how fast, why it stands still, what to do."""
        campaign = self._campaign(request, campaign_id)
        if campaign.status == CampaignStatus.DRAFT:
            return redirect("admin:mailings_campaign_change", campaign_id)
        now = timezone.now()
        context = self.admin_site.each_context(request) | {
            "title": _("Suivi de l’envoi"),
            "campaign": campaign,
            "opts": self.model._meta,
            "progress": progress_of(campaign, now=now) if campaign.audience else None,
            "decisions": self._decisions(request, campaign),
            "now": now,
        }
        return render(request, "admin/mailings/campaign/progress.html", context)

    def doubts_page(self, request: HttpRequest, campaign_id: int) -> HttpResponse:
        """List the uncertain messages of an envoi, and decide about them."""
        campaign = self._campaign(request, campaign_id)
        rows = campaign.deliveries.in_doubt().select_related("subscriber").order_by("pk")
        pages = Paginator(rows, DOUBTS_A_PAGE)
        context = self.admin_site.each_context(request) | {
            "title": _("Remises incertaines"),
            "campaign": campaign,
            "opts": self.model._meta,
            "page": pages.get_page(request.GET.get("page")),
            "no_reply": NO_REPLY,
            "decisions": self._decisions(request, campaign, about_doubts=True),
        }
        return render(request, "admin/mailings/campaign/doubts.html", context)

    def decide(self, request: HttpRequest, campaign_id: int, verb: str) -> HttpResponse:
        """Ask what a step needs, say what it does, then take it."""
        campaign = self._campaign(request, campaign_id, SEND)
        decision = DECISIONS.get(verb)
        if decision is None:
            raise Http404
        is_under_way = bool(campaign.audience)
        form = decision.form(_posted(request))
        agent = _agent(request)

        def act() -> None:
            who = {"campaign_id": campaign_id, "by_id": agent.pk}
            decision.act(who, timezone.now(), form.cleaned_data)
            self.log_change(request, campaign, str(decision.label))

        return self._form_page(
            request,
            campaign,
            title=decision.label,
            parts=[("", form)],
            button=decision.label,
            warning=_resuming(campaign) if verb == "reprendre" else decision.warning,
            then=f"admin:mailings_campaign_{'progress' if is_under_way else 'change'}",
            count=count_of(campaign) if campaign.status in _UNSENT else None,
            act=act,
            done=decision.done,
        )

    # --- What its pages share ---

    def _campaign(self, request: HttpRequest, campaign_id: int, permission: str = "") -> Campaign:
        """Return the envoi, for whoever may do that, or at least read it."""
        campaign: Campaign = get_object_or_404(
            self.get_queryset(request).select_related("list", "stopped_by", "doubts_decided_by"),
            pk=campaign_id,
        )
        allowed = (
            request.user.has_perm(permission)
            if permission
            else self.has_view_or_change_permission(request, campaign)
        )
        if not allowed:
            raise PermissionDenied
        return campaign

    def _form_page(
        self,
        request: HttpRequest,
        campaign: Campaign | None,
        *,
        title: Any,
        parts: Sequence[Part],
        act: Callable[[], object] | None = None,
        done: Any = "",
        then: str = "admin:mailings_campaign_change",
        checked: Sequence[forms.BaseForm] = (),
        **context: Any,
    ) -> HttpResponse:
        """Show forms one under the other; once all hold, `act`, then go back to the composer.

        A refusal of the service comes back in the first form.
        """
        every = [form for _legend, form in parts] + list(checked)
        refused = ""
        if act and campaign and request.method == "POST" and all(form.is_valid() for form in every):
            try:
                act()
            except DomainError as refusal:
                refused = refusal.message
            else:
                if done:
                    messages.success(request, done)
                return redirect(then, campaign.pk)
        context |= self.admin_site.each_context(request) | {
            "title": title,
            "campaign": campaign,
            "opts": self.model._meta,
            "parts": parts,
            "refused": refused,
            "multipart": any(form.is_multipart() for form in every),
        }
        return render(request, "admin/mailings/campaign/form.html", context)

    def _act(
        self,
        request: HttpRequest,
        campaign_id: int,
        act: Callable[[], object],
        *,
        done: Any = "",
        anchor: str = "",
    ) -> HttpResponse:
        """Do what a button of the composer asks, and come back to it."""
        if request.method == "POST":
            try:
                act()
            except DomainError as refusal:
                messages.error(request, refusal.message)
            else:
                if done:
                    messages.success(request, done)
        return redirect(reverse("admin:mailings_campaign_change", args=[campaign_id]) + anchor)

    def _decisions(
        self, request: HttpRequest, campaign: Campaign, *, about_doubts: bool = False
    ) -> list[tuple[str, str | Promise]]:
        if not request.user.has_perm(SEND):
            return []
        return [
            (verb, decision.label)
            for verb, decision in DECISIONS.items()
            if decision.about_doubts == about_doubts and decision.suits(campaign)
        ]

    def _block_rows(self, campaign: Campaign, languages: Sequence[str]) -> list[BlockRow]:
        return [
            _block_row(block, kind_of(block.kind), languages)
            for block in campaign.blocks.order_by("position", "pk")
        ]


def _block_row(block: Block, kind: BlockKind | None, languages: Sequence[str]) -> BlockRow:
    if kind is None:
        return BlockRow(block, block.kind, "", [])
    words: dict[str, Any] = next(
        (block.content[code] for code in languages if code in block.content), {}
    )
    excerpt = next((words[name] for name in kind.words.base_fields if words.get(name)), "")
    missing = [language_name(code) for code in languages if kind.lacks_words(block.content, code)]
    return BlockRow(block, kind.label, Truncator(excerpt).chars(_EXCERPT), missing)


def _resuming(campaign: Campaign) -> str:
    """Say what stopped it, once more, to whoever resumes it."""
    if not campaign.is_stopped_by_rule:
        return ""
    return _("%(reason)s Après une reprise, la règle n’arrête plus cet envoi.") % {
        "reason": campaign.stopped_reason
    }


def _posted(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _agent(request: HttpRequest) -> Any:
    """Return the agent, whom the back office has signed in."""
    return request.user


def _in_each_language(
    data: Any, form: type[forms.Form], written: Mapping[str, Any]
) -> dict[str, forms.Form]:
    """Return the form of each language; none when the kind has no words."""
    codes = [code for code, _name in settings.LANGUAGES if form.base_fields]
    return {
        code: words_form(form, data, language=code, written=written.get(code)) for code in codes
    }


def _by_language(filled: Mapping[str, forms.Form]) -> list[Part]:
    names = dict(settings.LANGUAGES)
    return [(names[code], form) for code, form in filled.items()]


def _cleaned(filled: Mapping[str, forms.Form]) -> dict[str, dict[str, Any]]:
    """Return the words of the languages that have some."""
    return {code: form.cleaned_data for code, form in filled.items() if form.has_changed()}


def _in_words(campaign: Campaign) -> list[tuple[str | Promise, str]]:
    """Return each criterion of the segment with the names of its values."""
    return [
        (
            criterion.label,
            ", ".join(
                str(label)
                for value, label in criterion.choices()
                if value in campaign.segment[criterion.key]
            ),
        )
        for criterion in segments.criteria
        if criterion.key in campaign.segment
    ]


def _findings(campaign: Campaign, now: datetime) -> list[preflight.Finding]:
    try:
        return preflight.run(campaign, now=now)
    except segments.UnknownCriterion as refusal:
        return [preflight.Finding(_("Les destinataires sont choisis"), [refusal.message])]


def _text(edition: Edition, now: datetime) -> str:
    return edition.text or compose(edition.campaign, edition.language, now=now).text
