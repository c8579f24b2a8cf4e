"""Files of people: read whole before anything is written, written whole or not, basis proven."""

import csv
import gzip
import io
import os
import signal
import threading
import tracemalloc
from datetime import UTC, date, datetime, timedelta
from time import monotonic, sleep

import pytest
from django.core.files.base import ContentFile
from django.db import connection, transaction
from openpyxl import Workbook

from emn.accounts.models import User
from emn.accounts.services import erase_account, purge_personal_data
from emn.lib.file_imports.enums import ImportStatus
from emn.lib.file_imports.models import STALE_AFTER
from emn.lib.file_imports.services import ImportRefused
from emn.mailings import tasks
from emn.mailings.addresses import is_generic, is_personal, mailbox_hash
from emn.mailings.enums import (
    ActMethod,
    Basis,
    ConsentAct,
    ListKind,
    SubscriptionStatus,
    SuppressionReason,
)
from emn.mailings.imports.lines import COLUMNS
from emn.mailings.models import (
    ConsentRecord,
    JobFunction,
    MailingList,
    OutboundEmail,
    Subscriber,
    SubscriberImport,
    Subscription,
    Suppression,
    Topic,
)
from emn.mailings.services import subscriber_imports as imports
from emn.territory.models import Commune, Epci
from tests.mailings.conftest import NOW
from tests.mailings.subscribing import ask

pytestmark = pytest.mark.django_db
HEADER = list(COLUMNS)
GIVEN = datetime(2025, 12, 30, 23, tzinfo=UTC)  # the 31st in Metz, as `line` says
CONSENT_HEADER = ["courriel", "date du consentement", "preuve"]


@pytest.fixture(autouse=True)
def rung(monkeypatch):
    """What would have been sent to the worker."""
    calls = []
    monkeypatch.setattr(tasks.run_subscriber_import, "delay", lambda **ids: calls.append(ids))
    return calls


def mailing_list(code="lettre"):
    return MailingList.objects.get_or_create(
        code=code, defaults={"kind": ListKind.NEWSLETTER, "name": code, "description": "x"}
    )[0]


def line(email, **changed):
    values = {
        "courriel": email,
        "date du consentement": "31/12/2025",
        "preuve": "salon 2025, carton n° 3",
    } | changed
    return [values.get(column, "") for column in HEADER]


def as_csv(lines, *, header=HEADER, encoding="utf-8", delimiter=";"):
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows([header, *lines])
    return text.getvalue().encode(encoding)


def as_xlsx(lines, *, header=HEADER):
    book, content = Workbook(), io.BytesIO()
    for row in [header, *lines]:
        book.active.append(row)
    book.save(content)
    return content.getvalue()


def start(content, *, name="liste.csv", basis=Basis.CONSENT):
    agent = User.objects.get_or_create(email="importer@x.example", defaults={"is_staff": True})[0]
    return imports.start_import(
        file=ContentFile(content),
        name=name,
        list_id=mailing_list().pk,
        basis=basis,
        by_id=agent.pk,
        now=NOW,
    )


def check(content, **options):
    return imports.check_import(import_id=start(content, **options).pk, now=NOW)


def write(entry, *, now=NOW):
    imports.ask_to_write(import_id=entry.pk, now=now)
    imports.write_import(import_id=entry.pk, now=now)
    entry.refresh_from_db()
    return entry


def known(email, *, status=SubscriptionStatus.CONFIRMED, basis=Basis.CONSENT, **values):
    """Make a person of the list, as the portal would have."""
    subscriber = Subscriber.objects.create(
        email=email,
        mailbox_hash=mailbox_hash(email),
        created_at=NOW,
        **{"language": "de", "last_contact_at": NOW} | values,
    )
    subscriber.subscriptions.create(
        list=mailing_list(),
        status=status,
        basis=basis,
        requested_at=NOW,
        confirmed_at=NOW if status == SubscriptionStatus.CONFIRMED else None,
        ended_at=NOW if status == SubscriptionStatus.ENDED else None,
    )
    return subscriber


def record(email, act, *, at=NOW, code="lettre"):
    return ConsentRecord.objects.create(
        mailbox_hash=mailbox_hash(email),
        list=mailing_list(code),
        act=act,
        method=ActMethod.FORM,
        at=at,
    )


# --- What a line says ---


