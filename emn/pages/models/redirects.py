"""Addresses that moved, or are gone for good."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Redirect(models.Model):
    """Redirection: an old path and the one that took its place; none: gone for good (410).

    Paths are the French ones, without the query: the other languages follow. No new path is an old
    one, so that one step always leads there.
    """

    old_path = models.CharField(_("ancien chemin"), max_length=200, unique=True)
    new_path = models.CharField(
        _("nouveau chemin"), max_length=200, blank=True, db_index=True,
        help_text=_("Un chemin du portail, comme /agenda/ ; vide : la page n’existe plus."),
    )  # fmt: skip

    class Meta:
        verbose_name = _("redirection")
        verbose_name_plural = _("redirections")
        constraints = [
            models.CheckConstraint(
                name="pages_redirect_is_of_paths",
                condition=Q(old_path__regex=r"^/[^/?#\s][^?#\s]*$")
                & Q(new_path__regex=r"^(/|/[^/?#\s\\][^?#\s\\]*)?$"),
                violation_error_message=_("Écrivez des chemins du portail, comme /agenda/."),
            ),
            models.CheckConstraint(
                name="pages_redirect_leads_elsewhere",
                condition=~Q(old_path=F("new_path")),
                violation_error_message=_("L’ancien et le nouveau chemin sont les mêmes."),
            ),
        ]

    def __str__(self) -> str:
        return self.old_path
