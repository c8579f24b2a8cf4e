"""Registration of the app with Django."""

from django.apps import AppConfig


class ObservatoryConfig(AppConfig):
    name = "observatory"
    label = "observatory"
    verbose_name = "Observatoire"
