"""House rules that a machine can check on the source and on the models."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
APPS = ("emn", "directory", "events", "diagnostics", "observatory")
SOURCES = [path for app in APPS for path in sorted((ROOT / app).rglob("*.py"))]
OWN_MODELS = [
    model
    for model in apps.get_models()
    if model.__module__.partition(".")[0] in APPS
    and not hasattr(model, "instance_type")  # a table of django-simple-history
]


def names_used(path):
    """Yield each name, attribute and imported module of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (alias.name for alias in node.names)


def test_no_signal_is_connected():
    signals = {"django.dispatch", "django.db.models.signals", "allauth.account.signals", "receiver"}

    users = [str(path.relative_to(ROOT)) for path in SOURCES if signals & set(names_used(path))]

    assert users == []


def test_only_one_module_waits_for_the_commit():
    users = [
        str(path.relative_to(ROOT)) for path in SOURCES if "on_commit" in set(names_used(path))
    ]

    assert users == ["emn/lib/commit.py"]


@pytest.mark.parametrize("model", OWN_MODELS, ids=lambda model: model._meta.label)
def test_model_keeps_the_rules_of_the_database(model):
    table, constraints = model._meta.db_table, model._meta.constraints

    badly_named = [entry.name for entry in constraints if not entry.name.startswith(f"{table}_")]
    assert (badly_named, list(model._meta.ordering)) == ([], [])
