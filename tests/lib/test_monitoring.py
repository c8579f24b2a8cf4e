"""Probes, metrics and the direction's page say what is, and nothing secret."""

import logging
import sys
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import RequestFactory
from django.utils import timezone

from emn import home
from emn.celery import app
from emn.lib import outage, request_id
from emn.lib.monitoring import checks, counters, runs
from emn.lib.monitoring.exposition import Family, written
from emn.lib.page_cache import PageCache
from emn.mailings import error_reports
from emn.mailings.models import OutboundEmail

pytestmark = pytest.mark.django_db

TOKEN = "un-jeton-de-collecteur"


@pytest.fixture(autouse=True)
def own_broker(settings, tmp_path):
    settings.CELERY_BROKER_TRANSPORT_OPTIONS = settings.CELERY_BROKER_TRANSPORT_OPTIONS | {
        "data_folder_in": str(tmp_path / "queue")
    }


@pytest.fixture(autouse=True)
def own_counts(monkeypatch):
    monkeypatch.setattr(checks, "rounds", checks.Round(every_s=0))
    monkeypatch.setattr(counters, "tally", counters.Tally(counters._write))


@pytest.fixture
def clock_runs():
    runs.note(checks.HEARTBEAT, succeeded=True, duration_ms=12, now=timezone.now())


# --- Probes ---


def test_ready_when_all_is_there(client, clock_runs):
    response = client.get("/sante/pret/")

    assert (response.status_code, response.json()) == (200, {"status": "ok", "away": []})
    assert response["Cache-Control"] == "no-store"


def test_who_asks_often_has_the_checks_run_no_oftener(monkeypatch):
    asked = []
    own = checks.Registry()
    own.register(
        checks.Check(key="a", order=0, label="A", problem=lambda now: asked.append(now) or "")
    )
    monkeypatch.setattr(checks, "checks", own)
    at = [0.0]
    rounds = checks.Round(every_s=2, clock=lambda: at[0])

    for at[0] in (0.0, 1.9, 2.0):
        rounds.results(now=timezone.now())

    assert len(asked) == 2


def test_not_ready_without_a_clock(client, caplog):
    response = client.get("/sante/pret/")

    assert (response.status_code, response.json()["away"]) == (503, ["clock"])
    assert caplog.records == []


def test_not_ready_when_the_clock_stopped(client):
    stopped_at = timezone.now() - checks.CLOCK_LATE - timedelta(minutes=1)
    runs.note(checks.HEARTBEAT, succeeded=True, duration_ms=12, now=stopped_at)

    assert client.get("/sante/pret/").json()["away"] == ["clock"]


def test_not_ready_when_mail_does_not_leave(client, clock_runs, settings):
    late(timezone.now() - timedelta(minutes=20))

    assert client.get("/sante/pret/").json()["away"] == ["outbox"]


def late(at):
    return OutboundEmail.objects.create(
        kind="test", message_id=f"<{at.timestamp()}@emn.example>", to_email="a@emn.example",
        mailbox_hash="0" * 64, from_email="emn@emn.example", language="fr", created_at=at,
        next_attempt_at=at,
    )  # fmt: skip


def test_not_ready_while_redis_is_away(client, clock_runs, settings):
    settings.REDIS_URL = "redis://:s3cret@127.0.0.1:1/0"

    response = client.get("/sante/pret/")

    assert (response.status_code, response.json()["away"]) == (503, ["broker"])
    assert b"s3cret" not in response.content


def test_not_ready_on_a_full_disk(client, clock_runs, monkeypatch):
    monkeypatch.setattr(checks, "LEAST_FREE_BYTES", 2**60)

    assert client.get("/sante/pret/").json()["away"] == ["disk"]


def test_not_ready_before_the_migrations(client, clock_runs):
    checks._migrated_at_last.cache_clear()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'observatory' OR app = 'lib'")
    try:
        assert client.get("/sante/pret/").json()["away"] == ["migrations"]
    finally:
        checks._migrated_at_last.cache_clear()


# --- Metrics ---


def collect(client, token=TOKEN):
    return client.get("/metrics", headers={"Authorization": f"Bearer {token}"})


