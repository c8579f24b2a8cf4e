from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0080_exports_are_claimed"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(fields=["submitted_at", "id"], name="directory_provider_queue"),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(
                condition=models.Q(
                    ("edited_at__gt", models.F("reviewed_at")), ("status", "published")
                ),
                fields=["id"],
                name="directory_provider_to_reread",
            ),
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(
                condition=models.Q(("closed_on__isnull", False)),
                fields=["closed_on"],
                name="directory_company_closed",
            ),
        ),
    ]
