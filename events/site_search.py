"""The agenda's answers to « Rechercher » (see emn.lib.site_search)."""

from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from emn.lib.site_search import NOTHING, SearchHit, SearchHits
from emn.lib.text import words
from events import wording
from events.filters import LONGEST_QUERY, shown
from events.queries import coming


def search_sessions(asked: str, limit: int) -> SearchHits:
    """Return the sessions to come that hold every word, the next first."""
    if not words(asked):
        return NOTHING
    query = urlencode({"q": asked[:LONGEST_QUERY]})
    _form, sessions = shown(QueryDict(query))
    rows = coming(sessions, now=timezone.now()).select_related("room").in_order()
    total = rows.count()
    if not total:
        return NOTHING
    return SearchHits(
        total=total,
        hits=[
            SearchHit(
                title=session.title,
                url=session.get_absolute_url(),
                summary=f"{wording.when(session)} · {wording.place(session)}",
                language=wording.language_of(session),
            )
            for session in rows[:limit]
        ],
        more_url=f"{reverse('events:list')}?{query}",
    )