@pytest.mark.parametrize("token", ["", "autre", "é"])
def test_metrics_are_closed_without_the_token(client, settings, token):
    settings.METRICS_TOKEN = TOKEN

    assert collect(client, token).status_code == 404
    assert client.get("/metrics").status_code == 404


def test_metrics_are_closed_while_no_token_is_set(client, settings):
    settings.METRICS_TOKEN = ""

    assert collect(client, "").status_code == 404


def test_metrics_go_on_while_the_queue_is_away(client, settings):
    settings.METRICS_TOKEN, settings.REDIS_URL = TOKEN, "redis://127.0.0.1:1/0"

    response = collect(client)

    assert response.status_code == 200
    assert b"emn_outbox_age_seconds 0" in response.content
    assert b"emn_queue_length" not in response.content


def test_metrics_tell_what_waits_what_ran_and_what_was_asked(client, settings, clock_runs):
    settings.METRICS_TOKEN = TOKEN
    late(timezone.now() - timedelta(minutes=2))
    client.get("/sante/")
    counters.tally.flush()

    response = collect(client)

    lines = response.content.decode().splitlines()
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert response["Cache-Control"] == "private, no-store"
    assert 'emn_outbox_messages{status="queued"} 1' in lines
    assert 'emn_queue_length{queue="transactional"} 0' in lines
    assert 'emn_requests_total{view="health",status="2xx"} 1' in lines
    assert 'emn_request_seconds_count{view="health"} 1' in lines
    assert f'emn_task_failures_total{{task="{checks.HEARTBEAT}"}} 0' in lines
    assert any(line.startswith("emn_outbox_age_seconds 12") for line in lines)
    assert all(" " in line for line in lines)


def test_durations_add_up_from_bound_to_bound(client, settings):
    settings.METRICS_TOKEN = TOKEN
    for elapsed_ms in (25, 26, 5_000, 5_001):
        counters.request_done(view="health", status=200, elapsed_ms=elapsed_ms)
    counters.tally.flush()

    lines = collect(client).content.decode().splitlines()

    written = [line.split()[1] for line in lines if line.startswith("emn_request_seconds_bucket{")]
    assert written == ["1", "2", "2", "2", "2", "2", "3", "4"]
    assert 'emn_request_seconds_bucket{view="health",le="0.025"} 1' in lines
    assert 'emn_request_seconds_count{view="health"} 4' in lines


def test_requests_are_counted_by_view_and_never_by_address(client):
    client.get("/lettre/preferences/s3cret/")
    client.get("/n-existe-pas/")
    counters.tally.flush()

    counted = {count.labels for count in counters.read() if count.name == "emn_requests_total"}

    assert (("view", "none"), ("status", "4xx")) in counted
    assert "s3cret" not in str(counted)


def test_counts_of_two_processes_add_up():
    for _process in range(2):
        own = counters.Tally(counters._write)
        own.add(counters._HIT)
        own.flush()

    assert counters.read()[counters._HIT] == 2


def test_pages_are_counted_as_kept_or_not():
    def page(_environ, start_response):
        start_response("200 OK", [("Cache-Control", "public"), ("Content-Type", "text/html")])
        return [b"page"]

    cached = PageCache(page)
    for _ask in range(3):
        cached({"REQUEST_METHOD": "GET", "PATH_INFO": "/"}, lambda *_answer: None)
    counters.tally.flush()

    counted = counters.read()
    assert (counted[counters._MISS], counted[counters._HIT]) == (1, 2)


def test_exposition_escapes_what_a_label_may_hold():
    family = Family("a", "Help", "gauge")
    family.add(1.5, ("label", 'say "hi"\\\n'))
    family.add(1_764_000_000)

    assert written([family]) == (
        '# HELP a Help\n# TYPE a gauge\na{label="say \\"hi\\"\\\\\\n"} 1.5\na 1764000000\n'
    )


def test_a_task_notes_its_runs_and_its_failures():
    runs.note("t", succeeded=True, duration_ms=5, now=timezone.now() - timedelta(hours=1))
    runs.note("t", succeeded=False, duration_ms=7, now=timezone.now())

    run = runs.last_runs()["t"]

    assert (run.failures, run.duration_ms) == (1, 7)
    assert run.succeeded_at < run.ended_at


