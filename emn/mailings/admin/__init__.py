"""Mail in the back office, by subject."""

from emn.mailings.admin.bounces import MailIncidentAdmin, SuppressionAdmin
from emn.mailings.admin.campaigns import CampaignAdmin
from emn.mailings.admin.consent import (
    ConsentRecordAdmin,
    ConsentTextAdmin,
    JobFunctionAdmin,
    MailingListAdmin,
    SubscriberAdmin,
    TopicAdmin,
)
from emn.mailings.admin.imports import SubscriberImportAdmin
from emn.mailings.admin.outbox import OutboundEmailAdmin

__all__ = [
    "CampaignAdmin",
    "ConsentRecordAdmin",
    "ConsentTextAdmin",
    "JobFunctionAdmin",
    "MailIncidentAdmin",
    "MailingListAdmin",
    "OutboundEmailAdmin",
    "SubscriberAdmin",
    "SubscriberImportAdmin",
    "SuppressionAdmin",
    "TopicAdmin",
]
