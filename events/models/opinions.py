"""What people think of a session that they came to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from events.models.registrations import Registration

BEST_SCORE = 5


class SessionOpinion(models.Model):
    """Avis sur une session: a mark and words of somebody who came, once."""

    registration = models.OneToOneField(
        Registration, models.PROTECT, related_name="opinion", verbose_name=_("inscription")
    )
    score = models.PositiveSmallIntegerField(_("note"))
    comment = models.TextField(_("remarque"), max_length=1000, blank=True)
    answered_at = models.DateTimeField(_("répondu le"))

    class Meta:
        verbose_name = _("avis sur une session")
        verbose_name_plural = _("avis sur les sessions")
        default_permissions = ("view",)
        constraints = [
            models.CheckConstraint(
                name="events_sessionopinion_one_to_five",
                condition=Q(score__gte=1, score__lte=BEST_SCORE),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.registration_id} · {self.score}/{BEST_SCORE}"
