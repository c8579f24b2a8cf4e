from django.db import migrations

FORWARD = """
CREATE FUNCTION directory_trust_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END $$;
CREATE TRIGGER directory_trustevent_append_only
    BEFORE UPDATE OR DELETE ON directory_trustevent
    FOR EACH ROW EXECUTE FUNCTION directory_trust_is_append_only();
CREATE TRIGGER directory_trustsnapshot_append_only
    BEFORE UPDATE OR DELETE ON directory_trustsnapshot
    FOR EACH ROW EXECUTE FUNCTION directory_trust_is_append_only();
CREATE TRIGGER directory_trustparameters_append_only
    BEFORE UPDATE OR DELETE ON directory_trustparameters
    FOR EACH ROW WHEN (OLD.published_on IS NOT NULL)
    EXECUTE FUNCTION directory_trust_is_append_only();
"""
BACKWARD = """
DROP TRIGGER directory_trustparameters_append_only ON directory_trustparameters;
DROP TRIGGER directory_trustsnapshot_append_only ON directory_trustsnapshot;
DROP TRIGGER directory_trustevent_append_only ON directory_trustevent;
DROP FUNCTION directory_trust_is_append_only;
"""


class Migration(migrations.Migration):
    """Facts, what was computed of them and published versions are added, never rewritten (I2, I16)."""

    dependencies = [("directory", "0100_trust_ledger")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