def test_a_file_is_written_with_its_proofs():
    functions("gérant")
    metz = Epci.objects.create(siren="200039865", name="Metz Métropole", kind="METRO")
    commune("57463", "Metz", metz)
    entry = check(
        as_csv(
            [
                line("Anne@Firm.example", langue="Allemand", territoire="metz", themes="IA"),
                line("bob@firm.example", territoire="200039865", fonction="gérant"),
            ]
        )
    )
    assert (entry.status, entry.line_count, entry.new_count) == (ImportStatus.READY, 2, 2)
    assert not Subscriber.objects.exists()

    assert write(entry).status == ImportStatus.WRITTEN

    anne, bob = Subscriber.objects.order_by("email", "pk")
    assert (anne.email, anne.language, anne.epci_code, anne.topics, anne.last_contact_at) == (
        "anne@firm.example",
        "de",
        "200039865",
        ["ia"],
        GIVEN,
    )
    assert (bob.language, bob.epci_code, bob.topics, bob.function) == (
        "fr",
        "200039865",
        [],
        "gérant",
    )
    rows = Subscription.objects.order_by("pk").values_list("status", "basis", "confirmed_at")
    assert set(rows) == {(SubscriptionStatus.CONFIRMED, Basis.CONSENT, GIVEN)}
    proofs = ConsentRecord.objects.order_by("pk")
    assert {proof.mailbox_hash for proof in proofs} == {anne.mailbox_hash, bob.mailbox_hash}
    assert {(proof.act, proof.method, proof.source, proof.at) for proof in proofs} == {
        (ConsentAct.IMPORTED, ActMethod.IMPORT, "31/12/2025 · salon 2025, carton n° 3", NOW)
    }


def commune(code, name, epci, *, departement="57", population=1):
    return Commune.objects.create(
        insee_code=code,
        name=name,
        name_folded=name.lower(),
        postcodes=["57000"],
        departement_code=departement,
        epci=epci,
        population=population,
        area_km2=1,
        latitude=49,
        longitude=6,
    )


def test_a_commune_is_the_one_of_the_departement_before_a_larger_one_elsewhere():
    ours = Epci.objects.create(siren="200000001", name="Chez nous", kind="CC")
    theirs = Epci.objects.create(siren="200000002", name="Ailleurs", kind="CC")
    commune("57100", "saint martin", ours)
    commune("54100", "saint martin", theirs, departement="54", population=9)

    write(check(as_csv([line("a@x.example", territoire="St-Martin")])))

    assert Subscriber.objects.get().epci_code == "200000001"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_csv_is_read_whatever_wrote_it(encoding, delimiter):
    functions("gérée")
    lines = [line(f"p{n}@x.example") for n in range(900)] + [line("z@x.example", fonction="gérée")]

    write(check(as_csv(lines, encoding=encoding, delimiter=delimiter)))

    assert Subscriber.objects.get(email="z@x.example").function == "gérée"


@pytest.mark.parametrize(
    "day",
    [
        date(2025, 12, 31),
        datetime(2025, 12, 31, 8, 30),  # noqa: DTZ001 -- a workbook has no zone
        "2025-12-31",
        "31/12/2025 08:30",
    ],
)
def test_a_workbook_is_read_with_its_days(day):
    content = as_xlsx([line("a@x.example", **{"date du consentement": day})])

    write(check(content, name="liste.xlsx"))

    assert ConsentRecord.objects.get().source == "31/12/2025 · salon 2025, carton n° 3"


