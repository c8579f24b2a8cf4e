"""A text in each language of the portal, as the API writes it."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class TextsSerializer(serializers.Serializer[Any]):
    """A text in each language of the portal; empty where it is not translated."""

    fr = serializers.CharField(help_text=_("En français."))
    de = serializers.CharField(help_text=_("En allemand."))
    en = serializers.CharField(help_text=_("En anglais."))


@extend_schema_field(TextsSerializer)
class TextsField(serializers.Field[Any, Any, Any, Any]):
    """The translations of a field, as modeltranslation keeps them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(source="*", read_only=True, **options)

    def to_representation(self, row: Any) -> dict[str, str]:
        """Read one column a language."""
        return {
            code: getattr(row, f"{self.field_name}_{code}") or ""
            for code, _name in settings.LANGUAGES
        }
