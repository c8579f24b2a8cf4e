from django.db import migrations

FORWARD = """
CREATE FUNCTION directory_charter_keeps_what_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM directory_adhesion WHERE charter_id = OLD.id AND signed_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'version % of the charter was signed: it does not change', OLD.version;
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_charter_keeps_what_was_signed
    BEFORE UPDATE OR DELETE ON directory_charter
    FOR EACH ROW EXECUTE FUNCTION directory_charter_keeps_what_was_signed();

CREATE FUNCTION directory_adhesion_keeps_what_was_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.company_id, OLD.siren, OLD.charter_id, OLD.signed_at, OLD.complaints_accepted_at,
            OLD.document_sha256, OLD.power_basis, OLD.renews_id)
        IS DISTINCT FROM (NEW.company_id, NEW.siren, NEW.charter_id, NEW.signed_at,
            NEW.complaints_accepted_at, NEW.document_sha256, NEW.power_basis, NEW.renews_id)
        OR (NEW.forgotten_at IS NULL AND (OLD.signatory_name, OLD.signatory_role, OLD.document)
            IS DISTINCT FROM (NEW.signatory_name, NEW.signatory_role, NEW.document))
    THEN
        RAISE EXCEPTION 'adhesion % was signed: what was signed does not change', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_adhesion_keeps_what_was_signed
    BEFORE UPDATE ON directory_adhesion
    FOR EACH ROW WHEN (OLD.signed_at IS NOT NULL)
    EXECUTE FUNCTION directory_adhesion_keeps_what_was_signed();

CREATE FUNCTION directory_adhesionevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT 1 FROM directory_adhesion WHERE id = OLD.adhesion_id AND starts_on IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'directory_adhesionevent is append-only';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.by_id IS NULL AND (NEW.id, NEW.adhesion_id, NEW.kind, NEW.at, NEW.reason)
        IS NOT DISTINCT FROM (OLD.id, OLD.adhesion_id, OLD.kind, OLD.at, OLD.reason)
    THEN
        RETURN NEW;  -- the account of who did it was erased
    END IF;
    RAISE EXCEPTION 'directory_adhesionevent is append-only';
END $$;
CREATE TRIGGER directory_adhesionevent_append_only
    BEFORE UPDATE OR DELETE ON directory_adhesionevent
    FOR EACH ROW EXECUTE FUNCTION directory_adhesionevent_is_append_only();
"""
BACKWARD = """
DROP TRIGGER directory_adhesionevent_append_only ON directory_adhesionevent;
DROP FUNCTION directory_adhesionevent_is_append_only;
DROP TRIGGER directory_adhesion_keeps_what_was_signed ON directory_adhesion;
DROP FUNCTION directory_adhesion_keeps_what_was_signed;
DROP TRIGGER directory_charter_keeps_what_was_signed ON directory_charter;
DROP FUNCTION directory_charter_keeps_what_was_signed;
"""


class Migration(migrations.Migration):
    """A signed text, a signature and the history of an adhesion are never rewritten (R1.01)."""

    dependencies = [("directory", "0120_charter")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
