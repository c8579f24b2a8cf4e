from django.db import migrations

FORWARD = """
CREATE FUNCTION observatory_published_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is published: it does not change', TG_TABLE_NAME;
END $$;
CREATE TRIGGER observatory_release_stays BEFORE UPDATE OR DELETE ON observatory_release
    FOR EACH ROW EXECUTE FUNCTION observatory_published_stays();
CREATE TRIGGER observatory_cell_stays BEFORE UPDATE OR DELETE ON observatory_cell
    FOR EACH ROW EXECUTE FUNCTION observatory_published_stays();
CREATE TRIGGER observatory_releasefile_stays BEFORE UPDATE OR DELETE ON observatory_releasefile
    FOR EACH ROW EXECUTE FUNCTION observatory_published_stays();
"""
BACKWARD = """
DROP TRIGGER observatory_release_stays ON observatory_release;
DROP TRIGGER observatory_cell_stays ON observatory_cell;
DROP TRIGGER observatory_releasefile_stays ON observatory_releasefile;
DROP FUNCTION observatory_published_stays;
"""


class Migration(migrations.Migration):
    dependencies = [("observatory", "0001_releases_cells_and_charts")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
