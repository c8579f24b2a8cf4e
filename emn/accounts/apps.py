"""Registration of the app with Django."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "emn.accounts"
    label = "accounts"
    verbose_name = "Comptes"
