from django.db import migrations

FORWARD = """
CREATE FUNCTION diagnostics_referentialversion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % is published: it does not change', OLD.number;
END $$;
CREATE TRIGGER diagnostics_referentialversion_stays
    BEFORE UPDATE OR DELETE ON diagnostics_referentialversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION diagnostics_referentialversion_stays();
"""
BACKWARD = """
DROP TRIGGER diagnostics_referentialversion_stays ON diagnostics_referentialversion;
DROP FUNCTION diagnostics_referentialversion_stays;
"""


class Migration(migrations.Migration):
    """A published version is superseded, never edited (mechanics 5.11)."""

    dependencies = [("diagnostics", "0001_referential_and_diagnostics")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
