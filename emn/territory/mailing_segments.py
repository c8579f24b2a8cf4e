"""The territory among what staff may ask of the readers of a letter."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from emn.mailings import segments
from emn.territory.models import Epci


def register_own_criterion() -> None:
    """Offer the EPCI of the département."""
    segments.register(
        segments.Criterion(
            key="territory",
            order=30,
            label=_("Territoire"),
            choices=_epcis,
            condition=segments.in_territories,
        )
    )


def _epcis() -> segments.Choices:
    rows = Epci.objects.filter(communes__departement_code=settings.DEPARTEMENT).distinct()
    return list(rows.order_by("name", "pk").values_list("siren", "name"))
