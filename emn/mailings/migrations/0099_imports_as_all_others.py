"""An import of subscribers is made as all other imports: nothing moves but a name."""

from django.db import migrations, models

import emn.lib.storage

TABLE = "mailings_subscriberimport"
FORMER, NAME = f"{TABLE}_status", f"{TABLE}_status_known"
STATES = ["waiting", "checking", "refused", "ready", "writing", "written", "failed", "abandoned"]
LABELS = [
    "En attente de lecture", "Lecture en cours", "Refusé\xa0: des lignes sont à corriger",
    "Prêt à écrire", "Écriture en cours", "Écrit", "Interrompu, rien n’est écrit", "Abandonné",
]  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("mailings", "0096_pressure_counts_what_may_have_arrived")]

    operations = [
        migrations.SeparateDatabaseAndState(
            # Renamed, not made anew: the rows are not read again.
            database_operations=[
                migrations.RunSQL(
                    f"ALTER TABLE {TABLE} RENAME CONSTRAINT {FORMER} TO {NAME}",
                    f"ALTER TABLE {TABLE} RENAME CONSTRAINT {NAME} TO {FORMER}",
                )
            ],
            state_operations=[
                migrations.RemoveConstraint("subscriberimport", FORMER),
                migrations.AddConstraint(
                    "subscriberimport",
                    models.CheckConstraint(name=NAME, condition=models.Q(status__in=STATES)),
                ),
            ],
        ),
        migrations.AlterField(
            "subscriberimport",
            "status",
            models.CharField(
                choices=list(zip(STATES, LABELS, strict=True)),
                default="waiting",
                max_length=10,
                verbose_name="état",
            ),
        ),
        migrations.AlterField(
            "subscriberimport",
            "file",
            models.FileField(
                blank=True, storage=emn.lib.storage.private_storage, upload_to="imports/"
            ),
        ),
    ]
