"""Signing in by a key alone: whatever is sent in its place, the answer is that it is wrong."""

import base64
import json

import pytest

from tests.accounts.conftest import make_user

pytestmark = pytest.mark.django_db
KEY = "/compte/connexion/cle/"


def b64(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def credential(**changed):
    """Return a credential of the right shape, signed by nobody."""
    said = {"type": "webauthn.get", "challenge": b64(b"c" * 32), "origin": "http://testserver"}
    response = {
        "clientDataJSON": b64(json.dumps(said).encode()),
        "authenticatorData": b64(b"\0" * 37),
        "signature": b64(b"s"),
        "userHandle": b64(b"1"),
    }
    whole = {"id": b64(b"a"), "rawId": b64(b"a"), "type": "public-key"}
    return json.dumps(whole | {"response": response | changed})


def flagged(flags, rest=b""):
    return b64(b"\0" * 32 + flags + b"\0" * 4 + rest)


@pytest.mark.parametrize(
    "sent",
    [
        "9" * 5_000, "[" * 100_000, "1", "[]", '"x"', "{}", "NaN",
        credential(), credential(userHandle=None), credential(userHandle="!!"),
        credential(userHandle=b64(b"9" * 6_000)), credential(userHandle=b64(b"\0")),
        credential(clientDataJSON="!!"), credential(clientDataJSON=b64(b"[" * 5_000)),
        credential(clientDataJSON=b64(b'{"type": 1, "challenge": 2}')),
        credential(authenticatorData=b64(b"x")), credential(authenticatorData=flagged(b"\x40")),
        credential(authenticatorData=flagged(b"\x80")),
        credential(authenticatorData=flagged(b"\x80", b"\x81" * 20_000)),
        credential(authenticatorData=flagged(b"\x80", b"\xfb\0")),
    ],
    ids=range(20),
)  # fmt: skip
def test_what_is_no_key_is_a_wrong_key(client, sent):
    make_user()
    client.get(KEY, headers={"X-Requested-With": "XMLHttpRequest"})  # begins the ceremony

    response = client.post(KEY, {"credential": sent})

    assert response.status_code in {200, 302}
    assert "_auth_user_id" not in client.session
