"""Signing up and in: the same answer for everybody, and mail through the outbox."""

import re

import pytest
from django.core import mail
from django.urls import URLPattern, get_resolver, reverse

from emn.accounts import demo, services
from emn.accounts.forms import SignupForm
from emn.accounts.models import User
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import PASSWORD, add_totp, make_user, typed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_counters")]
CODE = re.compile(r"^([A-Z0-9-]{6,12})$", re.MULTILINE)


def shape(response, email):
    """Return what a visitor sees of an answer, without what differs at each request."""
    body = response.content.decode()
    body = re.sub(r'value="[^"]*"', "", body).replace(email, "ADDRESS")
    return response.status_code, response.headers.get("Location"), body


@pytest.mark.parametrize(
    ("url_name", "post"),
    [
        ("account_signup", lambda email: typed(email=email)),
        ("account_login", lambda email: {"login": email, "password": "faux"}),
        ("account_login", lambda email: {"login": email, "password": ""}),
        ("account_request_login_code", lambda email: {"email": email}),
        ("account_reset_password", lambda email: {"email": email}),
    ],
)
def test_answer_is_the_same_for_known_and_unknown_addresses(client_factory, url_name, post):
    make_user("known@firm.example")
    answers = []

    for email in ("known@firm.example", "other@firm.example"):
        mail.outbox.clear()
        visitor = client_factory()
        response = visitor.post(reverse(url_name), post(email))
        page = visitor.get(response["Location"]) if response.status_code == 302 else response
        answers.append((shape(response, email), shape(page, email), len(mail.outbox)))

    assert answers[0] == answers[1]


def test_sign_in_by_code_opens_the_account(client):
    make_user()

    client.post(reverse("account_login"), {"login": "alice@firm.example", "password": ""})
    code = CODE.search(mail.outbox[0].body)[1]
    response = client.post(reverse("account_confirm_login_code"), {"code": code})

    assert response["Location"] == "/compte/"
    assert client.get("/compte/").status_code == 200


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_sign_in_by_password_opens_the_account_in_the_language_of_the_page(client, prefix):
    make_user()

    response = client.post(
        f"{prefix}/compte/connexion/", {"login": "Alice@firm.example", "password": PASSWORD}
    )

    assert response["Location"] == f"{prefix}/compte/"


def test_sign_up_verifies_the_address_by_code(client):
    client.post("/de/compte/inscription/", typed(email="neu@firm.example"))
    code = CODE.search(mail.outbox[0].body)[1]

    response = client.post(reverse("account_email_verification_sent"), {"code": code})

    user = User.objects.get(email="neu@firm.example")
    assert response.status_code == 302
    assert (user.language, user.has_usable_password()) == ("de", False)
    assert user.emailaddress_set.get().verified


def test_sign_up_refuses_a_robot_that_fills_the_trap(client):
    response = client.post(
        reverse("account_signup"), typed(email="bot@firm.example") | {"website": "http://x"}
    )

    assert response.status_code == 200
    assert not User.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_codes_leave_by_the_outbox(client, settings):
    settings.EMAIL_BACKEND = "emn.mailings.backend.OutboxBackend"
    make_user()

    client.post(reverse("account_request_login_code"), {"email": "alice@firm.example"})

    row = OutboundEmail.objects.get()
    assert (row.to_email, row.secret, row.unsolicited) == ("alice@firm.example", True, True)


def test_sign_in_asks_for_the_second_factor_once_it_is_on(client):
    user = make_user()
    add_totp(user)

    response = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})

    assert response["Location"] == reverse("mfa_authenticate")
    assert client.get("/compte/").status_code == 302


def test_second_factor_secret_is_encrypted_in_the_database():
    authenticator = add_totp(make_user())

    assert authenticator.data["secret"].startswith("gAAAA")
    assert len(authenticator.wrap().instance.data["secret"]) > 100


def test_guessing_passwords_is_stopped(client):
    make_user()
    attempt = {"login": "alice@firm.example", "password": "faux"}

    for _attempt in range(5):
        client.post(reverse("account_login"), attempt)
    response = client.post(reverse("account_login"), attempt | {"password": PASSWORD})

    assert response.status_code == 200
    assert client.get("/compte/").status_code == 302


def test_demo_account_signs_in_only_in_the_demonstration(client, settings):
    services_made = services.create_demo_accounts()
    credentials = {"login": demo.AGENT, "password": demo.DEMO_PASSWORD}
    assert len(services_made) == 3

    allowed = client.post(reverse("account_login"), credentials)
    client.logout()
    settings.DEMO = False
    refused = client.post(reverse("account_login"), credentials)

    assert allowed["Location"] == reverse("admin:index")
    assert refused["Location"] == reverse("account_inactive")


def test_demo_session_dies_outside_the_demonstration(client, settings):
    users = services.create_demo_accounts()
    client.force_login(users[demo.COMPANY])

    settings.DEMO = False

    assert client.get("/compte/").status_code == 302


def test_every_page_that_allauth_names_has_a_portal_address():
    def names(patterns):
        for entry in patterns:
            if isinstance(entry, URLPattern):
                yield entry.name
            else:
                yield from names(entry.url_patterns)

    theirs = {name for name in names(get_resolver("allauth.urls").url_patterns) if name}
    ours = set(names(get_resolver("emn.accounts.urls").url_patterns))

    assert theirs <= ours


def test_sign_up_with_a_known_address_leaves_nothing_behind(client):
    make_user()

    client.post(reverse("account_signup"), typed(email="alice@firm.example"))

    assert User.objects.count() == 1
    assert "déjà un" in mail.outbox[0].body


def test_of_two_sign_ups_at_once_the_second_is_answered_like_a_known_address(client, monkeypatch):
    looked = SignupForm.clean

    def clean(form):
        cleaned = looked(form)
        make_user()  # the other tab is quicker
        return cleaned

    monkeypatch.setattr(SignupForm, "clean", clean)

    response = client.post(reverse("account_signup"), typed(email="alice@firm.example"))

    assert response["Location"] == reverse("account_email_verification_sent")
    assert User.objects.count() == 1
    assert "déjà un" in mail.outbox[0].body


def test_address_change_waits_for_its_code(client):
    user = make_user()
    client.force_login(user)

    client.post(reverse("account_email"), {"action_add": "1", "email": "new@firm.example"})
    page = client.get(reverse("account_email"))
    code = CODE.search(mail.outbox[0].body)[1]
    client.post(reverse("account_email_verification_sent"), {"code": code})

    user.refresh_from_db()
    assert "new@firm.example" in page.content.decode()
    assert user.email == "new@firm.example"
