"""Mail in the back office, by subject."""

from emn.mailings.admin.bounces import MailIncidentAdmin, SuppressionAdmin
from emn.mailings.admin.outbox import OutboundEmailAdmin

__all__ = ["MailIncidentAdmin", "OutboundEmailAdmin", "SuppressionAdmin"]
