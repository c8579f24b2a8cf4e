"""Quotes that providers write for companies, each covering the seven commitments or not."""

from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from directory.enums import LossReason, QuoteStatus
from directory.models.needs import Proposal
from directory.models.providers import Provider
from directory.quotes.completeness import Coverage, coverage, covered
from directory.quotes.money import Line, Totals, read_lines, totals
from directory.quotes.parts import rules
from emn.lib.storage import private_storage

if TYPE_CHECKING:
    from emn.accounts.models import User

COMMITMENTS = 7
FROZEN = tuple(status for status in QuoteStatus.values if status != QuoteStatus.DRAFT)


class QuoteQuerySet(models.QuerySet["Quote"]):
    """Questions about quotes."""

    def of(self, user: "User") -> Self:
        """Keep those of the companies for which `user` acts."""
        return self.filter(provider__company__memberships__user=user)

    def sent(self) -> Self:
        """Keep what left, whatever became of it."""
        return self.filter(status__in=FROZEN)

    def readable(self) -> Self:
        """Keep what its company may open."""
        return self.sent().filter(forgotten_at=None)

    def overdue(self, *, on: date) -> Self:
        """Keep those that nobody answered by their last day."""
        return self.filter(status=QuoteStatus.SENT, valid_until__lt=on)


class Quote(models.Model):
    """Devis e-TIC: what a provider offers a company, in the seven parts of the charter.

    `content`: field of `directory.quotes.parts` → words; `lines` → costs (directory.quotes.money);
    once sent, `issuer` → who the provider was that day. What was sent never changes (a trigger
    refuses it): numbers of a `series`, the card that numbered it, follow each other without a gap.
    """

    provider = models.ForeignKey(
        Provider, models.PROTECT, related_name="quotes", verbose_name=_("prestataire")
    )
    proposal = models.ForeignKey(
        Proposal, models.SET_NULL, null=True, blank=True, related_name="quotes",
        verbose_name=_("proposition"),
    )  # fmt: skip
    status = models.CharField(
        _("état"), max_length=10, choices=QuoteStatus, default=QuoteStatus.DRAFT
    )
    series = models.PositiveBigIntegerField(_("série"), null=True, blank=True)
    number = models.PositiveIntegerField(_("numéro"), null=True, blank=True)
    language = models.CharField(
        _("langue du devis"), max_length=2, choices=settings.LANGUAGES, default="fr"
    )
    title = models.CharField(_("objet"), max_length=150, blank=True)
    client_company = models.CharField(_("entreprise du client"), max_length=200, blank=True)
    client_name = models.CharField(_("contact chez le client"), max_length=120, blank=True)
    client_email = models.EmailField(_("courriel du client"), blank=True)
    content = models.JSONField(_("contenu"), default=dict, blank=True)
    valid_until = models.DateField(_("valable jusqu’au"), null=True, blank=True)
    commitments = models.PositiveSmallIntegerField(_("engagements couverts"), default=0)

    created_at = models.DateTimeField(_("commencé le"))
    edited_at = models.DateTimeField(_("modifié le"))
    sent_at = models.DateTimeField(_("envoyé le"), null=True, blank=True)
    answered_at = models.DateTimeField(_("réponse le"), null=True, blank=True)
    decline_reason = models.CharField(
        _("motif du client"), max_length=10, choices=LossReason, blank=True
    )
    sha256 = models.CharField(_("empreinte du contenu"), max_length=64, blank=True)
    document = models.FileField(upload_to="devis/", storage=private_storage, blank=True)
    document_sha256 = models.CharField(_("empreinte du document"), max_length=64, blank=True)
    forgotten_at = models.DateTimeField(_("oublié le"), null=True, blank=True)

    objects = models.Manager.from_queryset(QuoteQuerySet)()

    class Meta:
        verbose_name = _("devis e-TIC")
        verbose_name_plural = _("devis e-TIC")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="directory_quote_status_known", condition=Q(status__in=QuoteStatus.values)
            ),
            models.UniqueConstraint(
                fields=["series", "number"], name="directory_quote_number_once"
            ),
            models.UniqueConstraint(
                fields=["proposal"],
                condition=Q(status=QuoteStatus.SENT),
                name="directory_quote_one_open_per_proposal",
            ),
            models.CheckConstraint(
                name="directory_quote_sent_is_whole",
                condition=Q(status=QuoteStatus.DRAFT, number=None, sent_at=None, sha256="")
                | (
                    Q(
                        status__in=FROZEN,
                        series__isnull=False,
                        number__gte=1,
                        sent_at__isnull=False,
                        valid_until__isnull=False,
                    )
                    & ~Q(sha256="")
                    & ~Q(document_sha256="")
                ),
            ),
            models.CheckConstraint(
                name="directory_quote_reachable_until_forgotten",
                condition=Q(status=QuoteStatus.DRAFT) | (Q(forgotten_at=None) ^ Q(client_email="")),
            ),
            models.CheckConstraint(
                name="directory_quote_answered_has_its_date",
                condition=Q(status__in=[QuoteStatus.DRAFT, QuoteStatus.SENT], answered_at=None)
                | (
                    ~Q(status__in=[QuoteStatus.DRAFT, QuoteStatus.SENT])
                    & Q(answered_at__isnull=False)
                ),
            ),
            models.CheckConstraint(
                name="directory_quote_declined_says_why",
                condition=Q(status=QuoteStatus.DECLINED) ^ Q(decline_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["provider", "edited_at"], name="directory_quote_of_card"),
            models.Index(fields=["client_email"], name="directory_quote_email"),
            models.Index(
                fields=["valid_until"],
                name="directory_quote_clock",
                condition=Q(status=QuoteStatus.SENT),
            ),
        ]

    def __str__(self) -> str:
        return self.reference or f"– {self.pk}"

    @property
    def reference(self) -> str:
        """What the document and every message call it; empty before it is sent."""
        return f"DE-{self.series}-{self.number:04d}" if self.number else ""

    @property
    def is_draft(self) -> bool:
        """Whether it may still be written."""
        return self.status == QuoteStatus.DRAFT

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """What it covers of the seven commitments, and what it lacks."""
        return coverage(self.content, rules().asked, hollow=rules().hollow)

    @property
    def covered(self) -> int:
        """How many commitments it covers: counted while it is written, kept once sent."""
        return covered(self.coverage) if self.is_draft else self.commitments

    @property
    def is_complete(self) -> bool:
        """Whether it covers the seven."""
        return self.covered == COMMITMENTS

    @property
    def lines(self) -> list[Line]:
        """Its costs."""
        return read_lines(self.content.get("lines", ()))

    @property
    def totals(self) -> Totals:
        """What its costs add up to."""
        return totals(self.lines)

    @property
    def issuer(self) -> dict[str, Any]:
        """Who the provider was when it was sent."""
        found: dict[str, Any] = self.content.get("issuer", {})
        return found

    def status_on(self, day: date) -> QuoteStatus:
        """Return its state that day, whether the nightly task has written it yet or not."""
        is_over = self.valid_until is not None and self.valid_until < day
        if self.status == QuoteStatus.SENT and is_over:
            return QuoteStatus.EXPIRED
        return QuoteStatus(self.status)
