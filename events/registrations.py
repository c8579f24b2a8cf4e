"""What the agenda adds to the pages of the foundation."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory import dossier, meetings
from directory.services import merging
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import (
    account_sections,
    home_blocks,
    navigation,
    site_search,
    sitemaps,
    social_cards,
    staff_tasks,
)
from events import cluster_meetings, dossier_lines, queries, share
from events import site_search as events_search
from events.enums import OrderStatus
from events.models import (
    BankLine,
    ClubMember,
    Invoice,
    Irritant,
    Order,
    Participant,
    Payment,
    Pitch,
    Session,
    Speaker,
    Trainer,
    TrainingSession,
)
from events.sitemaps import (
    AgendaSitemap,
    ClubSitemap,
    RendezvousSitemap,
    SessionSitemap,
    TrainingSitemap,
)


def register_all() -> None:
    """Register everything."""
    dossier.register(
        dossier.Source(key="session", order=50, label=_("Agenda"), lines=dossier_lines.sessions)
    )
    social_cards.register(social_cards.CardSource(key="sessions", order=20, words=share.all_words))
    meetings.register(cluster_meetings.CLUBS)
    navigation.register(navigation.NavItem(_("Agenda"), "events:list", order=12))
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="dates",
            order=5,
            template="events/home_dates.html",
            context=lambda: {"lines": queries.next_dates()},
        )
    )
    site_search.register(
        site_search.SearchSource(
            key="sessions", order=14, label=_("Agenda"), search=events_search.search_sessions
        )
    )
    sitemaps.register(sitemaps.SitemapSection(key="agenda", order=30, sitemap=AgendaSitemap))
    sitemaps.register(sitemaps.SitemapSection(key="sessions", order=31, sitemap=SessionSitemap))
    merging.follow(Speaker)
    merging.follow(Trainer)
    navigation.register(navigation.NavItem(_("Formations"), "trainings:list", order=13))
    sitemaps.register(sitemaps.SitemapSection(key="trainings", order=32, sitemap=TrainingSitemap))
    navigation.register(
        navigation.NavItem(_("Rendez-vous solutions"), "rendezvous:home", order=14, in_header=False)
    )
    account_sections.register(
        account_sections.AccountSection(
            key="rendezvous",
            title=_("Mes réponses et mes tables"),
            summary=_("Vos réponses aux irritants des Rendez-vous solutions, et vos tables."),
            url_name="rendezvous:mine",
            order=17,
        )
    )
    sitemaps.register(
        sitemaps.SitemapSection(key="rendezvous", order=33, sitemap=RendezvousSitemap)
    )
    sitemaps.register(sitemaps.SitemapSection(key="clubs", order=34, sitemap=ClubSitemap))
    merging.follow(Pitch, unique_with=("irritant",))
    merging.follow(Participant, unique_with=("evening",))
    _register_staff()
    _register_money()


def _register_rendezvous_staff() -> None:
    """Let the same people run the evenings and the clubs; others read."""
    names = (
        "evening", "irritant", "pitch", "pitchchoice", "participant", "tablerequest", "timetable",
        "meeting", "club", "clubmember", "minutes",
    )  # fmt: skip
    reads = tuple(f"events.view_{name}" for name in names)
    writes = tuple(
        f"events.{verb}_{name}"
        for name in ("evening", "club", "minutes")
        for verb in ("add", "change")
    )
    for role in (Role.RECEPTION, Role.EDITOR):
        roles.grant(role, *reads, *writes, "events.run_rendezvous", "events.run_club")
    roles.grant(Role.ADVISER, *reads)
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="irritants_to_read",
            order=35,
            label=_("irritants à relire"),
            count=lambda _user: Irritant.objects.waiting().count(),
            url=lambda: reverse("admin:events_irritant_changelist") + "?status__exact=waiting",
            permission="events.run_rendezvous",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="club_members_to_accept",
            order=36,
            label=_("demandes d’entrer dans un club"),
            count=lambda _user: ClubMember.objects.to_accept().count(),
            url=lambda: reverse("admin:events_clubmember_changelist") + "?status__exact=asked",
            permission="events.run_club",
        )
    )


def _register_staff() -> None:
    _register_rendezvous_staff()
    reads = (
        "events.view_session",
        "events.view_registration",
        "events.view_sessionopinion",
        "events.view_room",
        "events.view_theme",
    )
    runs = (
        "events.add_session",
        "events.change_session",
        "events.run_session",
        "events.handle_registration",
    )
    nested = tuple(
        f"events.{verb}_{model}"
        for model in ("capacitypool", "speaker", "sessionquestion", "sessiondocument")
        for verb in ("view", "add", "change", "delete")
    )
    for role in (Role.RECEPTION, Role.EDITOR):
        roles.grant(role, *reads, *runs, *nested)
    for role in (Role.RECEPTION, Role.EDITOR, Role.STEWARD):
        roles.grant(role, "events.scan_ticket")
    roles.grant(Role.ADVISER, *reads)
    roles.grant(
        Role.EDITOR,
        *(f"events.{verb}_{model}" for model in ("theme", "room") for verb in ("add", "change")),
        "events.delete_theme",
        "events.delete_session",
    )
    trainings = tuple(
        f"events.{verb}_{model}"
        for model in ("training", "trainer", "trainingsession", "trainingcomplaint")
        for verb in ("view", "add", "change")
    )
    objectives = tuple(f"events.{verb}_objective" for verb in ("view", "add", "change", "delete"))
    roles.grant(
        Role.TRAINER, *reads, *trainings, *objectives, "events.view_halfday",
        "events.view_enrolment", "events.run_training",
    )  # fmt: skip
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="training_files",
            order=6,
            label=_("dossiers de formation à clore"),
            count=lambda _user: TrainingSession.objects.to_close(now=timezone.now()).count(),
            url=lambda: (
                reverse("admin:events_trainingsession_changelist") + "?closed_at__isempty=1"
            ),
            permission="events.run_training",
        )
    )
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="sessions_today",
            order=5,
            label=_("sessions aujourd’hui"),
            count=lambda _user: Session.objects.published().on_day(timezone.localdate()).count(),
            url=lambda: reverse("admin:events_session_changelist") + "?quand=aujourdhui",
            permission="events.view_session",
        )
    )


def _register_money() -> None:
    reads = tuple(
        f"events.view_{model}"
        for model in ("order", "orderline", "invoice", "invoicereminder", "product", "vatrule")
    )
    money = tuple(
        f"events.view_{model}"
        for model in ("payment", "bankline", "bankstatement", "webhookevent", "invoiceseries")
    )
    for role in (Role.TRAINER, Role.RECEPTION, Role.ACCOUNTANT):
        roles.grant(role, *reads, "events.handle_order")
    roles.grant(
        Role.ACCOUNTANT,
        *money,
        "events.handle_money",
        "events.add_product",
        "events.change_product",
    )
    queues: list[tuple[str, int, Any, str, str, Callable[[], Any]]] = [
        ("money_late", 41, _("factures en retard"), "invoice", "suivi=retard",
         lambda: Invoice.objects.late(today=timezone.localdate())),
        ("money_decide", 42, _("paiements à décider"), "payment", "needs_decision__exact=1",
         Payment.objects.to_decide),
        ("money_match", 43, _("lignes de banque à rapprocher"), "bankline",
         "status__exact=waiting", BankLine.objects.waiting),
        ("money_issue", 44, _("commandes à facturer"), "order", "status__exact=accepted",
         lambda: Order.objects.filter(status=OrderStatus.ACCEPTED)),
    ]  # fmt: skip
    for key, order, label, model, query, rows in queues:
        staff_tasks.register(
            staff_tasks.StaffTask(
                key=key,
                order=order,
                label=label,
                count=partial(_count, rows),
                url=partial(_listed, model, query),
                permission="events.handle_money",
            )
        )


def _count(rows: Callable[[], Any], _user: Any) -> int:
    count: int = rows().count()
    return count


def _listed(model: str, query: str) -> str:
    return reverse(f"admin:events_{model}_changelist") + f"?{query}"
