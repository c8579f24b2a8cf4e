"""Registration of the app with Django and with the registries of the foundation."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "directory"
    label = "directory"
    verbose_name = "Annuaire"

    def ready(self) -> None:
        """Register the directory's place in the menu, the account, the roles and the privacy."""
        from directory import own_data, registrations  # noqa: PLC0415 -- needs the models

        own_data.register_own_data()
        registrations.register_all()
