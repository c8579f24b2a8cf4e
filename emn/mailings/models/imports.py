"""Files of people that come in."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.models import FileImport
from emn.mailings.enums import Basis
from emn.mailings.models.consent import MailingList

INFORM_WITHIN = timedelta(days=28)  # RGPD, article 14(3): a month, the shortest one


class SubscriberImport(FileImport):
    """Import d’abonnés: a file of people, whose errors are told without any address.

    `new_count`: people the portal did not know; `added_count`: people the list did not write to.
    `informed_count`: of these, who was sent the notice of article 14, the last at `informed_at`.
    """

    # A file that is refused is deleted at once: it names people.
    abandoned_from = frozenset({ImportStatus.READY, ImportStatus.FAILED})

    mailing_list = models.ForeignKey(
        MailingList, models.PROTECT, related_name="+", verbose_name=_("liste")
    )
    basis = models.CharField(_("fondement"), max_length=12, choices=Basis)
    new_count = models.PositiveIntegerField(_("personnes nouvelles"), default=0)
    added_count = models.PositiveIntegerField(_("inscriptions"), default=0)
    informed_count = models.PositiveIntegerField(_("personnes informées"), default=0)
    informed_at = models.DateTimeField(_("dernières informées le"), null=True, blank=True)

    class Meta(FileImport.Meta):
        verbose_name = _("import d’abonnés")
        verbose_name_plural = _("imports d’abonnés")
        default_permissions = ("view",)
        constraints = [
            *FileImport.Meta.constraints,
            models.CheckConstraint(
                name="mailings_subscriberimport_basis", condition=Q(basis__in=Basis.values)
            ),
        ]

    @property
    def known_count(self) -> int:
        """People whom the list writes to already, and who are left as they are."""
        return self.line_count - self.added_count

    @property
    def inform_by(self) -> datetime | None:
        """Until when the people of a file that was written must be informed (article 14)."""
        return self.finished_at and self.finished_at + INFORM_WITHIN
