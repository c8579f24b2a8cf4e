"""The EPCI of a place that a file of subscribers names."""

from django.conf import settings

from emn.mailings.territories import Finder
from emn.territory.models import Commune, Epci
from emn.territory.names import place_key


def epci_finder() -> Finder:
    """Return a finder by SIREN or name of an EPCI, INSEE code or name of a commune.

    Of communes that share a name, the département's own is meant, then the largest.
    """
    found: dict[str, str] = {}
    communes = Commune.objects.filter(epci__isnull=False).order_by("population", "pk")
    rows = list(communes.values_list("insee_code", "name_folded", "epci_id", "departement_code"))
    rows.sort(key=lambda row: row[3] == settings.DEPARTEMENT)
    for insee_code, name, epci_code, _departement in rows:
        found[name] = found[insee_code.lower()] = str(epci_code)
    for epci in Epci.objects.order_by("pk"):
        for name in {epci.name, epci.usual_name} - {""}:
            found[place_key(name)] = epci.siren
        found[epci.siren] = epci.siren
    return lambda text: found.get(place_key(text), "")
