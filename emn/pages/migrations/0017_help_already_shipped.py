"""Say of the help that the portal wrote until now that it is shipped."""

from django.db import migrations

FORWARD = """
UPDATE pages_pageversion SET is_shipped = true FROM pages_page
WHERE pages_page.id = page_id AND kind = 'help'
AND written_by_id IS NULL AND released_by_id IS NULL AND pages_pageversion.shown_from IS NOT NULL
"""


class Migration(migrations.Migration):
    dependencies = [("pages", "0016_shipped_versions")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
