#!/usr/bin/env python
"""Run one of the portal's commands."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

from emn.lib.embedded_postgres.server import ServerUnavailable

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")
    try:
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, ServerUnavailable) as refusal:
        sys.exit(str(refusal))
