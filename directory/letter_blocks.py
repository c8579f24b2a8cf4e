"""What the directory brings to a letter: the providers published last."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from directory.models import Provider
from emn.mailings import blocks

MOST = 10


class NewProvidersSettings(forms.Form):
    """How many."""

    count = forms.IntegerField(label=_("Nombre de fiches"), min_value=1, max_value=MOST, initial=5)


def register_own_blocks() -> None:
    """Register the new providers."""
    blocks.register(
        blocks.BlockKind(
            key="new-providers",
            order=110,
            label=_("Nouveaux prestataires"),
            template="directory/emails/new_providers_block",
            settings=NewProvidersSettings,
            data=_newest,
        )
    )


def _newest(content: Mapping[str, Any], _language: str, now: datetime) -> Mapping[str, Any] | None:
    cards = Provider.objects.published().with_place().filter(published_at__lte=now)
    newest = list(cards.order_by("-published_at", "-pk")[: content["count"]])
    return {"cards": newest} if newest else None
