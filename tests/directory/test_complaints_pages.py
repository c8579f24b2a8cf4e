"""Complaints as everyone reads them, and the pages of the parties and of the centre."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from directory.complaints import figures, register
from directory.models import (
    CommitteeCase,
    CommitteeMember,
    CommitteeVote,
    Complaint,
    ComplaintFile,
    TrustEvent,
)
from directory.services import committee, complaint_clocks, complaint_handling, complaints
from emn.accounts import personal_data
from emn.accounts.enums import Role
from emn.accounts.services import purge_personal_data
from emn.lib import forms
from emn.mailings.models import OutboundEmail
from tests.directory import charter
from tests.directory import complaints as make
from tests.directory.factories import UserFactory
from tests.directory.test_admin import sign_in

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\nun devis\n%%EOF\n"


@pytest.fixture(autouse=True)
def no_wait(monkeypatch):
    monkeypatch.setattr(forms, "FASTEST_FILL", timedelta(0))


@pytest.fixture
def now():
    return timezone.now()


def typed(**changed):
    given = {
        "subject": "costs",
        "text": "Un abonnement de 90 € par mois est apparu après la signature.",
        "wanted": "Le remboursement.",
        "contract_on": timezone.localdate().isoformat(),
        "is_lowest_price": "no",
        "client_kind": "company",
        "client_name": "Boulangerie Meyer",
        "client_siren": "418 166 096",
        "name": "Léa Meyer",
        "email": make.ADDRESS,
        "phone": "",
        "challenge": forms.new_challenge(now=timezone.now()),
        "website": "",
    }
    return given | changed


def follow_url(complaint):
    return complaints.path(complaint.pk, complaints.FOLLOW, "fr")


def confirm_url(complaint):
    return complaints.path(complaint.pk, complaints.CONFIRM, "fr")


def text_of(client, url):
    return client.get(url).content.decode()


# --- Filing ---


def test_one_finds_the_signatory_writes_and_gets_the_same_answer(client, now):
    adhesion = charter.active(now=now)
    charter.active(now=now)
    name = adhesion.company.providers.get().name
    start = text_of(client, f"/plaintes/nouvelle/?q={name}")
    assert f"/plaintes/nouvelle/{adhesion.siren}/" in start

    answers = [
        client.post(f"/plaintes/nouvelle/{adhesion.siren}/", typed(email=email))
        for email in (make.ADDRESS, "autre@ailleurs.example")
    ]

    assert {answer["Location"] for answer in answers} == {"/plaintes/envoyee/"}
    complaint = Complaint.objects.order_by("pk").first()
    assert (complaint.status, complaint.clause, complaint.client_siren) == (
        "unconfirmed",
        "costs",
        "418166096",
    )
    assert not client.cookies


def test_a_robot_s_complaint_is_not_kept(client, now):
    siren = charter.active(now=now).siren

    response = client.post(f"/plaintes/nouvelle/{siren}/", typed(website="http://spam.example"))

    assert response.status_code == 200
    assert not Complaint.objects.exists()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"client_siren": "123"}, "client_siren"),
        ({"contract_on": "2999-01-01"}, "contract_on"),
        ({"text": "Court."}, "text"),
        ({"subject": "autre"}, "subject"),
    ],
)
def test_what_is_refused_comes_back_filled(client, now, changed, field):
    siren = charter.active(now=now).siren

    response = client.post(f"/plaintes/nouvelle/{siren}/", typed(**changed))

    assert field in response.context["form"].errors
    assert "Boulangerie Meyer" in response.content.decode()


def test_nobody_who_never_signed_is_complained_of(client):
    assert client.get("/plaintes/nouvelle/999999999/").status_code == 404


def test_opening_the_link_confirms_nothing_and_the_button_does(client, now):
    complaint = make.filed(charter.active(now=now), now=now)
    for _visit in range(3):  # a scanner, then a person
        assert "Oui, c’est ma plainte" in text_of(client, confirm_url(complaint))
        client.head(confirm_url(complaint))
    assert make.again(complaint).confirmed_at is None
    assert client.get(follow_url(complaint)).status_code == 404

    Client(enforce_csrf_checks=True).post(confirm_url(complaint))

    assert make.again(complaint).status == "received"
    assert "Suivre ma plainte" in text_of(client, confirm_url(complaint))


def test_no_script_confirms_a_complaint_by_itself(client, now):
    complaint = make.filed(charter.active(now=now), now=now)

    assert "data-emn-confirm" not in text_of(client, confirm_url(complaint))


def test_a_link_opens_its_own_page_only(client, now):
    complaint = make.received(charter.active(now=now), now=now)
    token = complaints.token(complaint.pk, complaints.CONFIRM)

    assert client.get(reverse("complaints:follow", args=[token])).status_code == 404
    assert client.get("/plaintes/suivi/n-importe-quoi/").status_code == 404


def test_a_signed_in_company_complains_without_a_mail(client, now):
    siren = charter.active(now=now).siren
    user = UserFactory()
    client.force_login(user)

    response = client.post(reverse("complaints:own_new", args=[siren]), typed(email="x@y.example"))

    complaint = Complaint.objects.get()
    assert (complaint.status, complaint.contact_email) == ("received", user.email)
    assert "/plaintes/suivi/" in response["Location"]
    assert complaint.reference in text_of(client, reverse("complaints:mine"))


# --- The parties' pages ---


def test_the_author_brings_a_document_and_takes_it_home(client, now):
    complaint = make.received(charter.active(now=now), now=now)
    file = SimpleUploadedFile("devis.pdf", PDF, "application/pdf")
    client.post(follow_url(complaint), {"do": "file", "file": file})
    row = ComplaintFile.objects.get()

    token = complaints.token(complaint.pk, complaints.FOLLOW)
    answer = client.get(reverse("complaints:follow_file", args=[token, row.pk]))

    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Disposition"] == 'attachment; filename="devis.pdf"'
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_document_of_another_complaint_is_not_found(client, now):
    adhesion = charter.active(now=now)
    mine, other = make.received(adhesion, now=now), make.received(adhesion, now=now)
    file = SimpleUploadedFile("devis.pdf", PDF, "application/pdf")
    client.post(follow_url(other), {"do": "file", "file": file})

    token = complaints.token(mine.pk, complaints.FOLLOW)
    url = reverse("complaints:follow_file", args=[token, ComplaintFile.objects.get().pk])

    assert client.get(url).status_code == 404


def test_what_is_no_document_is_refused(client, now):
    complaint = make.received(charter.active(now=now), now=now)
    file = SimpleUploadedFile("page.html", b"<script>alert(1)</script>", "text/html")

    response = client.post(follow_url(complaint), {"do": "file", "file": file})

    assert "PDF entier" in response.content.decode()
    assert not ComplaintFile.objects.exists()


def test_the_author_withdraws_by_a_button(client, now):
    complaint = make.admitted(charter.active(now=now), now=now)

    client.post(follow_url(complaint), {"do": "withdraw"})

    assert make.again(complaint).status == "withdrawn"


def test_an_unknown_act_is_not_found(client, now):
    complaint = make.received(charter.active(now=now), now=now)

    assert client.post(follow_url(complaint), {"do": "decide"}).status_code == 404


def test_the_provider_answers_from_its_account(client, now):
    complaint = make.admitted(charter.active(now=now), now=now)
    owner = make.owner_of(complaint)
    client.force_login(owner)
    page = text_of(client, reverse("complaints:own", args=[complaint.pk]))
    assert "Un abonnement de 90 €" in page
    for secret in ("Léa Meyer", make.ADDRESS):
        assert secret not in page

    client.post(
        reverse("complaints:own", args=[complaint.pk]),
        {"do": "reply", "text": "C’était au contrat."},
    )

    complaint = make.again(complaint)
    assert (complaint.status, complaint.replied_by) == ("conciliation", owner)
    assert "C’était au contrat." in text_of(client, follow_url(complaint))


@pytest.mark.parametrize("stage", ["received", "acknowledged"])
def test_the_provider_sees_nothing_before_the_admission(client, now, stage):
    complaint = getattr(make, stage)(charter.active(now=now), now=now)
    client.force_login(make.owner_of(complaint))

    assert client.get(reverse("complaints:own", args=[complaint.pk])).status_code == 404
    assert complaint.reference not in text_of(client, reverse("complaints:mine"))


def test_another_company_s_complaint_is_not_found(client, now):
    complaint = make.admitted(charter.active(now=now), now=now)
    client.force_login(charter.owner_of(charter.company_of()))

    assert client.get(reverse("complaints:own", args=[complaint.pk])).status_code == 404


def test_both_may_appeal_from_their_page(client, now):
    case = make.decided(make.first_case(charter.active(now=now), now=now), 1, now=now)
    assert "Faire appel" in text_of(client, follow_url(case.complaint))
    client.force_login(make.owner_of(case.complaint))

    client.post(
        reverse("complaints:own", args=[case.complaint_id]), {"do": "appeal", "ground": "Trop."}
    )

    assert make.again(case.complaint).status == "appeal"
    assert "Faire appel" not in text_of(client, follow_url(case.complaint))


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_of_one_s_complaints_asks_as_much_for_many(
    client, now, count, django_assert_num_queries
):
    adhesion = charter.active(now=now)
    for number in range(count):
        complaint = make.admitted(adhesion, now=now, contact_email=f"client{number}@x.example")
    client.force_login(make.owner_of(complaint))
    client.get(reverse("complaints:mine"))

    with django_assert_num_queries(4):
        client.get(reverse("complaints:mine"))


# --- What everyone reads ---


def test_the_warning_is_on_card_index_and_register_for_twelve_months(client, now, at):
    adhesion = charter.active(now=now)
    case = make.decided(make.first_case(adhesion, now=now), 2, now=now)
    card = adhesion.company.providers.get()
    pages = [
        (card.get_absolute_url(), "Avertissement public du comité"),
        (reverse("directory:trust", args=[card.slug]), "Avertissement public du comité"),
        (reverse("charter:register"), "Averti par le comité"),
        (reverse("charter:signatory", args=[adhesion.siren]), "Avertissement public du comité"),
    ]
    for url, words in pages:
        assert words in text_of(client, url)

    at(case.warning_until - timedelta(days=1))
    for url, words in pages:
        assert words in text_of(client, url)
    at(case.warning_until)
    for url, words in pages:
        assert words not in text_of(client, url)


@pytest.fixture
def at(monkeypatch):
    """Make the pages believe that it is another day."""

    def set_(day):
        monkeypatch.setattr(
            timezone,
            "localdate",
            lambda value=None, _tz=None: day if value is None else timezone.localtime(value).date(),
        )

    return set_


def test_a_private_warning_is_read_by_nobody_else(client, now):
    adhesion = charter.active(now=now)
    make.decided(make.first_case(adhesion, now=now), 1, now=now)

    card = adhesion.company.providers.get()

    for url in (card.get_absolute_url(), reverse("charter:signatory", args=[adhesion.siren])):
        assert "Avertissement" not in text_of(client, url)


def published(now):
    case = make.decided(make.first_case(charter.active(now=now), now=now), 2, now=now)
    then = now + timedelta(days=31)
    complaint_clocks.tick(now=then)
    return committee.publish(
        case_id=case.pk,
        text="Un coût mensuel n’était pas au devis.",
        by_id=UserFactory().pk,
        now=then,
    )


def test_the_register_shows_decisions_without_names_and_hides_small_figures(client, now):
    case = published(now)

    page = text_of(client, "/plaintes/")

    assert "Un coût mensuel n’était pas au devis." in page
    assert "trop peu pour être montré" in page
    for name in (case.complaint.company.name, case.complaint.siren, "Meyer"):
        assert name not in page


def test_the_decisions_are_data_too(client, now):
    case = published(now)

    rows = list(
        csv.DictReader(
            io.StringIO(client.get("/plaintes/decisions.csv").content.decode("utf-8-sig")),
            delimiter=";",
        )
    )
    content = json.loads(client.get("/plaintes/decisions.json").content)

    assert rows[0]["number"] == str(case.pk)
    assert content["decisions"][0]["measure_words"] == "Avertissement public"
    assert content["figures"]["received"] is None
    assert "Meyer" not in json.dumps(content)


def test_the_public_figures_count_what_happened(now):
    adhesion = charter.active(now=now)
    for number in range(6):
        complaint = make.replied(adhesion, now=now, contact_email=f"c{number}@x.example")
        complaint_handling.note_settlement(
            complaint_id=complaint.pk,
            by_id=UserFactory().pk,
            words="Accord.",
            now=now + timedelta(days=10 + number),
        )

    shown = register.public_figures()

    assert (shown.received, shown.admissible, shown.conciliated, shown.judged) == (6, 6, 6, 0)
    assert shown.median_days == 13
    assert [name for name, _count in shown.lines] == list(figures.WITHIN)


def test_the_register_is_public_and_cacheable(client, now):
    published(now)

    for url in ("/plaintes/", "/plaintes/decisions.json", "/plaintes/decisions.csv"):
        answer = client.get(url)
        assert "public" in answer["Cache-Control"]
        assert not answer.cookies


@pytest.mark.parametrize("count", [1, 3])
def test_the_register_asks_as_much_for_many(client, now, count, django_assert_num_queries):
    for _number in range(count):
        published(now)

    client.get("/plaintes/")
    with django_assert_num_queries(6):
        client.get("/plaintes/")


# --- Staff ---


def admin_url(name, *args):
    return reverse(f"admin:directory_{name}", args=args)


def test_the_secretariat_takes_a_complaint_to_the_provider(client, now):
    complaint = make.received(charter.active(now=now), now=now)
    sign_in(client, Role.CHARTER)
    assert "plaintes à instruire" in text_of(client, "/admin/")
    queue = text_of(client, admin_url("complaint_changelist") + "?file=secretariat")
    assert complaint.reference in queue
    page = text_of(client, admin_url("complaint_change", complaint.pk))
    assert "Accuser réception" in page
    assert "relèvent de la charte" in page

    client.post(admin_url("complaint_decide", complaint.pk, "accuser"))
    client.post(
        admin_url("complaint_decide", complaint.pk, "recevoir"),
        {"severity": "2", "grounds": "Le devis le montre."},
    )

    complaint = make.again(complaint)
    assert (complaint.status, complaint.severity) == ("reply", 2)


@pytest.mark.parametrize(
    "move",
    [
        ("acknowledged", "ecarter", {"reason": "no_subject", "words": "Rien."}, "inadmissible"),
        ("replied", "accord", {"words": "Accord."}, "conciliated"),
        ("replied", "saisir", {"ground": "Aucun accord."}, "committee"),
        ("replied", "retirer", {"with_fault": "no", "settlement": ""}, "withdrawn"),
        ("admitted", "justice", {"since": "2026-01-02"}, "reply"),
    ],
)
def test_each_button_makes_its_move(client, now, move):
    stage, verb, given, status = move
    complaint = getattr(make, stage)(charter.active(now=now), now=now)
    sign_in(client, Role.CHARTER)
    assert admin_url("complaint_decide", complaint.pk, verb) in text_of(
        client, admin_url("complaint_change", complaint.pk)
    )

    client.post(admin_url("complaint_decide", complaint.pk, verb), given)

    assert make.again(complaint).status == status


def test_facts_are_corrected_from_the_form(client, now):
    complaint = make.acknowledged(charter.active(now=now), now=now, client_kind="consumer")
    sign_in(client, Role.CHARTER)
    assert "pas un professionnel" in text_of(client, admin_url("complaint_change", complaint.pk))

    client.post(
        admin_url("complaint_decide", complaint.pk, "corriger"),
        {
            "subject": "scope",
            "client_kind": "independent",
            "contract_on": timezone.localdate().isoformat(),
        },
    )

    complaint = make.again(complaint)
    assert (complaint.clause, complaint.client_kind) == ("scope", "independent")


@pytest.mark.parametrize("role", [Role.ADVISER, Role.EDITOR, Role.RECEPTION])
def test_other_agents_open_nothing(client, now, role):
    case = make.first_case(charter.active(now=now), now=now)
    sign_in(client, role)

    for url in (
        admin_url("complaint_change", case.complaint_id),
        admin_url("complaint_decide", case.complaint_id, "accord"),
        admin_url("committeecase_change", case.pk),
        admin_url("committeecase_act", case.pk, "ouvrir"),
        admin_url("committeemember_changelist"),
    ):
        assert client.get(url).status_code == 403


def test_a_whole_session_from_the_room(client, now):
    case = make.first_case(charter.active(now=now), now=now)
    sign_in(client, Role.CHARTER)

    def act(verb, **given):
        return client.post(admin_url("committeecase_act", case.pk, verb), given)

    today = timezone.localdate().isoformat()
    act("prestataire", heard_on=today, words="Le contrat le disait.")
    act("plaignant", heard_on=today, words="Le devis ne le disait pas.")
    recused = case.seats.first()
    act("recuser", seat=recused.pk, reason="declared")
    act("ouvrir")
    seats = case.seats.filter(recused_at=None)
    act("voter", **{f"seat_{seat.pk}": "2" for seat in seats})
    room = text_of(client, admin_url("committeecase_change", case.pk))
    assert "S’est récusé" in room
    assert room.count("Avertissement public") >= seats.count()
    act("clore")
    act("decider", reasons="Le coût n’était pas annoncé.", clauses=["costs"])

    case = CommitteeCase.objects.get(pk=case.pk)
    assert (case.status, case.measure, case.clauses) == ("decided", 2, ["costs"])
    assert CommitteeVote.objects.count() == 6


def test_votes_already_written_are_not_written_again(client, now):
    case = make.voting(make.first_case(charter.active(now=now), now=now), now=now)
    sign_in(client, Role.CHARTER)
    seat = case.seats.first()
    url = admin_url("committeecase_act", case.pk, "voter")

    for _time in range(2):
        client.post(url, {f"seat_{seat.pk}": "0"})

    assert OutboundEmail.objects.filter(kind="directory/complaints/emails/vote").count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_the_lists_of_staff_ask_as_much_for_many(client, now, count, django_assert_num_queries):
    make.committee_of()
    for _number in range(count):
        make.first_case(charter.active(now=now), now=now)
    sign_in(client, Role.CHARTER)
    for name in ("complaint", "committeecase", "committeemember"):
        url = admin_url(f"{name}_changelist")
        client.get(url)
        with django_assert_num_queries(LISTS[name]):
            client.get(url)


LISTS = {"complaint": 6, "committeecase": 6, "committeemember": 7}


# --- Personal data ---


def test_erasing_the_author_leaves_the_ledger_and_the_decision_as_they_were(now):
    user = UserFactory(email=make.ADDRESS)
    case = make.decided(make.first_case(charter.active(now=now), now=now), 2, now=now)
    with pytest.raises(personal_data.ErasureRefused, match="en cours"):
        personal_data.erase_everything_about(user)
    complaint_clocks.tick(now=now + timedelta(days=31))
    before = list(TrustEvent.objects.order_by("pk").values())

    personal_data.erase_everything_about(user)

    complaint = make.again(case.complaint)
    assert (complaint.contact_name, complaint.contact_email, complaint.text) == ("", "", "")
    assert complaint.outcome == "upheld"
    assert list(TrustEvent.objects.order_by("pk").values()) == before


def test_what_one_wrote_is_exported(now):
    user = UserFactory(email=make.ADDRESS)
    make.received(charter.active(now=now), now=now)

    exported = json.dumps(personal_data.export_of(user, now=now), default=str)

    assert "Un abonnement de 90" in exported


def test_retention_drops_the_unconfirmed_and_forgets_the_old(now):
    adhesion = charter.active(now=now)
    lost = make.filed(adhesion, now=now)
    kept = make.received(adhesion, now=now, contact_email="autre@x.example")
    complaints.withdraw(complaint_id=kept.pk, by_id=None, now=now)

    purge_personal_data(write=True, now=now + timedelta(days=8))
    assert not Complaint.objects.filter(pk=lost.pk).exists()
    assert make.again(kept).contact_email
    purge_personal_data(write=True, now=now + timedelta(days=1826))

    assert make.again(kept).forgotten_at is not None
    assert make.again(kept).text == ""


def test_a_member_is_forgotten_long_after_its_mandate_and_its_vote_stays(now, at):
    case = make.decided(make.first_case(charter.active(now=now), now=now), 1, now=now)
    then = now + timedelta(days=900 + 1827)
    at(then.date())

    purge_personal_data(write=True, now=then)

    assert set(CommitteeMember.objects.values_list("name", flat=True)) == {"–"}
    assert CommitteeVote.objects.filter(seat__case=case).count() == 6
