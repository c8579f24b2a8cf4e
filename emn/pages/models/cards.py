"""Which pictures of shared pages are drawn."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SocialCard(models.Model):
    """Image de partage: its name says all that it shows, so a row never changes.

    `wanted_at`: when a page was last found to say this.
    """

    digest = models.CharField(_("empreinte"), max_length=24, primary_key=True)
    drawn_at = models.DateTimeField(_("dessinée le"))
    wanted_at = models.DateTimeField(_("encore utile le"))

    class Meta:
        verbose_name = _("image de partage")
        verbose_name_plural = _("images de partage")

    def __str__(self) -> str:
        return self.digest
