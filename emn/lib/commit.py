"""What happens once a transaction is durable."""

import logging
from collections.abc import Callable

from django.db import transaction

logger = logging.getLogger(__name__)


def after_commit(action: Callable[[], object]) -> None:
    """Call `action` once the current transaction is committed; at once when there is none.

    A failure of the action is logged and swallowed: the fact is committed, and a periodic sweep
    makes up for a lost call. The nested function matters: Django's own `robust=True` breaks on a
    `functools.partial` (ticket 36487).
    """

    def run() -> None:
        try:
            action()
        except Exception:
            logger.warning("an action after commit failed", exc_info=True)

    transaction.on_commit(run)
