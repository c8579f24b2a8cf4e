"""The pages of a quote: the provider’s steps, the company’s answer without account nor cookie."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory.models import Evidence, Proposal, Quote
from directory.quotes.parts import rules
from directory.services import needs, quotes
from emn.accounts.enums import Role
from emn.mailings.models import OutboundEmail
from tests.directory import charter as signing
from tests.directory import quoting
from tests.directory.factories import UserFactory, published_card
from tests.directory.needs import in_contact, matchable
from tests.directory.test_admin import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def provider(client):
    card, owner = quoting.card_of()
    client.force_login(owner)
    return card, owner


def url(name, *args):
    return reverse(f"quotes:{name}", args=args)


def rows(*lines, count=None):
    """What the table of costs sends."""
    values = {"lines-TOTAL_FORMS": str(count or len(lines)), "lines-INITIAL_FORMS": "0"}
    for number, line in enumerate(lines):
        blank = {"label": "", "quantity": "1", "price": "", "vat": "20", "every": "once"}
        for name, value in (blank | line).items():
            values[f"lines-{number}-{name}"] = value
    return values


@pytest.mark.parametrize("prefix", ["", "/de", "/en"])
def test_the_model_is_explained_and_given_to_everyone(client, prefix):
    page = client.get(f"{prefix}/devis/")
    model = client.get(f"{prefix}/devis/modele.pdf")

    assert page.status_code == 200
    assert all(part.titles[prefix[1:] or "fr"] in page.content.decode() for part in rules().parts)
    assert model["Content-Type"] == "application/pdf"
    assert model.content.startswith(b"%PDF")
    assert not client.cookies


def test_a_quote_is_written_step_by_step_and_nothing_is_lost(client, provider):
    card, _owner = provider

    begun = client.post(url("start"), {"fiche": card.pk})
    head = {"title": "Site", "client_email": "LEA@Boulangerie.example", "language": "de"}
    second = client.post(begun["Location"], head)
    third = client.post(second["Location"], {"need": "Un site", "fit": "", "reviews": ""})

    quote = Quote.objects.get()
    assert (quote.title, quote.client_email, quote.language) == (
        "Site", "lea@boulangerie.example", "de",
    )  # fmt: skip
    assert quote.content == {"need": "Un site", "fit": "", "reviews": ""}
    assert third["Location"] == url("step", quote.pk, "perimetre")
    assert "Un site" in client.get(second["Location"]).content.decode()
    whole = client.get(url("quote", quote.pk)).content.decode()
    assert "0 engagements sur 7" in whole
    assert "le besoin, avec les mots du client" in whole


def test_what_is_wrong_comes_back_filled_and_what_is_right_is_kept(client, provider, now):
    card, owner = provider
    quote = quoting.draft(card, owner, now=now, content={})
    step = url("step", quote.pk, "couts")
    wrong = {"label": "Site", "price": "douze"}

    response = client.post(step, rows(wrong) | {"delay": "Six semaines en tout."})

    html = response.content.decode()
    assert "Un nombre s’écrit en chiffres" in html
    assert 'value="douze"' in html
    quote.refresh_from_db()
    assert (quote.content["delay"], quote.lines) == ("Six semaines en tout.", [])

    good = {"label": "Site", "price": "1 234,50 €", "quantity": "2"}
    monthly = {"label": "Hébergement", "price": "10", "every": "month", "months": "12"}
    client.post(step, rows(good, {}, monthly) | {"do": "more"})
    quote.refresh_from_db()
    assert [str(line.whole) for line in quote.lines] == ["2469.00", "120.00"]
    again = client.get(step).content.decode()
    assert 'value="1\u00a0234,50"' in again
    assert again.count("Désignation") == 5


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ({"label": "A", "price": ""}, "Donnez le prix"),
        ({"label": "", "price": "3"}, "Dites ce qui est payé"),
        ({"label": "A", "price": "-1"}, "de 0 à"),
        ({"label": "A", "price": "1e999"}, "de 0 à"),
        ({"label": "A", "price": "NaN"}, "en chiffres"),
        ({"label": "A", "price": "1.005"}, "Deux décimales"),
        ({"label": "A", "price": "1", "every": "month", "months": "121"}, "Dix ans"),
        ({"label": "A", "price": "1", "vat": "19"}, "vat"),
    ],
)
def test_a_bad_cost_is_refused_in_words(client, provider, now, line, words):
    card, owner = provider
    quote = quoting.draft(card, owner, now=now, content={})

    response = client.post(url("step", quote.pk, "couts"), rows(line))

    assert response.status_code == 200
    assert words in response.content.decode()
    assert Quote.objects.get().lines == []


def test_from_the_whole_to_the_answer_without_account_nor_cookie(client, provider, now):
    card, owner = provider
    quote = quoting.draft(card, owner, now=now)
    company = type(client)()

    client.post(url("send", quote.pk))
    mail = OutboundEmail.objects.get(kind="directory/emails/quote_received")
    page = re.search(r"/devis/lire/\S+", mail.text_body)[0]
    for _time in range(2):
        html = company.get(page).content.decode()
        company.head(page)
    assert Quote.objects.get().status == "sent"
    assert "3\u00a0337,92\u00a0€" in html
    document = company.get(f"{page}devis.pdf")
    assert b"".join(document.streaming_content).startswith(b"%PDF")

    refused = company.post(page, {"do": "decline"})
    assert refused.status_code == 200
    assert Quote.objects.get().status == "sent"
    company.post(page, {"do": "accept"})
    late = company.post(page, {"do": "decline", "reason": "price"})

    assert Quote.objects.get().status == "accepted"
    assert late.status_code == 409
    assert "déjà répondu" in late.content.decode()
    assert not company.cookies
    assert "Accepté" in client.get(url("quote", quote.pk)).content.decode()


def test_a_secret_of_another_kind_and_a_draft_open_nothing(client, provider, now):
    card, owner = provider
    quote = quoting.draft(card, owner, now=now)

    assert client.get(quotes.path(quote.pk, "fr")).status_code == 404
    sent = quoting.sent(card, owner, now=now)
    other = needs.token(sent.pk, needs.FOLLOW)
    assert client.get(f"/devis/lire/{other}/").status_code == 404
    assert client.post(quotes.path(sent.pk, "fr"), {"do": "rien"}).status_code == 404


def test_anothers_quote_is_not_found(client, provider, now):
    quote = quoting.draft(now=now)
    sent = quoting.sent(now=now)

    answers = [
        client.get(url("quote", quote.pk)),
        client.get(url("step", quote.pk, "besoin")),
        client.post(url("step", quote.pk, "besoin"), {"need": "x"}),
        client.post(url("send", quote.pk)),
        client.post(url("delete", quote.pk)),
        client.post(url("copy", sent.pk)),
        client.post(url("offer", sent.pk)),
        client.get(url("document", sent.pk)),
        client.post(url("start"), {"fiche": quote.provider_id}),
        client.post(url("start"), {"fiche": "1 OR 1"}),
    ]

    assert {answer.status_code for answer in answers} == {404}
    assert "x" not in Quote.objects.get(pk=quote.pk).content.values()


def test_a_sent_quote_is_read_and_no_more_written(client, provider, now):
    card, owner = provider
    quote = quoting.sent(card, owner, now=now)

    assert client.get(url("step", quote.pk, "besoin"))["Location"] == url("quote", quote.pk)
    client.post(url("delete", quote.pk))
    copied = client.post(url("copy", quote.pk))

    assert Quote.objects.count() == 2
    assert copied["Location"].endswith("/client/")


def test_from_the_mail_of_a_request_to_its_quote_and_back(client, now):
    owner = UserFactory()
    matchable(owner=owner)
    need, proposal = in_contact(now=now)
    answer = client.get(needs.path(proposal.pk, needs.ANSWER, "fr")).content.decode()
    link = url("for_request", proposal.pk)
    assert link in answer
    assert client.get(link).status_code == 302

    client.force_login(owner)
    assert "attend votre devis" in client.get(link).content.decode()
    begun = client.post(url("start"), {"fiche": proposal.provider_id, "demande": proposal.pk})
    quote = Quote.objects.get()
    assert need.contact_name in client.get(begun["Location"]).content.decode()
    client.post(begun["Location"], {"title": "Site", "language": "fr"})
    quotes.write_part(quote_id=quote.pk, user_id=owner.pk, values=quoting.whole_content(), now=now)
    quotes.write_head(
        quote_id=quote.pk,
        user_id=owner.pk,
        values={"valid_until": now.date() + timedelta(days=9)},
        now=now,
    )
    client.post(url("send", quote.pk))

    followed = client.get(needs.path(need.pk, needs.FOLLOW, "fr")).content.decode()
    quote.refresh_from_db()
    assert quote.reference in followed
    assert Proposal.objects.get(pk=proposal.pk).status == "quoted"
    client.force_login(UserFactory())
    assert client.get(link).status_code == 404


def test_a_whole_quote_is_offered_to_the_charter_by_a_button(client, now):
    owner = UserFactory()
    adhesion = signing.signed(signing.company_of(owner), now=now)
    card = adhesion.company.providers.get()
    quote = quoting.sent(card, owner, now=now)
    client.force_login(owner)

    page = client.get(url("quote", quote.pk)).content.decode()
    client.post(url("offer", quote.pk))

    assert "Proposer comme pièce" in page
    assert Evidence.objects.get().adhesion == adhesion
    after = client.get(url("quote", quote.pk)).content.decode()
    assert "parmi vos pièces" in after
    assert "Proposer comme pièce" not in after
    assert (
        "Devis e-TIC complet"
        in client.get(reverse("charter:adhesion", args=[adhesion.pk])).content.decode()
    )
    upload = client.get(reverse("charter:adhesion", args=[adhesion.pk])).context["form"]
    assert quotes.EVIDENCE_KIND not in dict(upload.fields["kind"].choices)


@pytest.mark.parametrize("page", ["mine", "quote", "follow"])
def test_a_page_asks_as_much_for_one_as_for_many(client, provider, now, page):
    card, owner = provider
    first = quoting.sent(card, owner, now=now)
    address = {"mine": url("mine"), "quote": url("quote", first.pk)}.get(page)
    if page == "follow":
        other = UserFactory()
        asked = matchable(owner=other)
        need, proposal = in_contact(now=now)
        quoting.sent(asked, other, proposal=proposal, now=now)
        address = needs.path(need.pk, needs.FOLLOW, "fr")

    def asked_of(count):
        for _n in range(count):
            if page == "follow":
                quoting.sent(asked, other, proposal=proposal, now=now)
            else:
                quoting.sent(card, owner, now=now)
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    assert asked_of(0) == asked_of(3)


def test_the_centre_sees_that_a_quote_exists_and_nothing_it_says(client, settings, now):
    settings.STAFF_MFA_REQUIRED = False
    quote = quoting.sent(now=now)
    quoting.draft(now=now)
    sign_in(client, Role.CHARTER)

    listed = client.get("/admin/directory/quote/").content.decode()
    opened = client.get(f"/admin/directory/quote/{quote.pk}/change/").content.decode()

    assert listed.count('class="field-__str__"') == 1
    for html in (listed, opened):
        assert quote.reference in html
        for secret in (quoting.CLIENT, "Léa Meyer", "Trois Évêchés", "2400", quote.title):
            assert secret not in html
    sign_in(client, Role.EDITOR)
    assert client.get("/admin/directory/quote/").status_code == 403


def test_a_person_without_card_is_told_what_to_do(client):
    client.force_login(UserFactory())
    published_card()

    html = client.get(url("mine")).content.decode()

    assert reverse("directory:join") in html
    assert "Écrire un devis" not in html
