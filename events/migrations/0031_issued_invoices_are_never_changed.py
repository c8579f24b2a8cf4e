from django.db import migrations

FORWARD = """
CREATE FUNCTION events_invoice_is_frozen() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.issued_on < CURRENT_DATE - INTERVAL '10 years' THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'events_invoice is kept ten years';
    END IF;
    IF OLD.sha256 = '' AND NEW.sha256 <> '' THEN  -- its document is there: nothing else changes
        OLD.pdf := NEW.pdf;
        OLD.sha256 := NEW.sha256;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_invoice is frozen';
END $$;
CREATE TRIGGER events_invoice_frozen
    BEFORE UPDATE OR DELETE ON events_invoice
    FOR EACH ROW EXECUTE FUNCTION events_invoice_is_frozen();

CREATE FUNCTION events_invoice_series_goes_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.year = OLD.year AND NEW.code = OLD.code
        AND NEW.last_number = OLD.last_number + 1
        AND (OLD.last_issued_on IS NULL OR NEW.last_issued_on >= OLD.last_issued_on) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events_invoiceseries goes up by one';
END $$;
CREATE TRIGGER events_invoiceseries_goes_up
    BEFORE UPDATE OR DELETE ON events_invoiceseries
    FOR EACH ROW EXECUTE FUNCTION events_invoice_series_goes_up();
"""
BACKWARD = """
DROP TRIGGER events_invoice_frozen ON events_invoice;
DROP FUNCTION events_invoice_is_frozen;
DROP TRIGGER events_invoiceseries_goes_up ON events_invoiceseries;
DROP FUNCTION events_invoice_series_goes_up;
"""


class Migration(migrations.Migration):
    """What is issued is never rewritten, nor removed before ten years; numbers follow each other."""

    dependencies = [("events", "0030_money")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
