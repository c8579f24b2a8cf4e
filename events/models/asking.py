"""What a session asks of those who register."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.enums import QuestionKind
from events.models.sessions import Session

WITH_OPTIONS = (QuestionKind.CHOICE, QuestionKind.CHOICES)


# modeltranslation replaces the managers of translated models, which mypy cannot follow.
class SessionQuestion(models.Model):  # type: ignore[django-manager-missing]
    """Question d’inscription: one question of a session’s form; `options`: one a line."""

    session = models.ForeignKey(
        Session, models.CASCADE, related_name="questions", verbose_name=_("session")
    )
    kind = models.CharField(
        _("réponse"), max_length=8, choices=QuestionKind, default=QuestionKind.TEXT
    )
    label = models.CharField(_("question"), max_length=200)
    options = models.TextField(
        _("choix"), max_length=1000, blank=True, help_text=_("Un par ligne.")
    )
    is_required = models.BooleanField(_("obligatoire"), default=False)
    position = models.PositiveSmallIntegerField(_("rang"), default=0)

    class Meta:
        verbose_name = _("question d’inscription")
        verbose_name_plural = _("questions d’inscription")
        constraints = [
            models.CheckConstraint(
                name="events_sessionquestion_options_where_chosen",
                condition=Q(kind__in=WITH_OPTIONS) & ~Q(options="")
                | Q(kind__in=[QuestionKind.TEXT, QuestionKind.YES_NO], options=""),
                violation_error_message=_(
                    "Une question à choix a ses choix, un par ligne ; une autre n’en a pas."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def choices(self) -> list[str]:
        """The options, in the language of the page."""
        return [line.strip() for line in self.options.splitlines() if line.strip()]
