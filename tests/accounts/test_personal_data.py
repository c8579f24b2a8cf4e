"""Rights of people over their data: export, erasure, retention."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from emn.accounts import personal_data, queries, services
from emn.accounts.models import User
from emn.accounts.tasks import keep_personal_data_in_order
from emn.mailings.models import OutboundEmail
from tests.accounts.conftest import PASSWORD, add_totp, make_user

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)


def days_ago(count):
    return NOW - timedelta(days=count)


@pytest.fixture
def objection(monkeypatch):
    """Make an obligation stand against erasing anyone."""
    reason = "Vos factures sont gardées dix ans."
    entry = personal_data.PersonalData(
        model=EmailAddress,
        about=lambda user: Q(user=user),
        export=(),
        objection=lambda _user: reason,
    )
    monkeypatch.setitem(personal_data._registered, EmailAddress, entry)
    return reason


def test_export_gives_the_person_all_that_is_known(client):
    user = make_user(full_name="Alice Muller")
    add_totp(user)
    make_user("bob@firm.example")
    client.force_login(user)

    response = client.post(reverse("account_data"))

    export = json.loads(response.content)
    rows = {part["what"]: part["rows"] for part in export["data"] if part["rows"]}
    assert response["Content-Disposition"].startswith("attachment")
    assert rows["comptes"][0]["full_name"] == "Alice Muller"
    assert len(rows) == 3
    assert "bob@firm.example" not in response.content.decode()
    assert "secret" not in response.content.decode()


def test_export_changes_nothing_by_get(client):
    client.force_login(make_user())

    assert client.get(reverse("account_data"))["Content-Type"].startswith("text/html")


def test_erasure_leaves_no_trace_of_the_person(client):
    user = make_user()
    add_totp(user)
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    other = make_user("bob@firm.example")

    services.erase_account(user_id=user.pk)

    assert list(User.objects.all()) == [other]
    assert not EmailAddress.objects.filter(email=user.email).exists()


def test_delete_page_erases_after_a_recent_confirmation(client):
    user = make_user()
    client.force_login(user)
    confirmation = {"email": user.email}

    asked = client.post(reverse("account_delete"), confirmation)
    client.post(asked["Location"], {"password": PASSWORD})
    told = client.post(reverse("account_delete"), confirmation, follow=True)

    assert "sont supprimés" in told.content.decode()
    assert asked["Location"].startswith(reverse("account_reauthenticate"))
    assert not User.objects.exists()
    assert client.get(reverse("account_home")).status_code == 302


def test_delete_page_wants_the_members_own_address(client):
    user = make_user()
    user.set_unusable_password()
    user.save()
    client.force_login(user)

    response = client.post(reverse("account_delete"), {"email": "bob@firm.example"})

    assert "Ce n’est pas l’adresse de ce compte." in response.content.decode()
    assert User.objects.exists()


def test_erasure_is_refused_with_the_reason(client, objection):
    user = make_user()
    client.force_login(user)

    with pytest.raises(personal_data.ErasureRefused, match="dix ans"):
        services.erase_account(user_id=user.pk)

    assert objection in client.get(reverse("account_delete")).content.decode()
    assert User.objects.exists()


def test_purge_counts_and_writes_only_when_asked():
    User.objects.create_user("new@firm.example", joined_at=days_ago(6))
    User.objects.create_user("old@firm.example", joined_at=days_ago(8))
    User.objects.create_user("agent@firm.example", joined_at=days_ago(8), is_staff=True)
    verified = make_user("alice@firm.example", joined_at=days_ago(8))

    counted = services.purge_personal_data(now=NOW, write=False)
    before = User.objects.count()
    services.purge_personal_data(now=NOW, write=True)

    assert [line.due for line in counted if line.key == "unverified_account"] == [1]
    assert before == 4
    assert not User.objects.filter(email="old@firm.example").exists()
    assert User.objects.filter(pk=verified.pk).exists()


def test_inactive_account_is_told_a_month_before_it_goes():
    user = make_user(joined_at=days_ago(1000), last_login=days_ago(701))
    make_user("bob@firm.example", joined_at=days_ago(1000), last_login=days_ago(600))

    told = services.notify_inactive_accounts(now=NOW)
    mail = OutboundEmail.objects.get(kind="accounts/emails/inactivity_notice")
    again = services.notify_inactive_accounts(now=NOW + timedelta(days=1))
    services.purge_personal_data(now=NOW + timedelta(days=29), write=True)
    kept = User.objects.filter(pk=user.pk).exists()
    services.purge_personal_data(now=NOW + timedelta(days=30), write=True)

    assert (told, again, kept) == (1, 0, True)
    assert "22 décembre 2026" in mail.text_body
    assert User.objects.get().email == "bob@firm.example"


def test_inactive_account_that_came_back_is_kept():
    user = make_user(joined_at=days_ago(1000), last_login=days_ago(701))
    services.notify_inactive_accounts(now=NOW)

    User.objects.filter(pk=user.pk).update(last_login=NOW + timedelta(days=3))
    services.purge_personal_data(now=NOW + timedelta(days=40), write=True)

    assert User.objects.filter(pk=user.pk).exists()


def test_purge_keeps_a_person_against_whom_an_obligation_stands(objection):
    user = make_user(joined_at=days_ago(1000), last_login=days_ago(800))
    User.objects.filter(pk=user.pk).update(inactivity_notified_at=days_ago(31))

    report = services.purge_personal_data(now=NOW, write=True)

    assert [line.kept for line in report if line.key == "inactive_account"] == [[objection]]
    assert User.objects.exists()


def test_purge_empties_old_mail_and_closed_sessions():
    user = make_user(joined_at=days_ago(1000), last_login=days_ago(701))
    services.notify_inactive_accounts(now=NOW)
    OutboundEmail.objects.update(status="sent", sent_at=NOW)
    Session.objects.create(session_key="a" * 32, session_data="", expire_date=NOW)

    services.purge_personal_data(now=NOW + timedelta(days=181), write=True)

    mail = OutboundEmail.objects.get()
    assert (mail.to_email, mail.text_body, mail.purged) == ("", "", True)
    assert not Session.objects.exists()
    assert user.email not in json.dumps(list(OutboundEmail.objects.values()), default=str)


def test_purge_command_is_a_dry_run_by_default():
    User.objects.create_user("old@firm.example", joined_at=timezone.now() - timedelta(days=8))
    out = StringIO()

    call_command("purge_personal_data", stdout=out)

    assert "unverified_account accounts.User: 1" in out.getvalue()
    assert User.objects.exists()


def test_register_refuses_an_unknown_retention_key():
    with pytest.raises(LookupError, match="forever"):
        personal_data.register(
            personal_data.PersonalData(
                model=User, about=lambda _user: Q(), export=(), retention={"forever": Q}
            )
        )


def test_retention_periods_are_those_of_the_file():
    periods = {period.key: period.days for period in queries.retention_periods()}

    assert periods == {
        "unverified_account": 7,
        "inactive_account": 730,
        "session": 14,
        "staff_log": 365,
        "outbox": 180,
        "unconfirmed_subscription": 30,
        "ended_subscription": 30,
        "silent_subscriber": 1095,
        "consent_proof": 1095,
        "subscriber_import": 30,
        "mail_return": 90,
        "claim": 1095,
        "report": 365,
        "transfer": 30,
        "unconfirmed_alert": 7,
        "active_alert": 365,
        "stopped_alert": 1095,
        "charter_draft": 90,
        "charter_unadmitted": 365,
        "charter_evidence": 730,
        "charter_signatory": 1825,
        "charter_recognition": 730,
        "unconfirmed_need": 7,
        "need": 1095,
        "unconfirmed_solidarity": 7,
        "solidarity_ad": 365,
        "solidarity_reply": 365,
        "cluster_request": 180,
        "cluster_invitation": 30,
        "quote_draft": 180,
        "quote": 1095,
        "call_request": 180,
        "chest": 1095,
        "unconfirmed_review": 7,
        "review": 1825,
        "review_over": 365,
        "review_proof": 365,
        "review_trace": 30,
        "mission_contact": 180,
        "unconfirmed_registration": 7,
        "registration": 1095,
        "own_calendar": 1095,
        "order_without_invoice": 1095,
        "invoice": 4018,
        "unconfirmed_complaint": 7,
        "complaint": 1825,
        "committee_member": 1825,
        "unclaimed_diagnostic": 30,
        "visit_appointment": 1095,
        "unsigned_interview": 365,
        "signed_diagnostic": 3650,
        "visit_notebook": 365,
        "visit_host": 365,
        "state_aid": 3660,
        "funder_report": 3660,
        "survey_address": 90,
        "survey_sheet": 1095,
        "team_invitation": 30,
        "training_enrolment": 3650,
        "training_positioning": 1095,
        "training_signature": 2190,
        "training_opinion": 1095,
        "training_agreement": 3650,
        "training_document": 2190,
        "training_survey": 1095,
        "irritant": 1095,
        "unconfirmed_irritant": 7,
        "club_member": 365,
        "unconfirmed_club_member": 7,
        "badge_sheet": 1,
        "bank_file": 90,
        "bank_line": 365,
    }


def test_nightly_task_warns_and_purges():
    User.objects.create_user("old@firm.example", joined_at=timezone.now() - timedelta(days=8))
    silent = timezone.now() - timedelta(days=701)
    make_user("alice@firm.example", joined_at=silent, last_login=silent)

    keep_personal_data_in_order()

    assert [user.email for user in User.objects.all()] == ["alice@firm.example"]
    assert OutboundEmail.objects.get().to_email == "alice@firm.example"
