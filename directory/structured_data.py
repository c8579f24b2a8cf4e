"""schema.org descriptions of the directory's pages."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.safestring import SafeString

from directory.cards import ComposedCard
from directory.models import Place, Provider
from directory.places import hours
from directory.reference import ServiceEntry
from emn.lib.structured_data import json_ld


def provider_json_ld(
    provider: Provider, card: ComposedCard, services: Sequence[ServiceEntry]
) -> SafeString:
    """Return the card as a schema.org ProfessionalService, safe inside a script element.

    Source: schema.org/ProfessionalService. Only what the page itself shows.
    """
    commune = provider.company.commune
    about = {
        "@context": "https://schema.org",
        "@type": "ProfessionalService",
        "@id": settings.PUBLIC_URL + provider.get_absolute_url(),
        "url": card.website or settings.PUBLIC_URL + provider.get_absolute_url(),
        "name": card.name,
        "description": card.tagline or card.description[:200],
        "telephone": card.phone,
        "email": card.email,
        "logo": settings.PUBLIC_URL + provider.logo.url if card.logo else "",
        "image": [settings.PUBLIC_URL + picture.src for picture in card.pictures],
        "knowsLanguage": card.languages,
        "areaServed": card.country_labels or (str(commune.epci) if commune.epci else commune.name),
        "hasCredential": [
            {
                "@type": "EducationalOccupationalCredential",
                "name": line.kind.name,
                "recognizedBy": {"@type": "Organization", "name": line.kind.issuer},
            }
            for line in card.certifications
        ],
        "address": {
            "@type": "PostalAddress",
            "streetAddress": provider.company.street,
            "postalCode": provider.company.postcode,
            "addressLocality": commune.name,
            "addressCountry": "FR",
        },
        "geo": {
            "@type": "GeoCoordinates",
            "latitude": commune.latitude,
            "longitude": commune.longitude,
        },
        "makesOffer": [
            {"@type": "Offer", "itemOffered": {"@type": "Service", "name": service.name}}
            for service in services
        ],
    }
    return json_ld(about)


def place_json_ld(place: Place) -> SafeString:
    """Return a place as a schema.org CivicStructure, safe inside a script element.

    Source: schema.org/CivicStructure, openingHours. Only what the page itself shows; hours that
    are not plain are left out.
    """
    url = settings.PUBLIC_URL + place.get_absolute_url()
    week = hours.read(place.hours) if place.hours else None
    about = {
        "@context": "https://schema.org",
        "@type": "CivicStructure",
        "@id": url,
        "url": url,
        "name": place.name,
        "description": place.summary,
        "telephone": place.telephone,
        "openingHours": [
            f"{hours.DAYS[entry.first]}-{hours.DAYS[entry.last]} {start}-{end}"
            for entry in week or ()
            for start, end in entry.spans
        ],
        "address": {
            "@type": "PostalAddress",
            "streetAddress": place.address,
            "postalCode": place.postcode,
            "addressLocality": place.commune.name,
            "addressCountry": "FR",
        },
        "geo": {
            "@type": "GeoCoordinates",
            "latitude": place.latitude,
            "longitude": place.longitude,
        }
        if place.latitude is not None
        else {},
    }
    return json_ld(about)
