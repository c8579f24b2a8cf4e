"""The outbox: one row per message and recipient, written with the fact it announces."""

import base64
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from emn.mailings.enums import EmailStatus, Stream
from emn.mailings.messages import Message

MAX_ATTEMPTS = 12
CLAIM_LASTS = timedelta(minutes=10)
_LINE_BREAK = r"[\r\n]"


@dataclass(frozen=True)
class Attachment:
    """A small file that goes with a message: tickets, calendar entries."""

    name: str
    kind: str  # «text/calendar»
    content: bytes

    def stored(self) -> list[str]:
        """Return it as the outbox keeps it."""
        return [self.name, self.kind, base64.b64encode(self.content).decode("ascii")]


class OutboundEmailQuerySet(models.QuerySet["OutboundEmail"]):
    def due(self, *, now: datetime) -> Self:
        """Messages whose turn has come."""
        return self.filter(status=EmailStatus.QUEUED, next_attempt_at__lte=now)

    def on_their_way(self) -> Self:
        """Messages of which something is still to be expected."""
        return self.filter(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING])

    def stuck(self, *, now: datetime) -> Self:
        """Messages whose worker took them and was not heard of since."""
        return self.filter(status=EmailStatus.SENDING, claimed_at__lt=now - CLAIM_LASTS)

    def dead_letters(self) -> Self:
        """Messages given up, on which staff decides."""
        return self.filter(status=EmailStatus.FAILED)

    def unsolicited_since(self, instant: datetime) -> Self:
        """Messages that anyone could have caused by typing an address, and that were let go."""
        return self.filter(unsolicited=True, created_at__gt=instant).exclude(
            status=EmailStatus.CAPPED
        )

    def erase(self) -> int:
        """Erase their personal content; the rows stay, without name nor words. Return how many."""
        return self.update(
            to_email="",
            subject="",
            text_body="",
            html_body="",
            reply_to="",
            headers={},
            attachments=[],
            purged=True,
        )

    def purgeable(self, *, before: datetime) -> Self:
        """Messages at rest since before that instant, whose personal content is still there."""
        old = self.filter(created_at__lt=before, purged=False)
        return old.exclude(status__in=[EmailStatus.QUEUED, EmailStatus.SENDING])


