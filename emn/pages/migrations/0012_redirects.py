from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("pages", "0011_versions_stay"),
    ]

    operations = [
        migrations.CreateModel(
            name="Redirect",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "old_path",
                    models.CharField(max_length=200, unique=True, verbose_name="ancien chemin"),
                ),
                (
                    "new_path",
                    models.CharField(
                        blank=True,
                        db_index=True,
                        help_text="Un chemin du portail, comme /agenda/\xa0; vide\xa0: la page n’existe plus.",
                        max_length=200,
                        verbose_name="nouveau chemin",
                    ),
                ),
            ],
            options={
                "verbose_name": "redirection",
                "verbose_name_plural": "redirections",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("old_path__regex", "^/[^/?#\\s][^?#\\s]*$"),
                            ("new_path__regex", "^(/|/[^/?#\\s\\\\][^?#\\s\\\\]*)?$"),
                        ),
                        name="pages_redirect_is_of_paths",
                        violation_error_message="Écrivez des chemins du portail, comme /agenda/.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("old_path", models.F("new_path")), _negated=True),
                        name="pages_redirect_leads_elsewhere",
                        violation_error_message="L’ancien et le nouveau chemin sont les mêmes.",
                    ),
                ],
            },
        ),
    ]
