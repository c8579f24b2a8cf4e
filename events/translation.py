"""Which texts of the events exist in French, German and English."""

from modeltranslation.translator import TranslationOptions, register

from events.models import (
    CapacityPool,
    Product,
    Room,
    Session,
    SessionDocument,
    SessionQuestion,
    Theme,
)


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


@register(CapacityPool)
class CapacityPoolTranslation(TranslationOptions):
    """For whom, in three languages."""

    fields = ("category",)


@register(SessionQuestion)
class SessionQuestionTranslation(TranslationOptions):
    """The question and its choices, in three languages."""

    fields = ("label", "options")


@register(SessionDocument)
class SessionDocumentTranslation(TranslationOptions):
    """The title, in three languages."""

    fields = ("title",)


@register(Product)
class ProductTranslation(TranslationOptions):
    """Name and description in three languages."""

    fields = ("name", "description")
