"""The chest of reversibility: projects, who holds what, a reminder every six months."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import AssetKind, AssetState
from directory.models import Asset, Company, Project
from directory.reversibility.reminders import next_reminder
from directory.reversibility.secrets import looks_secret
from directory.services.telling import people_of, tell_each
from emn.lib.db import violation_as
from emn.lib.errors import DomainError

MOST_PROJECTS = 50  # of one company
AT_ONCE = 500
WRITABLE = ("state", "holder", "place", "checked_on")


class ChestRefused(DomainError):
    """The project cannot be written so."""


def secret_refusal() -> str:
    """Return what is said of a text that seems to hold a secret."""
    return _(
        "Cela ressemble à un mot de passe, à un code ou à une clé. Le coffre n’en garde aucun : "
        "écrivez seulement où il est rangé, et qui l’a."
    )


@transaction.atomic(durable=True)
def add_project(
    *, company_id: int, user_id: int, name: str, supplier: str, now: datetime
) -> Project:
    """Add a project with its seven things to hold, all unknown.

    Raises Company.DoesNotExist (not one of the person's) or ChestRefused.
    """
    mine = Company.objects.filter(memberships__user=user_id)
    company = Company.objects.select_for_update(of=("self",)).get(
        pk=company_id, pk__in=mine.values("pk")
    )
    _refuse_secrets(name, supplier)
    if company.projects.count() >= MOST_PROJECTS:
        raise ChestRefused(_("Un coffre tient cinquante projets au plus."))
    today = timezone.localdate(now)
    project = Project(
        company=company,
        name=name,
        supplier=supplier,
        created_at=now,
        edited_at=now,
        reviewed_on=today,
        remind_on=next_reminder(today, after=today),
    )
    with violation_as(
        ChestRefused(_("Ce projet est déjà dans votre coffre.")),
        model=Project,
        constraint="directory_project_once_per_company",
    ):
        project.save()
    Asset.objects.bulk_create(Asset(project=project, kind=kind) for kind in AssetKind.values)
    return project


@transaction.atomic(durable=True)
def write_assets(
    *,
    project_id: int,
    user_id: int,
    values: Mapping[str, Mapping[str, Any]],
    reviewed: bool = False,
    now: datetime,
) -> Project:
    """Write what is known of the seven: kind → {state, holder, place, checked_on}.

    What is held and has no day was checked today; so was all that is held when the whole is
    `reviewed`, and the six months start again. Raises Project.DoesNotExist or ChestRefused.
    """
    project = _own(project_id, user_id)
    today = timezone.localdate(now)
    for asset in project.assets.select_for_update().order_by("pk"):
        given = values.get(asset.kind, {})
        for name in WRITABLE:
            if name in given:
                setattr(asset, name, given[name])
        _refuse_secrets(asset.holder, asset.place)
        _refuse_future(asset.checked_on, today)
        is_held = asset.state == AssetState.HELD
        if is_held and (reviewed or asset.checked_on is None):
            asset.checked_on = today
        asset.save()
    project.edited_at = now
    if reviewed:
        project.reviewed_on = today
        project.remind_on = next_reminder(today, after=today)
    project.save()
    return project


@transaction.atomic(durable=True)
def delete_project(*, project_id: int, user_id: int) -> None:
    """Take a project out of the chest. Raises Project.DoesNotExist."""
    _own(project_id, user_id).delete()


def due_projects(*, now: datetime) -> list[int]:
    """Return the projects whose six months are over."""
    rows = Project.objects.to_remind(on=timezone.localdate(now)).order_by("remind_on", "pk")
    return list(rows.values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic(durable=True)
def remind(*, project_id: int, now: datetime) -> bool:
    """Write once to the people of the company; False when another has, or it is not due."""
    rows = Project.objects.select_for_update(of=("self",), skip_locked=True)
    project = rows.select_related("company").filter(pk=project_id).first()
    today = timezone.localdate(now)
    if project is None or project.remind_on > today:
        return False
    tell_each(
        people_of(project.company_id),
        "chest_reminder",
        occasion=f"{project.pk}:{project.remind_on}",
        now=now,
        project=project,
        missing=project.assets.exclude(state=AssetState.HELD).count(),
    )
    project.remind_on = next_reminder(project.reviewed_on, after=today)
    project.save(update_fields=["remind_on"])
    return True


def _own(project_id: int, user_id: int) -> Project:
    mine = Company.objects.filter(memberships__user=user_id)
    rows = Project.objects.select_for_update(of=("self",)).select_related("company")
    return rows.get(pk=project_id, company__in=mine.values("pk"))


def _refuse_secrets(*texts: str) -> None:
    if any(looks_secret(text) for text in texts):
        raise ChestRefused(secret_refusal())


def _refuse_future(day: date | None, today: date) -> None:
    if day is not None and day > today:
        raise ChestRefused(_("Une vérification ne se date pas dans le futur."))
