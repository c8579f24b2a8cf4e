"""Writing an envoi while it is a draft: its languages, its blocks, its readers, its trial."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as portal
from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from emn.lib.commit import after_commit
from emn.lib.errors import DomainError
from emn.mailings import letters, tasks
from emn.mailings.blocks import COMMON, kind_of
from emn.mailings.composing import compose, compose_all, without_marks
from emn.mailings.enums import CampaignStatus, Priority, Stream
from emn.mailings.link_probe import any_address, problem_of, public_address
from emn.mailings.models import Block, Campaign, Edition, LinkCheck, OutboundEmail
from emn.mailings.rendering import Rendered
from emn.mailings.services import audiences
from emn.mailings.services.outbox import store

Values = Mapping[str, Any]


class NotADraft(DomainError):
    """The envoi is scheduled, on its way or over: it may not change any more."""


class NotAnAgent(DomainError):
    """A trial is asked for somebody who does not work at the centre, or no longer."""


class NoSuchLanguage(DomainError):
    """The envoi has no version in that language."""


@transaction.atomic(durable=True)
def create_campaign(
    *,
    title: str,
    list_id: int,
    is_archived: bool,
    now: datetime,
    priority: int = Priority.NORMAL,
) -> Campaign:
    """Begin an envoi: a draft without blocks."""
    return Campaign.objects.create(
        title=title, list_id=list_id, priority=priority, is_archived=is_archived, created_at=now
    )


@transaction.atomic(durable=True)
def save_settings(
    *, campaign_id: int, title: str, list_id: int, priority: int, is_archived: bool, now: datetime
) -> None:
    """Change the name, the list, the priority and the place in the archive. Raises NotADraft."""
    campaign = _draft(campaign_id)
    campaign.title, campaign.list_id = title, list_id
    campaign.priority, campaign.is_archived = priority, is_archived
    campaign.save(update_fields=["title", "list", "priority", "is_archived"])
    audiences.ask(campaign, now=now)


@transaction.atomic(durable=True)
def save_editions(*, campaign_id: int, editions: Mapping[str, Values], now: datetime) -> None:
    """Write the subject and the preheader of each language; one left out has no version.

    Raises NotADraft.
    """
    campaign = _draft(campaign_id)
    campaign.editions.exclude(language__in=editions).delete()
    for language, words in editions.items():
        Edition.objects.update_or_create(campaign=campaign, language=language, defaults=words)
    audiences.ask(campaign, now=now)


@transaction.atomic(durable=True)
def save_block(
    *,
    campaign_id: int,
    kind: str,
    settings: Values,
    words: Mapping[str, Values],
    block_id: int | None = None,
) -> Block:
    """Write a block, new ones last: its settings, and its words in each language that has some.

    Raises NotADraft, Block.DoesNotExist.
    """
    campaign = _draft(campaign_id)
    if block_id is None:
        last = campaign.blocks.aggregate(last=Max("position"))["last"] or 0
        block = Block(campaign=campaign, kind=kind, position=last + 1)
    else:
        block = campaign.blocks.get(pk=block_id)
    known = kind_of(block.kind)
    assert known is not None, "the form of the kind was filled in"
    common = known.keep(settings, block.content.get(COMMON, {}))
    block.content = {COMMON: dict(common), **{key: dict(value) for key, value in words.items()}}
    block.save()
    after_commit(lambda: tasks.check_links.delay(campaign_id=campaign_id))
    return block


@transaction.atomic(durable=True)
def move_block(*, campaign_id: int, block_id: int, down: bool) -> None:
    """Change places with the block below, or above; nothing at the end. Raises NotADraft."""
    blocks = list(_draft(campaign_id).blocks.order_by("position", "pk"))
    at = next((n for n, block in enumerate(blocks) if block.pk == block_id), None)
    if at is None:
        raise Block.DoesNotExist
    other = at + (1 if down else -1)
    if 0 <= other < len(blocks):
        one, two = blocks[at], blocks[other]
        one.position, two.position = two.position, one.position
        Block.objects.bulk_update([one, two], ["position"])


@transaction.atomic(durable=True)
def delete_block(*, campaign_id: int, block_id: int) -> None:
    """Take a block out. Raises NotADraft."""
    _draft(campaign_id).blocks.filter(pk=block_id).delete()


@transaction.atomic(durable=True)
def save_segment(*, campaign_id: int, segment: Mapping[str, list[str]], now: datetime) -> None:
    """Say who the envoi is for: criterion → values; an empty one asks nothing. Raises NotADraft."""
    campaign = _draft(campaign_id)
    campaign.segment = {key: values for key, values in segment.items() if values}
    campaign.save(update_fields=["segment"])
    audiences.ask(campaign, now=now)


@transaction.atomic(durable=True)
def send_trial(*, campaign_id: int, language: str, to_id: int, now: datetime) -> OutboundEmail:
    """Queue the letter as it stands to the agent `to_id`, by the relay and the headers of letters.

    It has no row in the ledger. Its own links are nobody's: leaving or choosing changes nothing.
    Raises NoSuchLanguage, NotAnAgent.
    """
    agent = get_user_model().objects.filter(pk=to_id, is_active=True, is_staff=True).first()
    if agent is None:
        raise NotAnAgent(_("Un essai ne part que vers l’adresse d’un agent du centre."))
    campaign = Campaign.objects.select_related("list").get(pk=campaign_id)
    try:
        letter = compose(campaign, language, now=now)
    except Edition.DoesNotExist:
        raise NoSuchLanguage(
            _("Écrivez d’abord l’objet dans cette langue : l’essai n’a pas de version à envoyer.")
        ) from None
    trial = Rendered(
        subject=_("[Essai] %(subject)s") % {"subject": letter.subject},
        text=without_marks(letter.text),
        html=without_marks(letter.html),
    )
    headers = letters.headers(campaign, language, letters.nobody(campaign.list_id))
    return store(
        to=agent.email,
        kind="mailings.trial",
        rendered=trial,
        now=now,
        language=language,
        stream=Stream.LIST,
        message_id=headers.pop("Message-ID"),
        from_email=portal.LIST_FROM_EMAIL,
        reply_to=portal.CONTACT_EMAIL,
        headers=headers,
    )


def check_links(*, campaign_id: int, now: datetime) -> int:
    """Ask each address of a letter that is not known to be sound; return how many were asked.

    No transaction is open while other people's servers answer. A draft deleted since asks nothing.
    """
    campaign = Campaign.objects.select_related("list").filter(pk=campaign_id).first()
    if campaign is None:
        return 0
    _letters, urls = compose_all(campaign, now=now)
    sound = set(LinkCheck.objects.sound(now=now).filter(url__in=urls).values_list("url", flat=True))
    asked = [url for url in urls if url not in sound]
    for url in asked:
        problem = problem_of(url, address_of=_address_of)
        LinkCheck.objects.update_or_create(
            url=url, defaults={"problem": problem, "checked_at": now}
        )
    return len(asked)


def _address_of(host: str) -> str:
    """Say where a host may be asked: the portal's own name may lead inside, no other."""
    is_ours = host == urlsplit(portal.PUBLIC_URL).hostname
    return any_address(host) if is_ours else public_address(host)


def _draft(campaign_id: int) -> Campaign:
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if campaign.status != CampaignStatus.DRAFT:
        raise NotADraft(
            _("Cet envoi est « %(status)s » : rouvrez-le comme brouillon pour le modifier.")
            % {"status": campaign.get_status_display()}
        )
    return campaign
