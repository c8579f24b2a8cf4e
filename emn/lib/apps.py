"""Registration of the app with Django."""

from django.apps import AppConfig


class LibConfig(AppConfig):
    name = "emn.lib"
    label = "lib"
    verbose_name = "Socle"
