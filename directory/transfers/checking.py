"""Reading lines of cards against the directory and the register, a batch at a time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext as _

from directory.enums import ProviderStatus
from directory.models import Company, Membership, Provider, Service
from directory.models.providers import LONGEST_KEYWORD, MOST_KEYWORDS, MOST_SERVICES
from directory.services.providers import MINIMUM_DESCRIPTION
from directory.transfers.columns import KEYS, CardResource
from emn.lib.tables import LONGEST_CELL, Unreadable
from emn.lib.text import digits
from emn.territory.models import Commune, Establishment

BATCH = 500
_SIRET_DIGITS = 14


@dataclass(slots=True)
class Line:
    """A line once read: the card to write, its services, or what is wrong."""

    number: int
    siret: str = ""
    slug: str = ""
    values: dict[str, Any] = field(default_factory=dict)
    services: list[int] | None = None
    company: Company | None = None
    place: Establishment | None = None
    card: Provider | None = None
    errors: list[str] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        """Whether the line makes a card."""
        return self.card is None


def siret_of(cells: dict[str, str]) -> str:
    """Return the establishment that a line names."""
    return digits(cells["siret"])


def slug_of(cells: dict[str, str]) -> str:
    """Return the address of the card that a line names; empty for a new one."""
    return cells.get("fiche", "").strip()


class Checker:
    """Checks lines in order; remembers of those seen only what must be unique in the file."""

    def __init__(self, header: Iterable[str]) -> None:
        self._resource = CardResource()
        columns = set(header)
        self._fields = [
            (name, entry)
            for name, entry in self._resource.written()
            if entry.column_name in columns
        ]
        if "siret" not in columns or not self._fields:
            raise Unreadable(
                _("La première ligne doit nommer les colonnes, dont « siret » et « nom ».")
            )
        known = {entry.column_name for entry in self._resource.fields.values()} | {"", *KEYS}
        if unknown := sorted(columns - known):
            raise Unreadable(
                _("Colonnes inconnues : %(names)s. Reprenez celles du modèle.")
                % {"names": ", ".join(unknown[:10])}
            )
        self._labels = {name: entry.column_name for name, entry in self._fields}
        own = {field.name for field in Provider._meta.concrete_fields}
        self._not_checked = own - set(self._labels)
        self._services = dict(Service.objects.order_by("pk").values_list("code", "pk"))
        self._seen: dict[int, int] = {}  # hash of what is unique → first line

    def batches(self, lines: Iterable[tuple[int, dict[str, str]]]) -> Iterator[list[Line]]:
        """Yield the lines read, a few hundred at a time."""
        source = iter(lines)
        while batch := list(islice(source, BATCH)):
            yield self._check([self._read(number, cells) for number, cells in batch])

    def _read(self, number: int, cells: dict[str, str]) -> Line:
        line = Line(number, siret=siret_of(cells), slug=slug_of(cells))
        for name, entry in self._fields:
            if len(cells.get(entry.column_name, "")) > LONGEST_CELL:
                line.errors.append(
                    _("%(column)s : texte trop long.") % {"column": entry.column_name}
                )
                continue
            try:
                line.values[name] = entry.clean(
                    {entry.column_name: cells.get(entry.column_name, "")}
                )
            except ValueError as error:
                line.errors.append(f"{entry.column_name} : {error}")
        codes = line.values.pop("services", None)
        if codes is not None:
            unknown = [code for code in codes if code not in self._services]
            if unknown:
                line.errors.append(
                    _("services : « %(codes)s » n’est pas dans la liste.")
                    % {"codes": ", ".join(unknown)}
                )
            line.services = [self._services[code] for code in codes if code in self._services]
        return line

    def _check(self, lines: list[Line]) -> list[Line]:
        sirets = {line.siret for line in lines}
        slugs = {line.slug for line in lines if line.slug}
        known = Company.objects.select_related("commune__epci").filter(siret__in=sirets)
        companies = {company.siret: company for company in known.order_by("pk")}
        places = Establishment.objects.select_related("commune").in_bulk(sirets - set(companies))
        communes = set(
            Commune.objects.filter(
                pk__in={place.commune_code for place in places.values()}
            ).values_list("pk", flat=True)
        )
        pks = [company.pk for company in companies.values()]
        held = set(Membership.objects.filter(company__in=pks).values_list("company_id", flat=True))
        rows = Provider.objects.with_place().prefetch_related("offers").filter(slug__in=slugs)
        cards = {card.slug: card for card in rows.order_by("pk")}
        names = {
            (company_id, slugify(name))
            for company_id, name in Provider.objects.filter(company__in=pks).values_list(
                "company_id", "name"
            )
        }
        for line in lines:
            line.company = companies.get(line.siret)
            line.place = places.get(line.siret)
            line.card = cards.get(line.slug)
            self._place(line, communes, held)
            self._card(line, names)
            self._once(line)
        return lines

    def _place(self, line: Line, communes: set[str], held: set[int]) -> None:
        if len(line.siret) != _SIRET_DIGITS:
            line.errors.append(_("siret : il compte 14 chiffres."))
        elif line.company is None and line.place is None:
            line.errors.append(_("siret : le registre ne connaît pas ce numéro."))
        elif line.place is not None and not line.place.is_open:
            line.errors.append(_("siret : cet établissement est fermé au registre."))
        elif line.place is not None and line.place.commune_code not in communes:
            line.errors.append(_("siret : cet établissement est hors du territoire."))
        elif line.company is not None and line.company.pk in held:
            line.errors.append(
                _("siret : cette entreprise tient sa fiche elle-même, l’import n’y touche pas.")
            )

    def _card(self, line: Line, names: set[tuple[int, str]]) -> None:
        if line.slug and line.card is None:
            line.errors.append(_("fiche : aucune fiche n’a cette adresse."))
            return
        if line.card is not None and line.card.company.siret != line.siret:
            line.errors.append(_("fiche : elle est celle d’un autre SIRET."))
        if line.card is not None and line.card.status == ProviderStatus.DRAFT:
            line.errors.append(_("fiche : c’est un brouillon, il est encore à son auteur."))
        name = slugify(line.values.get("name", ""))
        if line.is_new and line.company is not None and (line.company.pk, name) in names:
            line.errors.append(
                _("nom : cette entreprise a déjà une fiche de ce nom ; donnez son adresse.")
            )
        card = line.card or Provider(status=ProviderStatus.SUBMITTED)
        for field_name, value in line.values.items():
            setattr(card, field_name, value)
        line.errors += self._faults(card, line)

    def _once(self, line: Line) -> None:
        """Refuse what an earlier line already writes."""
        name = slugify(line.values.get("name", ""))
        key = hash(line.slug or (line.siret, name))
        first = self._seen.setdefault(key, line.number)
        if first != line.number:
            line.errors.append(_("Même fiche que la ligne %(number)s.") % {"number": first})

    def _faults(self, card: Provider, line: Line) -> Iterator[str]:
        """Yield what is wrong in the text of a card, as a reader would be told."""
        try:
            card.clean_fields(exclude=self._not_checked)
        except ValidationError as error:
            for name, said in error.message_dict.items():
                yield f"{self._labels.get(name, name)} : {' '.join(said)}"
        if not card.name.strip():
            yield _("nom : il manque.")
        if len(card.description) < MINIMUM_DESCRIPTION:
            yield _("presentation : %(count)s signes au moins.") % {"count": MINIMUM_DESCRIPTION}
        if not (card.email or card.phone or card.website):
            yield _("Il manque un moyen de joindre l’entreprise (courriel, telephone ou site).")
        if len(card.keywords) > MOST_KEYWORDS or any(
            len(word) > LONGEST_KEYWORD for word in card.keywords
        ):
            yield _("mots_cles : dix au plus, de 40 signes au plus.")
        count = len(line.services) if line.services is not None else None
        if count is None and not line.is_new and line.card is not None:
            count = len(line.card.offers.all())
        if not count:
            yield _("services : il en faut un au moins.")
        elif count > MOST_SERVICES:
            yield _("services : quinze au plus.")
