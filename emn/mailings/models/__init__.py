"""Models of mail, by subject."""

from emn.mailings.models.bounces import MailIncident, Suppression
from emn.mailings.models.campaigns import (
    BEGUN,
    AudienceCount,
    Block,
    Campaign,
    CampaignLink,
    Edition,
    LinkCheck,
    LinkClicks,
    Progress,
)
from emn.mailings.models.consent import (
    ConsentRecord,
    ConsentText,
    JobFunction,
    MailingList,
    Subscriber,
    Subscription,
    Topic,
)
from emn.mailings.models.delivery import Allowance, Delivery
from emn.mailings.models.imports import SubscriberImport
from emn.mailings.models.outbox import CLAIM_LASTS, MAX_ATTEMPTS, Attachment, OutboundEmail

__all__ = [
    "BEGUN",
    "CLAIM_LASTS",
    "MAX_ATTEMPTS",
    "Allowance",
    "Attachment",
    "AudienceCount",
    "Block",
    "Campaign",
    "CampaignLink",
    "ConsentRecord",
    "ConsentText",
    "Delivery",
    "Edition",
    "JobFunction",
    "LinkCheck",
    "LinkClicks",
    "MailIncident",
    "MailingList",
    "OutboundEmail",
    "Progress",
    "Subscriber",
    "SubscriberImport",
    "Subscription",
    "Suppression",
    "Topic",
]
