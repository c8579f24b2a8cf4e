"""Registration of the app with Django and with the registries of the foundation."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    label = "directory"
    verbose_name = "Annuaire"

    def ready(self) -> None:
        """Register the directory's place in menu, account, roles, privacy and letters."""
        from directory import (  # noqa: PLC0415 -- needs the models
            letter_blocks,
            own_data,
            registrations,
        )

        letter_blocks.register_own_blocks()
        own_data.register_own_data()
        registrations.register_all()
