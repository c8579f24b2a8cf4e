"""Which texts of the directory exist in French, German and English."""

from modeltranslation.translator import TranslationOptions, register

from directory.models import ClusterTheme, Service, ServiceCategory


@register(ServiceCategory)
class ServiceCategoryTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)


@register(Service)
class ServiceTranslation(TranslationOptions):
    """Name, description and the words people type, in three languages."""

    fields = ("name", "description", "synonyms")


@register(ClusterTheme)
class ClusterThemeTranslation(TranslationOptions):
    """The name in three languages."""

    fields = ("name",)
