from django.db import migrations

FORWARD = """
CREATE FUNCTION events_irritantdecision_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (NEW.by_id IS NULL OR NEW.by_id = OLD.by_id)
        AND NEW.reason IN ('', OLD.reason) THEN
        OLD.by_id := NEW.by_id;
        OLD.reason := NEW.reason;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- people are forgotten: nothing else changes
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_irritantdecision is append-only';
END $$;
CREATE TRIGGER events_irritantdecision_append_only
    BEFORE UPDATE OR DELETE ON events_irritantdecision
    FOR EACH ROW EXECUTE FUNCTION events_irritantdecision_is_append_only();
"""
BACKWARD = """
DROP TRIGGER events_irritantdecision_append_only ON events_irritantdecision;
DROP FUNCTION events_irritantdecision_is_append_only;
"""


class Migration(migrations.Migration):
    """A decision is added, never rewritten; who took it and the words about people may go."""

    dependencies = [("events", "0092_decisions_on_irritants")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
