"""Who gets into each URL: asked of the views themselves, compared with a list that people read.

`data/access.txt` has one line for each URL: its class, its name, and for pages that are not
everyone's the roles that get in. After a wanted change: `EMN_WRITE_ACCESS=1 pytest
tests/architecture/test_access_matrix.py`, then read the difference line by line.
"""

import os
from http import HTTPStatus
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.sessions.backends.signed_cookies import SessionStore
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.management import call_command
from django.db import transaction
from django.http import Http404
from django.test import RequestFactory
from django.urls import resolve

from diagnostics.services.reference import referential_of
from emn.accounts.enums import Role
from emn.accounts.models import User
from emn.lib import access
from emn.questionnaires.services import definition_of
from tests.architecture.rows import one_of_each
from tests.architecture.urls import every_page

FILE = Path(__file__).parent / "data" / "access.txt"
PAGES = list(every_page())
OWNER, OTHER = "owner", "other"  # signed-in people: every row is the first one's
# They answer for the person asked, whoever that is: allauth looks at the session itself.
IN_SESSION = ("mfa_", "account_", "socialaccount_")
NOT_SIGNED_IN = ("/compte/connexion/", "/admin/login/")


@pytest.fixture
def nothing_read_before():
    """Forget the versions that are kept by their key: here every key is that of a row made up."""
    for kept in (definition_of, referential_of):
        kept.cache_clear()
    yield
    for kept in (definition_of, referential_of):
        kept.cache_clear()


@pytest.fixture
def people(db, nothing_read_before):
    """One person of each role; their permissions are read once."""
    call_command("sync_roles", verbosity=0)
    found = {
        OWNER: User.objects.create_user(f"{OWNER}@emn.example", pk=1),  # whom addresses ask for
        OTHER: User.objects.create_user(f"{OTHER}@emn.example", pk=2),
    }
    for role in Role:
        pk = len(found) + 1
        agent = User.objects.create_user(f"{role.value}@emn.example", pk=pk, is_staff=True)
        agent.groups.add(Group.objects.get(name=role.value))
        found[role.value] = agent
    for person in found.values():
        person.get_all_permissions()
    return found


def class_of(page):
    return (access.access_of(page.view) or "silent").partition(":")[0]


IN, OUT, ABSENT, FAILED = "in", "out", "404 for", "fails for"


def outcome(page, person):
    """Tell what this person meets: the page, the door closed, nothing there, or a failure.

    A view that only takes forms is sent an empty one. A failure is that of rows that make no sense,
    before the view has looked who asks: such a line is read by people.
    """
    met = ask(page, person, "GET")
    return ask(page, person, "POST") if met == HTTPStatus.METHOD_NOT_ALLOWED else met


def ask(page, person, method):
    request = RequestFactory().generic(method, page.path)
    match = resolve(page.path)
    request.user, request.resolver_match, request.htmx = person, match, False
    request.session = SessionStore()
    request._messages = CookieStorage(request)
    request._dont_enforce_csrf_checks = True
    block = transaction.atomic()
    block._from_testcase = True  # services may begin within it
    try:
        with block:
            response = match.func(request, *match.args, **match.kwargs)
            transaction.set_rollback(True)
            return told(response)
    except PermissionDenied:
        return OUT
    except (Http404, ObjectDoesNotExist):
        return ABSENT
    except Exception:  # noqa: BLE001 -- whatever a view makes of such rows
        return FAILED


def told(response):
    address = response.get("Location", "")
    if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return HTTPStatus.METHOD_NOT_ALLOWED
    if response.status_code == HTTPStatus.FORBIDDEN or address.startswith(NOT_SIGNED_IN):
        return OUT
    return ABSENT if address == "/admin/" else IN  # where Django sends who asked for no row


def line(page, people):
    """Write one line of the list."""
    declared = access.access_of(page.view) or "silent"
    if class_of(page) not in {access.MEMBER, access.STAFF}:
        return f"{declared} {page.name}"
    if page.name.startswith(IN_SESSION):
        return f"{declared} {page.name}: own session"
    asked = [OWNER, OTHER] if declared == access.MEMBER else [OTHER, *Role.values]
    met = {name: outcome(page, people[name]) for name in asked}
    parts = [" ".join(name for name in met if met[name] == IN) or "nobody"]
    for other in (ABSENT, FAILED):
        names = " ".join(name for name in met if met[name] == other)
        parts += [f"{other} {names}"] if names else []
    return f"{declared} {page.name}: {'; '.join(parts)}"


def test_every_role_gets_into_what_the_list_says(people):
    one_of_each()
    lines = sorted({line(page, people) for page in PAGES})

    if os.environ.get("EMN_WRITE_ACCESS"):
        FILE.write_text("\n".join(lines) + "\n", encoding="utf-8")
    listed = FILE.read_text(encoding="utf-8").splitlines()
    assert [entry for entry in lines if entry not in listed] == []  # what is new or wider
    assert [entry for entry in listed if entry not in lines] == []  # what is gone


def test_the_list_lets_no_member_into_the_back_office():
    """Read from the list alone."""
    for entry in FILE.read_text(encoding="utf-8").splitlines():
        declared, _space, rest = entry.partition(" ")
        who = rest.partition(": ")[2].replace(";", "").split()
        if declared.startswith(access.STAFF) and not rest.startswith("admin:logout:"):
            assert OTHER not in who, entry