class OutboundEmail(models.Model):
    """Courriel sortant: one message for one recipient, rendered, with the state of its delivery.

    At least once: a worker that dies after the relay accepted sends again, under the same
    Message-ID.
    """

    kind = models.CharField(_("modèle"), max_length=120)
    stream = models.CharField(
        _("flux"), max_length=16, choices=Stream, default=Stream.TRANSACTIONAL
    )
    message_id = models.CharField("Message-ID", max_length=200, unique=True)
    dedup_key = models.CharField(
        _("clé d’unicité"), max_length=200, unique=True, null=True, blank=True
    )

    to_email = models.EmailField(_("destinataire"), blank=True)
    mailbox_hash = models.CharField(_("empreinte du destinataire"), max_length=64)
    from_email = models.CharField(_("expéditeur"), max_length=320)
    reply_to = models.CharField(_("réponse à"), max_length=320, blank=True)
    subject = models.CharField(_("objet"), max_length=300, blank=True)
    text_body = models.TextField(_("texte"), blank=True)
    html_body = models.TextField(_("HTML"), blank=True)
    headers = models.JSONField(_("autres en-têtes"), default=dict, blank=True)
    attachments = models.JSONField(_("pièces jointes"), default=list, blank=True)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)

    unsolicited = models.BooleanField(_("provoqué par un formulaire public"), default=False)
    secret = models.BooleanField(
        _("confidentiel"),
        default=False,
        help_text=_("Porte un code ou un lien de connexion : jamais montré, effacé dès l’envoi."),
    )

    purged = models.BooleanField(_("contenu effacé"), default=False)

    status = models.CharField(
        _("état"), max_length=10, choices=EmailStatus, default=EmailStatus.QUEUED
    )
    attempts = models.PositiveSmallIntegerField(_("tentatives"), default=0)
    created_at = models.DateTimeField(_("écrit le"))
    next_attempt_at = models.DateTimeField(_("prochain essai"))
    claimed_at = models.DateTimeField(_("pris en charge le"), null=True, blank=True)
    sent_at = models.DateTimeField(_("envoyé le"), null=True, blank=True)
    last_error = models.CharField(
        _("dernière erreur"),
        max_length=200,
        blank=True,
        help_text=_("Nature et code de l’erreur, sans donnée personnelle."),
    )

    objects = models.Manager.from_queryset(OutboundEmailQuerySet)()

    class Meta:
        verbose_name = _("courriel sortant")
        verbose_name_plural = _("courriels sortants")
        default_permissions = ("view",)
        permissions = [("decide_dead_letter", "Relancer ou abandonner un courriel en échec")]
        constraints = [
            models.CheckConstraint(
                name="mailings_outboundemail_status",
                condition=Q(status__in=EmailStatus.values),
                violation_error_message=_("Cet état n’existe pas."),
            ),
            models.CheckConstraint(
                name="mailings_outboundemail_sent_pair",
                condition=Q(status=EmailStatus.SENT, sent_at__isnull=False)
                | (~Q(status=EmailStatus.SENT) & Q(sent_at=None)),
                violation_error_message=_("Un courriel envoyé porte sa date d’envoi, et lui seul."),
            ),
            models.CheckConstraint(
                name="mailings_outboundemail_claimed",
                condition=~Q(status=EmailStatus.SENDING) | Q(claimed_at__isnull=False),
                violation_error_message=_("Un envoi en cours porte l’heure de sa prise en charge."),
            ),
            models.CheckConstraint(
                name="mailings_outboundemail_recipient",
                condition=~Q(to_email="") | Q(purged=True),
                violation_error_message=_("Un courriel a un destinataire."),
            ),
            models.CheckConstraint(
                name="mailings_outboundemail_one_line",
                condition=~Q(subject__regex=_LINE_BREAK)
                & ~Q(to_email__regex=_LINE_BREAK)
                & ~Q(from_email__regex=_LINE_BREAK)
                & ~Q(reply_to__regex=_LINE_BREAK)
                & ~Q(message_id__regex=_LINE_BREAK),
                violation_error_message=_("Un en-tête tient sur une ligne."),
            ),
        ]
        indexes = [
            models.Index(
                F("next_attempt_at"),
                name="mailings_outboundemail_due",
                condition=Q(status=EmailStatus.QUEUED),
            ),
            models.Index(
                F("claimed_at"),
                name="mailings_outboundemail_claim",
                condition=Q(status=EmailStatus.SENDING),
            ),
            models.Index(
                F("created_at"),
                name="mailings_outboundemail_failed",
                condition=Q(status=EmailStatus.FAILED),
            ),
            models.Index(
                F("created_at"),
                name="mailings_outboundemail_cap",
                condition=Q(unsolicited=True),
            ),
            models.Index(F("mailbox_hash"), F("created_at"), name="mailings_outboundemail_box"),
            models.Index(F("created_at"), name="mailings_outboundemail_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"

    def as_message(self) -> Message:
        """Build the message for the relay; the same at each attempt, Date and Message-ID included.

        What goes by the stream of letters is marked as a letter is, by its own headers.
        Source: RFC 5322 §3.6, RFC 3834 §5 (Auto-Submitted), RFC 3282 (Content-Language).
        """
        is_service = self.stream == Stream.TRANSACTIONAL
        message = Message(
            subject=self.subject,
            body=self.text_body,
            from_email=self.from_email,
            to=[self.to_email],
            reply_to=[self.reply_to] if self.reply_to else None,
            headers={
                "Message-ID": self.message_id,
                "Date": format_datetime(localtime(self.created_at)),
                **({"Auto-Submitted": "auto-generated"} if is_service else {}),
                "Content-Language": self.language,
                **self.headers,
            },
        )
        if self.html_body:
            message.attach_alternative(self.html_body, "text/html")
        for name, kind, content in self.attachments:
            message.attach(name, base64.b64decode(content), kind)
        return message
