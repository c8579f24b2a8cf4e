"""Who gets into each URL: asked of the views themselves, compared with a list that people read.

`data/access.txt` has one line for each URL: its class, its name, and for pages that are not
everyone's the roles that get in. After a wanted change: `EMN_WRITE_ACCESS=1 pytest
tests/architecture/test_access_matrix.py`, then read the difference line by line.
"""

import os
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.core.management import call_command
from django.http import Http404
from django.test import RequestFactory
from django.urls import resolve

from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.lib import access
from tests.architecture.urls import every_page

FILE = Path(__file__).parent / "data" / "access.txt"
PAGES = list(every_page())
MEMBER, SUPERUSER, ANONYMOUS = "member", "superuser", "anonymous"
# They answer for the person asked, whoever that is: allauth looks at the session itself.
IN_SESSION = ("mfa_", "account_", "socialaccount_")
NOT_SIGNED_IN = ("/compte/connexion/", "/admin/login/")


@pytest.fixture
def people(db):
    """One person of each role; their permissions are read once."""
    from django.contrib.auth.models import Group

    call_command("sync_roles", verbosity=0)
    found = {
        ANONYMOUS: AnonymousUser(),
        MEMBER: User.objects.create_user("member@emn.example"),
        SUPERUSER: User.objects.create_superuser("superuser@emn.example"),
    }
    for role in Role:
        agent = User.objects.create_user(f"{role.value}@emn.example", is_staff=True)
        agent.groups.add(Group.objects.get(name=role.value))
        found[role.value] = agent
    for person in found.values():
        person.get_all_permissions()
    return found


def class_of(page):
    return (access.access_of(page.view) or "silent").partition(":")[0]


def gets_in(page, person):
    """Tell whether a GET by this person passes the door, whatever stands behind it."""
    match = resolve(page.path)
    request = RequestFactory().get(page.path)
    request.user, request.resolver_match, request.htmx = person, match, False
    request.session = SessionStore()
    request._messages = CookieStorage(request)
    request._dont_enforce_csrf_checks = True
    try:
        response = match.func(request, *match.args, **match.kwargs)
    except PermissionDenied:
        return False
    except (Http404, SuspiciousOperation):
        return True
    return not response.get("Location", "").startswith(NOT_SIGNED_IN)


def line(page, people):
    declared = class_of(page)
    if declared not in {access.MEMBER, access.STAFF}:
        return f"{declared} {page.name}"
    if page.name.startswith(IN_SESSION):
        return f"{declared} {page.name}: own session"
    who = [name for name, person in people.items() if gets_in(page, person)]
    return f"{declared} {page.name}: {' '.join(who) or 'nobody'}"


def test_every_role_gets_into_what_the_list_says(people):
    lines = sorted({line(page, people) for page in PAGES})

    if os.environ.get("EMN_WRITE_ACCESS"):
        FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = FILE.read_text(encoding="utf-8").splitlines()
    assert [entry for entry in lines if entry not in listed] == []  # what is new or wider
    assert [entry for entry in listed if entry not in lines] == []  # what is gone


def test_the_list_lets_nobody_unknown_in():
    """Read from the list alone: nobody anonymous, no member in the back office."""
    for entry in FILE.read_text(encoding="utf-8").splitlines():
        declared, _space, rest = entry.partition(" ")
        who = rest.partition(": ")[2].split()
        assert ANONYMOUS not in who, entry
        if declared == access.STAFF and rest != "admin:login":
            assert MEMBER not in who, entry
            assert SUPERUSER in who or who == ["nobody"], entry
