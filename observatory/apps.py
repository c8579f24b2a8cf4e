"""Registration of the app with Django and with the registries of the foundation."""

from django.apps import AppConfig


class ObservatoryConfig(AppConfig):
    name = "observatory"
    label = "observatory"
    verbose_name = "Observatoire"

    def ready(self) -> None:
        """Register the observatory’s place in menu, sitemap, roles and privacy."""
        from observatory import own_data, registrations  # noqa: PLC0415 -- needs models

        own_data.register_own_data()
        registrations.register_all()
