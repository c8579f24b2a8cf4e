"""What the showrooms add to the pages of the foundation, and what they hold about people."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from directory.services import merging, taxonomy_retiring
from emn.accounts import roles
from emn.accounts.enums import Role
from emn.accounts.personal_data import PersonalData, Rows, register, without
from emn.lib import account_sections, navigation, site_search, sitemaps, staff_tasks
from emn.lib.site_search import NOTHING, SearchHit, SearchHits
from emn.lib.sitemaps import PublicSitemap
from emn.lib.text import words
from events.models import (
    Demonstration,
    DemonstrationSupplier,
    Favourite,
    NamedProvider,
    RightsApplication,
    RightsCall,
    RightsScore,
    Showroom,
    ShowroomStatement,
    VisitHost,
    VisitNotebook,
)
from events.services.registrations import fold_email

CALL_EVERY = timedelta(days=182)


class ShowroomSitemap(PublicSitemap):
    """The pages that stay."""

    names = ("showrooms:list", "showrooms:demonstrations", "showrooms:visit", "showrooms:calls")


class RoomsSitemap(PublicSitemap):
    """One address a showroom."""

    def items(self) -> QuerySet[Showroom]:
        """Return them all."""
        return Showroom.objects.order_by("pk")

    def location(self, item: Showroom) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()


class DemonstrationSitemap(PublicSitemap):
    """One address a demonstration in place."""

    def items(self) -> QuerySet[Demonstration]:
        """Return what can be tried today."""
        return Demonstration.objects.in_place(on=timezone.localdate()).order_by("pk")

    def location(self, item: Demonstration) -> str:
        """Return the path in the current language."""
        return item.get_absolute_url()

    def lastmod(self, item: Demonstration) -> datetime | None:
        """Return when it was published."""
        return item.published_at


def search_demonstrations(asked: str, limit: int) -> SearchHits:
    """Return what is in place and holds every word, in the order of the plan."""
    wanted = words(asked)
    if not wanted:
        return NOTHING
    in_place = Demonstration.objects.in_place(on=timezone.localdate())
    found = [row for row in in_place.with_place().on_the_plan() if _holds(row, wanted)]
    return SearchHits(
        total=len(found),
        hits=[
            SearchHit(title=row.title, url=row.get_absolute_url(), summary=row.usage)
            for row in found[:limit]
        ],
        more_url=reverse("showrooms:demonstrations"),
    )


def _holds(row: Demonstration, wanted: list[str]) -> bool:
    said = words(
        " ".join(
            [row.title, row.usage, row.problem, str(row.get_theme_display()), *row.scenario_labels]
        )
    )
    return all(any(word.startswith(start) for word in said) for start in wanted)


def register_all() -> None:
    """Register everything."""
    site_search.register(
        site_search.SearchSource(
            key="demonstrations", order=16, label=_("Showrooms"), search=search_demonstrations
        )
    )
    navigation.register(navigation.NavItem(_("Showrooms"), "showrooms:list", order=13))
    for order, (key, found) in enumerate(
        (("showrooms", ShowroomSitemap), ("showroom-rooms", RoomsSitemap),
         ("demonstrations", DemonstrationSitemap)), start=32,
    ):  # fmt: skip
        sitemaps.register(sitemaps.SitemapSection(key=key, order=order, sitemap=found))
    account_sections.register(
        account_sections.AccountSection(
            key="showroom",
            title=_("Mes démonstrations au showroom"),
            summary=_("Ce que vous y montrez, ce que les visiteurs en gardent, vos candidatures."),
            url_name="showrooms:mine",
            order=18,
        )
    )
    taxonomy_retiring.follow(Demonstration)
    merging.follow(DemonstrationSupplier, unique_with=("demonstration",))
    merging.follow(Demonstration, "exhibitor")
    merging.follow(NamedProvider, unique_with=("favourite",))
    merging.follow(RightsApplication)
    merging.follow(ShowroomStatement, unique_with=("half_on",))
    _register_staff()
    _register_own_data()


def _register_staff() -> None:
    reads = tuple(
        f"events.view_{model}"
        for model in (
            "showroom", "station", "demonstration", "demonstrationsupplier", "showroompicture",
            "visit", "visithost", "rightscall", "rightscriterion", "rightsapplication",
        )
    )  # fmt: skip
    writes = tuple(
        f"events.{verb}_{model}"
        for model in (
            "demonstration", "demonstrationsupplier", "station", "visithost", "rightscall",
            "rightscriterion",
        )
        for verb in ("add", "change", "delete")
    )  # fmt: skip
    runs = (
        "events.receive_visit",
        "events.run_showroom",
        "events.change_showroom",
        "events.change_visit",
        *writes,
    )
    roles.grant(Role.ADVISER, *reads, "events.receive_visit")
    for role in (Role.RECEPTION, Role.EDITOR):
        roles.grant(role, *reads, *runs)
    for order, key, label, count, url in (
        (6, "visits_today", _("visites de showroom aujourd’hui"),
         lambda _user: VisitNotebook.objects.filter(
             visit__session__starts_at__date=timezone.localdate(),
             registration__ended_at=None).count(),
         lambda: reverse("showrooms:today")),
        (40, "demonstrations_leaving", _("démonstrations qui partent dans le mois"),
         lambda _user: Demonstration.objects.leaving(on=timezone.localdate()).count(),
         lambda: reverse("admin:events_demonstration_changelist") + "?presence=depart"),
        (41, "rights_to_decide", _("appels à démonstrations à décider"),
         lambda _user: RightsCall.objects.to_decide(now=timezone.now()).count(),
         lambda: reverse("admin:events_rightscall_changelist")),
        (42, "rights_to_call", _("showrooms sans appel depuis six mois"),
         lambda _user: Showroom.objects.exclude(
             calls__in=RightsCall.objects.published().filter(
                 opens_at__gt=timezone.now() - CALL_EVERY)).count(),
         lambda: reverse("admin:events_rightscall_changelist")),
    ):  # fmt: skip
        staff_tasks.register(
            staff_tasks.StaffTask(
                key=key,
                order=order,
                label=label,
                count=count,
                url=url,
                permission="events.view_demonstration",
            )
        )


# --- What is held about people ---


def _forget_words(rows: Rows) -> None:
    """Keep what is counted (scenario, favourites, outcomes), without the visitor’s own words."""
    Favourite.objects.filter(notebook__in=rows.values("pk")).update(reason="")
    rows.update(note="")


def _forget_reasons(rows: Rows) -> None:
    rows.update(reason="")


def _forget_host(rows: Rows) -> None:
    """Keep that the role was held, without who."""
    rows.update(agent=None, full_name="")


def _register_own_data() -> None:
    register(
        PersonalData(
            model=VisitNotebook,
            about=lambda user: Q(
                registration__email=fold_email(user.email), registration__forgotten_at=None
            ),
            export=("visit__showroom__name", "visit__session__starts_at", "scenario", "note",
                    "sent_at", "asked_at", "answered_at"),
            erase=_forget_words,
            retention={
                "visit_notebook": lambda _now, cutoff: Q(
                    visit__session__ends_at__lt=cutoff
                ) & (~Q(note="") | ~Q(favourites__reason="")),
            },
        ),
        PersonalData(
            model=Favourite,
            about=lambda user: Q(
                notebook__registration__email=fold_email(user.email),
                notebook__registration__forgotten_at=None,
            ),
            export=("demonstration__title", "added_at", "outcome", "reason", "answered_at"),
            erase=_forget_reasons,
        ),
        PersonalData(
            model=VisitHost,
            about=lambda user: Q(agent=user),
            export=("visit__session__starts_at", "role", "full_name"),
            erase=_forget_host,
            retention={
                "visit_host": lambda _now, cutoff: Q(visit__session__ends_at__lt=cutoff)
                & ~Q(full_name="", agent=None),
            },
        ),
        PersonalData(
            model=RightsApplication,
            about=lambda user: Q(by=user),
            export=("call__title", "title", "usage", "needs", "applied_at", "withdrawn_at", "rank",
                    "total"),
            erase=without("by"),
        ),
        PersonalData(
            model=RightsScore,
            about=lambda user: Q(by=user),
            export=("application__title", "points", "reason", "at"),
            erase=without("by"),
        ),
        PersonalData(
            model=RightsCall,
            about=lambda user: Q(decided_by=user),
            export=("title", "decided_at"),
            erase=without("decided_by"),
        ),
    )  # fmt: skip
