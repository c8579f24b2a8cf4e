"""Which texts about mail exist in French, German and English."""

from modeltranslation.translator import TranslationOptions, register

from emn.mailings.models import JobFunction, MailingList, Topic


@register(MailingList)
class MailingListTranslation(TranslationOptions):
    """Name and description in three languages."""

    fields = ("name", "description")


@register(JobFunction)
class JobFunctionTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)


@register(Topic)
class TopicTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)
