from django.db import migrations

FORWARD = """
CREATE FUNCTION directory_quote_keeps_what_was_sent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'quote % was sent: its number stays', OLD.id;
    END IF;
    IF (OLD.series, OLD.number, OLD.language, OLD.sent_at, OLD.valid_until, OLD.sha256,
            OLD.document_sha256, OLD.commitments)
        IS DISTINCT FROM (NEW.series, NEW.number, NEW.language, NEW.sent_at, NEW.valid_until,
            NEW.sha256, NEW.document_sha256, NEW.commitments)
        OR (NEW.forgotten_at IS NULL AND (OLD.title, OLD.content, OLD.document, OLD.client_company,
                OLD.client_name, OLD.client_email)
            IS DISTINCT FROM (NEW.title, NEW.content, NEW.document, NEW.client_company,
                NEW.client_name, NEW.client_email))
    THEN
        RAISE EXCEPTION 'quote % was sent: it does not change', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_quote_keeps_what_was_sent
    BEFORE UPDATE OR DELETE ON directory_quote
    FOR EACH ROW WHEN (OLD.status <> 'draft')
    EXECUTE FUNCTION directory_quote_keeps_what_was_sent();
"""
BACKWARD = """
DROP TRIGGER directory_quote_keeps_what_was_sent ON directory_quote;
DROP FUNCTION directory_quote_keeps_what_was_sent;
"""


class Migration(migrations.Migration):
    """A quote that was sent, and its number, stay as they are."""

    dependencies = [("directory", "0180_quotes_calls_and_chest")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