def test_the_names_of_columns_may_be_written_otherwise():
    header = ["COURRIEL", "Date_du_consentement", "Preuve", "Thèmes"]

    entry = check(as_csv([["a@x.example", "31/12/2025", "x", ""]], header=header))

    assert entry.status == ImportStatus.READY


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"courriel": "alice"}, "courriel\u00a0: ce n’est pas une adresse."),
        ({"courriel": ""}, "courriel\u00a0: ce n’est pas une adresse."),
        ({"courriel": f"a@{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 60}.{'f' * 20}.example"}, "trop"),
        ({"langue": "klingon"}, "langue\u00a0: écrivez fr, de ou en."),
        ({"territoire": "Nulle-Part"}, "territoire\u00a0: «\u00a0Nulle-Part\u00a0»"),
        ({"themes": "ia, tricot"}, "themes\u00a0: «\u00a0tricot\u00a0» n’est pas dans la liste."),
        ({"fonction": "tricoteuse"}, "fonction\u00a0: «\u00a0tricoteuse\u00a0» n’est pas une"),
        ({"date du consentement": ""}, "écrivez un jour"),
        ({"date du consentement": "31/02/2025"}, "écrivez un jour"),
        ({"date du consentement": "23/11/2026"}, "ce jour est à venir."),
        ({"date du consentement": "22/11/2023"}, "il y a plus de trois ans"),
        ({"preuve": ""}, "preuve\u00a0: dites où est la preuve"),
        ({"preuve": "x" * 151}, "preuve\u00a0: 150 signes au plus."),
    ],
)
def test_a_bad_value_is_said_with_its_line_and_without_its_address(changed, said):
    Topic.objects.create(code="ia", name="IA")

    entry = check(as_csv([line("ok@x.example"), line("alice@x.example", **changed)]))

    assert (entry.status, entry.error_count) == (ImportStatus.REFUSED, 1)
    ((number, words),) = entry.errors
    assert number == 3
    assert said in words
    assert "alice" not in words


def test_a_consent_of_three_years_less_a_day_still_holds():
    entry = check(as_csv([line("a@x.example", **{"date du consentement": "24/11/2023"})]))

    assert entry.status == ImportStatus.READY


@pytest.mark.parametrize(
    ("header", "basis", "said"),
    [
        (["courriel", "preuve"], Basis.CONSENT, "date du consentement."),
        (["courriel", "preuve"], Basis.PROFESSION, "fonction."),
        (["courriel", "fonction"], Basis.PROFESSION, "preuve."),
        ([*CONSENT_HEADER, "nom", "âge"], Basis.CONSENT, "inconnues\u00a0: age, nom."),
        ([*CONSENT_HEADER, "Preuve"], Basis.CONSENT, "même nom"),
        ([*CONSENT_HEADER, "thèmes", "themes"], Basis.CONSENT, "même nom"),
    ],
)
def test_columns_are_known(header, basis, said):
    entry = check(as_csv([["x"] * len(header)], header=header), basis=basis)

    assert (entry.status, entry.error_count) == (ImportStatus.REFUSED, 1)
    assert said in entry.errors[0][1]


def test_an_empty_file_is_refused():
    assert check(as_csv([])).errors == [[0, "Ce fichier n’a aucune ligne."]]


def test_another_kind_of_file_is_refused():
    with pytest.raises(ImportRefused, match="CSV"):
        start(b"x", name="liste.exe")


# --- Whom a list may write to ---


def test_a_blocked_mailbox_is_refused_and_a_lifted_one_is_not():
    for email, lifted_at in (("a@x.example", None), ("b@x.example", NOW)):
        Suppression.objects.create(
            mailbox_hash=mailbox_hash(email),
            reason=SuppressionReason.OBJECTION,
            created_at=NOW,
            lifted_at=lifted_at,
        )

    entry = check(as_csv([line("A+news@x.example"), line("b@x.example")]))

    assert entry.errors == [[2, "Cette adresse est bloquée\u00a0: aucune liste ne lui écrit."]]


def test_who_left_the_list_is_refused_even_once_forgotten():
    record("gone@x.example", ConsentAct.CONFIRMED, at=NOW - timedelta(days=9))
    record("gone@x.example", ConsentAct.WITHDRAWN, at=NOW - timedelta(days=5))
    record("gone@x.example", ConsentAct.REQUESTED, at=NOW - timedelta(days=1))

    entry = check(as_csv([line("gone@x.example")]))

    assert entry.errors[0][1].startswith("Cette personne a quitté cette liste")


def test_who_left_another_list_or_came_back_is_not_refused():
    record("other@x.example", ConsentAct.WITHDRAWN, code="enquetes")
    record("back@x.example", ConsentAct.WITHDRAWN, at=NOW - timedelta(days=5))
    record("back@x.example", ConsentAct.CONFIRMED, at=NOW - timedelta(days=1))

    entry = check(as_csv([line("other@x.example"), line("back@x.example")]))

    assert entry.status == ImportStatus.READY


def test_one_person_is_named_once():
    entry = check(as_csv([line("a@x.example"), line("b@x.example"), line("A+2@x.example")]))

    assert entry.errors == [[4, "Même personne que la ligne 2."]]


