"""The versions of the referential, from their files; what is published stays as it is."""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from diagnostics.models import ReferentialVersion
from diagnostics.referential import FLASH, ON_SITE, Referential, definition_of, read
from emn.lib.errors import DomainError
from emn.lib.page_cache import touch
from emn.questionnaires.differences import differences
from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.services import digest_of, publish_version
from emn.territory.services.reference import TableDiff

DATA = Path(__file__).parent.parent / "data"
VOICES = "second-voice"  # the questionnaire that the people of a company answer
SOURCE = "référentiel du portail (diagnostics/data)"


class VersionRefused(DomainError):
    """A file changes a version that was published, or does not hold together."""


@transaction.atomic(durable=True)
def sync_diagnostics(*, write: bool, folder: Path = DATA) -> list[TableDiff]:
    """Compare the versions with the files shipped; with `write`, publish those that are missing.

    Raises VersionRefused when a file changes a published version, ReferentialRefused when one does
    not hold together.
    """
    diff = TableDiff(label=str(ReferentialVersion._meta.verbose_name_plural), source=SOURCE)
    known = dict(ReferentialVersion.objects.values_list("number", "sha256"))
    for file in sorted(folder.glob("referential-*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        number, sha256 = read(content).version, digest_of(content)
        if number not in known:
            diff.created.append(number)
            if write:
                _publish(number, content, sha256)
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
                publish_version(code=VOICES, number=number, content=asked, now=timezone.now())
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
    for file in sorted(folder.glob("referential-*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        if content["version"] not in known:
            found += [str(change) for change in differences(newest.content, content)]
    return found


def _publish(number: str, content: dict[str, Any], sha256: str) -> None:
    now = timezone.now()
    made = {
        depth: publish_version(
            code=f"diagnostic-{depth}",
            number=number,
            content=definition_of(content, depth),
            now=now,
        )
        for depth in (FLASH, ON_SITE)
    }
    ReferentialVersion.objects.create(
        number=number,
        content=content,
        sha256=sha256,
        flash=made[FLASH],
        on_site=made[ON_SITE],
        published_at=now,
    )


@lru_cache(maxsize=8)
def referential_of(version_id: int) -> Referential:
    """Return a published version: it never changes, so it is read once."""
    rows = ReferentialVersion.objects.filter(published_at__isnull=False)
    return read(rows.values_list("content", flat=True).get(pk=version_id))
