from django.db import migrations

FORWARD = """
UPDATE events_participant AS me SET told_plan = (
    SELECT jsonb_agg(line || CASE WHEN session.room_id IS NULL
        THEN jsonb_build_array(session.elsewhere) ELSE jsonb_build_array(session.room_id) END
        ORDER BY number)
    FROM jsonb_array_elements(me.told_plan) WITH ORDINALITY AS told(line, number)
)
FROM events_evening AS evening
JOIN events_session AS session ON session.id = evening.session_id
WHERE evening.id = me.evening_id AND me.told_plan <> '[]'
"""
BACKWARD = """
UPDATE events_participant AS me SET told_plan = (
    SELECT jsonb_agg(line - 4 ORDER BY number)
    FROM jsonb_array_elements(me.told_plan) WITH ORDINALITY AS told(line, number)
)
WHERE me.told_plan <> '[]'
"""


class Migration(migrations.Migration):
    """Another room is told as another hour is; what was told already is not told again."""

    dependencies = [("events", "0093_decisions_on_irritants_are_only_added")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
