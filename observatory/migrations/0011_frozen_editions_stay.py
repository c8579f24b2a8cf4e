from django.db import migrations

FORWARD = """
CREATE FUNCTION observatory_surveyedition_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a frozen edition never changes: a correction is a new edition';
END $$;
CREATE TRIGGER observatory_surveyedition_stays
    BEFORE UPDATE OR DELETE ON observatory_surveyedition
    FOR EACH ROW EXECUTE FUNCTION observatory_surveyedition_stays();
"""
BACKWARD = """
DROP TRIGGER observatory_surveyedition_stays ON observatory_surveyedition;
DROP FUNCTION observatory_surveyedition_stays;
"""


class Migration(migrations.Migration):
    """What was published with its figures keeps them (R6.17)."""

    dependencies = [("observatory", "0010_surveys_and_publications")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
