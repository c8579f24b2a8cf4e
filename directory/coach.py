"""What the coach says to a card's owner: the score in words, each criterion, the next best step."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from directory.quality import MATCHING_MINIMUM, Criterion, Score

if TYPE_CHECKING:
    from django.utils.functional import Promise

GOOD = 0.8

# Criterion → what it is, what to do, the section and the control where it is done.
_ADVICE: dict[str, tuple["Promise", "Promise", str, str]] = {
    "description": (
        _("Présentation de 200 à 2 000 signes"),
        _("Décrivez votre activité en 200 signes au moins"),
        "essentiel", "id_description",
    ),
    "services": (
        _("Au moins un service et un type de clients"),
        _("Choisissez vos services, puis dites pour quels clients"),
        "clients", "id_client_sizes_0",
    ),
    "contact": (
        _("Contact préféré, et de quoi vous joindre ainsi"),
        _("Dites comment vous préférez être joint"),
        "contact", "id_contact_mode",
    ),
    "area": (
        _("Zone d’intervention"),
        _("Dites jusqu’où vous allez"),
        "clients", "id_service_area",
    ),
    "answer": (
        _("Délai de réponse"),
        _("Dites sous combien de jours vous répondez"),
        "contact", "id_answer_days",
    ),
    "languages": (
        _("Langues de travail"),
        _("Cochez les langues dans lesquelles vous travaillez"),
        "clients", "id_languages_0",
    ),
    "price": (
        _("Une indication de prix"),
        _("Donnez un ordre de prix, ou dites « sur devis »"),
        "prix", "id_rows-0-basis",
    ),
    "reference": (
        _("Une référence datée"),
        _("Racontez une réalisation, avec son année"),
        "references", "id_rows-0-title",
    ),
    "logo": (
        _("Un logo et sa description"),
        _("Ajoutez votre logo et dites ce qu’il montre"),
        "images", "id_logo",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Advice:
    """One criterion as its owner reads it; `url` leads straight to the field."""

    label: "Promise | str"
    todo: "Promise | str"
    url: str
    value: float

    @property
    def is_met(self) -> bool:
        """Whether nothing is left to gain."""
        return self.value >= 1


@dataclass(frozen=True, slots=True)
class Coach:
    """The score of a card, in words."""

    percent: int
    words: "Promise | str"
    may_be_matched: bool
    lines: list[Advice]
    next_step: Advice | None


def advise(provider_id: int, score: Score, *, has_service: bool) -> Coach:
    """Return what to say to the owner of the card."""
    lines = {
        criterion.key: _advice(provider_id, criterion, has_service=has_service)
        for criterion in score.criteria
    }
    step = score.next_step
    return Coach(
        percent=round(score.value * 100),
        words=_in_words(score.value),
        may_be_matched=score.may_be_matched,
        lines=list(lines.values()),
        next_step=lines[step.key] if step else None,
    )


def _in_words(value: float) -> "Promise":
    if value >= 1:
        return _("Fiche complète")
    if value >= GOOD:
        return _("Très bonne fiche")
    if value >= MATCHING_MINIMUM:
        return _("Bonne base, à compléter")
    return _("Fiche trop courte pour être proposée aux entreprises")


def _advice(provider_id: int, criterion: Criterion, *, has_service: bool) -> Advice:
    if criterion.key == "freshness":
        return Advice(
            label=_("Fiche confirmée depuis moins de six mois"),
            todo=_("Relisez la fiche, puis confirmez qu’elle est juste"),
            url="#confirmer",
            value=criterion.value,
        )
    label, todo, slug, control = _ADVICE[criterion.key]
    if criterion.key == "services" and not has_service:
        slug, control = "services", "id_services_0_0"
    url = reverse("directory:card_section", args=[provider_id, slug])
    return Advice(label, todo, f"{url}#{control}", criterion.value)
