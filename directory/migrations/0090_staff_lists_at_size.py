import django.contrib.postgres.indexes
import django.contrib.postgres.search
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0081_index_what_staff_reads"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="provider",
            name="directory_p_status_1d3b7b_idx",
        ),
        migrations.AddIndex(
            model_name="company",
            index=models.Index(fields=["name", "id"], name="directory_company_by_name"),
        ),
        migrations.AddIndex(
            model_name="company",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="simple"),
                name="directory_company_name_words",
            ),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(
                fields=["status", "submitted_at", "id"], name="directory_provider_by_status"
            ),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(fields=["name", "id"], name="directory_provider_by_name"),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(fields=["edited_at", "id"], name="directory_provider_by_edition"),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=django.contrib.postgres.indexes.GinIndex(
                django.contrib.postgres.search.SearchVector("name", config="simple"),
                name="directory_provider_name_words",
            ),
        ),
    ]
