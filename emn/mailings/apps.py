"""Registration of the app with Django, and of what waits for staff."""

from django.apps import AppConfig


class MailingsConfig(AppConfig):
    name = "emn.mailings"
    label = "mailings"
    verbose_name = "Courriels"

    def ready(self) -> None:
        """Register what staff has to do, and the newsletter on the home page."""
        from emn.mailings import monitoring, registrations  # noqa: PLC0415 -- need the models

        registrations.register_all()
        monitoring.register_all()
