"""An empty database gets the same statements, sooner."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from emn.lib.first_migration import EmptyDatabase, Executor


def statements(kind):
    """All that builds the accounts and the mailings, without sending it."""
    loader = MigrationLoader(None)
    state = kind(real_apps=loader.unmigrated_apps)
    (leaf,) = loader.graph.leaf_nodes("mailings")
    assert state.apps
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        for node in loader.graph.forwards_plan(leaf):
            state = loader.graph.nodes[node].apply(state.clone(), editor, collect_sql=True)
    assert type(state) is kind
    return editor.collected_sql


@pytest.mark.django_db
def test_an_empty_database_gets_the_statements_of_django():
    quick = statements(EmptyDatabase)

    assert len(quick) > 300
    assert quick == statements(ProjectState)


@pytest.mark.django_db
def test_a_database_that_holds_migrations_is_left_to_django():
    executor = Executor(connection)

    assert type(executor._create_project_state()) is ProjectState
    executor.loader.applied_migrations = {}
    assert type(executor._create_project_state()) is EmptyDatabase
