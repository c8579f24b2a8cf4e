"""Questionnaires, their frozen versions, and what people answer."""

import secrets
import uuid
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

KEY_BYTES = 16  # 128 bits: nobody guesses the link of a run


def new_key() -> str:
    """Return the secret of a run's link."""
    return secrets.token_urlsafe(KEY_BYTES)


class Questionnaire(models.Model):
    """Questionnaire: what is asked over the years; each change of its words is a new version."""

    code = models.SlugField(_("code"), max_length=60, unique=True)

    class Meta:
        verbose_name = _("questionnaire")
        verbose_name_plural = _("questionnaires")
        default_permissions = ("view",)

    def __str__(self) -> str:
        return self.code


class QuestionnaireVersionQuerySet(models.QuerySet["QuestionnaireVersion"]):
    """Questions about versions."""

    def published(self) -> Self:
        """Keep those that people may answer, the newest first."""
        return self.filter(published_at__isnull=False).order_by("-published_at", "-pk")


class QuestionnaireVersion(models.Model):
    """Version de questionnaire: what `emn.questionnaires.definition` reads.

    Once published it never changes: the database refuses it. What replaces it is a new version.
    """

    questionnaire = models.ForeignKey(
        Questionnaire, models.PROTECT, related_name="versions", verbose_name=_("questionnaire")
    )
    number = models.CharField(_("numéro"), max_length=10)
    content = models.JSONField(_("contenu"))
    sha256 = models.CharField(_("empreinte"), max_length=64)
    published_at = models.DateTimeField(_("publiée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(QuestionnaireVersionQuerySet)()

    class Meta:
        verbose_name = _("version de questionnaire")
        verbose_name_plural = _("versions de questionnaires")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["questionnaire", "number"],
                name="questionnaires_questionnaireversion_once",
            ),
            models.CheckConstraint(
                name="questionnaires_questionnaireversion_number_format",
                condition=Q(number__regex=r"^\d+\.\d+$"),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RunQuerySet(models.QuerySet["Run"]):
    """Questions about runs."""

    def open(self) -> Self:
        """Keep those that may still be answered."""
        return self.filter(finished_at=None)


class Run(models.Model):
    """Passation: one person goes through one version, from any device, by the link of its `key`.

    Its identifier is drawn by chance and says nothing of order or time. `touched_at`: the last
    answer.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.ForeignKey(
        QuestionnaireVersion, models.PROTECT, related_name="runs", verbose_name=_("version")
    )
    key = models.CharField(_("clé du lien"), max_length=22, unique=True, default=new_key)
    language = models.CharField(_("langue"), max_length=2, choices=settings.LANGUAGES)
    started_at = models.DateTimeField(_("commencée le"))
    touched_at = models.DateTimeField(_("dernière réponse le"))
    finished_at = models.DateTimeField(_("terminée le"), null=True, blank=True)

    objects = models.Manager.from_queryset(RunQuerySet)()

    if TYPE_CHECKING:
        answers: "RelatedManager[Answer]"
        files: "RelatedManager[AnswerFile]"

    class Meta:
        verbose_name = _("passation")
        verbose_name_plural = _("passations")
        default_permissions = ("view",)
        indexes = [models.Index(fields=["touched_at"], name="questionnaires_run_touched")]
        constraints = [
            models.CheckConstraint(
                name="questionnaires_run_key_is_long", condition=Q(key__regex=r"^[\w-]{22}$")
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Answer(models.Model):
    """Réponse à une question, as `Kind` says it is kept; null: the person took it back.

    `revision` grows with each change: a page that shows an older one does not overwrite it.
    """

    run = models.ForeignKey(
        Run, models.CASCADE, related_name="answers", verbose_name=_("passation")
    )
    question = models.CharField(_("question"), max_length=40)
    value: "models.JSONField[Any, Any]" = models.JSONField(_("réponse"), null=True)
    revision = models.PositiveIntegerField(_("révision"))
    answered_at = models.DateTimeField(_("répondu le"))

    class Meta:
        verbose_name = _("réponse à une question")
        verbose_name_plural = _("réponses à des questions")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["run", "question"], name="questionnaires_answer_once"),
        ]

    def __str__(self) -> str:
        return self.question


class AnswerFile(models.Model):
    """Fichier joint à une réponse: a PDF as it came, or a picture written again.

    It lies in its row: what erases a run erases its files, in the same transaction. No URL reaches
    it but a view that checks who asks, and that sends it as a file to keep. `id` is made of the run
    and of the content: the same file sent twice is one row.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    run = models.ForeignKey(Run, models.CASCADE, related_name="files", verbose_name=_("passation"))
    question = models.CharField(_("question"), max_length=40)
    name = models.CharField(_("nom du fichier"), max_length=150)
    suffix = models.CharField(_("genre de fichier"), max_length=5)
    content = models.BinaryField(_("contenu"))
    received_at = models.DateTimeField(_("reçu le"))

    class Meta:
        verbose_name = _("fichier joint à une réponse")
        verbose_name_plural = _("fichiers joints à des réponses")
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                name="questionnaires_answerfile_suffix_known",
                condition=Q(suffix__in=[".pdf", ".webp"]),
            ),
        ]

    def __str__(self) -> str:
        return self.name
