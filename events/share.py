"""What sessions say where they are shared."""

from collections.abc import Iterator

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from emn.lib.social_cards import Words
from events import wording
from events.models import Session
from events.queries import coming


def session_words(session: Session) -> Words:
    """Return the title, when and where."""
    line = " · ".join(filter(None, (capfirst(wording.when(session)), wording.place(session))))
    return Words(section=_("Agenda"), title=session.title, line=line)


def all_words() -> Iterator[Words]:
    """Yield what the sessions to come say, in the current language (one query)."""
    rows = coming(Session.objects.shown(), now=timezone.now()).select_related("room")
    yield from map(session_words, rows.order_by("pk"))
