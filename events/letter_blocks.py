"""What the agenda brings to a letter: the next dates."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from emn.mailings import blocks
from events.models import Session, Theme
from events.queries import coming

MOST = 15


class UpcomingSettings(forms.Form):
    """How many, and of which theme."""

    count = forms.IntegerField(label=_("Nombre de dates"), min_value=1, max_value=MOST, initial=5)
    theme = forms.ChoiceField(label=_("Thème"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["theme"]
        assert isinstance(field, forms.ChoiceField)
        rows = Theme.objects.order_by("position", "pk")
        field.choices = [("", _("Tous")), *((row.slug, row.name) for row in rows)]


def register_own_blocks() -> None:
    """Register the next dates."""
    blocks.register(
        blocks.BlockKind(
            key="upcoming-sessions",
            order=100,
            label=_("Événements à venir"),
            template="events/emails/upcoming_block",
            settings=UpcomingSettings,
            data=_upcoming,
        )
    )


def _upcoming(
    content: Mapping[str, Any], _language: str, now: datetime
) -> Mapping[str, Any] | None:
    rows = coming(Session.objects.shown().published(), now=now).filter(starts_at__gt=now)
    if content.get("theme"):
        rows = rows.filter(themes__slug=content["theme"])
    sessions = list(rows.select_related("room").in_order()[: content["count"]])
    return {"sessions": sessions} if sessions else None
