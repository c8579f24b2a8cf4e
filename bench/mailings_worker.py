"""What the bench of the newsletter does inside the portal: people, an envoi, its end.

`N`: bring the people up to N and start an envoi to all; prints its number, a message, and how long
the audience took. `ring ID N`, `wait ID [sweep]`, `until ID N`, `sweep`, `states ID`: see below.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emn.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.db.models import Count, F
from django.utils import timezone

from emn.mailings import letters, tasks
from emn.mailings.addresses import mailbox_hash
from emn.mailings.enums import CampaignStatus
from emn.mailings.models import Campaign, Delivery, MailingList, Subscriber
from emn.mailings.services import delivery, drafts

SIZE = 20_000  # bytes of a message
PACE = 50_000  # people written at once
SENTENCE = "Le centre ouvre ses portes chaque jeudi, et répond à vos questions sur le numérique. "


def people(count: int) -> None:
    """Bring the confirmed subscribers up to `count`, and no more."""
    now = timezone.now()
    mailing_list = MailingList.objects.get(code="lettre")
    known = Subscriber.objects.count()
    for start in range(known, count, PACE):
        rows = [
            Subscriber(
                email=(email := f"p{number}@d{number % 997}.bench.example"),
                mailbox_hash=mailbox_hash(email),
                language="fr",
                created_at=now,
                last_contact_at=now,
            )
            for number in range(start, min(start + PACE, count))
        ]
        Subscriber.objects.bulk_create(rows, batch_size=5_000)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM mailings_subscription")
        cursor.execute(
            """INSERT INTO mailings_subscription
                   (subscriber_id, list_id, status, basis, requested_at, confirmed_at)
               SELECT id, %s, 'confirmed', 'consent', %s, %s FROM mailings_subscriber
               ORDER BY id LIMIT %s""",
            [mailing_list.pk, now, now, count],
        )
        cursor.execute("ANALYZE mailings_subscriber, mailings_subscription")


def start(count: int) -> dict:
    """Start an envoi of 20 kB to `count` people; those before it are forgotten."""
    people(count)
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE mailings_delivery, mailings_progress, mailings_mailincident")
    now = timezone.now()
    campaign = Campaign.objects.create(
        title="Banc", list=MailingList.objects.get(code="lettre"), created_at=now,
        is_archived=False,
    )  # fmt: skip
    drafts.save_editions(
        campaign_id=campaign.pk, editions={"fr": {"subject": "La lettre", "preheader": ""}}, now=now
    )
    words = SENTENCE * (SIZE // len(SENTENCE.encode()) // 3)
    drafts.save_block(
        campaign_id=campaign.pk, kind="text", settings={}, words={"fr": {"text": words}}
    )
    Campaign.objects.filter(pk=campaign.pk).update(
        status=CampaignStatus.SCHEDULED, scheduled_at=now, stopped_itself_at=now
    )
    began = time.perf_counter()
    tasks.run_campaign.apply_async = lambda **_call: None
    delivery.start_campaign(campaign_id=campaign.pk, now=now)
    frozen_s = time.perf_counter() - began
    row = Delivery.objects.order_by("pk")[0]
    edition = campaign.editions.select_related("campaign__list").get()
    message = Path(settings.DATA_DIR) / "message.eml"
    reader = letters.Person(row.subscriber.email, row.subscriber_id, row.pk)
    message.write_bytes(letters.prepare(edition).of(reader, date=now))
    return {
        "campaign": campaign.pk,
        "message": str(message),
        "bytes": message.stat().st_size,
        "frozen_s": frozen_s,
    }


def wait(campaign_id: int, *, sweeping: bool) -> None:
    """Return once the envoi is over; rows that wait for later are made due meanwhile."""
    while True:
        delivery._finish(campaign_id=campaign_id, now=timezone.now())
        if Campaign.objects.get(pk=campaign_id).status == CampaignStatus.SENT:
            return
        if sweeping:
            Delivery.objects.filter(state="waiting").update(next_attempt_at=timezone.now())
            delivery.sweep_campaigns(now=timezone.now())
        time.sleep(1)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["ring", campaign, times]:
            for _ in range(int(times)):
                tasks.run_campaign.delay(campaign_id=int(campaign))
        case ["wait", campaign, *sweep]:
            wait(int(campaign), sweeping=bool(sweep))
        case ["sweep"]:
            delivery.sweep_campaigns(now=timezone.now())
        case ["until", campaign, count]:
            row = Campaign.objects.filter(pk=campaign).annotate(settled=F("sent") + F("refused"))
            while not row.filter(settled__gte=int(count)).exists():
                time.sleep(0.01)
        case ["states", campaign]:
            rows = Delivery.objects.filter(campaign=campaign).values("state")
            print(json.dumps(dict(rows.annotate(n=Count("pk")).values_list("state", "n"))))
        case [count]:
            print(json.dumps(start(int(count))))
