"""What the portal counts of itself, and when each task last ran (see emn.lib.monitoring)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lib", "0003_cache_table")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE UNLOGGED TABLE emn_metric (
                    name text NOT NULL,
                    labels text NOT NULL,
                    value bigint NOT NULL,
                    CONSTRAINT emn_metric_key PRIMARY KEY (name, labels)
                );
                CREATE TABLE emn_last_run (
                    task text CONSTRAINT emn_last_run_key PRIMARY KEY,
                    ended_at timestamptz NOT NULL,
                    succeeded_at timestamptz,
                    failures bigint NOT NULL DEFAULT 0,
                    duration_ms bigint NOT NULL
                )
            """,
            reverse_sql="DROP TABLE emn_metric; DROP TABLE emn_last_run",
        ),
    ]
