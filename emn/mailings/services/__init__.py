"""What is written about mail. The other apps announce their facts by `queue_email`."""

from emn.mailings.models import Attachment
from emn.mailings.services.outbox import queue_email

__all__ = ["Attachment", "queue_email"]
