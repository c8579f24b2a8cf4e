"""The versions of the referential, from their files; what is published stays as it is."""

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.models import ReferentialVersion
from diagnostics.referential import DEPTHS, FLASH, ON_SITE, Referential, definition_of, read
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.questionnaires import services as questionnaires
from emn.questionnaires.differences import differences
from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.services import digest_of
from emn.territory.services.reference import TableDiff

DATA = Path(__file__).parent.parent / "data"
VOICES = "second-voice"  # the questionnaire that the people of a company answer
SOURCE = "référentiel du portail (diagnostics/data)"
OWN_FROM = 100  # versions that a centre writes for itself: 1.100 and on; those shipped stay below


class VersionRefused(DomainError):
    """A file changes a version that was published, or does not hold together."""


@transaction.atomic(durable=True)
def sync_diagnostics(*, write: bool, folder: Path = DATA) -> list[TableDiff]:
    """Compare the versions with the files shipped; with `write`, publish those that are missing.

    Where the centre publishes a version of its own, one that comes later is a draft that staff
    compares and publishes: an update never takes the centre’s words away.

    Raises VersionRefused when a file changes a published version, ReferentialRefused when one does
    not hold together.
    """
    diff = TableDiff(label=str(ReferentialVersion._meta.verbose_name_plural), source=SOURCE)
    known = dict(ReferentialVersion.objects.values_list("number", "sha256"))
    for content in _shipped(folder):
        number, sha256 = read(content).version, digest_of(content)
        if number not in known:
            diff.created.append(number)
            if write:
                newest = ReferentialVersion.objects.published().defer("content").first()
                is_draft = newest is not None and is_own(newest.number)
                write_version(content, published_at=None if is_draft else timezone.now())
        elif known[number] == sha256:
            diff.unchanged += 1
        else:
            raise _changed(number)
    voices = _sync_voices(folder, write=write)
    if write and not diff.is_empty:
        touch()
    return [diff, voices]


def _sync_voices(folder: Path, *, write: bool) -> TableDiff:
    """Compare the versions of the second voice with their files, the same way."""
    diff = TableDiff(label=_("questions des équipes"), source=SOURCE)
    rows = QuestionnaireVersion.objects.filter(questionnaire__code=VOICES)
    known = dict(rows.values_list("number", "sha256"))
    for file in sorted(folder.glob("voices-*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        number, asked = content["version"], content["questionnaire"]
        if number not in known:
            diff.created.append(number)
            if write:
                questionnaires.write_version(
                    code=VOICES, number=number, content=asked, published_at=timezone.now()
                )
        elif known[number] == digest_of(asked):
            diff.unchanged += 1
        else:
            raise _changed(number)
    return diff


def _changed(number: str) -> VersionRefused:
    return VersionRefused(
        _("La version %(number)s est publiée : écrivez-en une nouvelle, sous un autre nom.")
        % {"number": number}
    )


def changes_of_files(*, folder: Path = DATA) -> list[str]:
    """Return, for each file that is not published, what it changes from the newest version."""
    newest = ReferentialVersion.objects.published().first()
    known = set(ReferentialVersion.objects.values_list("number", flat=True))
    if newest is None:
        return []
    found = []
    for content in _shipped(folder):
        if content["version"] not in known:
            found += [str(change) for change in differences(newest.content, content)]
    return found


def _shipped(folder: Path) -> list[dict[str, Any]]:
    """Return the contents of the files, the oldest version first."""
    contents = [
        json.loads(file.read_text(encoding="utf-8")) for file in folder.glob("referential-*.json")
    ]
    return sorted(contents, key=lambda content: rank_of(content["version"]))


def rank_of(number: str) -> tuple[int, ...]:
    """Return what orders versions: 1.10 comes after 1.9."""
    return tuple(int(part) for part in number.split("."))


def is_own(number: str) -> bool:
    """Tell whether a version was written by the centre."""
    return rank_of(number)[1] >= OWN_FROM


def write_version(
    content: Mapping[str, Any], *, published_at: datetime | None
) -> ReferentialVersion:
    """Write a version and its two questionnaires, in the caller's transaction.

    Raises DefinitionRefused.
    """
    number = content["version"]
    made = {
        depth: questionnaires.write_version(
            code=f"diagnostic-{depth}",
            number=number,
            content=definition_of(content, depth),
            published_at=published_at,
        )
        for depth in DEPTHS
    }
    return ReferentialVersion.objects.create(
        number=number,
        content=content,
        sha256=digest_of(content),
        flash=made[FLASH],
        on_site=made[ON_SITE],
        published_at=published_at,
    )


@lru_cache(maxsize=32)
def is_flash(questionnaire_version_id: int) -> bool:
    """Tell whether a version asks the flash questions: that never changes either."""
    return ReferentialVersion.objects.filter(flash=questionnaire_version_id).exists()


@lru_cache(maxsize=8)
def referential_of(version_id: int) -> Referential:
    """Return a published version: it never changes, so it is read once."""
    rows = ReferentialVersion.objects.filter(published_at__isnull=False)
    return read(rows.values_list("content", flat=True).get(pk=version_id))
