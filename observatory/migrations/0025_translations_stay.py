from django.db import migrations

FORWARD = """
CREATE FUNCTION observatory_publicationtranslation_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (SELECT FROM observatory_publication
                   WHERE id = OLD.publication_id AND published_at IS NOT NULL) THEN
            RAISE EXCEPTION 'translation % is published: it stays', OLD.id;
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.written_by_id IS NULL THEN OLD.written_by_id := NULL; END IF;  -- may be forgotten
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'the words of translation % do not change: write another', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER observatory_publicationtranslation_stays
    BEFORE UPDATE OR DELETE ON observatory_publicationtranslation
    FOR EACH ROW EXECUTE FUNCTION observatory_publicationtranslation_stays();
"""
BACKWARD = """
DROP TRIGGER observatory_publicationtranslation_stays ON observatory_publicationtranslation;
DROP FUNCTION observatory_publicationtranslation_stays;
"""


class Migration(migrations.Migration):
    """What was read in another language keeps its words."""

    dependencies = [("observatory", "0024_publications_in_other_languages")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
