"""Forms open to anyone, kept from robots without a third party, a cookie or a puzzle.

Each page of such a form carries a signed challenge. A script of ours answers it while the visitor
types (a small proof of work: docs/adr/0004-proof-of-work.md); without JavaScript the form works
too, under a stricter limit. A challenge is good once, not before a person could have typed, and
not after a day.
"""

import hashlib
import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from emn.lib.page_cache import BLANK, Blank
from emn.lib.rate_limit import Hit, both_allowed, client_ip

PROOF_BITS = 15  # about 30,000 hashes: half a second on a telephone
FASTEST_FILL = timedelta(seconds=2)
CHALLENGE_LIFE = timedelta(days=1)
PERIOD_S = 3600
_SALT = "emn.lib.forms.challenge"
_AROUND_CHALLENGE = re.compile(rb'(?<=name="challenge" value=")[^"]+')


def new_challenge(*, now: datetime) -> str:
    """Return a signed challenge that says when it was given."""
    return signing.dumps([now.timestamp(), secrets.token_urlsafe(9)], salt=_SALT)


def is_proof(challenge: str, answer: str) -> bool:
    """Tell whether SHA-256 of `challenge.answer` starts with PROOF_BITS zero bits."""
    digest = hashlib.sha256(f"{challenge}.{answer}".encode()).digest()
    return not int.from_bytes(digest[:4], "big") >> (32 - PROOF_BITS)


def blank_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Let the page cache answer a blank form ahead of Django, each time with a new challenge.

    The page must be the same for everyone but for its one challenge, until public content changes.
    """
    before, after = _AROUND_CHALLENGE.split(response.content)
    request.META[BLANK] = Blank(before, after, lambda: new_challenge(now=timezone.now()).encode())
    return response


def _age_of(challenge: str, *, now: datetime) -> timedelta:
    """Return for how long the challenge has been out; none for what we never gave."""
    try:
        return timedelta(seconds=now.timestamp() - signing.loads(challenge, salt=_SALT)[0])
    except signing.BadSignature:
        return timedelta()


class _Challenge(forms.HiddenInput):
    """A hidden field that holds a new challenge each time the form is shown.

    A form that comes back was read before: who only mends a slip, or sends again as the page
    asks, may do so at once.
    """

    def format_value(self, value: Any) -> str:
        now = timezone.now()
        return new_challenge(now=now - min(_age_of(str(value or ""), now=now), FASTEST_FILL))


class _Answer(forms.HiddenInput):
    """A hidden field that is always shown empty, for the script to fill."""

    def format_value(self, value: Any) -> str:
        return ""


class _Trap(forms.TextInput):
    """A field that nobody sees and that a robot fills in."""

    is_hidden = True  # renderers put it without label among the hidden

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        return format_html(
            '<div hidden><label>{} <input type="text" name="{}" tabindex="-1" autocomplete="off">'
            "</label></div>",
            _("Laissez ce champ vide"),
            name,
        )


class PublicForm(forms.Form):
    """A form for anonymous visitors. Give it the request; show `form.media` on its page.

    `scope` names its counters; `limit_with_proof` and `limit_without_proof` are submissions per
    hour and address (a whole room may share one: keep the first generous).
    """

    scope = "form"
    limit_with_proof = 60
    limit_without_proof = 5

    website = forms.CharField(required=False, widget=_Trap)
    challenge = forms.CharField(
        required=False, widget=_Challenge(attrs={"data-emn-proof": PROOF_BITS})
    )
    proof = forms.CharField(required=False, max_length=20, widget=_Answer)

    class Media:
        js = [forms.Script("js/proof.js", type="module")]

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        self.request = request
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse robots, last: a visitor's own mistakes cost nothing."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if not self.errors:
            self._refuse_robots(cleaned, now=timezone.now())
        return cleaned

    def _refuse_robots(self, cleaned: dict[str, Any], *, now: datetime) -> None:
        challenge = str(cleaned.get("challenge", ""))
        try:
            age = timedelta(seconds=now.timestamp() - signing.loads(challenge, salt=_SALT)[0])
        except signing.BadSignature:
            age = CHALLENGE_LIFE
        if age >= CHALLENGE_LIFE:
            raise ValidationError(
                _("Cette page est ouverte depuis trop longtemps. Envoyez à nouveau.")
            )
        if cleaned.get("website") or age < FASTEST_FILL:
            raise ValidationError(
                _("L’envoi a été trop rapide. Attendez quelques secondes, puis envoyez à nouveau.")
            )
        proved = is_proof(challenge, str(cleaned.get("proof", "")))
        is_new, may_send = both_allowed(
            Hit("form.challenge", challenge, 1, int(CHALLENGE_LIFE.total_seconds())),
            Hit(
                f"form.{self.scope}.{'proved' if proved else 'unproved'}",
                client_ip(self.request),
                self.limit_with_proof if proved else self.limit_without_proof,
                PERIOD_S,
            ),
            now=now,
        )
        if not is_new:
            raise ValidationError(
                _("Ce formulaire a déjà été envoyé. Pour un nouvel envoi, validez encore une fois.")
            )
        if not may_send:
            raise ValidationError(
                _("Trop d’envois viennent de votre connexion. Réessayez dans une heure.")
            )
