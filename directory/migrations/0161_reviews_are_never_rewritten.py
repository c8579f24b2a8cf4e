from django.db import migrations

FORWARD = """
CREATE FUNCTION directory_review_keeps_its_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.fit, OLD.perimeter, OLD.costs, OLD.follow_up, OLD.lasting, OLD.experience_on,
            OLD.client_hash, OLD.provider_hash, OLD.created_at)
        IS DISTINCT FROM (NEW.fit, NEW.perimeter, NEW.costs, NEW.follow_up, NEW.lasting,
            NEW.experience_on, NEW.client_hash, NEW.provider_hash, NEW.created_at)
        OR (NEW.text <> OLD.text AND (NEW.text <> '' OR NEW.status = 'published'))
    THEN
        RAISE EXCEPTION 'review % is never rewritten', OLD.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER directory_review_keeps_its_words
    BEFORE UPDATE ON directory_review
    FOR EACH ROW EXECUTE FUNCTION directory_review_keeps_its_words();
"""
BACKWARD = """
DROP TRIGGER directory_review_keeps_its_words ON directory_review;
DROP FUNCTION directory_review_keeps_its_words;
"""


class Migration(migrations.Migration):
    """Nobody edits a review: neither words, nor ratings, nor the day of the experience (R1.17).

    A text may only go altogether, with a review that is no longer public.
    """

    dependencies = [("directory", "0160_reviews")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
