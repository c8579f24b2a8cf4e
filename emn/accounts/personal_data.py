"""The registry of what the portal knows about people: exported, erased and purged from here.

Each app registers its models from `AppConfig.ready`; a test fails for a model that looks personal
and is neither registered nor exempted with its reason. The history tables of django-simple-history
follow the model they record. Source: RGPD, articles 15, 17 and 20.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q

from emn.accounts.models import User
from emn.accounts.retention import RetentionPeriod, periods
from emn.lib.errors import DomainError
from emn.lib.storage import delete_after_commit

Rows = models.QuerySet[Any]


class ErasureRefused(DomainError):
    """The law or an obligation under way forbids to erase; the message gives the reason."""


def _delete(rows: Rows) -> None:
    rows.delete()


def drop_with_files(rows: Rows) -> None:
    """Delete the rows, then their `file` once that is committed."""
    files = [row.file for row in rows]
    rows.delete()
    delete_after_commit(*files)


def without(*who: str) -> Callable[[Rows], None]:
    """Keep the rows, which are a firm's or the centre's, without the accounts that `who` name."""

    def forget(rows: Rows) -> None:
        rows.update(**dict.fromkeys(who))

    return forget


def _all(rows: Rows) -> Rows:
    return rows


def _no_objection(_user: User) -> str | None:
    return None


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """How one model holds personal data.

    `about` tells which rows concern a person; `export` names the fields given to that person;
    `erasable` narrows those rows to what goes with the person; `erase` deletes these, or empties
    what identifies someone in them; `objection` returns the
    French reason why this person's rows must stay, None otherwise; `retention` maps a key of
    `data/retention.json` to the rows that are due: called with `now` and `cutoff`, now minus the
    period.
    """

    model: type[models.Model]
    about: Callable[[User], Q]
    export: tuple[str, ...]
    erasable: Callable[[Rows], Rows] = _all
    erase: Callable[[Rows], None] = _delete
    objection: Callable[[User], str | None] = _no_objection
    retention: Mapping[str, Callable[[datetime, datetime], Q]] = field(default_factory=dict)

    def rows_about(self, user: User) -> Rows:
        """Return the rows that concern `user`, whatever the default manager hides."""
        return self.model._base_manager.filter(self.about(user))

    def erase_rows(self, rows: Rows) -> None:
        """Erase those of `rows` that may go, and what history keeps of them."""
        rows = self.erasable(rows)
        manager = getattr(self.model._meta, "simple_history_manager_attribute", None)
        history = getattr(self.model, manager) if manager else None
        keys = list(rows.values_list("pk", flat=True)) if history else []
        self.erase(rows)
        if history:
            history.filter(**{f"{self.model._meta.pk.attname}__in": keys}).delete()


_registered: dict[type[models.Model], PersonalData] = {}
_exempted: dict[type[models.Model], str] = {}


def register(*entries: PersonalData) -> None:
    """Add the personal data of an app; what a person's other rows refer to comes first."""
    for entry in entries:
        if unknown := set(entry.retention) - set(periods()):
            raise LookupError(f"{unknown} is not in data/retention.json")
        _registered[entry.model] = entry


def exempt(model: type[models.Model], *, because: str) -> None:
    """Say why a model that looks personal is not (a public register, for instance)."""
    _exempted[model] = because


def is_accounted_for(model: type[models.Model]) -> bool:
    """Tell whether the model, or the one whose history it keeps, is registered or exempted."""
    recorded = getattr(model, "instance_type", model)
    return recorded in _registered or recorded in _exempted


def export_of(user: User, *, now: datetime) -> dict[str, Any]:
    """Return all that the portal knows about `user`, ready for JSON."""
    return {
        "exported_at": now,
        "person": user.email,
        "data": [
            {
                "what": str(entry.model._meta.verbose_name_plural),
                "rows": list(entry.rows_about(user).order_by("pk").values(*entry.export)),
            }
            for entry in _registered.values()
            if entry.export
        ],
    }


def objections_to_erasure(user: User) -> list[str]:
    """Return the reasons, in French, why `user` cannot be erased now."""
    reasons = (entry.objection(user) for entry in _registered.values())
    return [reason for reason in reasons if reason]


def erase_everything_about(user: User) -> None:
    """Erase the person, last registered first, so that the account itself goes last.

    Raises ErasureRefused when an obligation stands against it. Call it in a transaction.
    """
    if reasons := objections_to_erasure(user):
        raise ErasureRefused(" ".join(reasons))
    for entry in reversed(_registered.values()):
        entry.erase_rows(entry.rows_about(user))


@dataclass(frozen=True, kw_only=True)
class Due:
    """The rows of one model whose period is over."""

    period: RetentionPeriod
    entry: PersonalData
    rows: Rows


def due(*, now: datetime) -> Iterator[Due]:
    """Yield what the retention periods say must go, last registered first."""
    for entry in reversed(_registered.values()):
        for key, due_rows in entry.retention.items():
            period = periods()[key]
            rows = entry.model._base_manager.filter(due_rows(now, now - period.length))
            yield Due(period=period, entry=entry, rows=rows)
