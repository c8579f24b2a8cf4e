from django.db import migrations

FORWARD = """
CREATE FUNCTION directory_committeevote_is_received() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM 1 FROM directory_committeeseat seat
            JOIN directory_committeecase affair ON affair.id = seat.case_id
            WHERE seat.id = OLD.seat_id AND affair.status NOT IN ('open', 'voting');
        IF FOUND THEN
            RAISE EXCEPTION 'the vote is closed: its votes stand';
        END IF;
        RETURN OLD;
    END IF;
    IF TG_OP = 'UPDATE' AND NEW.recorded_by_id IS NULL
        AND (NEW.id, NEW.seat_id, NEW.measure, NEW.cast_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.seat_id, OLD.measure, OLD.cast_at)
    THEN
        RETURN NEW;  -- the account of who wrote it down was erased
    END IF;
    PERFORM 1 FROM directory_committeeseat seat
        JOIN directory_committeecase affair ON affair.id = seat.case_id
        WHERE seat.id = NEW.seat_id AND seat.recused_at IS NULL AND affair.status = 'voting'
        FOR SHARE OF seat, affair;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no vote of a recused member, nor outside the vote';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_committeevote_is_received
    BEFORE INSERT OR UPDATE OR DELETE ON directory_committeevote
    FOR EACH ROW EXECUTE FUNCTION directory_committeevote_is_received();

CREATE FUNCTION directory_committeeseat_is_free() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.recused_at IS NOT NULL THEN
        IF EXISTS (SELECT 1 FROM directory_committeevote WHERE seat_id = NEW.id) THEN
            RAISE EXCEPTION 'member % has voted: its vote goes before it is recused', NEW.member_id;
        END IF;
        RETURN NEW;
    END IF;
    IF EXISTS (
        SELECT 1 FROM directory_committeecase affair
            JOIN directory_committeecase earlier ON earlier.complaint_id = affair.complaint_id
                AND earlier.instance = 'first' AND affair.instance = 'appeal'
            JOIN directory_committeeseat seat ON seat.case_id = earlier.id
        WHERE affair.id = NEW.case_id AND seat.member_id = NEW.member_id
            AND seat.recused_at IS NULL
    ) THEN
        RAISE EXCEPTION 'member % sat in the decision that is appealed', NEW.member_id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_committeeseat_is_free
    BEFORE INSERT OR UPDATE ON directory_committeeseat
    FOR EACH ROW EXECUTE FUNCTION directory_committeeseat_is_free();

CREATE FUNCTION directory_committeecase_decision_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'case % was decided: it stays', OLD.id;
    END IF;
    IF (OLD.complaint_id, OLD.contest_id, OLD.instance, OLD.status, OLD.opened_at,
            OLD.vote_opened_at, OLD.vote_closed_at, OLD.measure, OLD.reasons, OLD.clauses,
            OLD.decided_at, OLD.suspended_until)
        IS DISTINCT FROM (NEW.complaint_id, NEW.contest_id, NEW.instance, NEW.status,
            NEW.opened_at, NEW.vote_opened_at, NEW.vote_closed_at, NEW.measure, NEW.reasons,
            NEW.clauses, NEW.decided_at, NEW.suspended_until)
    THEN
        RAISE EXCEPTION 'case % was decided: its decision does not change', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_committeecase_decision_stands
    BEFORE UPDATE OR DELETE ON directory_committeecase
    FOR EACH ROW WHEN (OLD.decided_at IS NOT NULL)
    EXECUTE FUNCTION directory_committeecase_decision_stands();

CREATE FUNCTION directory_complaintevent_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF EXISTS (
            SELECT 1 FROM directory_complaint
            WHERE id = OLD.complaint_id AND confirmed_at IS NOT NULL
        ) THEN
            RAISE EXCEPTION 'directory_complaintevent is append-only';
        END IF;
        RETURN OLD;
    END IF;
    IF NEW.by_id IS NULL AND (NEW.id, NEW.complaint_id, NEW.kind, NEW.at)
        IS NOT DISTINCT FROM (OLD.id, OLD.complaint_id, OLD.kind, OLD.at)
    THEN
        RETURN NEW;  -- the account of who did it was erased
    END IF;
    RAISE EXCEPTION 'directory_complaintevent is append-only';
END $$;
CREATE TRIGGER directory_complaintevent_append_only
    BEFORE UPDATE OR DELETE ON directory_complaintevent
    FOR EACH ROW EXECUTE FUNCTION directory_complaintevent_is_append_only();
"""
BACKWARD = """
DROP TRIGGER directory_complaintevent_append_only ON directory_complaintevent;
DROP FUNCTION directory_complaintevent_is_append_only;
DROP TRIGGER directory_committeecase_decision_stands ON directory_committeecase;
DROP FUNCTION directory_committeecase_decision_stands;
DROP TRIGGER directory_committeeseat_is_free ON directory_committeeseat;
DROP FUNCTION directory_committeeseat_is_free;
DROP TRIGGER directory_committeevote_is_received ON directory_committeevote;
DROP FUNCTION directory_committeevote_is_received;
"""


class Migration(migrations.Migration):
    """No vote of a recused member, no member twice on one matter, no decision rewritten (R1.06)."""

    dependencies = [("directory", "0170_complaints")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
