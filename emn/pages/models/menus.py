"""What the menus of the portal show, as staff chose."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.pages.enums import MenuPlace
from emn.pages.models.content import Page


class MenuEntryQuerySet(models.QuerySet["MenuEntry"]):
    """Questions about entries."""

    def in_order(self) -> Self:
        """Order as the menus do, the header first."""
        return self.order_by("-place", "position", "pk")


class MenuEntry(models.Model):
    """Entrée de menu: leads to a page of the portal, to one that staff wrote, or to another site.

    Without words of its own, it says what the portal calls that page.
    """

    place = models.CharField(_("menu"), max_length=6, choices=MenuPlace)
    position = models.PositiveSmallIntegerField(_("rang"), editable=False)
    url_name = models.CharField(_("page du portail"), max_length=60, blank=True)
    page = models.ForeignKey(
        Page, models.CASCADE, null=True, blank=True, related_name="+",
        verbose_name=_("page éditoriale"),
    )  # fmt: skip
    address = models.URLField(_("autre site"), blank=True)
    label_fr = models.CharField(
        _("libellé"), max_length=30, blank=True,
        help_text=_("Vide : le nom que le portail donne à sa page."),
    )  # fmt: skip
    label_de = models.CharField(_("libellé en allemand"), max_length=30, blank=True)
    label_en = models.CharField(_("libellé en anglais"), max_length=30, blank=True)
    is_shown = models.BooleanField(_("montrée"), default=True)

    objects = models.Manager.from_queryset(MenuEntryQuerySet)()

    class Meta:
        verbose_name = _("entrée de menu")
        verbose_name_plural = _("menus")
        constraints = [
            models.UniqueConstraint(
                fields=["place", "position"],
                name="pages_menuentry_one_a_position",
                deferrable=models.Deferrable.DEFERRED,
            ),
            models.UniqueConstraint(
                fields=["place", "url_name"],
                name="pages_menuentry_a_page_stands_once",
                condition=~Q(url_name=""),
                violation_error_message=_("Cette page est déjà dans ce menu."),
            ),
            models.CheckConstraint(
                name="pages_menuentry_has_one_target",
                condition=(~Q(url_name="") & Q(page=None, address=""))
                | (Q(url_name="", address="") & Q(page__isnull=False))
                | (Q(url_name="", page=None) & ~Q(address="")),
                violation_error_message=_(
                    "Choisissez une seule cible : une page du portail, une page éditoriale ou un "
                    "autre site."
                ),
            ),
            models.CheckConstraint(
                name="pages_menuentry_other_sites_by_https",
                condition=Q(address="") | Q(address__startswith="https://"),
                violation_error_message=_("L’adresse d’un autre site commence par https://."),
            ),
            models.CheckConstraint(
                name="pages_menuentry_says_something",
                condition=~Q(url_name="") | ~Q(label_fr=""),
                violation_error_message=_("Donnez un libellé."),
            ),
        ]

    def __str__(self) -> str:
        return self.label_fr or self.url_name
