"""The reason of a late signature, or of an absence, may tell of health: it goes with the name."""

from django.db import migrations, models
from django.db.models import Q

NAME = "events_signature_noted_by_a_trainer_with_a_reason"
FORWARD = """
CREATE OR REPLACE FUNCTION events_signature_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.full_name = '' AND NEW.drawing = '' AND NEW.origin = ''
        AND NEW.reason IN ('', OLD.reason) THEN
        OLD.full_name := '';
        OLD.drawing := '';
        OLD.origin := '';
        OLD.reason := NEW.reason;
        IF NEW IS NOT DISTINCT FROM OLD THEN  -- the person is forgotten: nothing else changes
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_signature is append-only';
END $$;
"""
BACKWARD = """
CREATE OR REPLACE FUNCTION events_signature_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.full_name = '' AND NEW.drawing = '' AND NEW.origin = '' THEN
        OLD.full_name := '';
        OLD.drawing := '';
        OLD.origin := '';
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'events_signature is append-only';
END $$;
"""


class Migration(migrations.Migration):
    """What the version on line writes stays allowed: it leaves the reason."""

    dependencies = [("events", "0101_places_in_line_of_trainings")]

    operations = [
        migrations.RunSQL(FORWARD, BACKWARD),
        migrations.RemoveConstraint(model_name="signature", name=NAME),
        migrations.AddConstraint(
            model_name="signature",
            constraint=models.CheckConstraint(
                name=NAME,
                condition=Q(method__in=["drawn", "typed"], noted_by=None, reason="")
                | Q(method__in=["late", "absent"], noted_by__isnull=False)
                & ~Q(reason="", full_name__gt=""),
            ),
        ),
    ]
