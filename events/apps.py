"""Registration of the app with Django and with the registries of the foundation."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    name = "events"
    label = "events"
    verbose_name = "Agenda"

    def ready(self) -> None:
        """Register the agenda’s place in menu, home, search, roles, privacy and letters."""
        from events import letter_blocks, own_data, registrations  # noqa: PLC0415 -- needs models

        letter_blocks.register_own_blocks()
        own_data.register_own_data()
        registrations.register_all()
        from events import showroom_registrations  # noqa: PLC0415 -- needs models

        showroom_registrations.register_all()
