from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION diagnostics_diagnostic_signed_stays() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    -- Whoever put it in the file may be forgotten, and a new date be agreed for the next visits.
    NEW.claimed_by_id := OLD.claimed_by_id;
    NEW.t1_planned_on := OLD.t1_planned_on;
    NEW.t2_planned_on := OLD.t2_planned_on;
    --FORGOTTEN
    IF NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'diagnostic % is signed: it does not change', OLD.id;
    END IF;
    RETURN NULL;
END $$;
"""
# What it follows may be erased in its time: the comparison stays.
FORWARD = FUNCTION.replace(
    "--FORGOTTEN", "IF NEW.follows_id IS NULL THEN NEW.follows_id := OLD.follows_id; END IF;"
)
BACKWARD = FUNCTION.replace("    --FORGOTTEN\n", "")


class Migration(migrations.Migration):
    """A signed diagnostic outlives the one that it follows."""

    dependencies = [("diagnostics", "0020_follow_up")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
