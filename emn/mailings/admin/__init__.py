"""Mail in the back office, by subject."""

from emn.mailings.admin.campaigns import CampaignAdmin
from emn.mailings.admin.outbox import OutboundEmailAdmin

__all__ = ["CampaignAdmin", "OutboundEmailAdmin"]
