"""Registration of the app with Django."""

from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "emn.mailings"
    label = "mailings"
    verbose_name = "Courriels"
