import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Count searches and views by day, without anyone in them."""

    dependencies = [
        ("directory", "0030_search_alerts"),
    ]

    operations = [
        migrations.CreateModel(
            name="SearchCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="jour")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("words", models.CharField(blank=True, max_length=80, verbose_name="mots")),
                ("filters", models.CharField(blank=True, max_length=200, verbose_name="filtres")),
                ("results", models.PositiveIntegerField(verbose_name="résultats")),
                ("times", models.PositiveIntegerField(verbose_name="fois")),
            ],
            options={
                "verbose_name": "recherche comptée",
                "verbose_name_plural": "recherches comptées",
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(
                        condition=models.Q(("results", 0)),
                        fields=["day"],
                        name="directory_search_nothing",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "language", "words", "filters"),
                        name="directory_searchcount_once_a_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField(verbose_name="mois")),
                (
                    "language",
                    models.CharField(
                        choices=[("fr", "Français"), ("de", "Allemand"), ("en", "Anglais")],
                        max_length=2,
                        verbose_name="langue",
                    ),
                ),
                ("times", models.PositiveIntegerField(verbose_name="recherches")),
                (
                    "times_without_result",
                    models.PositiveIntegerField(verbose_name="recherches sans réponse"),
                ),
            ],
            options={
                "verbose_name": "mois de recherches",
                "verbose_name_plural": "mois de recherches",
                "default_permissions": ("view",),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("month", "language"), name="directory_searchmonth_once_a_language"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CardDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="jour")),
                (
                    "listed",
                    models.PositiveIntegerField(default=0, verbose_name="affichée dans une liste"),
                ),
                ("opened", models.PositiveIntegerField(default=0, verbose_name="ouverte")),
                ("phoned", models.PositiveIntegerField(default=0, verbose_name="téléphone")),
                ("mailed", models.PositiveIntegerField(default=0, verbose_name="courriel")),
                ("visited", models.PositiveIntegerField(default=0, verbose_name="site internet")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="directory.provider",
                        verbose_name="prestataire",
                    ),
                ),
            ],
            options={
                "verbose_name": "journée d’une fiche",
                "verbose_name_plural": "journées de fiches",
                "default_permissions": ("view",),
                "indexes": [models.Index(fields=["day"], name="directory_cardday_day")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "day"), name="directory_cardday_once_per_card"
                    )
                ],
            },
        ),
    ]
