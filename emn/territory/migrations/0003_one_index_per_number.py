from django.db import migrations


class Migration(migrations.Migration):
    """Drop the second index that Django gives to a text key for LIKE: numbers are asked by range."""

    dependencies = [("territory", "0002_register_words_and_positions")]

    operations = [
        migrations.RunSQL(
            "DROP INDEX territory_establishment_siret_432c1d8e_like",
            "CREATE INDEX territory_establishment_siret_432c1d8e_like "
            "ON territory_establishment (siret varchar_pattern_ops)",
        ),
        migrations.RunSQL(
            "DROP INDEX territory_legalunit_siren_3a9c9dd6_like",
            "CREATE INDEX territory_legalunit_siren_3a9c9dd6_like "
            "ON territory_legalunit (siren varchar_pattern_ops)",
        ),
    ]
