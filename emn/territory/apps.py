"""Registration of the app with Django."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "emn.territory"
    label = "territory"
    verbose_name = "Territoire"

    def ready(self) -> None:
        """Let every role read the territory and the register; name the parts that letters go to."""
        from emn.accounts import roles  # noqa: PLC0415 -- models are loaded only now
        from emn.accounts.enums import Role  # noqa: PLC0415
        from emn.mailings import territories  # noqa: PLC0415
        from emn.territory import mailing_segments  # noqa: PLC0415
        from emn.territory.mailing_places import epci_finder  # noqa: PLC0415
        from emn.territory.queries import own_epcis  # noqa: PLC0415

        mailing_segments.register_own_criterion()

        for role in Role:
            roles.grant(role, *(f"territory.view_{model}" for model in _READ_BY_STAFF))
        territories.register(
            territories.TerritorySource(
                key="territory.epci", order=10, read=own_epcis, make_finder=epci_finder
            )
        )


_READ_BY_STAFF = (
    "commune",
    "epci",
    "establishment",
    "importrun",
    "legalunit",
    "nafcode",
    "sectordefinition",
)
