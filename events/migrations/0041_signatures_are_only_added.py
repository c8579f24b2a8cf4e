from django.db import migrations

FORWARD = """
CREATE FUNCTION events_signature_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.full_name = '' AND NEW.drawing = '' AND NEW.origin = '' THEN
        NEW.full_name := OLD.full_name;
        NEW.drawing := OLD.drawing;
        NEW.origin := OLD.origin;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- the person is forgotten: nothing else changes
            NEW.full_name := '';
            NEW.drawing := '';
            NEW.origin := '';
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_signature is append-only';
END $$;
CREATE TRIGGER events_signature_append_only
    BEFORE UPDATE OR DELETE ON events_signature
    FOR EACH ROW EXECUTE FUNCTION events_signature_is_append_only();

CREATE FUNCTION events_remoteconnection_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events_remoteconnection is append-only';
END $$;
CREATE TRIGGER events_remoteconnection_append_only
    BEFORE UPDATE OR DELETE ON events_remoteconnection
    FOR EACH ROW EXECUTE FUNCTION events_remoteconnection_is_append_only();

CREATE FUNCTION events_trainingdocument_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL
        AND length(NEW.content) = 0 THEN
        NEW.content := OLD.content;
        NEW.emptied_at := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- its period is over: the hash stays
            NEW.content := ''::bytea;
            NEW.emptied_at := now();
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_trainingdocument is frozen';
END $$;
CREATE TRIGGER events_trainingdocument_frozen
    BEFORE UPDATE OR DELETE ON events_trainingdocument
    FOR EACH ROW EXECUTE FUNCTION events_trainingdocument_is_frozen();
"""
BACKWARD = """
DROP TRIGGER events_signature_append_only ON events_signature;
DROP FUNCTION events_signature_is_append_only;
DROP TRIGGER events_remoteconnection_append_only ON events_remoteconnection;
DROP FUNCTION events_remoteconnection_is_append_only;
DROP TRIGGER events_trainingdocument_frozen ON events_trainingdocument;
DROP FUNCTION events_trainingdocument_is_frozen;
"""


class Migration(migrations.Migration):
    """What was signed, and what was issued, is added and never rewritten; it may be forgotten."""

    dependencies = [("events", "0040_trainings")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
