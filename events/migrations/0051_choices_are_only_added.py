from django.db import migrations

FORWARD = """
CREATE FUNCTION events_pitchchoice_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.by_id IS NULL THEN
        NEW.by_id := OLD.by_id;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- the agent is forgotten: nothing else changes
            NEW.by_id := NULL;
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_pitchchoice is append-only';
END $$;
CREATE TRIGGER events_pitchchoice_append_only
    BEFORE UPDATE OR DELETE ON events_pitchchoice
    FOR EACH ROW EXECUTE FUNCTION events_pitchchoice_is_append_only();
"""
BACKWARD = """
DROP TRIGGER events_pitchchoice_append_only ON events_pitchchoice;
DROP FUNCTION events_pitchchoice_is_append_only;
"""


class Migration(migrations.Migration):
    """Why a pitch was chosen or not is added, never rewritten; only who chose may be forgotten."""

    dependencies = [("events", "0050_rendezvous_and_clubs")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
