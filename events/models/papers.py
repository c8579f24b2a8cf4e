"""What is written around a session: documents, messages to those who come."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import FileExtensionValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from emn.lib.storage import private_storage
from events.enums import DocumentAudience, RegistrationStatus
from events.models.sessions import Session

DOCUMENT_TYPES = ("pdf", "odt", "odp", "ods", "docx", "pptx", "xlsx", "png", "jpg", "zip")


# modeltranslation replaces the managers of translated models, which mypy cannot follow.
class SessionDocument(models.Model):  # type: ignore[django-manager-missing]
    """Document de session: a support to take away, for everyone or for those with a seat."""

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="documents", verbose_name=_("session")
    )
    title = models.CharField(_("titre"), max_length=120)
    file = models.FileField(
        _("fichier"), upload_to="sessions/", storage=private_storage, max_length=150,
        validators=[FileExtensionValidator(DOCUMENT_TYPES)],
    )  # fmt: skip
    audience = models.CharField(
        _("pour"), max_length=10, choices=DocumentAudience, default=DocumentAudience.SEATED
    )
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("document de session")
        verbose_name_plural = _("documents de session")

    def __str__(self) -> str:
        return self.title


class SessionMessage(models.Model):
    """Message aux inscrits: written once, to those who were in these states at that moment.

    `key` is chosen by the page that sends: the same one sent twice is one message. `recipients`:
    keys of Registration.
    """

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="messages", verbose_name=_("session")
    )
    key = models.UUIDField(_("identifiant"), default=uuid.uuid4, unique=True, editable=False)
    statuses = ArrayField(
        models.CharField(max_length=10, choices=RegistrationStatus), verbose_name=_("états")
    )
    subject = models.CharField(_("objet"), max_length=120)
    body = models.TextField(_("message"), max_length=5000)
    recipients = ArrayField(models.BigIntegerField(), verbose_name=_("destinataires"))
    written_at = models.DateTimeField(_("écrit le"))
    sent_at = models.DateTimeField(pgettext_lazy("message", "parti le"), null=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+",
        verbose_name=_("par"),
    )  # fmt: skip

    class Meta:
        verbose_name = _("message aux inscrits")
        verbose_name_plural = _("messages aux inscrits")
        default_permissions = ("view",)
        indexes = [
            models.Index(
                fields=["id"], name="events_sessionmessage_unsent", condition=Q(sent_at=None)
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class OwnCalendar(models.Model):
    """Agenda personnel: the secret address under which a mailbox finds its own sessions."""

    email = models.EmailField(_("courriel"), unique=True)
    key = models.UUIDField(_("clé"), default=uuid.uuid4, unique=True)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    made_at = models.DateTimeField(_("fait le"))

    class Meta:
        verbose_name = _("agenda personnel")
        verbose_name_plural = _("agendas personnels")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.pk}"
