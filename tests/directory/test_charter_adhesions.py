"""From a draft to an adhesion in force: who may, what is asked for, what nobody may change."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from directory.charter import states
from directory.enums import AdhesionEventKind, AdhesionStatus, EvidenceStatus, MembershipRole
from directory.models import Adhesion, AdhesionEvent, Charter, Company, Evidence
from directory.services import charter, charter_checks, charter_terms
from directory.services.charter import AdhesionRefused
from emn.lib.errors import DomainError
from emn.mailings.models import OutboundEmail
from emn.territory.models import LegalUnit
from tests.directory import charter as make
from tests.directory.factories import (
    NOW,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db


def agent():
    return UserFactory(is_staff=True).pk


def test_a_version_ships_seven_clauses_in_three_languages():
    version = make.text()

    for language in ("fr", "de", "en"):
        clauses = version.texts[language]["clauses"]
        assert [clause["key"] for clause in clauses] == [
            "need", "scope", "costs", "roles", "means", "lasting", "rights",
        ]  # fmt: skip
        assert all(clause["promise"] and len(clause["commitments"]) >= 3 for clause in clauses)
        assert version.texts[language]["not_for"]
    assert version.sha256 == charter.digest_of(version.texts)


def test_sync_says_what_differs_and_writes_only_when_asked():
    assert charter.sync_charters(write=False)[0].created == ["1.0"]
    assert not Charter.objects.exists()
    charter.sync_charters(write=True)

    assert charter.sync_charters(write=True)[0].unchanged == 1


def test_an_unsigned_version_may_change():
    version = make.text()
    make.started()

    Charter.objects.filter(pk=version.pk).update(valid_from=date(2026, 1, 1))


@pytest.mark.parametrize("act", ["update", "delete", "sync"])
def test_a_signed_version_never_changes(act, tmp_path):
    version = make.text()
    make.signed()
    rows = Charter.objects.filter(pk=version.pk)

    if act == "sync":
        (tmp_path / "1.0.json").write_text(
            '{"version": "1.0", "valid_from": "2026-11-01", "texts": {"fr": {}}}'
        )
        with pytest.raises(AdhesionRefused, match="signée"):
            charter.sync_charters(write=True, folder=tmp_path)
    else:
        with pytest.raises(DatabaseError, match="was signed"), transaction.atomic():
            rows.update(texts={}) if act == "update" else rows._raw_delete(rows.db)
    assert Charter.objects.get(pk=version.pk).texts == version.texts


def test_signing_keeps_a_document_its_digest_and_who_signed():
    adhesion = make.signed()

    with adhesion.document.open("rb") as file:
        content = file.read()
    assert content.startswith(b"%PDF-")
    assert hashlib.sha256(content).hexdigest() == adhesion.document_sha256
    assert (adhesion.status, adhesion.signatory_name) == ("signed", "Alice Martin")
    assert adhesion.complaints_accepted_at == NOW
    assert OutboundEmail.objects.filter(kind="directory/emails/charter_signed").count() == 1


@pytest.mark.parametrize("text", ['Martin #[link] $x$ \\ "quote"', '#read("/etc/passwd")'])
def test_the_document_shows_names_and_runs_none(text):
    adhesion = make.signed(name=text)

    assert adhesion.document.size > 10_000


@pytest.mark.parametrize(
    "changed",
    [
        {"document_sha256": "0" * 64},
        {"signatory_name": "Bob"},
        {"power_basis": "delegation"},
        {"signed_at": NOW + timedelta(days=1)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_was_signed_does_not_change(changed):
    adhesion = make.signed()

    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic():
        Adhesion.objects.filter(pk=adhesion.pk).update(**changed)


def test_history_is_append_only():
    make.active()
    rows = AdhesionEvent.objects.all()

    for act in (lambda: rows.update(reason="autre"), lambda: rows._raw_delete(rows.db)):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()


@pytest.mark.parametrize(
    "declared",
    [
        {"without_reservation": False},
        {"may_bind": False},
        {"accepts_complaints": False},
        {"name": " "},
        {"role": ""},
        {"power_basis": ""},
    ],
    ids=lambda declared: next(iter(declared)),
)
def test_nothing_is_signed_with_a_reservation_or_a_blank(declared):
    with pytest.raises(AdhesionRefused):
        make.signed(**declared)

    assert Adhesion.objects.get().signed_at is None


def test_a_text_that_changed_since_it_was_read_is_not_signed():
    with pytest.raises(AdhesionRefused, match="relisez"):
        make.signed(version_read="0.9")


@pytest.mark.parametrize("state", ["C", None])
def test_a_company_that_the_register_does_not_say_is_active_cannot_begin(state):
    company = make.company_of()
    if state:
        make.unit(company.siren, state=state)
    else:
        LegalUnit.objects.all().delete()

    with pytest.raises(AdhesionRefused, match="registre"):
        make.started(company)


def test_an_association_is_told_that_the_charter_is_for_companies():
    company = make.company_of()
    make.unit(company.siren, legal_category="9220")

    with pytest.raises(AdhesionRefused, match="associations"):
        make.started(company)


def test_an_invented_company_follows_its_own_closing():
    company = make.company_of(company=CompanyFactory(is_demo=True))
    LegalUnit.objects.all().delete()
    adhesion = make.active(company)
    Company.objects.filter(pk=company.pk).update(closed_on=make.TODAY)

    assert charter_terms.ceased() == [adhesion.pk]


def test_who_is_not_of_the_company_finds_nothing():
    adhesion = make.signed()
    stranger = UserFactory().pk

    for act in (
        lambda: charter.start_adhesion(company_id=adhesion.company_id, user_id=stranger, now=NOW),
        lambda: charter.sign(
            adhesion_id=adhesion.pk, user_id=stranger, signature=make.signature(), now=NOW
        ),
        lambda: charter.submit(adhesion_id=adhesion.pk, user_id=stranger, now=NOW),
        lambda: charter.resign(adhesion_id=adhesion.pk, user_id=stranger, now=NOW),
        lambda: charter.remove_evidence(evidence_id=make.with_piece(adhesion).pk, user_id=stranger),
    ):
        with pytest.raises(ObjectDoesNotExist):
            act()


def test_only_who_is_responsible_resigns():
    adhesion = make.active()
    editor = MembershipFactory(company=adhesion.company, role=MembershipRole.EDITOR).user

    with pytest.raises(AdhesionRefused, match="responsable"):
        charter.resign(adhesion_id=adhesion.pk, user_id=editor.pk, now=NOW)


def test_asking_twice_gives_the_same_draft_and_an_abandoned_one_leaves_nothing():
    company = make.company_of()
    draft = make.started(company)
    assert make.started(company) == draft

    charter.abandon(adhesion_id=draft.pk, user_id=make.owner_of(company).pk)

    assert not Adhesion.objects.exists()
    assert not AdhesionEvent.objects.exists()


def test_two_establishments_of_a_company_sign_once():
    first = make.company_of(company=CompanyFactory(siret="12345678900011"))
    other = make.company_of(company=CompanyFactory(siret="12345678900029"))
    make.signed(first)

    with pytest.raises(AdhesionRefused, match="autre établissement"):
        make.started(other)


def test_one_standing_adhesion_a_company_is_a_constraint():
    row = Adhesion.objects.get(pk=make.active().pk)
    row.pk = None

    with pytest.raises(IntegrityError, match="one_current"), transaction.atomic():
        row.save()


def test_nothing_is_sent_to_the_centre_without_what_it_asks_for():
    adhesion = make.signed()

    with pytest.raises(AdhesionRefused, match="Modèle de devis"):
        charter.submit(adhesion_id=adhesion.pk, user_id=make.owner_of(adhesion.company).pk, now=NOW)


def test_a_delegate_brings_the_delegation():
    adhesion = make.signed(power_basis="delegation")
    make.with_piece(adhesion)
    owner = make.owner_of(adhesion.company).pk

    with pytest.raises(AdhesionRefused, match="Pouvoir de signer"):
        charter.submit(adhesion_id=adhesion.pk, user_id=owner, now=NOW)
    make.with_piece(adhesion, kind="delegation")
    assert (
        charter.submit(adhesion_id=adhesion.pk, user_id=owner, now=NOW).status
        == "documentary_check"
    )


def test_an_unread_document_keeps_the_door_closed():
    adhesion = make.submitted()

    with pytest.raises(AdhesionRefused, match="attendent"):
        charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent(), now=NOW)


def test_a_refused_document_is_not_one_that_was_asked_for():
    adhesion = make.submitted()
    piece = Evidence.objects.get()
    charter_checks.decide_evidence(
        evidence_id=piece.pk, by_id=agent(), seen="waiting", accepted=False,
        reason="Le devis ne dit pas les coûts récurrents.", now=NOW,
    )  # fmt: skip

    with pytest.raises(AdhesionRefused, match="Modèle de devis"):
        charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent(), now=NOW)


def test_a_document_attests_no_commitment_but_those_of_its_kind():
    piece = make.accept(Evidence.objects.get(adhesion=make.submitted()), clauses=("need", "rights"))

    assert piece.clauses == ["need"]


def test_a_refusal_has_its_reason():
    make.submitted()
    piece = Evidence.objects.get()

    with pytest.raises(AdhesionRefused, match="pourquoi"):
        charter_checks.decide_evidence(
            evidence_id=piece.pk, by_id=agent(), seen="waiting", accepted=False, now=NOW
        )


def test_a_read_document_stays_and_an_unread_one_may_be_taken_back(
    django_capture_on_commit_callbacks,
):
    adhesion = make.submitted()
    owner = make.owner_of(adhesion.company).pk
    read = make.accept(Evidence.objects.get())
    unread = make.with_piece(adhesion, kind="means")
    storage, name = unread.file.storage, unread.file.name
    assert storage.exists(name)

    with django_capture_on_commit_callbacks(execute=True):
        charter.remove_evidence(evidence_id=unread.pk, user_id=owner)

    assert not storage.exists(name)
    with pytest.raises(AdhesionRefused, match="déjà lu"):
        charter.remove_evidence(evidence_id=read.pk, user_id=owner)


def test_evidence_is_refused_before_signing_twice_or_out_of_date():
    draft = make.started()
    with pytest.raises(AdhesionRefused, match="Signez"):
        make.with_piece(draft)
    adhesion = make.signed()
    make.with_piece(adhesion)
    with pytest.raises(AdhesionRefused, match="déjà"):
        make.with_piece(adhesion)
    with pytest.raises(AdhesionRefused, match="date de fin"):
        make.with_piece(adhesion, kind="liability")
    with pytest.raises(AdhesionRefused, match="plus valable"):
        make.with_piece(adhesion, kind="liability", valid_until=make.TODAY - timedelta(days=1))


def test_sent_back_completed_and_admitted():
    adhesion = make.submitted()
    charter_checks.send_back(
        adhesion_id=adhesion.pk, by_id=agent(), reason="Il manque la fin du devis.", now=NOW
    )
    adhesion.refresh_from_db()
    assert (adhesion.status, adhesion.check_note) == ("signed", "Il manque la fin du devis.")
    make.with_piece(adhesion, kind="contract", data=make.PDF * 2)
    charter.submit(adhesion_id=adhesion.pk, user_id=make.owner_of(adhesion.company).pk, now=NOW)
    for piece in Evidence.objects.all():
        make.accept(piece)
    charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent(), now=NOW)

    adhesion.refresh_from_db()
    assert adhesion.status_on(make.TODAY) == AdhesionStatus.ACTIVE
    assert list(adhesion.events.order_by("pk").values_list("kind", flat=True)) == [
        "started", "signed", "submitted", "sent_back", "submitted", "activated",
    ]  # fmt: skip


def test_a_renewal_adds_to_what_was_left_and_keeps_the_first_day():
    old = make.active()
    with pytest.raises(AdhesionRefused, match="renouvellement s’ouvre"):
        make.started(old.company, now=make.days(300))
    later = NOW.replace(year=2028) - timedelta(days=60)

    new = make.active(old.company, now=later)

    old.refresh_from_db()
    assert new.renews == old
    assert (old.status, old.ended_by) == ("expired", AdhesionEventKind.RENEWED)
    assert new.member_since == make.TODAY
    assert new.expires_on == date(2030, 11, 23)


def test_a_renewal_wants_documents_of_its_own():
    old = make.active()
    later = NOW.replace(year=2028) - timedelta(days=60)
    renewal = make.signed(old.company, now=later)

    with pytest.raises(AdhesionRefused, match="Modèle de devis"):
        charter.submit(adhesion_id=renewal.pk, user_id=make.owner_of(old.company).pk, now=later)


def test_signing_again_after_the_term_starts_afresh_even_if_the_night_did_not_run():
    old = make.active()
    later = NOW.replace(year=2028) + timedelta(days=1)

    new = make.active(old.company, now=later)

    old.refresh_from_db()
    assert (old.status, old.ended_on) == ("expired", date(2028, 11, 23))
    assert new.member_since == date(2028, 11, 24)
    assert new.expires_on == date(2030, 11, 24)


def test_withdrawn_then_24_months_before_signing_again():
    adhesion = make.active()
    charter_checks.withdraw(adhesion_id=adhesion.pk, by_id=agent(), reason="Décision 3.", now=NOW)

    with pytest.raises(AdhesionRefused, match="23 novembre 2028"):
        make.started(adhesion.company, now=NOW.replace(year=2028) - timedelta(days=1))
    assert make.started(adhesion.company, now=NOW.replace(year=2028))


def test_a_withdrawal_catches_a_renewal_already_under_way():
    old = make.active()
    later = NOW.replace(year=2028) - timedelta(days=60)
    renewal = make.submitted(old.company, now=later)
    for piece in renewal.evidence.all():
        make.accept(piece, now=later)
    charter_checks.withdraw(adhesion_id=old.pk, by_id=agent(), reason="Décision 4.", now=later)

    with pytest.raises(AdhesionRefused, match="de nouveau signer"):
        charter_checks.activate(adhesion_id=renewal.pk, by_id=agent(), now=later)


def test_resigning_does_not_escape_a_suspension():
    adhesion = make.active()
    until = make.TODAY + timedelta(days=90)
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=agent(), until=until, reason="Mention absente.", now=NOW
    )
    charter.resign(adhesion_id=adhesion.pk, user_id=make.owner_of(adhesion.company).pk, now=NOW)

    with pytest.raises(AdhesionRefused, match="de nouveau signer"):
        make.started(adhesion.company, now=make.days(89))
    assert make.started(adhesion.company, now=make.days(90))


@pytest.mark.parametrize("is_written", [False, True])
def test_letting_the_term_run_out_does_not_escape_a_suspension(is_written):
    adhesion = make.active()
    Adhesion.objects.filter(pk=adhesion.pk).update(expires_on=make.TODAY + timedelta(days=30))
    until = make.TODAY + timedelta(days=90)
    charter_checks.suspend(
        adhesion_id=adhesion.pk, by_id=agent(), until=until, reason="Mention absente.", now=NOW
    )
    renewal = make.submitted(adhesion.company, now=make.days(29))
    for piece in renewal.evidence.all():
        make.accept(piece, now=make.days(29))
    if is_written:
        charter_terms.keep_term(adhesion_id=adhesion.pk, now=make.days(30))

    with pytest.raises(AdhesionRefused, match="de nouveau signer"):
        charter_checks.activate(adhesion_id=renewal.pk, by_id=agent(), now=make.days(31))
    assert charter_checks.activate(adhesion_id=renewal.pk, by_id=agent(), now=make.days(90))


@pytest.mark.parametrize("until", [make.TODAY, date(2027, 5, 24)])
def test_a_suspension_lasts_six_months_at_most(until):
    adhesion = make.active()

    with pytest.raises(AdhesionRefused, match="suspension"):
        charter_checks.suspend(
            adhesion_id=adhesion.pk, by_id=agent(), until=until, reason="Motif.", now=NOW
        )


def test_who_ceased_between_check_and_admission_is_not_admitted():
    adhesion = make.submitted()
    make.accept(Evidence.objects.get())
    make.unit(adhesion.siren, state="C")

    with pytest.raises(AdhesionRefused, match="cessé"):
        charter_checks.activate(adhesion_id=adhesion.pk, by_id=agent(), now=NOW)


STEPS = [
    "start", "sign", "piece", "submit", "accept", "refuse_piece", "activate", "send_back", "refuse",
    "suspend", "resume", "withdraw", "resign", "night", "cease", "reopen", "later", "much_later",
]  # fmt: skip


class Walk:
    """One company, and whatever people, time and the register may do to it, in any order."""

    def __init__(self):
        self.company = make.company_of()
        self.owner = make.owner_of(self.company).pk
        self.agent, self.now, self.state, self.count = agent(), NOW, "A", 0

    def last(self):
        return Adhesion.objects.order_by("-pk").first()

    def step(self, name):
        row = self.last()
        asked = {"adhesion_id": row.pk, "now": self.now} if row else {}
        mine, staff = asked | {"user_id": self.owner}, asked | {"by_id": self.agent}
        self.count += 1
        document = charter.Document(name="a.pdf", suffix=".pdf", data=b"%d" % self.count)
        acts = {
            "sign": lambda: charter.sign(**mine, signature=make.signature()),
            "piece": lambda: charter.add_evidence(
                **mine, kind="quote", document=document, valid_until=None
            ),
            "submit": lambda: charter.submit(**mine),
            "activate": lambda: charter_checks.activate(**staff),
            "send_back": lambda: charter_checks.send_back(**staff, reason="Motif"),
            "refuse": lambda: charter_checks.refuse(**staff, reason="Motif"),
            "suspend": lambda: charter_checks.suspend(
                **staff, reason="Motif", until=self.today() + timedelta(days=60)
            ),
            "resume": lambda: charter_checks.resume(**staff, reason="Motif"),
            "withdraw": lambda: charter_checks.withdraw(**staff, reason="Motif"),
            "resign": lambda: charter.resign(**mine),
            "accept": lambda: self.decide(accepted=True),
            "refuse_piece": lambda: self.decide(accepted=False),
        }
        if name == "start":
            charter.start_adhesion(company_id=self.company.pk, user_id=self.owner, now=self.now)
        elif name == "night":
            charter_terms.follow_register(now=self.now)
            for pk in charter_terms.due_adhesions(now=self.now):
                charter_terms.keep_term(adhesion_id=pk, now=self.now)
        elif name in {"cease", "reopen"}:
            self.state = "C" if name == "cease" else "A"
            make.unit(self.company.siren, state=self.state)
        elif name in {"later", "much_later"}:
            self.now += timedelta(days=45 if name == "later" else 400)
        elif row:
            acts[name]()

    def today(self):
        return self.now.date()

    def decide(self, *, accepted):
        for piece in Evidence.objects.filter(adhesion=self.last(), status="waiting"):
            charter_checks.decide_evidence(
                evidence_id=piece.pk, by_id=self.agent, seen="waiting", accepted=accepted,
                reason="Motif", clauses=["need"], now=self.now,
            )  # fmt: skip


WAY = ("start", "sign", "piece", "submit", "accept", "activate")
NOISE = st.lists(st.sampled_from([*STEPS, "cease", "cease", "reopen"]), max_size=2)
# The way to an adhesion with anything between its steps, then anything at all.
HISTORIES = st.tuples(
    st.tuples(*[NOISE] * len(WAY)), st.lists(st.sampled_from(STEPS), max_size=15)
).map(
    lambda drawn: [
        *(name for noise, step in zip(drawn[0], WAY, strict=True) for name in (*noise, step)),
        *drawn[1],
    ]
)


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(HISTORIES)
@example(["start", "sign", "piece", "submit", "accept", "cease", "activate"])
def test_no_path_reaches_active_with_a_company_that_is_not_active(names):
    """R1.02, over random histories."""
    before_all = transaction.savepoint()
    make.text()
    walk = Walk()
    for name in names:
        before = set(Adhesion.objects.standing().values_list("pk", flat=True))
        try:
            walk.step(name)
        except (DomainError, ObjectDoesNotExist):
            continue
        for row in Adhesion.objects.standing():
            if row.pk not in before:
                assert walk.state == "A"
                assert row.document_sha256
                assert row.signatory_name
                assert row.complaints_accepted_at
                assert row.evidence.filter(status=EvidenceStatus.ACCEPTED).exists()
        for event in AdhesionEvent.objects.select_related("adhesion"):
            assert states.TRANSITIONS[event.kind]
        assert Adhesion.objects.in_force(on=walk.today()).count() <= 1
    transaction.savepoint_rollback(before_all)


def test_the_table_of_transitions_is_that_of_the_rules():
    assert {
        (origin.value, target.value)
        for origins, target in states.TRANSITIONS.values()
        for origin in origins
    } == {
        ("draft", "signed"),
        ("signed", "documentary_check"),
        ("documentary_check", "signed"),
        ("documentary_check", "active"),
        ("documentary_check", "refused"),
        ("active", "suspended"),
        ("suspended", "active"),
        ("active", "withdrawn"),
        ("suspended", "withdrawn"),
        ("active", "expired"),
        ("suspended", "expired"),
        ("signed", "resigned"),
        ("documentary_check", "resigned"),
        ("active", "resigned"),
        ("suspended", "resigned"),
    }


def at_once(act, count=6):
    """Call `act(n)` from several threads at the same instant; return what each came to."""
    barrier = Barrier(count)

    def attempt(n):
        barrier.wait()
        try:
            return act(n)
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(attempt, range(count)))


@pytest.mark.django_db(transaction=True)
def test_several_people_begin_at_once_and_one_draft_is_made():
    make.text()
    company = make.company_of()
    people = [make.owner_of(company), *(MembershipFactory(company=company).user for _ in range(5))]

    found = at_once(
        lambda n: charter.start_adhesion(company_id=company.pk, user_id=people[n].pk, now=NOW).pk
    )

    assert found == [Adhesion.objects.get().pk] * 6


@pytest.mark.django_db(transaction=True)
def test_two_establishments_begin_at_once_and_one_draft_is_made():
    make.text()
    companies = [
        make.company_of(company=CompanyFactory(siret=f"1234567890001{n}")) for n in range(6)
    ]

    at_once(
        lambda n: (
            charter.start_adhesion(
                company_id=companies[n].pk, user_id=make.owner_of(companies[n]).pk, now=NOW
            ).pk
        )
    )

    assert Adhesion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_several_people_sign_at_once_and_one_signature_is_kept():
    adhesion = make.started()
    owner = make.owner_of(adhesion.company)
    storage = Adhesion._meta.get_field("document").storage
    before = set(storage.listdir("charte")[1]) if storage.exists("charte") else set()

    found = at_once(
        lambda n: (
            charter.sign(
                adhesion_id=adhesion.pk,
                user_id=owner.pk,
                signature=make.signature(name=f"Alice {n}"),
                now=NOW,
            ).document_sha256
        )
    )

    assert sum(isinstance(entry, str) for entry in found) == 1
    assert AdhesionEvent.objects.filter(kind="signed").count() == 1
    # no refusal leaves a file behind
    assert len(set(storage.listdir("charte")[1]) - before) == 1


@pytest.mark.django_db(transaction=True)
def test_two_agents_read_a_document_at_once_and_the_first_decides():
    make.submitted()
    piece = Evidence.objects.get()
    agents = [agent() for _ in range(6)]

    found = at_once(
        lambda n: charter_checks.decide_evidence(
            evidence_id=piece.pk, by_id=agents[n], seen="waiting", accepted=n % 2 == 0,
            reason="Motif", now=NOW,
        ).decided_by_id
    )  # fmt: skip

    assert [entry for entry in found if isinstance(entry, int)] == [
        Evidence.objects.get().decided_by_id
    ]


@pytest.mark.django_db(transaction=True)
def test_two_agents_admit_at_once_and_it_is_done_once():
    adhesion = make.submitted()
    make.accept(Evidence.objects.get())
    agents = [agent() for _ in range(6)]

    at_once(lambda n: charter_checks.activate(adhesion_id=adhesion.pk, by_id=agents[n], now=NOW))

    assert AdhesionEvent.objects.filter(kind="activated").count() == 1
    assert OutboundEmail.objects.filter(kind="directory/emails/charter_activated").count() == 1


def test_a_card_that_is_not_public_may_sign_too():
    owner = UserFactory()
    card = ProviderFactory(owner=owner)
    make.unit(card.company.siren)

    assert make.started(card.company).status == AdhesionStatus.DRAFT
