from django.db import migrations

FORWARD = """
CREATE FUNCTION observatory_publicationdocument_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'document % was made: it does not change, another follows it', OLD.id;
END $$;
CREATE TRIGGER observatory_publicationdocument_stays
    BEFORE UPDATE OR DELETE ON observatory_publicationdocument
    FOR EACH ROW WHEN (OLD.made_at IS NOT NULL)
    EXECUTE FUNCTION observatory_publicationdocument_stays();
"""
BACKWARD = """
DROP TRIGGER observatory_publicationdocument_stays ON observatory_publicationdocument;
DROP FUNCTION observatory_publicationdocument_stays;
"""


class Migration(migrations.Migration):
    """A document that was made keeps its bytes and its hash."""

    dependencies = [("observatory", "0026_documents_made_once")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
