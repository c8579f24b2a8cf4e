"""The questionnaires of surveys that the portal ships; what is published stays as it is."""

import json
from pathlib import Path

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.questionnaires.models import QuestionnaireVersion
from emn.questionnaires.services import digest_of, write_version
from emn.territory.services.reference import TableDiff
from observatory.services.surveys.errors import SurveyRefused

DATA = Path(__file__).parents[2] / "data"
SOURCE = "questionnaires du portail (observatory/data)"


@transaction.atomic(durable=True)
def sync_surveys(*, write: bool, folder: Path = DATA) -> list[TableDiff]:
    """Compare the versions with the files shipped; with `write`, publish those that are missing.

    Raises SurveyRefused when a file changes a published version, DefinitionRefused when one does
    not hold together.
    """
    diff = TableDiff(label=str(QuestionnaireVersion._meta.verbose_name_plural), source=SOURCE)
    rows = QuestionnaireVersion.objects.values_list("questionnaire__code", "number", "sha256")
    known = {(code, number): sha256 for code, number, sha256 in rows}
    for file in sorted(folder.glob("questionnaire-*.json")):
        shipped = json.loads(file.read_text(encoding="utf-8"))
        code, number, content = shipped["code"], shipped["number"], shipped["content"]
        if (code, number) not in known:
            diff.created.append(f"{code} {number}")
            if write:
                write_version(
                    code=code, number=number, content=content, published_at=timezone.now()
                )
        elif known[code, number] == digest_of(content):
            diff.unchanged += 1
        else:
            raise SurveyRefused(
                _("La version %(number)s est publiée : écrivez-en une nouvelle, sous un autre nom.")
                % {"number": f"{code} {number}"}
            )
    return [diff]