def test_nobody_is_brought_lower():
    functions("gérant")
    person = known("a@x.example", topics=["ia"], epci_code="200000001", function="artisan")

    entry = write(check(as_csv([line("a@x.example", langue="en", fonction="gérant")])))

    assert (entry.new_count, entry.added_count, entry.known_count) == (0, 0, 1)
    before = Subscriber.objects.filter(pk=person.pk).values().get()
    assert before["topics"] == ["ia"]
    assert (before["language"], before["epci_code"], before["function"]) == (
        "de",
        "200000001",
        "artisan",
    )
    assert before["last_contact_at"] == NOW
    assert Subscription.objects.get().confirmed_at == NOW
    assert not ConsentRecord.objects.exists()


def test_a_professional_relation_takes_no_consent_away_and_a_consent_takes_its_place():
    functions("DSI")
    known("consented@x.example")
    known("related@x.example", basis=Basis.PROFESSION, function="gérante")
    write(check(as_csv([line("consented@x.example", fonction="DSI")]), basis=Basis.PROFESSION))

    write(check(as_csv([line("related@x.example")])))

    assert set(Subscription.objects.values_list("basis", flat=True)) == {Basis.CONSENT}
    assert ConsentRecord.objects.get().mailbox_hash == mailbox_hash("related@x.example")


def test_what_the_portal_lacks_of_a_known_person_is_completed():
    functions("gérant")
    before = NOW - timedelta(days=700)
    known("a@x.example", basis=Basis.PROFESSION, last_contact_at=before)

    write(check(as_csv([line("a@x.example", fonction="gérant")])))

    person = Subscriber.objects.get()
    assert (person.function, person.last_contact_at) == ("gérant", GIVEN)
    assert Subscription.objects.get().confirmed_at == NOW


def test_who_never_confirmed_is_confirmed_by_the_proof():
    known("a@x.example", status=SubscriptionStatus.PENDING)

    entry = write(check(as_csv([line("a@x.example")])))

    assert (entry.new_count, entry.added_count) == (0, 1)
    assert Subscription.objects.get().status == SubscriptionStatus.CONFIRMED


@pytest.mark.parametrize(
    ("address", "personal"),
    [
        ("a@gmail.com", True),
        ("a@yahoo.co.uk", True),
        ("a@Orange.fr", True),
        ("a@web.de", True),
        ("a@web.agency", False),
        ("a@orange.com", False),
        ("a@garage-meyer.fr", False),
    ],
)
def test_a_mailbox_of_private_persons_is_known(address, personal):
    assert is_personal(address) == personal


@pytest.mark.parametrize(
    ("address", "generic"),
    [
        ("contact@garage-meyer.fr", True),
        ("INFO@garage-meyer.fr", True),
        ("contact.meyer@garage-meyer.fr", False),
        ("contact@gmail.com", False),
        ("contact@orange.fr", False),
    ],
)
def test_an_address_that_names_nobody_is_known(address, generic):
    assert is_generic(address) == generic


NO_DAY = {"date du consentement": ""}


@pytest.mark.parametrize(
    ("email", "function", "topics", "said"),
    [
        ("a@firm.example", "DSI", "", None),
        ("a@firm.example", "dsi", "IA, vente", None),
        ("a@firm.example", "Informatique", "ia", None),
        ("a@firm.example", "DSI", "vente", "themes~: aucun ne touche cette fonction."),
        ("a@firm.example", "", "ia", "fonction~: indispensable pour écrire à un professionnel."),
        ("a@firm.example", "astronaute", "ia", "fonction~: «~astronaute~» n’est pas une fonction"),
        ("a@firm.example", "stagiaire", "ia", "fonction~: aucun thème ne touche cette fonction"),
        ("a@gmail.com", "DSI", "ia", "courriel~: une adresse privée demande un consentement"),
        ("contact@gmail.com", "DSI", "ia", "courriel~: une adresse privée demande un consentement"),
        ("contact@firm.example", "", "", None),
        ("contact@firm.example", "", "vente", None),
    ],
)
def test_a_professional_is_taken_when_a_topic_touches_the_function(email, function, topics, said):
    for code in ("ia", "vente"):
        Topic.objects.create(code=code, name_fr=code)
    informatics = JobFunction.objects.create(code="it", name_fr="Informatique", words=["DSI"])
    informatics.topics.set(Topic.objects.filter(code="ia"))
    JobFunction.objects.create(code="stage", name_fr="Stagiaire")

    entry = check(
        as_csv([line(email, fonction=function, themes=topics, **NO_DAY)]), basis=Basis.PROFESSION
    )

    words = " ".join(words for _number, words in entry.errors)
    assert (said or "").replace("~", "\u00a0") in words
    assert entry.status == (ImportStatus.REFUSED if said else ImportStatus.READY)


