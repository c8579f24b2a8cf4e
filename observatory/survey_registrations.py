"""What surveys and publications add to the pages of the foundation."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.accounts import roles
from emn.accounts.enums import Role
from emn.lib import home_blocks, sitemaps, social_cards, staff_tasks
from emn.mailings import segments
from emn.mailings.segments import Choices
from observatory import letter_blocks, share
from observatory.models import DrawnUnit, Publication, Survey
from observatory.publication_texts import readings
from observatory.services.surveys.fieldwork import SURVEY_CRITERION
from observatory.survey_enums import SurveyState


def register_all() -> None:
    """Register everything."""
    letter_blocks.register_own_blocks()
    register_surveys()
    register_publications()


# --- Surveys ---


def _survey_choices() -> Choices:
    rows = Survey.objects.open().order_by("-opened_at", "-pk")
    return list(rows.values_list("code", "title"))


def _silent_units(codes: Sequence[str]) -> Q:
    """Keep the mailboxes of drawn units that have not answered."""
    units = DrawnUnit.objects.waiting().filter(survey__code__in=codes).exclude(mailbox_hash="")
    return Q(subscriber__mailbox_hash__in=units.order_by("pk").values("mailbox_hash"))


def register_surveys() -> None:
    """Register the surveys: whom a letter may go to, who leads them, what waits."""
    segments.register(
        segments.Criterion(
            key=SURVEY_CRITERION,
            order=60,
            label=_("Échantillon d’une enquête, sans réponse"),
            choices=_survey_choices,
            condition=_silent_units,
        )
    )
    roles.grant(
        Role.ANALYST, "observatory.run_survey", "observatory.view_survey", "observatory.add_survey",
        "observatory.change_survey", "observatory.delete_survey", "observatory.view_surveystratum",
        "observatory.view_drawnunit", "observatory.view_surveyedition",
    )  # fmt: skip
    acts = ("view", "add", "change", "delete")
    roles.grant(Role.ANALYST, *(f"observatory.{act}_microsurvey" for act in acts))
    staff_tasks.register(
        staff_tasks.StaffTask(
            key="observatory.surveys_to_freeze",
            order=60,
            label=_("enquêtes closes à figer"),
            count=lambda _user: Survey.objects.filter(
                state=SurveyState.CLOSED, editions=None
            ).count(),
            url=lambda: reverse("admin:observatory_survey_changelist") + "?state__exact=closed",
            permission="observatory.run_survey",
        )
    )


# --- Publications ---


class PublicationListSitemap(sitemaps.PublicSitemap):
    """The lists of publications and of surveys."""

    names = ("publications:list", "surveys:list")


class PublicationSitemap(sitemaps.PublicSitemap):
    """One address a publication."""

    def items(self) -> QuerySet[Publication]:
        """Return what is published."""
        return Publication.objects.published().only("reference", "published_at")

    def location(self, item: Publication) -> str:
        """Return its path."""
        return item.get_absolute_url()

    def lastmod(self, item: Publication) -> datetime | None:
        """Return when it was published."""
        return item.published_at


def _last_publication() -> dict[str, object]:
    found = readings(Publication.objects.published()[:1])
    return {"reading": found[0] if found else None}


def register_publications() -> None:
    """Register the publications: their addresses, who writes them."""
    home_blocks.register_block(
        home_blocks.HomeBlock(
            key="publication",
            order=60,
            template="observatory/publications/home_publication.html",
            context=_last_publication,
        )
    )
    social_cards.register(
        social_cards.CardSource(key="publications", order=41, words=share.all_publication_words)
    )
    sitemaps.register(
        sitemaps.SitemapSection(key="studies", order=50, sitemap=PublicationListSitemap)
    )
    sitemaps.register(
        sitemaps.SitemapSection(key="publications", order=51, sitemap=PublicationSitemap)
    )
    for model in ("publication", "publicationpart"):
        acts = (f"observatory.{act}_{model}" for act in ("view", "add", "change", "delete"))
        roles.grant(Role.ANALYST, *acts)
    roles.grant(Role.ANALYST, "observatory.publish_publication")
