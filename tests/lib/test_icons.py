"""Every icon that a template names is in the sprite."""

import re
from pathlib import Path

from django.conf import settings

from emn.lib.templatetags.components import icon_names

NAMED = re.compile(r'\{% icon "([\w-]+)"|icon="([\w-]+)"')


def test_templates_name_only_icons_of_the_sprite():
    templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
    named = {a or b for file in templates for a, b in NAMED.findall(file.read_text())}

    assert named - icon_names() == set()
