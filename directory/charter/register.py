"""Reading the register of signatories: a page, one company's history, and the whole of it.

Source: rules F1.05, F1.10: the register must outlive whoever runs it, so all of it can be taken.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import F, Q
from django.utils import timezone

from directory.charter.states import PUBLIC_KINDS
from directory.enums import AdhesionEventKind, AdhesionStatus
from directory.models import (
    Adhesion,
    AdhesionEvent,
    Charter,
    CommitteeCase,
    Provider,
    Recognition,
)

LINES_PER_PAGE = 50
BATCH = 2_000
COLUMNS = (
    "reference", "siren", "name", "commune_code", "commune_name", "charter_version",
    "charter_sha256", "document_sha256", "state", "member_since", "starts_on", "expires_on",
    "suspended_on", "suspended_until", "ended_on", "ended_by",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A signatory as the register shows it: its public card, the warnings read that day."""

    adhesion: Adhesion
    card: Provider | None
    on: date
    warnings: tuple[CommitteeCase, ...] = ()

    @property
    def name(self) -> str:
        """The name its clients know, else that of the national register."""
        return self.card.name if self.card else self.adhesion.company.name

    @property
    def status(self) -> AdhesionStatus:
        """Its state today."""
        return self.adhesion.status_on(self.on)

    @property
    def how(self) -> str:
        """Its state today, in words."""
        return self.adhesion.how_on(self.on)

    @property
    def tone(self) -> str:
        """The tone of the badge that says so."""
        return {AdhesionStatus.ACTIVE: "success", AdhesionStatus.SUSPENDED: "alert"}.get(
            self.status, "neutral"
        )


def register_page(*, on: date, state: str, words: str, number: str | None) -> Page[Any]:
    """Return a page of companies, each by its last adhesion: a fixed number of queries."""
    rows = Adhesion.objects.public(on=on).last_of_each()
    if state == AdhesionStatus.ACTIVE:
        rows = rows.in_force(on=on)
    elif state == AdhesionStatus.SUSPENDED:
        rows = rows.suspended(on=on)
    elif state == AdhesionStatus.EXPIRED:
        rows = rows.lapsed(on=on)
    elif state:
        rows = rows.filter(status=state)
    if words:
        rows = rows.filter(
            Q(siren=words.replace(" ", ""))
            | Q(company__name__icontains=words)
            | Q(company__providers__name__icontains=words)
        ).distinct()
    rows = rows.select_related("company__commune", "charter").order_by("company__name", "pk")
    page: Page[Any] = Paginator(rows, LINES_PER_PAGE).get_page(number)
    page.object_list = lines(list(page.object_list), on=on)
    return page


def lines(adhesions: Iterable[Adhesion], *, on: date) -> list[RegisterLine]:
    """Return the lines of these adhesions, with their cards and warnings, in two queries."""
    rows = list(adhesions)
    cards: dict[int, Provider] = {}
    companies = {row.company_id for row in rows}
    for card in Provider.objects.published().filter(company__in=companies).order_by("-pk"):
        cards[card.company_id] = card
    warned: dict[str, tuple[CommitteeCase, ...]] = {}
    found = CommitteeCase.objects.warning({row.siren for row in rows}, on=on)
    for case in found.select_related("complaint"):
        assert case.complaint is not None
        warned[case.complaint.siren] = (*warned.get(case.complaint.siren, ()), case)
    return [
        RegisterLine(row, cards.get(row.company_id), on, warned.get(row.siren, ())) for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Signatory:
    """One company: its last adhesion, and what happened since its first, the newest first."""

    line: RegisterLine
    events: list[AdhesionEvent]


def signatory(siren: str, *, on: date) -> Signatory | None:
    """Return the company of that SIREN; None when the register does not show it."""
    rows = Adhesion.objects.public(on=on).filter(siren=siren)
    last = rows.select_related("company__commune", "charter").order_by("-starts_on", "-pk").first()
    if last is None:
        return None
    events = (
        AdhesionEvent.objects.filter(adhesion__in=rows.values("pk"), kind__in=PUBLIC_KINDS)
        .select_related("adhesion__charter")
        .order_by("-at", "-pk")
    )
    return Signatory(lines([last], on=on)[0], list(events))


def recognised(*, on: date) -> list[Recognition]:
    """Return the commitments elsewhere that the centre recognises that day."""
    rows = Recognition.objects.in_force(on=on).select_related("company__commune")
    return list(rows.order_by("company__name", "pk"))


def records(*, on: date, everything: bool = False) -> Iterator[dict[str, Any]]:
    """Yield each adhesion that the register shows, or that ever was, with its public history.

    Two statements a batch; the texts of the charter are never read.
    """
    rows = Adhesion.objects.filter(starts_on__isnull=False)
    if not everything:
        rows = Adhesion.objects.public(on=on)
    rows = rows.only(*_OWN).annotate(
        company_name=F("company__name"),
        commune_code=F("company__commune"),
        commune_name=F("company__commune__name"),
        version=F("charter__version"),
        sha256=F("charter__sha256"),
    )
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        history = _histories(batch)
        for row in batch:
            yield _record(row, on=on) | {"history": history[row.pk]}


def _histories(adhesions: Iterable[Adhesion]) -> dict[int, list[dict[str, Any]]]:
    """Return what everyone may read of the history of each adhesion, in one statement."""
    found: dict[int, list[dict[str, Any]]] = {row.pk: [] for row in adhesions}
    events = AdhesionEvent.objects.filter(adhesion__in=list(found), kind__in=PUBLIC_KINDS)
    for adhesion_id, kind, at in events.order_by("at", "pk").values_list("adhesion", "kind", "at"):
        found[adhesion_id].append({"kind": kind, "on": timezone.localdate(at)})
    return found


_OWN = (
    "siren", "status", "started_at", "document_sha256", "member_since", "starts_on", "expires_on",
    "suspended_on", "suspended_until", "ended_on", "ended_by",
)  # fmt: skip


def _record(row: Any, *, on: date) -> dict[str, Any]:
    own = {
        "reference": row.reference,
        "name": row.company_name,
        "commune_code": row.commune_code,
        "commune_name": row.commune_name,
        "charter_version": row.version,
        "charter_sha256": row.sha256,
        "state": row.status_on(on).value,
    }
    return {name: own[name] if name in own else getattr(row, name) for name in COLUMNS}


def versions() -> list[dict[str, Any]]:
    """Return every version of the charter, whole."""
    return [
        {
            "version": row.version,
            "valid_from": row.valid_from,
            "sha256": row.sha256,
            "texts": row.texts,
        }
        for row in Charter.objects.order_by("valid_from", "pk")
    ]


def whole(*, on: date, everything: bool = False) -> dict[str, Any]:
    """Return the register, ready for JSON: texts, adhesions with their history, recognitions."""
    return {
        "exported_on": on,
        "kinds": {kind.value: str(kind.label) for kind in AdhesionEventKind},
        "charters": versions(),
        "adhesions": list(records(on=on, everything=everything)),
        "recognitions": [
            {
                "siren": row.company.siren,
                "name": row.company.name,
                "scheme": row.scheme,
                "link": row.link,
                "valid_until": row.valid_until,
            }
            for row in recognised(on=on)
        ],
    }
