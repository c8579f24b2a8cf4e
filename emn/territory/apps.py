"""Registration of the app with Django."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "emn.territory"
    label = "territory"
    verbose_name = "Territoire"

    def ready(self) -> None:
        """Let every role read the territory and the register, and imports name a place."""
        from emn.accounts import roles  # noqa: PLC0415 -- models are loaded only now
        from emn.accounts.enums import Role  # noqa: PLC0415
        from emn.mailings import places  # noqa: PLC0415
        from emn.territory.mailing_places import epci_finder  # noqa: PLC0415

        places.register(places.PlaceSource(key="territory.epci", order=10, make_finder=epci_finder))
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
