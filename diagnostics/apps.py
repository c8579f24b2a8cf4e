"""Registration of the app with Django and with the registries of the foundation."""

from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "diagnostics"
    label = "diagnostics"
    verbose_name = "Diagnostics"

    def ready(self) -> None:
        """Register the diagnostic’s place in menu, account, sitemap, roles and privacy."""
        from diagnostics import own_data, registrations  # noqa: PLC0415 -- needs models

        own_data.register_own_data()
        registrations.register_all()
