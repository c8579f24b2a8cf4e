"""Registration of the app with Django."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    label = "diagnostics"
    verbose_name = "Diagnostics"
