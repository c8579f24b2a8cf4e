"""A place in line at a training ends when its person enrols."""

from django.db import migrations, models

REASONS = [
    ("person", "Par la personne"),
    ("staff", "Par le centre"),
    ("hold", "Adresse jamais confirmée"),
    ("offer", "Place proposée, jamais prise"),
    ("silence", "Présence non confirmée"),
    ("session", "Session annulée"),
    ("unpaid", "Commande non payée"),
    ("enrolled", "Place prise par un dossier de formation"),
]


class Migration(migrations.Migration):
    """Words alone: the column stays as it is."""

    dependencies = [("events", "0100_tables_told_say_their_place")]

    operations = [
        migrations.AlterField(
            model_name="registration",
            name="end_reason",
            field=models.CharField(
                blank=True, choices=REASONS, max_length=8, verbose_name="motif de fin"
            ),
        ),
    ]