def test_an_organisation_and_a_professional_are_told_apart_and_their_source_is_kept():
    functions("direction")
    entry = check(
        as_csv(
            [
                line("a@firm.example", fonction="direction", preuve="fichier clients"),
                line("info@firm.example", preuve="annuaire de la CCI", **NO_DAY),
            ]
        ),
        basis=Basis.PROFESSION,
    )

    write(entry)

    rows = Subscription.objects.order_by("subscriber__email", "pk")
    assert list(rows.values_list("subscriber__email", "basis", "subscriber__function")) == [
        ("a@firm.example", Basis.PROFESSION, "direction"),
        ("info@firm.example", Basis.GENERIC, ""),
    ]
    proofs = ConsentRecord.objects.order_by("source", "pk")
    assert list(proofs.values_list("source", "import_number")) == [
        ("adresse générique d’un organisme · annuaire de la CCI", entry.pk),
        ("relation professionnelle · 31/12/2025 · fichier clients", entry.pk),
    ]


def test_a_professional_s_line_says_where_the_address_comes_from():
    functions("direction")

    entry = check(
        as_csv([line("a@firm.example", fonction="direction", preuve="", **NO_DAY)]),
        basis=Basis.PROFESSION,
    )

    assert entry.errors == [
        [2, "preuve\u00a0: dites d’où vient l’adresse\u00a0: la personne le lira."]
    ]


def functions(*codes):
    """Make functions that a topic touches."""
    topic = Topic.objects.get_or_create(code="ia", defaults={"name": "IA"})[0]
    for code in codes:
        JobFunction.objects.create(code=code, name=code).topics.add(topic)


# --- All or nothing, once ---


def test_three_bad_lines_of_fifty_thousand_are_said_and_nothing_is_written():
    Suppression.objects.create(
        mailbox_hash=mailbox_hash("p777@x.example"),
        reason=SuppressionReason.HARD,
        created_at=NOW,
    )
    lines = [[f"p{n}@x.example", "31/12/2025", "salon"] for n in range(50_000)]
    lines[123][0] = "p123@@x.example"
    lines[40_000][0] = "P5@x.example"

    entry = check(as_csv(lines, header=CONSENT_HEADER))

    assert (entry.status, entry.line_count, entry.error_count) == (ImportStatus.REFUSED, 50_000, 3)
    assert entry.errors == [
        [125, "courriel\u00a0: ce n’est pas une adresse."],
        [779, "Cette adresse est bloquée\u00a0: aucune liste ne lui écrit."],
        [40_002, "Même personne que la ligne 7."],
    ]
    assert not Subscriber.objects.exists()


def test_the_report_keeps_the_first_faults_and_counts_all():
    lines = [["bad", "31/12/2025", "x"] for _ in range(150)]
    lines += [["same@x.example", "31/12/2025", "x"] for _ in range(151)]

    entry = check(as_csv(lines, header=CONSENT_HEADER))

    assert (entry.error_count, len(entry.errors)) == (300, imports.ERRORS_KEPT)
    assert entry.errors[0][0] == 2
    assert entry.errors[-1] == [202, "Même personne que la ligne 152."]


def to_be_written(count):
    """Return an import of that many people, read and asked to be written."""
    lines = [[f"p{n}@x{count}.example", "31/12/2025", "salon"] for n in range(count)]
    entry = check(gzip.compress(as_csv(lines, header=CONSENT_HEADER)), name="liste.csv.gz")
    return imports.ask_to_write(import_id=entry.pk, now=NOW)


@pytest.mark.parametrize("batches", [1, 3])
def test_a_file_is_written_by_the_batch(batches, django_assert_num_queries):
    entry = to_be_written(batches * imports.BATCH)

    with django_assert_num_queries(19 + 2 * batches):
        imports.write_import(import_id=entry.pk, now=NOW)

    assert Subscription.objects.confirmed().count() == batches * imports.BATCH
    assert ConsentRecord.objects.count() == batches * imports.BATCH


