"""A visitor’s notebook as a PDF: what was kept, who supplies it, what comes next."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from directory.matching import ranking
from emn.lib.pdf import render_pdf
from events import wording
from events.models import Favourite, VisitNotebook
from events.services import notebooks
from events.services.showrooms import page_url
from events.showroom_reading import price

TEMPLATE = "events/showrooms/notebook.typ"


def notebook_pdf(notebook: VisitNotebook, *, language: str, now: datetime) -> bytes:
    """Return the PDF of a notebook, in the language of its page."""
    visit = notebook.visit
    with override(language):
        data: dict[str, Any] = {
            "language": language,
            "centre": settings.CENTRE_NAME,
            "title": _("Carnet de visite"),
            "showroom": visit.showroom.name,
            "facts": [
                (_("Visite"), wording.when(visit.session)),
                (_("Scénario"), str(notebook.get_scenario_display())),
            ],
            "note": notebook.note,
            "favourites": [
                _favourite(row, notebook, language) for row in notebooks.favourites_of(notebook)
            ],
            "sessions": [
                {"title": row.title, "when": wording.when(row), "where": wording.place(row)}
                for row in notebooks.next_sessions(now=now)
            ],
            "words": {
                "favourites": _("Ce que vous avez gardé"),
                "none": _("Vous n’avez gardé aucune démonstration."),
                "usage": _("À quoi cela sert"),
                "price": _("Prix"),
                "prerequisites": _("Ce qu’il faut avoir"),
                "providers": _("Trois prestataires qui peuvent le fournir"),
                "nobody": _("Aucun prestataire de l’annuaire pour l’instant : écrivez-nous."),
                "supplies": _("fournit cette démonstration"),
                "offers": _("propose ce service"),
                "seed": _("Graine du tirage"),
                "card": _("fiche n°"),
                "order": order_words(),
                "note": _("Vos notes"),
                "next": _("Les prochaines dates du centre"),
                "page": _("page"),
                "of": _("sur"),
            },
            "made": date_format(visit.session.local_start, "DATE_FORMAT"),
        }
    return render_pdf(TEMPLATE, data, at=notebook.sent_at or now)


def order_words() -> str:
    """Return how the providers of a notebook are put in order, in words (R1.25)."""
    return _(
        "Ordre : d’abord ceux qui fournissent cette démonstration, puis la classe de confiance "
        "(sans indice publié : C), puis un tirage au sort que chacun peut refaire. Personne ne "
        "paie pour y figurer."
    )


def seed_of(favourite: Favourite, notebook: VisitNotebook) -> str:
    """Return the seed of a favourite’s draw, as it is published."""
    return ranking.seed(favourite.pk, notebook.visit.session.local_start.date())


def _favourite(row: Favourite, notebook: VisitNotebook, language: str) -> dict[str, Any]:
    shown = row.demonstration
    return {
        "title": shown.title,
        "usage": shown.usage,
        "price": " ".join(filter(None, [price(shown), shown.price_note])),
        "prerequisites": shown.prerequisites,
        "url": page_url(shown, language),
        "seed": seed_of(row, notebook),
        "providers": [
            {
                "name": entry.provider.name,
                "url": settings.PUBLIC_URL + entry.provider.get_absolute_url(),
                "supplies": entry.supplies,
                "trust_class": entry.trust_class,
                "number": entry.provider_id,
            }
            for entry in row.named.all()
            if entry.provider.is_published
        ],
    }
