"""An evening is called `evening` wherever it is pointed to: one word, that of the model."""

import django.db.models.deletion
from django.db import migrations, models

POINTING = ("irritant", "pitch", "participant", "tablerequest", "timetable", "meeting")
AT_WORK = models.Q(status__in=("queued", "running"))
AT_A_TABLE = models.Q(state__in=("planned", "held"))
UNIQUE = [
    ("pitch", models.UniqueConstraint(
        fields=["evening", "position"], name="events_pitch_one_per_position",
        violation_error_message="Ce passage est déjà pris.",
    )),
    ("participant", models.UniqueConstraint(
        fields=["evening", "provider"], name="events_participant_provider_once",
    )),
    ("timetable", models.UniqueConstraint(
        fields=["evening", "version"], name="events_timetable_one_per_version",
    )),
    ("timetable", models.UniqueConstraint(
        fields=["evening"], condition=AT_WORK, name="events_timetable_one_at_work",
        violation_error_message="Un horaire est déjà en calcul.",
    )),
    ("meeting", models.UniqueConstraint(
        fields=["evening", "slot", "table"], condition=AT_A_TABLE,
        name="events_meeting_table_once_a_slot",
    )),
]  # fmt: skip


class Migration(migrations.Migration):
    """Rename the columns; the indexes follow theirs, so only the state hears of the constraints."""

    dependencies = [("events", "0081_documents_are_made_once")]

    operations = [
        migrations.AlterField(
            model_name="evening",
            name="session",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="evening",
                to="events.session",
                verbose_name="session",
            ),
        ),
        *(migrations.RenameField(name, "edition", "evening") for name in POINTING),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                operation
                for name, constraint in UNIQUE
                for operation in (
                    migrations.RemoveConstraint(name, constraint.name),
                    migrations.AddConstraint(name, constraint),
                )
            ]
        ),
    ]
