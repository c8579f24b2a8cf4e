from django.db import migrations

FORWARD = """
CREATE FUNCTION events_scan_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.by_id IS NULL THEN
        NEW.by_id := OLD.by_id;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- the agent is forgotten: nothing else changes
            NEW.by_id := NULL;
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_scan is append-only';
END $$;
CREATE TRIGGER events_scan_append_only
    BEFORE UPDATE OR DELETE ON events_scan
    FOR EACH ROW EXECUTE FUNCTION events_scan_is_append_only();
"""
BACKWARD = """
DROP TRIGGER events_scan_append_only ON events_scan;
DROP FUNCTION events_scan_is_append_only;
"""


class Migration(migrations.Migration):
    """What happened at the door is added, never rewritten; only who noted it may be forgotten."""

    dependencies = [("events", "0002_door")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
