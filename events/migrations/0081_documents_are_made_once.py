from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION events_trainingdocument_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.sha256 = '' AND NEW.sha256 <> '' AND NEW.paper = '{}' THEN
        OLD.content := NEW.content;
        OLD.sha256 := NEW.sha256;
        OLD.paper := NEW.paper;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- its PDF is there: nothing else changes
            RETURN NEW;
        END IF;
    ELSIF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL
        AND length(NEW.content) = 0 AND NEW.paper = '{}' THEN
        OLD.content := NEW.content;
        OLD.paper := NEW.paper;
        OLD.emptied_at := NEW.emptied_at;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- its period is over: the hash stays
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_trainingdocument is frozen';
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION events_trainingdocument_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.emptied_at IS NULL AND NEW.emptied_at IS NOT NULL
        AND length(NEW.content) = 0 THEN
        NEW.content := OLD.content;
        NEW.emptied_at := NULL;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            NEW.content := ''::bytea;
            NEW.emptied_at := now();
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_trainingdocument is frozen';
END $$;
"""


class Migration(migrations.Migration):
    """A document is made once after it was issued, and never rewritten; it may be emptied."""

    dependencies = [("events", "0080_trainings_followed_and_ended")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
