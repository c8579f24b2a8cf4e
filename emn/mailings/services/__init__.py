"""What is written about mail. The other apps announce their facts by `queue_email`."""

from emn.mailings.services.outbox import queue_email

__all__ = ["queue_email"]
