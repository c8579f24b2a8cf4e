from django.db import migrations

# The day a former refund was made is not known: the books had dated it of its payment.
FORMER = """
INSERT INTO events_refund (payment_id, amount_cents, refunded_on, method, reference, noted_at)
SELECT id, refunded_cents, coalesce(received_on, created_at::date), method, '', now()
FROM events_payment WHERE refunded_cents > 0;
"""
FORWARD = """
CREATE FUNCTION events_refund_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN  -- who noted it, and a reference that names somebody, are forgotten
        IF NEW.by_id IS NULL THEN OLD.by_id := NULL; END IF;
        IF NEW.reference = '' THEN OLD.reference := ''; END IF;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_refund is append-only';
END $$;
CREATE TRIGGER events_refund_append_only
    BEFORE UPDATE OR DELETE ON events_refund
    FOR EACH ROW EXECUTE FUNCTION events_refund_is_append_only();
"""
BACKWARD = """
DROP TRIGGER events_refund_append_only ON events_refund;
DROP FUNCTION events_refund_is_append_only;
"""


class Migration(migrations.Migration):
    """What was given back before is kept as a row; no row is ever rewritten."""

    dependencies = [("events", "0070_refunds")]

    operations = [
        migrations.RunSQL(FORMER, migrations.RunSQL.noop),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
