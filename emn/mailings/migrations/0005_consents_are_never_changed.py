from django.db import migrations

FORWARD = """
CREATE FUNCTION mailings_consentrecord_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.at < now() - interval '3 years' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'mailings_consentrecord is append-only';
END $$;
CREATE TRIGGER mailings_consentrecord_append_only
    BEFORE UPDATE OR DELETE ON mailings_consentrecord
    FOR EACH ROW EXECUTE FUNCTION mailings_consentrecord_is_append_only();
"""
BACKWARD = """
DROP TRIGGER mailings_consentrecord_append_only ON mailings_consentrecord;
DROP FUNCTION mailings_consentrecord_is_append_only;
"""


class Migration(migrations.Migration):
    """A proof is added, never rewritten; only those past their retention may be deleted (R2.04)."""

    dependencies = [("mailings", "0004_lists_campaigns_deliveries_bounces")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
