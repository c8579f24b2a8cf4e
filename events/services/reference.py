"""Themes and rooms, from their data file; what staff wrote stays as it is."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from emn.lib.page_cache import touch
from emn.territory.services.reference import TableDiff
from events.models import Product, Room, Theme, VatRule
from events.services.showroom_reference import bring_showrooms

AGENDA_FILE = Path(__file__).parent.parent / "data" / "agenda.json"
AGENDA_SOURCE = "agenda du portail (events/data)"
MONEY_FILE = AGENDA_FILE.with_name("money.json")
MONEY_SOURCE = "produits et TVA du portail (events/data)"


@transaction.atomic(durable=True)
def sync_agenda(*, write: bool, file: Path = AGENDA_FILE) -> list[TableDiff]:
    """Compare themes and rooms with the file, by their address; with `write`, add what is missing.

    A row that is there is the centre's: it is never changed nor removed.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    diffs = [
        _bring(Theme, content["themes"], (), write=write),
        _bring(Room, content["rooms"], ("seats",), write=write),
        *bring_showrooms(write=write),
    ]
    if write and not all(diff.is_empty for diff in diffs):
        touch()
    return diffs


@cache
def topics() -> dict[str, str]:
    """Return the topic of letters that each theme of the file is about, by the theme's address."""
    themes = json.loads(AGENDA_FILE.read_text(encoding="utf-8"))["themes"]
    return {theme["slug"]: theme["topic"] for theme in themes if "topic" in theme}


def _bring(
    model: Any, entries: list[dict[str, Any]], extra: tuple[str, ...], *, write: bool
) -> TableDiff:
    known = set(model.objects.values_list("slug", flat=True))
    diff = TableDiff(label=str(model._meta.verbose_name_plural), source=AGENDA_SOURCE)
    for position, entry in enumerate(entries):
        if entry["slug"] in known:
            diff.unchanged += 1
            continue
        diff.created.append(entry["slug"])
        if write:
            names = {f"name_{code}": name for code, name in entry["name"].items()}
            values = {name: entry[name] for name in extra}
            model.objects.create(slug=entry["slug"], position=position, **names, **values)
    return diff


@transaction.atomic(durable=True)
def sync_money(*, write: bool, file: Path = MONEY_FILE) -> list[TableDiff]:
    """Compare VAT rules and products with the file; with `write`, add what is missing.

    A VAT rule is never changed: another one follows it, from its own day (R4.09). The products are
    the centre's once they are there.
    """
    content = json.loads(file.read_text(encoding="utf-8"))
    rules = TableDiff(label=str(VatRule._meta.verbose_name_plural), source=MONEY_SOURCE)
    known = {(rule.kind, rule.valid_from.isoformat()) for rule in VatRule.objects.all()}
    for entry in content["vat_rules"]:
        if (key := (entry["kind"], entry["valid_from"])) in known:
            rules.unchanged += 1
            continue
        rules.created.append(" ".join(key))
        if write:
            VatRule.objects.create(**entry)
    products = TableDiff(label=str(Product._meta.verbose_name_plural), source=MONEY_SOURCE)
    slugs = set(Product.objects.values_list("slug", flat=True))
    for entry in content["products"]:
        if entry["slug"] in slugs:
            products.unchanged += 1
            continue
        products.created.append(entry["slug"])
        if write:
            names = {f"name_{code}": name for code, name in entry.pop("name").items()}
            Product.objects.create(**entry, **names)
    return [rules, products]
