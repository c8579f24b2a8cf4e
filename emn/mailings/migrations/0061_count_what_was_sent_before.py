"""Fill the new counters from the ledger, once."""

from django.db import migrations

COUNT = """
INSERT INTO mailings_progress (campaign_id, minute, language, outcome, count)
SELECT campaign_id, date_trunc('minute', settled_at), language,
    CASE state WHEN 'skipped' THEN skip_reason ELSE state END, count(*)
FROM mailings_delivery WHERE settled_at IS NOT NULL GROUP BY 1, 2, 3, 4;

UPDATE mailings_edition AS edition SET audience = (
    SELECT count(*) FROM mailings_delivery AS delivery
    WHERE delivery.campaign_id = edition.campaign_id AND delivery.language = edition.language)
WHERE frozen_at IS NOT NULL;

UPDATE mailings_campaign AS campaign SET skipped = (
    SELECT count(*) FROM mailings_delivery AS delivery
    WHERE delivery.campaign_id = campaign.id AND delivery.state = 'skipped')
WHERE status = 'cancelled' AND audience IS NOT NULL;
"""
FORGET = "DELETE FROM mailings_progress; UPDATE mailings_edition SET audience = NULL;"


class Migration(migrations.Migration):
    dependencies = [("mailings", "0060_progress_doubts_and_counts")]

    operations = [migrations.RunSQL(COUNT, FORGET)]
