from django.db import migrations

FORWARD = """
CREATE FUNCTION observatory_funderreport_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.frozen_at < now() - interval '10 years' THEN
            RETURN OLD;  -- its time of keeping is over
        END IF;
    ELSE
        -- Whoever asked for it and froze it may be forgotten: nothing else changes.
        IF NEW.created_by_id IS NULL THEN OLD.created_by_id := NULL; END IF;
        IF NEW.frozen_by_id IS NULL THEN OLD.frozen_by_id := NULL; END IF;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'report % is frozen: it does not change', OLD.id;
END $$;
CREATE TRIGGER observatory_funderreport_stays
    BEFORE UPDATE OR DELETE ON observatory_funderreport
    FOR EACH ROW WHEN (OLD.frozen_at IS NOT NULL)
    EXECUTE FUNCTION observatory_funderreport_stays();

CREATE FUNCTION observatory_refuse_when_frozen(report bigint, verb text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    -- FOR SHARE: a line written while the report is being frozen waits, then is refused.
    PERFORM FROM observatory_funderreport WHERE id = report FOR SHARE;
    IF EXISTS (SELECT FROM observatory_funderreport
               WHERE id = report AND frozen_at IS NOT NULL
                 AND (verb <> 'DELETE' OR frozen_at > now() - interval '10 years')) THEN
        RAISE EXCEPTION 'report % is frozen: its figures do not change', report;
    END IF;
END $$;

CREATE FUNCTION observatory_reportfigure_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM observatory_refuse_when_frozen(OLD.report_id, TG_OP);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    PERFORM observatory_refuse_when_frozen(NEW.report_id, TG_OP);
    RETURN NEW;
END $$;
CREATE TRIGGER observatory_reportfigure_stays
    BEFORE INSERT OR UPDATE OR DELETE ON observatory_reportfigure
    FOR EACH ROW EXECUTE FUNCTION observatory_reportfigure_stays();

CREATE FUNCTION observatory_reportline_stays() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE report bigint;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        SELECT report_id INTO report FROM observatory_reportfigure WHERE id = OLD.figure_id;
        PERFORM observatory_refuse_when_frozen(report, TG_OP);
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    SELECT report_id INTO report FROM observatory_reportfigure WHERE id = NEW.figure_id;
    PERFORM observatory_refuse_when_frozen(report, TG_OP);
    RETURN NEW;
END $$;
CREATE TRIGGER observatory_reportline_stays
    BEFORE INSERT OR UPDATE OR DELETE ON observatory_reportline
    FOR EACH ROW EXECUTE FUNCTION observatory_reportline_stays();

-- What is issued, drawn, granted: only ever added. `person` may be forgotten; after ten years of
-- the instant or day named `since`, the row may go.
CREATE FUNCTION observatory_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE person text := TG_ARGV[0];
        since text := TG_ARGV[1];
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF (to_jsonb(OLD) ->> since)::timestamptz < now() - interval '10 years' THEN
            RETURN OLD;
        END IF;
    ELSIF person <> '' AND to_jsonb(NEW) = jsonb_set(to_jsonb(OLD), ARRAY[person], 'null') THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER observatory_reportdocument_append_only
    BEFORE UPDATE OR DELETE ON observatory_reportdocument
    FOR EACH ROW EXECUTE FUNCTION observatory_is_append_only('', 'written_at');
CREATE TRIGGER observatory_reportsample_append_only
    BEFORE UPDATE OR DELETE ON observatory_reportsample
    FOR EACH ROW EXECUTE FUNCTION observatory_is_append_only('drawn_by_id', 'drawn_at');
CREATE TRIGGER observatory_aidgrant_append_only
    BEFORE UPDATE OR DELETE ON observatory_aidgrant
    FOR EACH ROW EXECUTE FUNCTION observatory_is_append_only('noted_by_id', 'granted_on');
CREATE TRIGGER observatory_aidattestation_append_only
    BEFORE UPDATE OR DELETE ON observatory_aidattestation
    FOR EACH ROW EXECUTE FUNCTION observatory_is_append_only('issued_by_id', 'issued_at');
"""
BACKWARD = """
DROP TRIGGER observatory_aidattestation_append_only ON observatory_aidattestation;
DROP TRIGGER observatory_aidgrant_append_only ON observatory_aidgrant;
DROP TRIGGER observatory_reportsample_append_only ON observatory_reportsample;
DROP TRIGGER observatory_reportdocument_append_only ON observatory_reportdocument;
DROP FUNCTION observatory_is_append_only;
DROP TRIGGER observatory_reportline_stays ON observatory_reportline;
DROP FUNCTION observatory_reportline_stays;
DROP TRIGGER observatory_reportfigure_stays ON observatory_reportfigure;
DROP FUNCTION observatory_reportfigure_stays;
DROP FUNCTION observatory_refuse_when_frozen;
DROP TRIGGER observatory_funderreport_stays ON observatory_funderreport;
DROP FUNCTION observatory_funderreport_stays;
"""


class Migration(migrations.Migration):
    """What a funder was told, and what a company was given, never changes."""

    dependencies = [("observatory", "0022_open_data_and_promises")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