def test_a_file_four_times_as_long_takes_no_more_memory():
    peaks = []
    for count in (imports.BATCH, 4 * imports.BATCH):
        entry = to_be_written(count)
        tracemalloc.start()
        imports.write_import(import_id=entry.pk, now=NOW)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()

    assert peaks[1] < 1.3 * peaks[0]


def test_who_leaves_between_the_reading_and_the_writing_undoes_the_whole():
    entry = check(as_csv([line("a@x.example"), line("b@x.example")]))
    record("b@x.example", ConsentAct.WITHDRAWN)

    entry = write(entry)

    assert (entry.status, [number for number, _said in entry.errors]) == (ImportStatus.REFUSED, [3])
    assert not Subscriber.objects.exists()


def test_a_task_that_runs_twice_works_once():
    entry = check(as_csv([line("a@x.example")]))

    assert imports.check_import(import_id=entry.pk, now=NOW) is None
    assert imports.write_import(import_id=entry.pk, now=NOW) is None
    write(entry)
    assert imports.write_import(import_id=entry.pk, now=NOW) is None
    assert ConsentRecord.objects.count() == 1


def test_an_import_in_another_state_is_left():
    entry = start(as_csv([line("a@x.example")]))

    with pytest.raises(ImportRefused, match="En attente de lecture"):
        imports.ask_to_write(import_id=entry.pk, now=NOW)
    with pytest.raises(ImportRefused, match="En attente de lecture"):
        imports.abandon_import(import_id=entry.pk, now=NOW)
    with pytest.raises(ImportRefused, match="laissez-le finir"):
        imports.relaunch_import(import_id=entry.pk, now=NOW)


def test_a_failure_of_the_portal_is_said(django_capture_on_commit_callbacks):
    entry = start(as_csv([line("a@x.example")]))
    entry.file.storage.delete(entry.file.name)

    with pytest.raises(FileNotFoundError):
        imports.check_import(import_id=entry.pk, now=NOW)

    entry.refresh_from_db()
    assert entry.status == ImportStatus.FAILED


def test_a_reading_whose_worker_died_is_relaunched(rung, django_capture_on_commit_callbacks):
    entry = start(as_csv([line("a@x.example")]))
    SubscriberImport.objects.update(status=ImportStatus.CHECKING, alive_at=NOW)
    assert imports.check_import(import_id=entry.pk, now=NOW) is None
    later = NOW + STALE_AFTER * 1.1

    with django_capture_on_commit_callbacks(execute=True):
        imports.relaunch_import(import_id=entry.pk, now=later)

    assert rung == [{"import_id": entry.pk}]
    assert imports.check_import(import_id=entry.pk, now=later).status == ImportStatus.READY


def in_thread(action):
    """Start the action in a thread with a connection of its own; give its outcome once joined."""
    outcome = []

    def run():
        outcome.append(action())
        connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def wait_for_a_writer_to_wait():
    """Wait until somebody is about to write in the register of consents."""
    until = monotonic() + 120
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE NOT granted "
                "AND relation = 'mailings_consentrecord'::regclass"
            )
            if cursor.fetchone():
                return
        sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_while_it_writes_leaves_nothing_and_the_import_is_taken_up_again():
    entry = check(as_csv([line(f"p{n}@x.example") for n in range(50)]))
    imports.ask_to_write(import_id=entry.pk, now=NOW)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE mailings_consentrecord IN EXCLUSIVE MODE")
        worker = os.fork()
        if worker == 0:
            connection.connection = None  # the parent's
            imports.write_import(import_id=entry.pk, now=NOW)
            os._exit(0)
        wait_for_a_writer_to_wait()
        os.kill(worker, signal.SIGKILL)
        os.waitpid(worker, 0)
    entry.refresh_from_db()
    assert (entry.status, Subscriber.objects.count()) == (ImportStatus.WRITING, 0)

    imports.relaunch_import(import_id=entry.pk, now=entry.alive_at + STALE_AFTER * 1.1)
    tasks.run_subscriber_import(import_id=entry.pk)

    entry.refresh_from_db()
    assert (entry.status, ConsentRecord.objects.count()) == (ImportStatus.WRITTEN, 50)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_write_each_person_once():
    lines = [line(f"p{n}@x.example") for n in range(500)]
    entries = [check(as_csv(lines)), check(as_csv(list(reversed(lines))))]
    for entry in entries:
        imports.ask_to_write(import_id=entry.pk, now=NOW)

    threads = [
        in_thread(lambda pk=entry.pk: imports.write_import(import_id=pk, now=NOW).added_count)
        for entry in entries
    ]
    for thread, _outcome in threads:
        thread.join()

    assert sorted(outcome[0] for _thread, outcome in threads) == [0, 500]
    assert Subscriber.objects.count() == 500
    assert Subscription.objects.confirmed().count() == 500
    assert ConsentRecord.objects.count() == 500


