from django.db import migrations

FORWARD = """
UPDATE django_admin_log SET change_message = 'Place proposée'
WHERE change_message LIKE 'Place proposée%' AND content_type_id IN
    (SELECT id FROM django_content_type WHERE app_label = 'events' AND model = 'session');
UPDATE django_admin_log SET object_repr = split_part(object_repr, ' · ', 1)
WHERE content_type_id IN (SELECT id FROM django_content_type
    WHERE app_label = 'events' AND model IN ('order', 'bankline'));
"""


class Migration(migrations.Migration):
    """What staff did is kept longer than the names that were written with it."""

    dependencies = [
        ("events", "0071_refunds_are_only_added"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
