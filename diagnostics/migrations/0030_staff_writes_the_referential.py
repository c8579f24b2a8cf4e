from django.db import migrations


class Migration(migrations.Migration):
    """A permission of its own to write and publish the referential."""

    dependencies = [("diagnostics", "0024_only_the_start_plans")]

    operations = [
        migrations.AlterModelOptions(
            name="referentialversion",
            options={
                "default_permissions": ("view",),
                "permissions": [("write_referential", "Écrire et publier le référentiel")],
                "verbose_name": "version du référentiel",
                "verbose_name_plural": "versions du référentiel",
            },
        ),
    ]
