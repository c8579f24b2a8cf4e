"""What bench.cluster needs ahead, by `SESSIONS SEATS PEOPLE`; prints JSON.

The portal brought up to date, so many sessions published, a letter started to so many people.
"""

import json
import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.conf import settings
from django.core.management import call_command

from bench import events_worker, mailings_worker
from emn.celery import app


def main() -> None:
    """Do it."""
    sessions, seats, people = sys.argv[1:]
    call_command("migrate", verbosity=0, stdout=sys.stderr)
    for command, *arguments in settings.AFTER_MIGRATION:
        call_command(command, *arguments, stdout=sys.stderr)
    call_command("collectstatic", interactive=False, verbosity=0, stdout=sys.stderr)
    slugs = [events_worker.session(seats)["slug"] for _fault in range(int(sessions))]
    campaign = mailings_worker.start(int(people))["campaign"]
    app.send_task("emn.mailings.tasks.run_campaign", kwargs={"campaign_id": campaign}, queue="list")
    print(json.dumps({"sessions": slugs, "campaign": campaign}))


if __name__ == "__main__":
    main()