@pytest.mark.django_db(transaction=True)
def test_two_workers_write_one_import_once():
    entry = check(as_csv([line(f"p{n}@x.example") for n in range(500)]))
    imports.ask_to_write(import_id=entry.pk, now=NOW)

    threads = [
        in_thread(lambda: imports.write_import(import_id=entry.pk, now=NOW)) for _ in range(2)
    ]
    for thread, _outcome in threads:
        thread.join()

    assert sorted(outcome[0] is None for _thread, outcome in threads) == [False, True]
    assert ConsentRecord.objects.count() == 500


# --- The file itself ---


@pytest.mark.parametrize("outcome", ["written", "refused", "abandoned"])
def test_the_file_goes_once_it_has_served(outcome, django_capture_on_commit_callbacks):
    entry = start(as_csv([line("bad" if outcome == "refused" else "a@x.example")]))
    storage, name = entry.file.storage, entry.file.name
    assert storage.exists(name)

    with django_capture_on_commit_callbacks(execute=True):
        imports.check_import(import_id=entry.pk, now=NOW)
        if outcome == "written":
            write(entry)
        if outcome == "abandoned":
            imports.abandon_import(import_id=entry.pk, now=NOW)

    assert not storage.exists(name)
    entry.refresh_from_db()
    assert (entry.status, entry.file.name) == (outcome, "")


def test_old_imports_are_purged_with_their_file(django_capture_on_commit_callbacks):
    entry = check(as_csv([line("a@x.example")]))
    storage, name = entry.file.storage, entry.file.name

    with django_capture_on_commit_callbacks(execute=True):
        purge_personal_data(now=NOW + timedelta(days=29), write=True)
        assert SubscriberImport.objects.exists()
        purge_personal_data(now=NOW + timedelta(days=31), write=True)

    assert not SubscriberImport.objects.exists()
    assert not storage.exists(name)


def test_an_erased_agent_takes_its_files_along():
    entry = start(as_csv([line("a@x.example")]))

    erase_account(user_id=entry.created_by_id)

    assert not SubscriberImport.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_known", [False, True])
def test_who_asks_while_an_import_writes_the_address_is_told_the_same(monkeypatch, is_known):
    if is_known:
        known("lea@firm.example", status=SubscriptionStatus.PENDING)
    entry = check(as_csv([line("lea@firm.example", langue="de")]))
    imports.ask_to_write(import_id=entry.pk, now=NOW)
    written, may_commit = threading.Barrier(2, timeout=60), threading.Barrier(2, timeout=60)
    write_all = imports.staging.write

    def write_then_wait(*args, **options):
        write_all(*args, **options)
        written.wait()
        may_commit.wait()

    monkeypatch.setattr(imports.staging, "write", write_then_wait)
    importer, _outcome = in_thread(lambda: imports.write_import(import_id=entry.pk, now=NOW))
    written.wait()
    visitor, answers = in_thread(lambda: ask("lettre", email="lea@firm.example"))
    wait_for_a_transaction_to_wait()
    may_commit.wait()
    for thread in (importer, visitor):
        thread.join(20)

    assert [person.language for person in answers] == ["de"]
    assert Subscription.objects.get().status == SubscriptionStatus.CONFIRMED
    assert OutboundEmail.objects.get().kind == "mailings/emails/already"


def wait_for_a_transaction_to_wait():
    """Wait until somebody waits for what another transaction wrote."""
    until = monotonic() + 120
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pid FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'"
            )
            if cursor.fetchone():
                return
        sleep(0.05)
    raise AssertionError("nobody waits")
