"""Let the cards that have a trust class be found by it: their sets, as the index keeps them."""

import secrets

from django.db import migrations
from pyroaring import BitMap

BLOCK_SIZE = 1 << 16


def gather(apps, schema_editor):
    sets = {}
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT provider_id, trust_class FROM directory_searchdocument WHERE trust_class <> ''"
        )
        for card, letter in cursor.fetchall():
            sets.setdefault((f"=classe:{letter}", card // BLOCK_SIZE), BitMap()).add(card)
        for (term, block), cards in sets.items():
            cursor.execute(
                """INSERT INTO directory_searchposting (term, block, cards) VALUES (%s, %s, %s)
                   ON CONFLICT (term, block) DO UPDATE SET cards = excluded.cards""",
                [term, block, cards.serialize()],
            )
        for block in {block for _term, block in sets}:
            cursor.execute(
                """INSERT INTO directory_searchblock (block, version) VALUES (%s, %s)
                   ON CONFLICT (block) DO UPDATE SET version = excluded.version""",
                [block, secrets.randbits(62)],
            )


class Migration(migrations.Migration):
    dependencies = [("directory", "0140_needs")]

    operations = [migrations.RunPython(gather, migrations.RunPython.noop)]
