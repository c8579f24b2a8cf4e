"""Migrations may run under the version that is on line: what it needs goes away one release later.

`data/released_migrations.txt` lists the migrations of the last release; those after it may add, and
nothing else, unless `ALLOWED` says why the running version does not miss it. At a release, write
the list again: `python manage.py showmigrations --plan` gives it.
"""

import re
from pathlib import Path

import pytest
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader

from tests.architecture.test_code import APPS

RELEASED = Path(__file__).parent / "data" / "released_migrations.txt"
# «app.migration»: why the version on line goes on without what it takes away.
ALLOWED: dict[str, str] = {
    "events.0090_evenings_are_called_so": "no portal is on line yet: the first release has it",
    "events.0091_providers_know_a_revision": "the same",
}
_TAKES_AWAY = (
    migrations.RemoveField,
    migrations.DeleteModel,
    migrations.RenameField,
    migrations.RenameModel,
    migrations.AlterModelTable,
)
_SQL = re.compile(
    r"\b(drop\s+(table|column)|truncate|delete\s+from|rename\s+(to|column)|set\s+not\s+null)\b",
    re.IGNORECASE,
)


def dangers(operations, *, new_models=frozenset()):
    """Yield what the version on line would miss, or could not write."""
    made = set(new_models)
    for operation in operations:
        if isinstance(operation, migrations.CreateModel):
            made.add(operation.name_lower)
        elif isinstance(operation, migrations.SeparateDatabaseAndState):
            yield from dangers(operation.database_operations, new_models=made)
        elif getattr(operation, "model_name_lower", getattr(operation, "name_lower", "")) in made:
            continue
        elif isinstance(operation, _TAKES_AWAY) or (
            isinstance(operation, migrations.RunSQL) and _SQL.search(text_of(operation.sql))
        ):
            yield operation.describe()
        elif isinstance(operation, migrations.AddField) and must_be_written(operation.field):
            yield f"{operation.describe()}: without db_default, the version on line cannot insert"


def text_of(sql):
    if isinstance(sql, str):
        return sql
    return " ".join(part if isinstance(part, str) else part[0] for part in sql)


def must_be_written(field):
    return not (field.null or field.many_to_many or field.has_db_default() or field.generated)


def unreleased():
    known = set(RELEASED.read_text(encoding="utf-8").split())
    loader = MigrationLoader(None)
    ours = {key for key in loader.disk_migrations if is_ours(loader.disk_migrations[key])}
    return {
        f"{app}.{name}": loader.disk_migrations[app, name]
        for app, name in sorted(ours)
        if f"{app}.{name}" not in known
    }


def is_ours(migration):
    return type(migration).__module__.partition(".")[0] in APPS


def test_new_migrations_take_nothing_from_the_version_on_line():
    new = unreleased()
    made = {}
    for name, migration in new.items():
        app = name.partition(".")[0]
        created = {op.name_lower for op in migration.operations if hasattr(op, "managers")}
        made.setdefault(app, set()).update(created)

    found = {
        name: told
        for name, migration in new.items()
        if (told := list(dangers(migration.operations, new_models=made[name.partition(".")[0]])))
    }

    assert {name: told for name, told in found.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() <= found.keys()


def test_the_list_names_migrations_that_exist():
    loader = MigrationLoader(None)
    on_disk = {f"{app}.{name}" for app, name in loader.disk_migrations}

    assert set(RELEASED.read_text(encoding="utf-8").split()) - on_disk == set()


@pytest.mark.parametrize(
    "operation",
    [
        migrations.RemoveField("card", "phone"),
        migrations.DeleteModel("card"),
        migrations.RenameField("card", "phone", "telephone"),
        migrations.RenameModel("card", "sheet"),
        migrations.AlterModelTable("card", "cards"),
        migrations.RunSQL("ALTER TABLE card DROP COLUMN phone"),
        migrations.RunSQL([("DELETE FROM card WHERE id = %s", [1])]),
        migrations.AddField("card", "phone", models.TextField(default="")),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RemoveField("card", "phone")]
        ),
    ],
    ids=lambda operation: operation.describe(),
)
def test_a_danger_is_seen(operation):
    assert len(list(dangers([operation]))) == 1


@pytest.mark.parametrize(
    "operation",
    [
        migrations.CreateModel("card", []),
        migrations.AddField("card", "phone", models.TextField(null=True)),
        migrations.AddField("card", "phone", models.TextField(db_default="")),
        migrations.RunSQL("CREATE TABLE card (id int)"),
        migrations.RemoveIndex("card", "card_phone"),
    ],
    ids=lambda operation: operation.describe(),
)
def test_what_only_adds_passes(operation):
    assert list(dangers([operation])) == []


def test_what_was_made_since_may_be_taken_away_again():
    operations = [migrations.CreateModel("card", []), migrations.RemoveField("card", "phone")]

    assert list(dangers(operations)) == []
