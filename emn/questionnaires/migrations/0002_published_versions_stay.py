from django.db import migrations

FORWARD = """
CREATE FUNCTION questionnaires_questionnaireversion_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'version % is published: it does not change', OLD.number;
END $$;
CREATE TRIGGER questionnaires_questionnaireversion_stays
    BEFORE UPDATE OR DELETE ON questionnaires_questionnaireversion
    FOR EACH ROW WHEN (OLD.published_at IS NOT NULL)
    EXECUTE FUNCTION questionnaires_questionnaireversion_stays();
"""
BACKWARD = """
DROP TRIGGER questionnaires_questionnaireversion_stays ON questionnaires_questionnaireversion;
DROP FUNCTION questionnaires_questionnaireversion_stays;
"""


class Migration(migrations.Migration):
    """A published version is superseded, never edited (mechanics 5.11)."""

    dependencies = [("questionnaires", "0001_questionnaires_and_runs")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
