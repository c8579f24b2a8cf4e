from django.db import migrations

FORWARD = """
CREATE FUNCTION diagnostics_diagnostic_signed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever put it in the file may be forgotten, and a new date be agreed for the next visits.
    NEW.claimed_by_id := OLD.claimed_by_id;
    NEW.t1_planned_on := OLD.t1_planned_on;
    NEW.t2_planned_on := OLD.t2_planned_on;
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'diagnostic % is signed: it does not change', OLD.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER diagnostics_diagnostic_signed_stays
    AFTER UPDATE ON diagnostics_diagnostic
    FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL)
    EXECUTE FUNCTION diagnostics_diagnostic_signed_stays();

CREATE FUNCTION diagnostics_synthesis_signed_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM diagnostics_diagnostic
               WHERE id = OLD.diagnostic_id AND signed_at IS NOT NULL) THEN
        RAISE EXCEPTION 'diagnostic % is signed: its synthesis does not change', OLD.diagnostic_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER diagnostics_synthesis_signed_stays
    BEFORE UPDATE ON diagnostics_synthesis
    FOR EACH ROW EXECUTE FUNCTION diagnostics_synthesis_signed_stays();

CREATE FUNCTION diagnostics_visitsignature_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.full_name := '';
    NEW.drawing := '';
    OLD.full_name := '';
    OLD.drawing := '';
    IF NEW IS DISTINCT FROM OLD THEN  -- a person may be forgotten: nothing else changes
        RAISE EXCEPTION 'diagnostics_visitsignature is append-only';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER diagnostics_visitsignature_stays
    AFTER UPDATE ON diagnostics_visitsignature
    FOR EACH ROW EXECUTE FUNCTION diagnostics_visitsignature_stays();

CREATE FUNCTION diagnostics_diagnosticdocument_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'diagnostics_diagnosticdocument is issued: it does not change';
END $$;
CREATE TRIGGER diagnostics_diagnosticdocument_stays
    BEFORE UPDATE ON diagnostics_diagnosticdocument
    FOR EACH ROW EXECUTE FUNCTION diagnostics_diagnosticdocument_stays();
"""
BACKWARD = """
DROP TRIGGER diagnostics_diagnostic_signed_stays ON diagnostics_diagnostic;
DROP FUNCTION diagnostics_diagnostic_signed_stays;
DROP TRIGGER diagnostics_synthesis_signed_stays ON diagnostics_synthesis;
DROP FUNCTION diagnostics_synthesis_signed_stays;
DROP TRIGGER diagnostics_visitsignature_stays ON diagnostics_visitsignature;
DROP FUNCTION diagnostics_visitsignature_stays;
DROP TRIGGER diagnostics_diagnosticdocument_stays ON diagnostics_diagnosticdocument;
DROP FUNCTION diagnostics_diagnosticdocument_stays;
"""


class Migration(migrations.Migration):
    """What both have signed, and what was issued of it, never changes."""

    dependencies = [("diagnostics", "0010_visits_and_interviews")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
