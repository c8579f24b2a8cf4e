"""Answers shown in the description of the API; the provider is invented."""

SERVICE = {
    "code": "web.site",
    "slug": "creation-de-site-internet",
    "name": {
        "fr": "Création ou refonte de site internet",
        "de": "Website erstellen oder erneuern",
        "en": "Website design and redesign",
    },
    "description": {
        "fr": "Un site clair qui dit qui vous êtes, ce que vous faites et comment vous joindre.",
        "de": "",
        "en": "",
    },
    "synonyms": {"fr": "site web, site vitrine", "de": "Homepage", "en": "website"},
    "category": {
        "code": "web",
        "name": {
            "fr": "Sites et vente en ligne",
            "de": "Websites und Onlineverkauf",
            "en": "Websites and online sales",
        },
    },
}
PROVIDER = {
    "slug": "atelier-du-sillon",
    "url": "https://emn.example/annuaire/atelier-du-sillon/",
    "name": "Atelier du Sillon",
    "tagline": "Des sites clairs pour les commerces et les artisans",
    "siret": "00090977000018",
    "website": "https://www.atelier-du-sillon.example",
    "services": [{"code": "web.site", "name": "Création ou refonte de site internet"}],
    "languages": ["fr", "en"],
    "client_sizes": ["0", "1-9"],
    "sectors": ["commerce", "artisanat"],
    "trust_class": "B",
    "place": {
        "commune_code": "57463",
        "commune_name": "Metz",
        "departement_code": "57",
        "epci_code": "200039865",
        "latitude": 49.10833,
        "longitude": 6.19589,
    },
    "published_on": "2026-03-12",
    "confirmed_on": "2026-10-02",
}
SIGNATORY = {
    "reference": "CH-2026-00012",
    "siren": "909770001",
    "name": "Atelier du Sillon",
    "commune_code": "57463",
    "charter_version": "1.0",
    "state": "active",
    "member_since": "2026-11-28",
    "starts_on": "2026-11-28",
    "expires_on": "2028-11-28",
    "ended_on": None,
}
