"""Registration of the app with Django."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "emn.pages"
    label = "pages"
    verbose_name = "Pages"
