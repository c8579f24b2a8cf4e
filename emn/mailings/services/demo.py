"""Letters of the demonstration: one sent, one being written, and who reads them."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from emn.mailings.enums import CampaignStatus
from emn.mailings.models import Campaign, MailingList, Subscriber
from emn.mailings.services import campaigns, consent, delivery, drafts

DEMO_FILE = Path(__file__).parent.parent / "data" / "demo.json"
SUBSCRIBED_FOR = timedelta(days=40)


def write_demo_letters(*, by_id: int, now: datetime) -> int:
    """Write the demonstration's readers and letters by the services; return how many letters.

    A second run adds nothing; it takes up what the first one could not finish.
    """
    content = json.loads(DEMO_FILE.read_text(encoding="utf-8"))
    mailing_list = MailingList.objects.get(code=content["list"])
    for person in content["subscribers"]:
        _subscribe(person, mailing_list, now=now - SUBSCRIBED_FOR)
    known = Campaign.objects.filter(title__in=[letter["title"] for letter in content["letters"]])
    unfinished = [letter["title"] for letter in content["letters"] if letter["sent"]]
    known.filter(title__in=unfinished, status=CampaignStatus.DRAFT).delete()
    titles = set(known.values_list("title", flat=True))
    missing = [letter for letter in content["letters"] if letter["title"] not in titles]
    for letter in missing:
        campaign = _write(letter, mailing_list, now=now)
        if letter["sent"]:
            campaigns.schedule_campaign(campaign_id=campaign.pk, at=None, by_id=by_id, now=now)
            delivery.start_campaign(campaign_id=campaign.pk, now=now)
            delivery.run_campaign(campaign_id=campaign.pk)
    return len(missing)


def _subscribe(person: dict[str, str], mailing_list: MailingList, *, now: datetime) -> None:
    """Have a person ask for the list, then confirm."""
    email, language = person["email"], person["language"]
    if Subscriber.objects.filter(email=email).exists():
        return
    page = consent.Page(url=f"{settings.PUBLIC_URL}/lettre/", language=language)
    consent.request_subscription(
        email=email,
        list_ids=[mailing_list.pk],
        wishes=consent.Wishes(language=language),
        page=page,
        now=now,
    )
    subscriber = Subscriber.objects.get(email=email)
    asked = list(subscriber.subscriptions.select_related("list").order_by("pk"))
    consent.confirm(confirmation=consent.Confirmation(subscriber, asked), page=page, now=now)


def _write(letter: dict[str, Any], mailing_list: MailingList, *, now: datetime) -> Campaign:
    campaign = drafts.create_campaign(
        title=letter["title"], list_id=mailing_list.pk, is_archived=True, now=now
    )
    drafts.save_editions(campaign_id=campaign.pk, editions=letter["editions"], now=now)
    for block in letter["blocks"]:
        drafts.save_block(
            campaign_id=campaign.pk,
            kind=block["kind"],
            settings=block.get("settings", {}),
            words=block["words"],
        )
    return campaign
