from django.db import migrations

FORWARD = """
UPDATE mailings_subscription entry SET inform_by = now() + interval '28 days'
FROM mailings_subscriber person
WHERE person.id = entry.subscriber_id AND entry.status = 'confirmed' AND entry.basis = 'profession'
  AND NOT EXISTS (
      SELECT FROM mailings_consentrecord proof
      WHERE proof.mailbox_hash = person.mailbox_hash AND proof.list_id = entry.list_id
        AND proof.act = 'informed'
  )
"""


class Migration(migrations.Migration):
    """Professionals of earlier imports who were not told are told too (R2.10)."""

    dependencies = [("mailings", "0070_professions_and_notices")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
