"""The sections of a card: what each asks, the form that asks it, and what the coach says of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.formsets import BaseFormSet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from directory import card_forms
from directory.models import Provider
from directory.services.writing import MOST_ROWS

if TYPE_CHECKING:
    from django.utils.functional import Promise

Data = QueryDict | None
Files = Any


class ListForm:
    """Several forms of one kind that read as one: a row each, one more to fill in."""

    def __init__(self, name: str, rows: "BaseFormSet[Any]", fields: Iterable[str]) -> None:
        self.name, self.rows, self._fields = name, rows, tuple(fields)
        self._refusals: list[str] = []

    def is_valid(self) -> bool:
        """Return whether every row is sound and no row comes twice."""
        if self.rows.is_valid():
            self._refuse_twins()
        return self.rows.is_valid() and not self._refusals

    def values(self) -> dict[str, Any]:
        """Return the rows that are neither empty nor taken away."""
        return {self.name: self._kept()}

    def uploads(self) -> dict[str, bytes]:
        """Return nothing: words only."""
        return {}

    def add_error(self, _field: None, message: str) -> None:
        """Note a refusal of the whole list."""
        self._refusals.append(message)

    def non_field_errors(self) -> list[str]:
        """Return what is wrong with the list, or with a row as a whole."""
        errors = [*self._refusals, *map(str, self.rows.non_form_errors())]
        return errors + [str(error) for form in self.rows for error in form.non_field_errors()]

    def visible_fields(self) -> list[Any]:
        """Return the fields that a person fills in, for the summary of errors."""
        return [field for form in self.rows for field in form.visible_fields()]

    def hidden_fields(self) -> list[Any]:
        """Return the others, likewise."""
        return [field for form in self.rows for field in form.hidden_fields()]

    def _kept(self) -> list[dict[str, Any]]:
        given = [form.cleaned_data for form in self.rows if form.has_changed() or form.initial]
        return [
            {"id": row.get("id")} | {field: row[field] for field in self._fields}
            for row in given
            if row and not row.get("DELETE")
        ]

    def _refuse_twins(self) -> None:
        if self.name == "certifications" and not self._refusals:
            codes = [row["code"] for row in self._kept()]
            if len(codes) != len(set(codes)):
                self.add_error(None, str(_("Un label ne figure qu’une fois.")))


@dataclass(frozen=True)
class Section:
    """One page of the card's form: `fields` are those of `directory.content` that it writes."""

    slug: str
    title: "Promise | str"
    summary: "Promise | str"
    fields: tuple[str, ...]
    form: Callable[[Provider, Data, Files], Any]
    line: "Promise | str" = ""  # what a row is called, where the page shows rows


def _plain(form: type[Any]) -> Callable[[Provider, Data, Files], Any]:
    return lambda provider, data, files: form(data, files, instance=provider)


def _list(
    name: str,
    form: type[card_forms.LineForm],
    fields: tuple[str, ...],
    initial: Callable[[Any], Mapping[str, Any]],
    options: Callable[[Provider], dict[str, Any]] = lambda _provider: {},
) -> Callable[[Provider, Data, Files], ListForm]:
    limit = MOST_ROWS[name]
    formset = forms.formset_factory(
        form, extra=1, max_num=limit, absolute_max=limit + 20, validate_max=True, can_delete=True
    )

    def build(provider: Provider, data: Data, _files: Files) -> ListForm:
        rows = getattr(provider, name).order_by("position", "pk")
        known = [{"id": row.pk, **initial(row)} for row in rows]
        bound = formset(data, prefix="rows", initial=known, form_kwargs=options(provider))
        return ListForm(name, bound, fields)

    return build


def _offered(provider: Provider) -> dict[str, Any]:
    services = provider.services.order_by("category__position", "position", "pk")
    return {"offered": [(service.pk, service.name) for service in services]}


def _reference(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("title", "client_sector", "year", "work", "link")}


def _price(row: Any) -> dict[str, Any]:
    return {
        "service_id": row.service_id,
        "basis": row.basis,
        "low": None if row.from_cents is None else row.from_cents // 100,
        "high": None if row.to_cents is None else row.to_cents // 100,
    }


def _certification(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("code", "ends_on", "link")}


SECTIONS = (
    Section(
        "essentiel",
        _("L’essentiel"),
        _("Votre nom, une phrase, votre présentation."),
        ("name", "tagline", "description", "language"),
        _plain(card_forms.EssentialsForm),
    ),
    Section(
        "services",
        _("Vos services"),
        _("Ce que vous faites, choisi dans la liste."),
        ("services", "keywords"),
        _plain(card_forms.ServicesForm),
    ),
    Section(
        "clients",
        _("Vos clients et votre zone"),
        _("Pour qui, jusqu’où et dans quelles langues vous travaillez."),
        ("client_sizes", "sectors", "languages", "service_area", "countries"),
        _plain(card_forms.ClientsForm),
    ),
    Section(
        "contact",
        _("Vous joindre"),
        _("Courriel, téléphone, site, et sous combien de jours vous répondez."),
        ("email", "phone", "website", "contact_mode", "answer_days"),
        _plain(card_forms.ContactForm),
    ),
    Section(
        "prix",
        _("Vos prix"),
        _("Un ordre de grandeur rassure : par heure, par jour, par projet ou sur devis."),
        ("prices",),
        _list(
            "prices",
            card_forms.PriceForm,
            ("service_id", "basis", "from_cents", "to_cents"),
            _price,
            _offered,
        ),
        line=_("Prix"),
    ),
    Section(
        "references",
        _("Vos références"),
        _("Ce que vous avez fait, pour quel métier, en quelle année."),
        ("references",),
        _list(
            "references",
            card_forms.ReferenceForm,
            ("title", "client_sector", "year", "work", "link"),
            _reference,
        ),
        line=_("Référence"),
    ),
    Section(
        "certifications",
        _("Labels et certifications"),
        _("Avec leur date de fin ; ceux des pays voisins comptent aussi."),
        ("certifications",),
        _list(
            "certifications", card_forms.CertificationForm, ("code", "link", "ends_on"),
            _certification,
        ),
        line=_("Label"),
    ),
    Section(
        "images",
        _("Logo et images"),
        _("Votre logo, et jusqu’à six images de votre travail."),
        ("logo", "logo_alt", "pictures"),
        _plain(card_forms.PicturesForm),
    ),
    Section(
        "langues",
        _("Autres langues"),
        _("Votre présentation en allemand ou en anglais, si vous voulez."),
        ("translations",),
        _plain(card_forms.TranslationsForm),
    ),
)  # fmt: skip
BY_SLUG = {section.slug: section for section in SECTIONS}


def following(section: Section) -> Section | None:
    """Return the section after this one; None after the last."""
    place = SECTIONS.index(section) + 1
    return SECTIONS[place] if place < len(SECTIONS) else None
