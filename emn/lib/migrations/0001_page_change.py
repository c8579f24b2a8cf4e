"""The table that tells every web process that public pages changed (see emn.lib.page_cache)."""

from django.db import migrations


class Migration(migrations.Migration):
    initial = True
    dependencies = []

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TABLE emn_page_change (
                    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                    at timestamptz NOT NULL DEFAULT now()
                )
            """,
            reverse_sql="DROP TABLE emn_page_change",
        ),
    ]
