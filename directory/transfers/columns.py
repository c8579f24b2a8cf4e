"""The columns of a file of cards, in both directions (django-import-export)."""

from typing import Any

from django.utils.translation import gettext as _
from import_export import resources, widgets
from import_export.fields import Field

from directory.enums import ClientSector, ClientSize, SpokenLanguage
from directory.models import Provider


class CodesWidget(widgets.Widget):  # type: ignore[misc]  # untyped library
    """A list of codes in one cell, separated by commas; `known` says which may be."""

    def __init__(self, known: Any = None) -> None:
        super().__init__()
        self._known = known

    def clean(self, value: Any, row: Any = None, **_kwargs: Any) -> list[str]:
        """Return the codes, each once. Raises ValueError for one that is not known."""
        codes = [part.strip() for part in str(value or "").split(",")]
        found = list(dict.fromkeys(code for code in codes if code))
        if self._known is not None and (unknown := [c for c in found if c not in self._known]):
            raise ValueError(
                _("« %(codes)s » n’est pas dans la liste.") % {"codes": ", ".join(unknown)}
            )
        return found

    def render(self, value: Any, obj: Any = None, **_kwargs: Any) -> str:
        """Return the cell."""
        return ", ".join(value or [])


class TextWidget(widgets.Widget):  # type: ignore[misc]  # untyped library
    """A text: an empty cell is an empty text."""

    def clean(self, value: Any, row: Any = None, **_kwargs: Any) -> str:
        """Return the text."""
        return str(value or "")


class CardResource(resources.Resource):  # type: ignore[misc]  # untyped library
    """A card on a line. `fiche` empty: a new card; else the address of the one to change.

    Columns marked read-only leave with an export, to be understood, and are ignored on the way in.
    """

    fiche = Field("slug", "fiche", readonly=True)
    siret = Field("company__siret", "siret", readonly=True)
    status = Field("status", "etat", readonly=True)
    company = Field("company__name", "raison_sociale", readonly=True)
    commune = Field("company__commune__name", "commune", readonly=True)
    trust = Field("document__trust_class", "classe", readonly=True)
    name = Field("name", "nom", TextWidget())
    tagline = Field("tagline", "en_une_phrase", TextWidget())
    description = Field("description", "presentation", TextWidget())
    services = Field(None, "services", CodesWidget())
    keywords = Field("keywords", "mots_cles", CodesWidget())
    languages = Field("languages", "langues", CodesWidget(SpokenLanguage.values))
    client_sizes = Field("client_sizes", "tailles", CodesWidget(ClientSize.values))
    sectors = Field("sectors", "secteurs", CodesWidget(ClientSector.values))
    email = Field("email", "courriel", TextWidget())
    phone = Field("phone", "telephone", TextWidget())
    website = Field("website", "site", TextWidget())

    def dehydrate_services(self, card: Provider) -> str:
        """Return the codes of the services, read with the cards."""
        return ", ".join(offer.service.code for offer in card.offers.all())

    def written(self) -> list[tuple[str, Field]]:
        """Return the fields that a line may write, by name."""
        return [(name, field) for name, field in self.fields.items() if not field.readonly]


KEYS = ("siret", "fiche")
