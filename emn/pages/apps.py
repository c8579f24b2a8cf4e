"""Registration of the app with Django."""

from django.apps import AppConfig


class PagesConfig(AppConfig):
    name = "emn.pages"
    label = "pages"
    verbose_name = "Pages"

    def ready(self) -> None:
        """Add the app's pages to the registries of the foundation."""
        from emn.pages import registrations  # noqa: PLC0415 -- needs the models

        registrations.register_all()
