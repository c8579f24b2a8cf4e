"""The centre's own texts: pages and news, with every version that was ever written of them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from emn.accounts.enums import Language
from emn.lib.translated import Said, said
from emn.mailings.markup import validate_markup
from emn.pages.enums import Audience, PageKind

_URL_NAMES = {
    PageKind.PAGE: "content:page",
    PageKind.NEWS: "news:news",
    PageKind.HELP: "help:answer",
}


class PageQuerySet(models.QuerySet["Page"]):
    """Questions about pages and news."""

    def shown(self, *, now: datetime) -> Self:
        """Keep what everyone may read at `now`."""
        return self.filter(shown_from__lte=now).exclude(shown_until__lte=now)

    def news(self) -> Self:
        """Keep the news, the latest first."""
        return self.filter(kind=PageKind.NEWS).order_by("-shown_from", "-pk")

    def help(self) -> Self:
        """Keep the answers of the help, in the order they were first written."""
        return self.filter(kind=PageKind.HELP).order_by("pk")

    def pages(self) -> Self:
        """Keep the pages, by address."""
        return self.filter(kind=PageKind.PAGE).order_by("slug", "pk")


class Page(models.Model):
    """Page éditoriale: an address of the centre (page, news, help); its words are versions.

    It is shown from the instant its first French version is, until `shown_until`: the clock decides
    when it is read. A page stands under another at the most once removed from the top.
    """

    kind = models.CharField(_("genre"), max_length=4, choices=PageKind, default=PageKind.PAGE)
    slug = models.SlugField(
        _("adresse"), max_length=80,
        help_text=_("Le dernier mot de l’adresse, comme « nos-horaires »."),
    )  # fmt: skip
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children",
        limit_choices_to={"kind": PageKind.PAGE, "parent": None}, verbose_name=_("sous la page"),
    )  # fmt: skip
    audience = models.CharField(
        _("pour qui"), max_length=8, choices=Audience, blank=True, default="", db_default="",
        help_text=_("D’une page d’aide seulement."),
    )  # fmt: skip
    shown_from = models.DateTimeField(_("paraît le"), null=True, blank=True, editable=False)
    shown_until = models.DateTimeField(_("retirée le"), null=True, blank=True, editable=False)
    picture = models.CharField(_("image"), max_length=120, blank=True, editable=False)
    picture_width = models.PositiveSmallIntegerField(_("largeur (px)"), default=0, editable=False)
    picture_height = models.PositiveSmallIntegerField(_("hauteur (px)"), default=0, editable=False)
    alt_fr = models.CharField(_("description de l’image"), max_length=150, blank=True)
    alt_de = models.CharField(_("description en allemand"), max_length=150, blank=True)
    alt_en = models.CharField(_("description en anglais"), max_length=150, blank=True)

    objects = models.Manager.from_queryset(PageQuerySet)()

    class Meta:
        verbose_name = _("page éditoriale")
        verbose_name_plural = _("pages et actualités")
        permissions = [("publish_page", _("Écrire et publier une page"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "slug"],
                name="pages_page_one_address",
                violation_error_message=_("Cette adresse est déjà prise."),
            ),
            models.CheckConstraint(
                name="pages_page_news_stand_alone",
                condition=Q(kind=PageKind.PAGE) | Q(parent=None),
                violation_error_message=_("Une actualité ne se range sous aucune page."),
            ),
            models.CheckConstraint(
                name="pages_page_help_says_for_whom",
                condition=(Q(kind=PageKind.HELP) & ~Q(audience=""))
                | (~Q(kind=PageKind.HELP) & Q(audience="")),
                violation_error_message=_("Une page d’aide, et elle seule, dit pour qui elle est."),
            ),
            models.CheckConstraint(
                name="pages_page_ends_after_it_began",
                condition=Q(shown_until=None) | Q(shown_until__gt=F("shown_from")),
                violation_error_message=_("La fin doit suivre la parution."),
            ),
            models.CheckConstraint(
                name="pages_page_picture_is_described",
                condition=Q(picture="")
                | (~Q(alt_fr="") & Q(picture_width__gt=0) & Q(picture_height__gt=0)),
                violation_error_message=_("Dites en quelques mots ce que l’image montre."),
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def get_absolute_url(self) -> str:
        """Return its address in the current language."""
        return reverse(_URL_NAMES[PageKind(self.kind)], args=[self.slug])

    def is_shown(self, *, now: datetime) -> bool:
        """Whether everyone may read it at `now`; `PageQuerySet.shown` of one row."""
        if self.shown_from is None or self.shown_from > now:
            return False
        return self.shown_until is None or self.shown_until > now

    @property
    def picture_url(self) -> str:
        """The address of its picture, empty without one."""
        return default_storage.url(self.picture) if self.picture else ""

    def alt(self, language: str) -> Said:
        """Return the description of the picture."""
        return said({"fr": self.alt_fr, "de": self.alt_de, "en": self.alt_en}, language)


class PageVersionQuerySet(models.QuerySet["PageVersion"]):
    """Questions about versions."""

    def current(self, pages: Iterable[Page], *, now: datetime) -> Self:
        """Keep the version of each language that is read at `now`."""
        rows = self.filter(page__in=list(pages), shown_from__lte=now)
        return rows.order_by("page_id", "language", "-number", "-pk").distinct("page", "language")

    def last_written(self, pages: Iterable[Page]) -> Self:
        """Keep the last one written in each language, released or not."""
        rows = self.filter(page__in=list(pages))
        return rows.order_by("page_id", "language", "-number", "-pk").distinct("page", "language")


class PageVersion(models.Model):
    """Version de page: the words of a page in one language, for ever as they were written.

    Numbered by page and language. `follows`: the number of the French version that was the last
    when a translation was written; the translation is stale once a later one is read. The table
    refuses any change but the release, and that once its instant has passed.
    """

    page = models.ForeignKey(
        Page, models.CASCADE, related_name="versions", verbose_name=_("page éditoriale")
    )
    language = models.CharField(_("langue"), max_length=2, choices=Language)
    number = models.PositiveIntegerField(_("version"))
    title = models.CharField(_("titre"), max_length=120)
    summary = models.CharField(_("résumé"), max_length=300)
    text = models.TextField(_("texte"), max_length=30_000, validators=[validate_markup])
    follows = models.PositiveIntegerField(_("version française suivie"), null=True, blank=True)
    written_at = models.DateTimeField(_("écrite le"))
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("écrite par"),
    )  # fmt: skip
    shown_from = models.DateTimeField(_("paraît le"), null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("publiée par"),
    )  # fmt: skip
    is_shipped = models.BooleanField(
        _("livrée avec le portail"), default=False, db_default=False, editable=False
    )

    objects = models.Manager.from_queryset(PageVersionQuerySet)()

    class Meta:
        verbose_name = _("version de page")
        verbose_name_plural = _("versions de page")
        constraints = [
            models.UniqueConstraint(
                fields=["page", "language", "number"], name="pages_pageversion_one_number"
            ),
            models.CheckConstraint(
                name="pages_pageversion_a_translation_follows_french",
                condition=Q(language=Language.FRENCH, follows=None)
                | (~Q(language=Language.FRENCH) & Q(follows__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.title
