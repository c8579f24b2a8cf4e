"""What everyone reads of an index, what the provider may do about it, what staff decides."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.enums import ContestStatus, ReplyStatus, TrustStanding
from directory.models import SearchDocument, TrustContest, TrustEvent, TrustParameters, TrustReply
from directory.services import trust_computing, trust_rights, trust_versions
from directory.services.replies import digest_of
from directory.statements import _OF_FACT, PART_NAMES
from directory.trust.events import Kind
from emn.accounts.enums import Role
from emn.accounts.services import erase_account
from emn.mailings.models import OutboundEmail
from tests.directory import trust_cards
from tests.directory.factories import NOW, UserFactory, published_card
from tests.directory.test_admin import sign_in
from tests.directory.trust_cards import (
    TODAY,
    add,
    adhere,
    compute,
    file_of,
    first_version,
    owner_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def version():
    first_version()


def rated_card(**fields):
    return adhere(trust_cards.rated_card(**fields))


def engaged_card(**fields):
    return adhere(trust_cards.engaged_card(**fields))


IMPACT = {
    "at": "2026-11-23", "from": "1.0", "files": 0, "published_in_both": 0, "mean_change": None,
    "moves": [], "steps": [], "most": [],
}  # fmt: skip


def page(client, card, name="trust"):
    return client.get(reverse(f"directory:{name}", args=[card.slug]))


def text_of(response):
    return re.sub(r"[ \n]+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


# --- The public page ---


def test_no_page_shows_an_index_on_the_day_after_the_end_whenever_the_task_comes(
    client, monkeypatch
):
    card = trust_cards.rated_card()
    last_day = timezone.localdate()
    adhere(card, until=last_day + timedelta(days=1))
    pages = {
        "list": lambda: client.get(reverse("directory:list")),
        "card": lambda: client.get(card.get_absolute_url()),
        "statement": lambda: page(client, card),
    }
    words = {"list": "trust-class", "card": "trust-standing", "statement": "trust-standing"}

    def shown():
        return {name: words[name] in get().content.decode() for name, get in pages.items()}

    assert set(shown().values()) == {True}
    assert page(client, card, "trust_json").status_code == 200

    day_after = last_day + timedelta(days=1)
    monkeypatch.setattr(
        timezone,
        "localdate",
        lambda value=None, _tz=None: (
            day_after if value is None else timezone.localtime(value).date()
        ),
    )

    assert file_of(card).standing == TrustStanding.RATED  # no task has come
    assert set(shown().values()) == {False}
    assert page(client, card, "trust_json").status_code == 404


def test_a_rated_card_explains_every_line(client):
    card = rated_card()

    said = text_of(page(client, card))

    file = file_of(card)
    assert f"{file.displayed} sur 100" in said
    assert "Audit sur place\u00a0: 90 sur 100" in said
    assert "prouvé par un document contrôlé" in said
    assert "La formule expliquée" in said
    assert said.count("Avis d’un client") == 3


def test_the_lines_of_the_page_sum_up_to_the_index(client):
    card = rated_card()
    data = page(client, card, "trust_json").json()

    total = sum(float(line["points"]) for line in data["lignes"])

    assert abs(total - float(data["indice"])) < 0.01


@pytest.mark.parametrize("name", ["trust", "trust_json"])
def test_an_index_that_is_not_published_shows_no_number(client, name):
    card = engaged_card()
    add(card, Kind.AUDIT, level="on_site", points=83)
    compute(card)

    answer = page(client, card, name)
    said = answer.content.decode()

    snapshot = file_of(card).snapshots.last()
    assert str(snapshot.value) not in said
    assert str(round(snapshot.value, 2)).replace(".", ",") not in said
    if name == "trust":
        assert "Engagé, pas encore noté" in said
        assert "Données insuffisantes" in said
        assert "0 engagements prouvés" in said
        assert "trust-class" not in said
        assert "<meter" not in said
    else:
        data = answer.json()
        assert {line["points"] for line in data["lignes"]} == {None}
        assert (data["indice"], data["detail"], data["classe"]) == (None, None, None)


def test_a_card_without_adhesion_has_no_index_and_no_data(client):
    card = published_card()

    assert "Pas d’indice" in text_of(page(client, card))
    assert page(client, card, "trust_json").status_code == 404


def test_what_waits_for_its_notice_is_not_public(client):
    card = rated_card()
    add(card, Kind.COMPLAINT, complaint="c1", severity=3, outcome="upheld")
    compute(card)
    owner = owner_of(card)

    public = text_of(page(client, card)) + page(client, card, "trust_json").content.decode()
    client.force_login(owner)
    own = text_of(client.get(reverse("directory:trust_own", args=[card.pk])))

    assert "jugée fondée" not in public
    assert "jugée fondée" in own
    assert "comptera à partir du 7 décembre 2026" in own


def test_no_client_is_named_nor_its_number_given(client):
    card = rated_card()
    clients = {row.payload["client"] for row in TrustEvent.objects.filter(kind=Kind.REVIEW)}

    said = page(client, card).content.decode() + page(client, card, "trust_json").content.decode()

    assert not [number for number in clients if number in said]


def test_a_hidden_card_has_no_page(client):
    from directory.services import providers

    card = rated_card()
    providers.hide_card(provider_id=card.pk, reason="Essai", now=NOW)

    assert page(client, card).status_code == 404
    assert page(client, card, "trust_json").status_code == 404


@pytest.mark.parametrize("reviews", [0, 6])
def test_the_page_costs_the_same_whatever_the_lines(client, reviews):
    card = rated_card()
    for number in range(reviews):
        add(card, Kind.MISSION, key=f"m{number}", mission=f"m{number}", client=f"{number:064x}",
            done_on="2026-11-01")  # fmt: skip
        add(card, Kind.REQUEST, key=f"q{number}", request=f"q{number}", client=f"{number:064x}",
            asked_on="2026-11-01", answered_on="2026-11-03", excluded="")  # fmt: skip
    compute(card)

    with CaptureQueriesContext(connection) as queries:
        page(client, card)

    assert len(queries) == 9, [row["sql"][:90] for row in queries]


def test_every_fact_that_makes_a_line_has_words():
    lines = {
        Kind.COMMITMENT, Kind.AUDIT, Kind.REVIEW, Kind.COMPLAINT, Kind.REQUEST, Kind.INSURANCE,
        Kind.CERTIFICATION, Kind.WARNING,
    }  # fmt: skip
    assert set(_OF_FACT) >= {str(kind) for kind in lines} - {"warning"}
    assert set(PART_NAMES) == {*"EARPDSGC", "malus", "cap"}


def test_a_warning_and_a_fraud_are_said_with_their_end(client):
    card = rated_card()
    review = TrustEvent.objects.filter(kind=Kind.REVIEW).first()
    add(card, Kind.WARNING, key="w", case="comite-1")
    add(card, Kind.REVIEW_REMOVED, key="f", review=review.payload["review"],
        client=review.payload["client"], reason="fraud_provider", case="enquete-1")  # fmt: skip
    compute(card)
    owner = owner_of(card)
    client.force_login(owner)

    said = text_of(client.get(reverse("directory:trust_own", args=[card.pk])))

    assert "Fraude prouvée aux avis" in said
    assert "Avertissement public du comité" in said


# --- Card and list ---


def test_the_card_links_to_its_index(client):
    card = rated_card()
    answer = client.get(card.get_absolute_url()).content.decode()

    assert f'href="/annuaire/{card.slug}/indice/"' in answer
    assert answer.count("<meter") == 8
    assert 'class="visually-hidden">Classe' in answer


def test_card_and_list_say_engaged_and_not_rated_yet(client):
    card = engaged_card()
    compute(card)

    for address in (card.get_absolute_url(), reverse("directory:list")):
        said = text_of(client.get(address))
        assert "Engagé, pas encore noté" in said
        assert " sur 100" not in said


def test_card_and_list_say_nothing_without_adhesion(client):
    card = published_card()

    for address in (card.get_absolute_url(), reverse("directory:list")):
        said = text_of(client.get(address))
        assert "Indice de confiance" not in said
        assert "Classe" not in said


def test_the_list_shows_the_class_with_its_letter_and_words(client):
    card = rated_card()

    said = text_of(client.get(reverse("directory:list")))

    assert re.search(rf"Classe {file_of(card).letter} confiance", said)


@pytest.mark.parametrize("cards", [1, 3])
def test_the_list_costs_no_query_for_the_classes(client, cards):
    for _ in range(cards):
        rated_card()
    client.get(reverse("directory:list"))

    with CaptureQueriesContext(connection) as queries:
        client.get(reverse("directory:list"))

    assert not [row for row in queries if "trust" in row["sql"] and "document" not in row["sql"]]


# --- The formula explained ---


def test_the_algorithm_page_says_its_numbers_and_computes_the_example(client):
    said = text_of(client.get(reverse("algorithm", args=["1.0"])))

    assert "71,30 points, affichés 71 sur 100" in said
    assert "Version 1.0" in said
    assert "ExpertCyber 0,4" in said


def test_the_numbers_of_the_algorithm_page_come_from_the_version(client):
    row = TrustParameters.objects.get()
    values = {**row.values, "caps": {"no_verified_review": "61", "no_audit": "77"}}
    TrustParameters.objects.create(
        version="1.1", values=values, note="Plafonds", created_at=NOW, impact=IMPACT,
        published_on=TODAY, effective_on=TODAY + timedelta(days=30),
    )  # fmt: skip

    said = text_of(client.get(reverse("algorithm", args=["1.1"])))

    assert "Sans audit\u00a0: 77 points au plus" in said


def test_a_draft_is_not_public_and_the_current_version_is_found(client):
    row = TrustParameters.objects.get()
    TrustParameters.objects.create(version="2.0", values=row.values, note="x", created_at=NOW)

    assert client.get(reverse("algorithm", args=["2.0"])).status_code == 404
    assert client.get(reverse("algorithms"))["Location"] == "/algorithme/1.0/"


# --- The provider's rights ---


def contest(card, user, *, event=None, reason="C’est faux", component="A"):
    return trust_rights.contest(
        provider_id=card.pk,
        user_id=user.pk,
        component=component,
        event_id=event and event.pk,
        reason=reason,
        now=NOW,
    )


def test_a_provider_contests_a_line_and_the_page_says_so(client):
    card = rated_card()
    owner = owner_of(card)
    event = file_of(card).events.get(kind=Kind.AUDIT)
    address = reverse("directory:trust_contest", args=[card.pk]) + f"?partie=A&fait={event.pk}"
    client.force_login(owner)

    assert "90 sur 100" in text_of(client.get(address))
    answer = client.post(address, {"reason": "La note est de 95."})

    assert answer["Location"] == reverse("directory:trust_own", args=[card.pk])
    row = TrustContest.objects.get()
    assert (row.event, row.due_on) == (event, row.opened_at.date() + timedelta(days=30))
    client.logout()
    assert text_of(page(client, card)).count("Contestation en cours") == 2
    mail = OutboundEmail.objects.get(kind="directory/emails/trust_contest_received")
    assert mail.to_email == owner.email


def test_a_refused_contest_keeps_what_was_typed(client):
    card = rated_card()
    owner = owner_of(card)
    event = file_of(card).events.get(kind=Kind.AUDIT)
    contest(card, owner, event=event)
    client.force_login(owner)
    address = reverse("directory:trust_contest", args=[card.pk]) + f"?partie=A&fait={event.pk}"

    answer = client.post(address, {"reason": "Encore moi"})

    assert "Vous contestez déjà cette ligne" in text_of(answer)
    assert "Encore moi" in answer.content.decode()


@pytest.mark.parametrize("query", ["", "?partie=Z", "?partie=A&fait=999999", "?partie=A&fait=x"])
def test_only_a_line_of_ones_own_statement_is_contested(client, query):
    card = rated_card()
    client.force_login(owner_of(card))
    address = reverse("directory:trust_contest", args=[card.pk])

    assert client.get(address + query).status_code == 404


@pytest.mark.parametrize("name", ["trust_own", "trust_contest", "trust_reply"])
def test_the_pages_of_others_are_not_found(client, name):
    card = rated_card()
    client.force_login(UserFactory())

    assert client.get(reverse(f"directory:{name}", args=[card.pk])).status_code == 404


def test_a_fact_of_another_file_is_not_contested():
    card, other = rated_card(), rated_card()

    with pytest.raises(TrustEvent.DoesNotExist):
        contest(card, owner_of(card), event=file_of(other).events.first())


def test_too_many_open_contests_are_refused():
    card = rated_card()
    owner = owner_of(card)
    for event in file_of(card).events.all()[: trust_rights.MOST_OPEN_CONTESTS]:
        TrustContest.objects.create(
            file=event.file, event=event, component="S", reason="x", opened_at=NOW, due_on=TODAY
        )
    for number in range(trust_rights.MOST_OPEN_CONTESTS - file_of(card).contests.count()):
        event = add(card, Kind.MISSION, key=f"m{number}", mission=f"m{number}",
                    client=f"{number:064x}", done_on="2026-11-01")  # fmt: skip
        TrustContest.objects.create(
            file=event.file, event=event, component="P", reason="x", opened_at=NOW, due_on=TODAY
        )

    with pytest.raises(trust_rights.RightRefused, match="20 contestations"):
        contest(card, owner)


def test_a_granted_contest_undoes_the_fact_and_says_why():
    card = rated_card()
    owner = owner_of(card)
    complaint = add(card, Kind.COMPLAINT, complaint="c1", severity=1, outcome="no_reply")
    before = compute(card).snapshots.last().value
    row = contest(card, owner, event=complaint, component="P")

    trust_rights.decide_contest(
        contest_id=row.pk,
        granted=True,
        decision="La réponse était arrivée.",
        void_the_fact=True,
        by_id=UserFactory().pk,
        now=NOW,
    )
    compute(card)

    assert file_of(card).snapshots.last().value > before
    mail = OutboundEmail.objects.get(kind="directory/emails/trust_contest_decided")
    assert "La réponse était arrivée." in mail.text_body


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"granted": True, "decision": " "}, "motivée"),
        ({"granted": False, "decision": "Non", "void_the_fact": True}, "à raison"),
    ],
)
def test_a_decision_that_cannot_be_is_refused(given, words):
    card = rated_card()
    row = contest(card, owner_of(card))

    with pytest.raises(trust_rights.RightRefused, match=words):
        trust_rights.decide_contest(contest_id=row.pk, by_id=UserFactory().pk, now=NOW, **given)


def test_a_contest_is_decided_once():
    card = rated_card()
    row = contest(card, owner_of(card))
    given = {"granted": False, "decision": "Non", "by_id": UserFactory().pk, "now": NOW}
    trust_rights.decide_contest(contest_id=row.pk, **given)

    with pytest.raises(trust_rights.RightRefused, match="déjà décidé"):
        trust_rights.decide_contest(contest_id=row.pk, **given)


def test_a_contest_is_late_after_thirty_days():
    card = rated_card()
    row = contest(card, owner_of(card))

    assert not row.is_late(on=TODAY + timedelta(days=30))
    assert row.is_late(on=TODAY + timedelta(days=31))


def send_reply(card, user, text="Nous avons corrigé."):
    return trust_rights.reply(provider_id=card.pk, user_id=user.pk, text=text, now=NOW)


def decide(row, *, publish=True, refusal=""):
    return trust_rights.decide_reply(
        reply_id=row.pk,
        seen=digest_of(row.text),
        publish=publish,
        refusal=refusal,
        now=NOW,
    )


def test_a_reply_is_published_after_seven_days_whoever_has_not_read_it(client):
    card = rated_card()
    send_reply(card, owner_of(card))

    assert trust_rights.publish_due_replies(now=NOW + timedelta(days=6, hours=23)) == 0
    assert "Nous avons corrigé." not in text_of(page(client, card))
    assert trust_rights.publish_due_replies(now=NOW + timedelta(days=7)) == 1
    assert trust_rights.publish_due_replies(now=NOW + timedelta(days=7)) == 0
    assert "Nous avons corrigé." in text_of(page(client, card))


def test_a_published_reply_replaces_the_one_before():
    card = rated_card()
    owner = owner_of(card)
    for text in ("Un", "Deux"):
        row = send_reply(card, owner, text)
        decide(row)

    said = TrustReply.objects.order_by("pk").values_list("text", "status")
    assert list(said) == [("Un", ReplyStatus.REPLACED), ("Deux", ReplyStatus.PUBLISHED)]


def test_another_text_of_a_reply_that_waits_has_seven_days_of_its_own():
    card = rated_card()
    owner = owner_of(card)
    send_reply(card, owner)
    trust_rights.reply(
        provider_id=card.pk, user_id=owner.pk, text="Mieux dit", now=NOW + timedelta(days=3)
    )

    row = TrustReply.objects.get()
    assert (row.text, row.due_at) == ("Mieux dit", NOW + timedelta(days=10))
    trust_rights.reply(
        provider_id=card.pk, user_id=owner.pk, text="Mieux dit", now=NOW + timedelta(days=5)
    )
    assert TrustReply.objects.get().due_at == NOW + timedelta(days=10)


def test_a_text_that_nobody_read_is_not_published():
    card = rated_card()
    owner = owner_of(card)
    row = send_reply(card, owner)
    seen = digest_of(row.text)
    send_reply(card, owner, "Mon client, M. Durand, ment.")

    with pytest.raises(trust_rights.RightRefused, match="changé"):
        trust_rights.decide_reply(reply_id=row.pk, seen=seen, publish=True, now=NOW)


def test_a_published_reply_is_taken_down_with_reasons(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    card = rated_card()
    row = send_reply(card, owner_of(card))
    decide(row)
    sign_in(client, Role.CHARTER)
    address = reverse("admin:directory_trustreply_withdraw", args=[row.pk])
    seen = {"seen": digest_of(row.text)}
    assert seen["seen"] in client.get(address).content.decode()

    client.post(address, {**seen, "reason": ""})
    assert TrustReply.objects.get().status == ReplyStatus.PUBLISHED
    client.post(address, {**seen, "reason": "Nomme un client."})

    assert TrustReply.objects.get().status == ReplyStatus.REFUSED
    assert "Nous avons corrigé." not in text_of(page(client, card))
    mail = OutboundEmail.objects.filter(kind="directory/emails/trust_reply_decided").latest("pk")
    assert "n’est plus publiée" in mail.text_body
    assert "Nomme un client." in mail.text_body


@pytest.mark.parametrize("act", ["reply", "decide", "withdraw", "due", "contest"])
def test_the_file_is_held_first_so_that_two_never_wait_for_each_other(act):
    card = rated_card()
    owner = owner_of(card)
    row = send_reply(card, owner)
    if act == "withdraw":
        decide(row)
    case = contest(card, owner) if act == "contest" else None
    seen = digest_of(row.text)
    acts = {
        "reply": lambda: send_reply(card, owner, "Autre"),
        "decide": lambda: decide(row),
        "withdraw": lambda: trust_rights.withdraw_reply(
            reply_id=row.pk, seen=seen, reason="Nomme.", now=NOW
        ),
        "due": lambda: trust_rights.publish_due_replies(now=NOW + timedelta(days=7)),
        "contest": lambda: trust_rights.decide_contest(
            contest_id=case.pk, granted=False, decision="Non.", by_id=owner.pk, now=NOW
        ),
    }

    with CaptureQueriesContext(connection) as queries:
        acts[act]()

    held = [query["sql"] for query in queries if "FOR UPDATE" in query["sql"]]
    assert 'FROM "directory_trustfile"' in held[0]


def test_a_refusal_of_a_reply_says_why():
    card = rated_card()
    row = send_reply(card, owner_of(card))

    with pytest.raises(trust_rights.RightRefused, match="motivé"):
        decide(row, publish=False)
    decide(row, publish=False, refusal="Nomme un client.")

    mail = OutboundEmail.objects.get(kind="directory/emails/trust_reply_decided")
    assert "Nomme un client." in mail.text_body


def test_a_reply_too_long_comes_back_whole(client):
    card = rated_card()
    client.force_login(owner_of(card))

    answer = client.post(reverse("directory:trust_reply", args=[card.pk]), {"text": "é" * 1501})

    assert "1500" in text_of(answer).replace("\u202f", "").replace("\u00a0", "")
    assert "é" * 1501 in answer.content.decode()
    assert not TrustReply.objects.exists()


def test_nobody_replies_to_an_index_that_nobody_sees():
    card = published_card()
    add(card, Kind.DOCUMENTS, complete=True)
    compute(card)

    with pytest.raises(trust_rights.RightRefused, match="pas d’indice"):
        send_reply(card, owner_of(card))


def test_erasing_a_person_leaves_decisions_replies_and_index():
    card = rated_card()
    owner = owner_of(card)
    contest(card, owner)
    row = send_reply(card, owner)
    before = file_of(card).snapshots.last().inputs_hash

    erase_account(user_id=owner.pk)

    row.refresh_from_db()
    assert (row.written_by, TrustContest.objects.get().opened_by) == (None, None)
    assert trust_computing.recomputed(file_of(card).snapshots.last())[1] == before


# --- Versions, staff ---


def draft(version="1.1", **groups):
    values = {
        name: dict(group)
        for name, group in TrustParameters.objects.get(is_first=True).values.items()
    }
    for name, group in groups.items():
        values[name] |= group
    return trust_versions.write_draft(
        parameters_id=None, version=version, values=values, note="Essai", now=NOW
    )


def test_a_version_is_simulated_on_every_ledger_then_published_in_time():
    card = rated_card()
    engaged_card()
    row = draft(weights={"R": "20", "A": "20"})

    with pytest.raises(trust_versions.VersionRefused, match="simulation"):
        trust_versions.publish_version(
            parameters_id=row.pk, effective_on=TODAY + timedelta(days=60), now=NOW
        )
    assert trust_versions.simulate(parameters_id=row.pk, now=NOW)
    row.refresh_from_db()
    with pytest.raises(trust_versions.VersionRefused, match="30 jours"):
        trust_versions.publish_version(
            parameters_id=row.pk, effective_on=TODAY + timedelta(days=29), now=NOW
        )
    trust_versions.publish_version(
        parameters_id=row.pk, effective_on=TODAY + timedelta(days=30), now=NOW
    )

    assert (row.impact["files"], row.impact["published_in_both"]) == (2, 1)
    assert sum(count for _old, _new, count in row.impact["moves"]) == 2
    assert sum(count for _step, count in row.impact["steps"]) == 1
    assert row.impact["most"][0][0] == card.name
    assert trust_computing.version_on(TODAY + timedelta(days=29)).row.version == "1.0"
    assert trust_computing.version_on(TODAY + timedelta(days=30)).row.version == "1.1"


def test_a_draft_changed_after_its_simulation_is_simulated_again():
    row = draft()
    trust_versions.simulate(parameters_id=row.pk, now=NOW)

    trust_versions.write_draft(
        parameters_id=row.pk, version="1.1", values=row.values, note="Autre", now=NOW
    )

    row.refresh_from_db()
    assert (row.impact, row.simulated_at) == (None, None)


def test_an_old_simulation_publishes_nothing():
    row = draft()
    trust_versions.simulate(parameters_id=row.pk, now=NOW)

    with pytest.raises(trust_versions.VersionRefused, match="sept jours"):
        trust_versions.publish_version(
            parameters_id=row.pk,
            effective_on=TODAY + timedelta(days=90),
            now=NOW + timedelta(days=8),
        )


def test_a_draft_that_breaks_a_promise_is_refused():
    with pytest.raises(trust_versions.VersionRefused, match="somme"):
        draft(weights={"E": "90"})


def test_two_versions_have_two_numbers():
    draft()
    with pytest.raises(trust_versions.VersionRefused, match="existe déjà"):
        draft()


@pytest.mark.parametrize("change", ["5.00", "-10.01", "-10", "10", "10.01", "0"])
def test_every_change_falls_in_a_named_step(change):
    from decimal import Decimal

    assert trust_versions._step(Decimal(change)) in trust_versions._step_names()


def test_the_secretariat_writes_simulates_and_publishes_a_version(client):
    rated_card()
    sign_in(client, Role.CHARTER)
    first = TrustParameters.objects.get()
    copy = reverse("admin:directory_trustparameters_copy", args=[first.pk])
    assert client.get(copy).status_code == 200

    broken = client.post(copy, {"version": "1.1", "note": "x", "values": "{"})
    assert "n’est pas du JSON" in text_of(broken)
    values = trust_versions.values_as_text(first).replace('"no_audit": "75"', '"no_audit": "70"')
    assert client.post(copy, {"version": "1.1", "note": "x", "values": values}).status_code == 302
    row = TrustParameters.objects.get(version="1.1")
    simulation = reverse("admin:directory_trustparameters_simulation", args=[row.pk])
    assert client.post(simulation).status_code == 302
    trust_versions.simulate(parameters_id=row.pk, now=NOW)
    shown = client.get(reverse("admin:directory_trustparameters_change", args=[row.pk]))
    assert "D’une classe à l’autre" in text_of(shown)
    publish = reverse("admin:directory_trustparameters_publish", args=[row.pk])
    assert client.get(publish).status_code == 200


def test_the_secretariat_decides_contests_replies_and_errors(client):
    card = rated_card()
    owner = owner_of(card)
    row, answer = contest(card, owner), send_reply(card, owner)
    event = file_of(card).events.get(kind=Kind.AUDIT)
    sign_in(client, Role.CHARTER)
    seen = digest_of(answer.text)
    for name, pk, given in (
        ("trustcontest_decide", row.pk, {"granted": "non", "decision": "Rien de faux."}),
        ("trustreply_decide", answer.pk, {"seen": seen, "publish": "oui", "refusal": ""}),
        ("trustevent_void", event.pk, {"reason": "erreur-1"}),
    ):
        address = reverse(f"admin:directory_{name}", args=[pk])
        assert client.get(address).status_code == 200
        assert client.post(address, given).status_code == 302

    row.refresh_from_db()
    answer.refresh_from_db()
    assert (row.status, answer.status) == (ContestStatus.REJECTED, ReplyStatus.PUBLISHED)
    assert TrustEvent.objects.get(kind=Kind.VOID).payload == {
        "event": event.pk,
        "reason": "erreur-1",
    }


@pytest.mark.parametrize(
    "model",
    ["trustfile", "trustevent", "trustsnapshot", "trustcontest", "trustreply", "trustparameters"],
)
def test_staff_reads_the_lists_at_constant_cost(client, model):
    sign_in(client, Role.CHARTER)
    counts = []
    for _ in range(2):
        card = rated_card()
        owner = owner_of(card)
        contest(card, owner)
        send_reply(card, owner)
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse(f"admin:directory_{model}_changelist"))
        assert answer.status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]


def test_staff_reads_the_statement_of_a_file(client):
    card = rated_card()
    sign_in(client, Role.CHARTER)

    said = client.get(reverse("admin:directory_trustfile_change", args=[file_of(card).pk]))

    assert "Audit sur place" in text_of(said)


def test_an_adviser_cannot_undo_a_fact(client):
    card = rated_card()
    sign_in(client, Role.ADVISER)
    address = reverse("admin:directory_trustevent_void", args=[file_of(card).events.first().pk])

    assert client.post(address, {"reason": "x"}).status_code in {302, 403}
    assert not TrustEvent.objects.filter(kind=Kind.VOID).exists()


def test_the_computation_as_data_is_whole(client):
    card = rated_card()
    data = page(client, card, "trust_json").json()

    assert data["version"] == "1.0"
    assert data["parametres"] == TrustParameters.objects.get().values
    assert set(data["detail"]["components"]) == set("EARPDSGC")
    assert data["classe"] == SearchDocument.objects.get().trust_class
    assert json.dumps(data)