def test_every_task_of_the_clock_is_one_that_notes_its_runs(settings):
    app.loader.import_default_modules()

    names = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert [name for name in names if not isinstance(app.tasks[name], runs.PortalTask)] == []


def test_a_task_keeps_the_identifier_of_the_request():
    seen = []

    @app.task(name="tests.seen")
    def look():
        seen.append(request_id.current())

    sent = []
    task = app.tasks["tests.seen"]
    with request_id.known_as("balancer-0001"):
        task.apply(headers={"request_id": "balancer-0001"})
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(
                "celery.app.task.Task.apply_async", lambda _self, **options: sent.append(options)
            )
            task.apply_async(kwargs={})

    assert seen == ["balancer-0001"]
    assert sent[0]["headers"] == {"request_id": "balancer-0001"}
    del app.tasks["tests.seen"]


# --- The direction's page ---


def test_the_direction_reads_the_state_of_the_system(client, django_user_model, clock_runs):
    client.force_login(django_user_model.objects.create_superuser("d@emn.example"))

    page = client.get("/admin/etat/").content.decode()

    assert "Tout répond." in page
    assert "Départ des courriels" in page
    assert "Courriels de service (en attente)" in page
    assert checks.HEARTBEAT in page
    assert "n’a pas encore tourné" in page


def test_the_direction_reads_what_is_away(client, django_user_model, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    client.force_login(django_user_model.objects.create_superuser("d@emn.example"))

    page = client.get("/admin/etat/").content.decode()

    assert "prévenez" in page
    assert "Départ des courriels" in page
    assert "Tâches en attente" not in page
    assert "Ne répond pas." in page


def test_other_agents_do_not(client, django_user_model):
    client.force_login(django_user_model.objects.create_user("a@emn.example", is_staff=True))

    assert client.get("/admin/etat/").status_code == 403


# --- Errors ---


def failed(error=ValueError("élise@emn.example"), logger="directory"):  # noqa: B008 -- a value
    try:
        raise error
    except type(error):
        return logging.LogRecord(
            logger, logging.ERROR, __file__, 1, "failed on row %s", (7,), sys.exc_info()
        )


def test_an_error_is_told_once_an_hour(settings, django_db_blocker, commits):
    settings.ERROR_RECIPIENTS = ["a@emn.example", "b@emn.example"]
    first, second = failed(), failed()
    subject, text = error_reports.described(first)

    told = [
        error_reports.tell(key=error_reports.fingerprint(record), subject=subject, text=text)
        for record in (first, second, failed(KeyError()))
    ]

    assert told == [2, 0, 2]
    assert OutboundEmail.objects.filter(kind="errors.report").count() == 4


def test_a_report_quotes_no_value():
    subject, text = error_reports.described(failed())

    assert "emn.example" not in subject + text
    assert "ValueError" in subject
    assert "test_monitoring.py" in text
    assert "failed on row 7" in text


@pytest.mark.django_db(transaction=True)
def test_a_logged_error_reaches_the_outbox(settings):
    import threading

    settings.ERROR_RECIPIENTS = ["a@emn.example"]
    before = set(threading.enumerate())

    handler = error_reports.ReportHandler()
    handler.handle(failed())
    threads = set(threading.enumerate()) - before
    handler.handle(failed())  # a storm starts no crowd of threads
    assert set(threading.enumerate()) - before <= threads
    for thread in threads:
        thread.join(20)

    assert OutboundEmail.objects.get().to_email == "a@emn.example"


def test_nobody_is_told_when_nobody_asked(settings):
    settings.ERROR_RECIPIENTS = []

    error_reports.ReportHandler().handle(failed())

    assert not OutboundEmail.objects.exists()


# --- A service that is away ---


@pytest.mark.parametrize(
    ("error", "status"), [(OperationalError("down"), 503), (ValueError("bug"), 500)]
)
def test_the_page_of_an_outage_says_so_and_when_to_come_back(error, status):
    try:
        raise error
    except type(error):
        response = home.server_error(RequestFactory().get("/"))

    assert response.status_code == status
    assert ("Retry-After" in response) == (status == 503)


def test_an_outage_is_seen_behind_another_error():
    error = RuntimeError()
    error.__cause__ = OperationalError()

    assert outage.is_outage(error)
    assert not outage.is_outage(RuntimeError())
    assert not outage.is_outage(None)
