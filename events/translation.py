"""Which texts of the events exist in French, German and English."""

from modeltranslation.translator import TranslationOptions, register

from events.models import Product, Room, Session, Theme


@register(Theme)
class ThemeTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)


@register(Room)
class RoomTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)


@register(Session)
class SessionTranslation(TranslationOptions):
    """Title, summary and description in three languages."""

    fields = ("title", "summary", "description")


@register(Product)
class ProductTranslation(TranslationOptions):
    """Name and description in three languages."""

    fields = ("name", "description")
