from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("directory", "0070_rows_of_a_card_may_swap"),
    ]

    operations = [
        migrations.AddField(
            model_name="cardexport",
            name="alive_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="cardexport",
            name="status",
            field=models.CharField(
                choices=[
                    ("waiting", "En préparation"),
                    ("running", "En cours d’écriture"),
                    ("ready", "Prêt à télécharger"),
                    ("failed", "Interrompu"),
                ],
                default="waiting",
                max_length=10,
                verbose_name="état",
            ),
        ),
    ]
