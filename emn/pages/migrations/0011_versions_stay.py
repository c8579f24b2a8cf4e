"""A version keeps its words for ever, and once it was shown, its hour."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION pages_pageversion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.shown_from <= clock_timestamp()
       AND (TG_OP = 'DELETE' OR NEW.shown_from IS DISTINCT FROM OLD.shown_from) THEN
        RAISE EXCEPTION 'version % was shown: it stays', OLD.id;
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (NEW.page_id, NEW.language, NEW.number, NEW.title, NEW.summary, NEW.text, NEW.follows,
        NEW.written_at)
       IS DISTINCT FROM
       (OLD.page_id, OLD.language, OLD.number, OLD.title, OLD.summary, OLD.text, OLD.follows,
        OLD.written_at) THEN
        RAISE EXCEPTION 'the words of version % do not change', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pages_pageversion_stays BEFORE UPDATE OR DELETE ON pages_pageversion
    FOR EACH ROW EXECUTE FUNCTION pages_pageversion_stays();
"""
BACKWARD = """
DROP TRIGGER pages_pageversion_stays ON pages_pageversion;
DROP FUNCTION pages_pageversion_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("pages", "0010_pages_and_news")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
