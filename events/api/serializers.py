"""How a session is written in the API: what its public page says, never where to connect."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from directory.enums import SpokenLanguage
from emn.lib.api.reading import ListQuestion, cursor_field
from emn.lib.api.texts import TextsField
from events.enums import AccessFeature, SessionKind, SessionMode
from events.models import Session


class ThemeSerializer(serializers.Serializer[Any]):
    """What a session is about."""

    slug = serializers.CharField(help_text=_("Nom du thème dans les adresses."))
    name = TextsField(help_text=_("Nom."))


class SessionSerializer(serializers.Serializer[Any]):
    """A session of the agenda."""

    uid = serializers.UUIDField(help_text=_("Identifiant, qui ne change jamais."))
    slug = serializers.CharField(help_text=_("Nom de la session dans son adresse."))
    url = serializers.SerializerMethodField(help_text=_("La page, pour les personnes."))
    kind = serializers.ChoiceField(SessionKind.choices, help_text=_("Type."))
    title = TextsField(help_text=_("Titre."))
    summary = TextsField(help_text=_("Une phrase."))
    starts_at = serializers.SerializerMethodField(help_text=_("Début."))
    ends_at = serializers.SerializerMethodField(help_text=_("Fin."))
    zone = serializers.CharField(help_text=_("Fuseau horaire où se lisent les heures."))
    mode = serializers.ChoiceField(SessionMode.choices, help_text=_("Participation."))
    place = serializers.SerializerMethodField(
        help_text=_("Salle du centre, ou autre adresse ; vide à distance.")
    )
    language = serializers.ChoiceField(SpokenLanguage.choices, help_text=_("Langue parlée."))
    access = serializers.ListField(
        child=serializers.ChoiceField(AccessFeature.choices), help_text=_("Accessibilité.")
    )
    themes = ThemeSerializer(many=True, help_text=_("Thèmes."))
    is_cancelled = serializers.BooleanField(help_text=_("Vrai quand elle est annulée."))

    def get_url(self, row: Session) -> str:
        """The absolute address of the page."""
        return f"{settings.PUBLIC_URL}{row.get_absolute_url()}"

    def get_starts_at(self, row: Session) -> datetime:
        """The start, on the session’s own clock."""
        return row.local_start

    def get_ends_at(self, row: Session) -> datetime:
        """The end, on the session’s own clock."""
        return row.local_end

    def get_place(self, row: Session) -> str:
        """The room, or where else."""
        return row.room.name if row.room else row.elsewhere


class SessionQuestion(ListQuestion):
    """The filters of the agenda that do not depend on the day."""

    type = serializers.ChoiceField(SessionKind.choices, required=False, help_text=_("Type."))
    depuis = serializers.DateField(
        required=False, help_text=_("Seulement ce qui commence ce jour-là ou après.")
    )
    cursor = cursor_field(r"^[0-9]{1,18}$")
