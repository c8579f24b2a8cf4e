"""Registration of the app with Django."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "emn.territory"
    label = "territory"
    verbose_name = "Territoire"

    def ready(self) -> None:
        """Let every role read the territory and the register."""
        from emn.accounts import roles  # noqa: PLC0415 -- models are loaded only now
        from emn.accounts.enums import Role  # noqa: PLC0415

        for role in Role:
            roles.grant(role, *(f"territory.view_{model}" for model in _READ_BY_STAFF))


_READ_BY_STAFF = (
    "commune",
    "epci",
    "establishment",
    "importrun",
    "legalunit",
    "nafcode",
    "sectordefinition",
)
