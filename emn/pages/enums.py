"""Words of the pages."""

from decimal import Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _


class Conformity(models.TextChoices):
    """How far the portal keeps the accessibility standard (loi 2005-102, article 47; R5.02)."""

    TOTAL = "total", _("totalement conforme")
    PARTIAL = "partial", _("partiellement conforme")
    NONE = "none", _("non conforme")

    @classmethod
    def of(cls, rate_percent: Decimal | None) -> "Conformity":
        """Return the level that a rate earns; without an audit there is no conformity."""
        if rate_percent is None or rate_percent < 50:  # noqa: PLR2004 -- the law's threshold
            return cls.NONE
        return cls.TOTAL if rate_percent >= 100 else cls.PARTIAL  # noqa: PLR2004


class PageKind(models.TextChoices):
    """What a text of the centre is: the address and the lists it stands in follow from it."""

    PAGE = "page", _("page")
    NEWS = "news", _("actualité")
    HELP = "help", _("aide")


class Audience(models.TextChoices):
    """Whom an answer of the help is for."""

    VISITOR = "visitor", _("Pour tout le monde")
    COMPANY = "company", _("Pour les entreprises")
    PROVIDER = "provider", _("Pour les prestataires")


class MenuPlace(models.TextChoices):
    """Where a menu stands."""

    HEADER = "header", _("En-tête")
    FOOTER = "footer", _("Pied de page")
