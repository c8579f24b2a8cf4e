"""Which texts of the events exist in French, German and English."""

from modeltranslation.translator import TranslationOptions, register

from events.models import (
    CapacityPool,
    Demonstration,
    Objective,
    Product,
    Room,
    Session,
    SessionDocument,
    SessionQuestion,
    Showroom,
    Station,
    Theme,
    Trainer,
    Training,
)
from events.models.trainings import SHOWN_BEFORE


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


@register(Training)
class TrainingTranslation(TranslationOptions):
    """All that R4.03 wants read, in three languages."""

    fields = ("title", *SHOWN_BEFORE, "certification")
    required_languages = {"fr": ("title", *SHOWN_BEFORE), "default": ()}


@register(Objective)
class ObjectiveTranslation(TranslationOptions):
    """The objective in three languages."""

    fields = ("text",)
    required_languages = {"fr": ("text",), "default": ()}


@register(Trainer)
class TrainerTranslation(TranslationOptions):
    """What qualifies them, in three languages."""

    fields = ("qualifications",)
    required_languages = {"fr": ("qualifications",), "default": ()}


@register(Product)
class ProductTranslation(TranslationOptions):
    """Name and description in three languages."""

    fields = ("name", "description")


# --- Showrooms ---


@register(Showroom)
class ShowroomTranslation(TranslationOptions):
    """All that the page of a showroom says."""

    fields = ("name", "summary", "touched", "hours", "way_in", "accessibility")


@register(Station)
class StationTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)


@register(Demonstration)
class DemonstrationTranslation(TranslationOptions):
    """The card in three languages."""

    fields = ("title", "usage", "problem", "prerequisites", "price_note")
