"""The table of Django's database cache, used without Redis, so that `migrate` suffices.

The columns are those of `createcachetable`.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("lib", "0002_rate_limit")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TABLE emn_cache (
                    cache_key varchar(255) PRIMARY KEY,
                    value text NOT NULL,
                    expires timestamptz NOT NULL
                );
                CREATE INDEX emn_cache_expires ON emn_cache (expires)
            """,
            reverse_sql="DROP TABLE emn_cache",
        ),
    ]
