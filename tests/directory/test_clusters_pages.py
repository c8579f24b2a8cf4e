"""The pages of grappes: what everyone reads, what members do, what staff decides."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from directory import cluster_queries, dossier
from directory.clusters.rules import Progress
from directory.enums import ClusterMemberStatus, MemberKind, MembershipRole
from directory.models import ClusterCommitment, ClusterMember, ClusterSkill
from directory.services import cluster_commitments as commitments
from directory.services import clusters
from emn.accounts.enums import Role
from emn.lib.site_search import clean
from emn.lib.staff_tasks import waiting_for
from events.models import Club, Series, Session
from tests.directory.clusters import (
    ClusterFactory,
    animator_of,
    grappe,
    member,
    next_siret,
    person_of,
)
from tests.directory.factories import (
    CompanyFactory,
    MembershipFactory,
    ServiceFactory,
    UserFactory,
    published_card,
)
from tests.directory.test_admin import sign_in
from tests.events.factories import published

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
LIST = "/grappes/"
MINE = "/grappes/mes-grappes/"
LIST_QUERIES = 3  # how many, which, their members
SHEET_QUERIES = 8
MINE_QUERIES = 3


def text_of(client, path):
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def asking(cluster):
    link = MembershipFactory(company=CompanyFactory(name="NOUVELLE", siret=next_siret()))
    return clusters.ask_to_join(
        cluster_id=cluster.pk, company_id=link.company_id, user_id=link.user_id,
        kind=MemberKind.FIRM, contribution="Un atelier.", skill_ids=[], motive="Voisins.",
        now=timezone.now(),
    )  # fmt: skip


# --- What everyone reads ---


@pytest.mark.parametrize("count", [1, 3])
def test_the_list_costs_the_same_whatever_it_holds(client, count):
    client.get(LIST)
    for _number in range(count):
        grappe()

    with CaptureQueriesContext(connection) as asked:
        html = text_of(client, LIST)

    assert html.count('class="row-title"') == count
    assert len(asked) == LIST_QUERIES


@pytest.mark.parametrize("count", [5, 8])
def test_a_page_costs_the_same_whatever_the_members(client, count):
    cluster = grappe(kinds=(MemberKind.SCHOOL, *[MemberKind.FIRM] * (count - 1)))
    ClusterSkill.objects.create(cluster=cluster, service=ServiceFactory())
    client.get(cluster.get_absolute_url())

    with CaptureQueriesContext(connection) as asked:
        html = text_of(client, cluster.get_absolute_url())

    assert html.count(">ENTREPRISE<") == 2 * count
    assert len(asked) == SHEET_QUERIES


def test_a_grappe_in_formation_is_nowhere_but_before_its_members(client):
    cluster = ClusterFactory(name="Grappe cachée")
    row = member(cluster)

    assert client.get(cluster.get_absolute_url()).status_code == 404
    assert "Grappe cachée" not in text_of(client, LIST)
    assert "Grappe cachée" not in text_of(client, "/recherche/?q=cachée")
    assert cluster.slug not in text_of(client, "/sitemap-clusters.xml")
    assert client.get("/api/v1/clusters/").json()["results"] == []
    client.force_login(UserFactory())
    assert client.get(row.get_absolute_url()).status_code == 404
    assert client.get(reverse("clusters:join", args=[cluster.slug])).status_code == 404

    client.force_login(person_of(row))

    assert "En formation" in text_of(client, row.get_absolute_url())


def test_a_public_grappe_is_found_in_search_sitemap_and_api(client):
    service = ServiceFactory()
    cluster = grappe(name="Chez soi, connecté")
    ClusterSkill.objects.create(cluster=cluster, service=service)
    member(ClusterFactory())

    assert "Chez soi, connecté" in text_of(client, f"/recherche/?q={clean('Cent logements')}")
    assert cluster.slug in text_of(client, "/sitemap-clusters.xml")
    [line] = client.get("/api/v1/clusters/").json()["results"]
    assert (line["id"], line["standing"], line["members"]) == (cluster.slug, "grappe", 5)
    assert (line["member_kinds"], line["skills"]) == (["firm", "school"], ["web.site"])


def test_fifteen_members_are_told_to_be_a_cluster(client):
    cluster = grappe(kinds=(MemberKind.SCHOOL, *[MemberKind.FIRM] * 14))

    assert ">Cluster<" in text_of(client, cluster.get_absolute_url())
    assert client.get("/api/v1/clusters/").json()["results"][0]["standing"] == "cluster"


def test_the_matrix_tells_the_card_from_the_word_and_names_the_holes(client):
    site = ServiceFactory()
    shop = ServiceFactory(code="web.boutique", slug="boutique", name_fr="Boutique en ligne")
    voice = ServiceFactory(code="reseau.voip", slug="voip", name_fr="Téléphonie")
    cluster = grappe()
    for service in (site, shop, voice):
        ClusterSkill.objects.create(cluster=cluster, service=service)
    member(cluster, company=published_card(name="Atelier Un", offers=[site]).company)
    says = cluster.members.first()
    clusters.write_contribution(
        member_id=says.pk, user_id=person_of(says).pk, contribution="", skill_ids=[shop.pk]
    )

    html = text_of(client, cluster.get_absolute_url())

    assert html.count("sur sa fiche") == 1
    assert html.count(">déclarée<") == 1
    assert html.count("Personne ici ne fait") == 1
    assert '/annuaire/?service=voip"' in html
    assert '<a href="/annuaire/' in html  # the card of the member


def test_a_masked_firm_never_shows_its_number(client):
    cluster = grappe()
    siret = next_siret()
    member(cluster, company=CompanyFactory(siret=siret, name=siret))

    html = text_of(client, cluster.get_absolute_url())

    assert siret not in html
    assert "Membre sans nom public" in html


def test_commitments_are_told_with_where_they_stand(client):
    cluster, today = grappe(), timezone.localdate()
    row, long_ago = (
        cluster.members.exclude(role="animator").first(),
        timezone.now() - timedelta(days=30),
    )
    for what, days in (("Premier", -10), ("Second", 10), ("Troisième", -5)):
        made = commitments.promise(
            member_id=row.pk, user_id=person_of(row).pk, what=what,
            due_on=today + timedelta(days=days), now=long_ago,
        )  # fmt: skip
    commitments.keep(
        commitment_id=made.pk, by_id=animator_of(cluster).pk, kept_on=today, now=timezone.now()
    )

    page = client.get(cluster.get_absolute_url())

    lines = [(line.row.what, line.progress) for line in page.context["sheet"].commitments]
    assert lines == [
        ("Premier", Progress.LATE),
        ("Second", Progress.UNDER_WAY),
        ("Troisième", Progress.KEPT_LATE),
    ]
    clusters.leave(member_id=row.pk, user_id=person_of(row).pk, now=timezone.now())
    member(cluster)
    assert "Premier" not in text_of(client, cluster.get_absolute_url())


def test_a_page_names_the_open_ones_and_the_last_over_and_counts_them_all(client, monkeypatch):
    monkeypatch.setattr(cluster_queries, "LAST_OVER", 1)
    cluster, today = grappe(), timezone.localdate()
    row = cluster.members.first()
    for what, due, ended in (("Ouvert", 1, None), ("Vieux", 9, -3), ("Récent", 0, -1)):
        ClusterCommitment.objects.create(
            member=row, what=what, made_at=timezone.now() - timedelta(days=9),
            due_on=today + timedelta(days=due),
            kept_on=None if ended is None else today + timedelta(days=ended),
        )  # fmt: skip

    page = client.get(cluster.get_absolute_url())

    assert [line.row.what for line in page.context["sheet"].shown] == ["Ouvert", "Récent"]
    assert page.context["sheet"].kept == 2
    assert "Vieux" not in page.content.decode()


def test_an_animator_has_no_button_on_its_own_line(client):
    cluster = grappe()
    row, other = cluster.members.get(role="animator"), cluster.members.last()
    own, theirs = (
        commitments.promise(
            member_id=stay.pk, user_id=person_of(stay).pk, what="Ouvrir",
            due_on=timezone.localdate(), now=timezone.now(),
        )
        for stay in (row, other)
    )  # fmt: skip
    client.force_login(person_of(row))

    page = text_of(client, row.get_absolute_url())

    assert f"kept-{theirs.pk}" in page
    assert f"kept-{own.pk}" not in page


def test_the_meetings_are_those_of_its_club(client):
    series = Series.objects.create(
        frequency="monthly", until_on=date(2027, 12, 31), created_at=timezone.now()
    )
    now = timezone.now()
    for days in (-40, -10, 20):
        starts = now + timedelta(days=days)
        made = published(series=series)
        Session.objects.filter(pk=made.pk).update(
            starts_at=starts, ends_at=starts + timedelta(hours=2)
        )
    club = Club.objects.create(slug="club-maison", name="Club maison", summary="x", series=series)
    cluster = grappe(club=club.slug)

    page = client.get(cluster.get_absolute_url())

    meetings = page.context["sheet"].meetings
    assert (meetings.name, sum(meetings.held.values()), len(meetings.next)) == ("Club maison", 2, 1)
    assert "/clubs/club-maison/" in page.content.decode()
    Club.objects.update(is_open=False)
    assert client.get(cluster.get_absolute_url()).context["sheet"].meetings is None


# --- What members do ---


def test_a_person_asks_for_a_company_that_it_commits(client):
    cluster = grappe()
    link = MembershipFactory(company=CompanyFactory(siret=next_siret()))
    editor = MembershipFactory(
        user=link.user, company=CompanyFactory(siret=next_siret()), role=MembershipRole.EDITOR
    )
    client.force_login(link.user)
    path = reverse("clusters:join", args=[cluster.slug])
    values = {"company": link.company_id, "kind": "firm", "contribution": "Un atelier."}

    refused = client.post(path, values)
    foreign = client.post(path, values | {"company": editor.company_id, "agreed": "on"})
    assert "personne n’entre" in refused.content.decode()
    assert "company" in foreign.context["form"].errors
    client.post(path, values | {"agreed": "on"})

    row = ClusterMember.objects.waiting().get()
    assert (row.company, row.contribution) == (link.company, "Un atelier.")
    again = client.post(path, values | {"agreed": "on"})
    assert "déjà" in again.content.decode()


def test_whoever_commits_no_company_is_told_what_to_do(client):
    client.force_login(UserFactory())

    html = text_of(client, reverse("clusters:join", args=[grappe().slug]))

    assert "responsable d’aucune entreprise" in html
    assert 'name="contribution"' not in html


@pytest.mark.parametrize("count", [1, 3])
def test_ones_stays_cost_the_same_whatever_they_are(client, count):
    person = UserFactory()
    for _number in range(count):
        company = MembershipFactory(user=person, company=CompanyFactory(siret=next_siret())).company
        member(ClusterFactory(), company=company)
    client.force_login(person)
    client.get(MINE)

    with CaptureQueriesContext(connection) as asked:
        html = text_of(client, MINE)

    assert html.count('class="row-title"') == count
    assert len(asked) == MINE_QUERIES


def test_an_animator_answers_from_its_page_and_a_plain_member_cannot(client):
    cluster = grappe()
    row, plain = asking(cluster), cluster.members.exclude(role="animator").first()
    answer = {"do": "decide", "key": row.pk, "accepted": "oui", "reason": ""}
    client.force_login(person_of(plain))
    assert "Voisins." not in text_of(client, plain.get_absolute_url())
    assert client.post(plain.get_absolute_url(), answer).status_code == 404

    client.force_login(animator_of(cluster))
    own = cluster.members.get(role="animator").get_absolute_url()
    assert "Voisins." in text_of(client, own)
    client.post(own, answer | {"accepted": "non"})
    row.refresh_from_db()
    assert row.status == ClusterMemberStatus.ASKED  # a refusal wants its reason
    client.post(own, answer)

    row.refresh_from_db()
    assert row.status == ClusterMemberStatus.MEMBER


def test_a_member_promises_gives_up_and_leaves_by_its_buttons(client):
    cluster = grappe()
    row = cluster.members.exclude(role="animator").first()
    own = row.get_absolute_url()
    client.force_login(person_of(row))
    due = timezone.localdate() + timedelta(days=30)

    late = client.post(own, {"do": "promise", "what": "Ouvrir", "due_on": date(2020, 1, 1)})
    assert "jour à venir" in late.content.decode()
    client.post(own, {"do": "promise", "what": "Ouvrir l’atelier", "due_on": due})
    made = row.commitments.get()
    client.post(own, {"do": "drop", "key": made.pk, "reason": "Atelier vendu."})
    client.post(own, {"do": "contribution", "contribution": "Autre chose"})
    client.post(own, {"do": "leave"})

    row.refresh_from_db()
    made.refresh_from_db()
    assert (row.contribution, row.status) == ("Autre chose", ClusterMemberStatus.LEFT)
    assert made.drop_reason == "Atelier vendu."
    assert client.post(own, {"do": "made up"}).status_code == 404


def test_an_invited_firm_reads_the_charter_and_enters(client):
    cluster = ClusterFactory()
    link = MembershipFactory()
    row = clusters.invite(
        cluster_id=cluster.pk, company_id=link.company_id, kind="school", role="member",
        now=timezone.now(),
    )  # fmt: skip
    client.force_login(link.user)
    own = row.get_absolute_url()
    assert "Rendre compte" in text_of(client, own)

    client.post(own, {"do": "accept", "contribution": "Une classe"})
    row.refresh_from_db()
    assert row.status == ClusterMemberStatus.INVITED  # without the agreement
    client.post(own, {"do": "accept", "contribution": "Une classe", "agreed": "on"})

    row.refresh_from_db()
    assert (row.status, row.contribution) == (ClusterMemberStatus.MEMBER, "Une classe")


def test_an_editor_reads_and_commits_nothing(client):
    row = member(ClusterFactory())
    editor = MembershipFactory(company=row.company, role=MembershipRole.EDITOR)
    client.force_login(editor.user)

    html = text_of(client, row.get_absolute_url())

    assert 'value="promise"' not in html
    assert client.post(row.get_absolute_url(), {"do": "leave"}).status_code == 404


# --- The file of the company ---


def test_the_file_tells_the_grappe_and_leads_to_a_first_promise():
    row = member(ClusterFactory(name="Ateliers lisibles"), joined_at=timezone.now())
    reader = person_of(row)

    before = dossier.file_of(row.company, reader=reader)
    commitments.promise(
        member_id=row.pk, user_id=reader.pk, what="Ouvrir l’atelier",
        due_on=timezone.localdate(), now=timezone.now(),
    )  # fmt: skip
    after = dossier.file_of(row.company, reader=reader)

    assert "Ateliers lisibles" in before.items[0].line.title
    assert before.next_step.url_name == "clusters:mine"
    assert after.items[0].line.title == "Ouvrir l’atelier"
    assert after.next_step == dossier.FIRST_STEP
    assert dossier.holds(row.company, after.items[0].key)


# --- Staff ---


@pytest.fixture
def agent(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    return sign_in(client, Role.ADVISER)


def admin(model, pk, name):
    return reverse(f"admin:directory_{model}_{name}", args=[pk])


def test_staff_answers_where_no_animator_does(client, agent):
    row = asking(grappe())
    tasks = {str(queue.label): queue.count for queue in waiting_for(agent)}
    assert tasks["demandes d’entrée dans une grappe"] == 1
    page = admin("clustermember", row.pk, "answer")
    assert "Voisins." in text_of(client, page)
    shown = client.get(admin("clustermember", row.pk, "change")).content.decode()
    assert "/mes-grappes/" not in shown  # a member's page, which staff may not open

    client.post(page, {"accepted": "oui", "reason": ""})

    row.refresh_from_db()
    assert (row.status, row.decided_by) == (ClusterMemberStatus.MEMBER, agent)


def test_staff_invites_gives_roles_removes_and_closes(client, agent):
    cluster, link = grappe(), MembershipFactory(company=CompanyFactory(siret=next_siret()))
    invite = admin("cluster", cluster.pk, "invite")
    siret = link.company.siret
    spaced = f"{siret[:3]} {siret[3:6]} {siret[6:9]} {siret[9:]}"  # as an invoice prints it
    given = {"siret": spaced, "kind": "public", "role": "partner"}

    assert (
        "pas de dossier"
        in client.post(invite, given | {"siret": "99999999999999"}).content.decode()
    )
    client.post(invite, given)
    row = cluster.members.get(status=ClusterMemberStatus.INVITED)
    client.post(admin("clustermember", row.pk, "place"), {"kind": "school", "role": "animator"})
    out = cluster.members.inside().last()
    client.post(admin("clustermember", out.pk, "remove"), {"reason": "Charte oubliée."})
    client.post(admin("cluster", cluster.pk, "close"), {"reason": "But atteint."})

    row.refresh_from_db()
    out.refresh_from_db()
    cluster.refresh_from_db()
    assert (row.kind, row.role, out.status) == ("school", "animator", "removed")
    assert cluster.end_reason == "But atteint."
    client.post(admin("cluster", cluster.pk, "reopen"))
    cluster.refresh_from_db()
    assert cluster.ended_at is None


def test_staff_says_that_a_commitment_is_kept(client, agent):
    row = member(ClusterFactory())
    made = commitments.promise(
        member_id=row.pk, user_id=person_of(row).pk, what="Ouvrir",
        due_on=timezone.localdate(), now=timezone.now(),
    )  # fmt: skip

    client.post(admin("clustercommitment", made.pk, "keep"), {"kept_on": timezone.localdate()})

    made.refresh_from_db()
    assert made.kept_on == timezone.localdate()


@pytest.mark.parametrize("model", ["cluster", "clustermember", "clustercommitment"])
def test_staff_lists_cost_the_same_whatever_they_hold(client, agent, model):
    path = reverse(f"admin:directory_{model}_changelist")

    def fill():
        row = member(ClusterFactory())
        commitments.promise(
            member_id=row.pk, user_id=person_of(row).pk, what="Ouvrir",
            due_on=timezone.localdate(), now=timezone.now(),
        )  # fmt: skip

    fill()
    client.get(path)
    one = queries(client, path)
    fill()
    fill()

    assert queries(client, path) == one


def test_the_charter_is_written_until_somebody_has_agreed_to_it(client, agent):
    cluster = ClusterFactory(charter="Ancienne règle")
    page = reverse("admin:directory_cluster_change", args=[cluster.pk])
    form = client.get(page).context["adminform"].form
    values = {name: form.initial.get(name) or "" for name in form.fields}
    values |= {"charter": "Nouvelle règle", "founded_on": "2026-03-02"}
    values |= {"needed-TOTAL_FORMS": "0", "needed-INITIAL_FORMS": "0"}

    assert client.post(page, values | {"slug": "mes-grappes"}).status_code == 200  # reserved
    assert client.post(page, values).status_code == 302

    cluster.refresh_from_db()
    assert cluster.charter == "Nouvelle règle"
    kept = cluster.history.order_by("history_date").values_list("charter", flat=True)
    assert list(kept) == ["Ancienne règle", "Nouvelle règle"]
    member(cluster)
    client.post(page, values | {"charter": "Autre règle", "objective": "Autre objectif"})
    oldest = cluster.history.order_by("history_date").first()
    older = reverse("admin:directory_cluster_simple_history", args=[cluster.pk, oldest.history_id])
    versions = client.get(reverse("admin:directory_cluster_history", args=[cluster.pk]))
    assert older in versions.content.decode()
    assert client.post(older, values | {"name": "Revenue"}).status_code == 302

    cluster.refresh_from_db()
    assert (cluster.charter, cluster.name) == ("Nouvelle règle", "Revenue")


def older_of(cluster):
    oldest = cluster.history.order_by("history_date").first()
    return reverse("admin:directory_cluster_simple_history", args=[cluster.pk, oldest.history_id])


@pytest.mark.ignore_template_errors  # the library's own page
def test_bringing_a_version_back_reopens_nothing(client, agent):
    cluster = ClusterFactory(name="Avant")
    clusters.close(cluster_id=cluster.pk, reason="Fin du programme.", now=timezone.now())
    older = older_of(cluster)
    form = client.get(older).context["adminform"].form
    values = {name: form.initial.get(name) or "" for name in form.fields}

    assert client.post(older, values | {"name": "Après"}).status_code == 302

    cluster.refresh_from_db()
    assert (cluster.name, cluster.end_reason) == ("Après", "Fin du programme.")
    assert cluster.ended_at is not None


@pytest.mark.ignore_template_errors  # the library's own page
def test_who_only_reads_brings_no_version_back(client, settings):
    settings.STAFF_MFA_REQUIRED = False
    reader = UserFactory(is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_cluster"))
    client.force_login(reader)
    cluster = ClusterFactory(name="Avant")
    older = older_of(cluster)

    assert client.get(older).status_code == 200
    assert client.post(older, {"name": "Après"}).status_code == 403
