"""Answers shown in the description of the API; the session is invented."""

SESSION = {
    "uid": "8b7d3f9c-0f0e-4a6c-9e0a-6f4a2f6f1a11",
    "slug": "repondre-a-un-avis",
    "url": "https://emn.example/agenda/repondre-a-un-avis/",
    "kind": "workshop",
    "title": {"fr": "Répondre à un avis", "de": "", "en": ""},
    "summary": {"fr": "Une heure pour répondre sans s’énerver.", "de": "", "en": ""},
    "starts_at": "2026-12-08T09:00:00+01:00",
    "ends_at": "2026-12-08T10:00:00+01:00",
    "zone": "Europe/Paris",
    "mode": "on_site",
    "place": "Amphithéâtre",
    "language": "fr",
    "access": ["step_free", "loop"],
    "themes": [
        {"slug": "vente", "name": {"fr": "Vendre en ligne", "de": "", "en": "Selling online"}}
    ],
    "is_cancelled": False,
}
