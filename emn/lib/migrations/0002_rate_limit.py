"""The counters of emn.lib.rate_limit; not logged, since a lost counter only forgives."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lib", "0001_page_change")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE UNLOGGED TABLE emn_rate_limit (
                    key_hash char(64) PRIMARY KEY,
                    hits integer NOT NULL CONSTRAINT emn_rate_limit_hits_positive CHECK (hits > 0),
                    ends_at timestamptz NOT NULL
                );
                CREATE INDEX emn_rate_limit_ends_at ON emn_rate_limit (ends_at)
            """,
            reverse_sql="DROP TABLE emn_rate_limit",
        ),
    ]
