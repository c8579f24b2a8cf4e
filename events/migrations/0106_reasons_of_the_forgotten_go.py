"""Those who were forgotten before reasons went with them left theirs: it goes now."""

from django.db import migrations

FORWARD = """
UPDATE events_signature SET reason = '', drawing = '', origin = ''
    WHERE full_name = '' AND reason <> '';
UPDATE events_enrolment SET end_note = '' WHERE forgotten_at IS NOT NULL AND end_note <> '';
"""


class Migration(migrations.Migration):
    """What goes here does not come back; the trigger of signatures allows it."""

    dependencies = [("events", "0103_opinions_on_sessions")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
