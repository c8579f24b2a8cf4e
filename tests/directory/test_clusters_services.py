"""Entering a grappe, answering, leaving: each firm by its own word, each request answered once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from directory.enums import ClusterMemberStatus, MemberKind, MembershipRole
from directory.models import (
    Cluster,
    ClusterCommitment,
    ClusterMember,
    ClusterSkill,
    Company,
    MemberSkill,
)
from directory.services import cluster_commitments as commitments
from directory.services import clusters, taxonomy_retiring
from directory.services import providers as cards
from directory.services.clusters import ClusterRefused
from emn.accounts.services import erase_account
from emn.accounts.tasks import keep_personal_data_in_order
from emn.mailings.models import OutboundEmail
from tests.directory.clusters import (
    ClusterFactory,
    animator_of,
    grappe,
    member,
    next_siret,
    person_of,
)
from tests.directory.factories import (
    NOW,
    CompanyFactory,
    MembershipFactory,
    ProviderFactory,
    ServiceFactory,
    UserFactory,
    published_card,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("commits")]
Status = ClusterMemberStatus
DAY = timedelta(days=1)
TODAY = date(2026, 11, 23)


def newcomer(**fields):
    company = CompanyFactory(name="NOUVELLE", siret=next_siret(), **fields)
    return MembershipFactory(company=company)


def ask(cluster, link=None, **changed):
    link = link or newcomer()
    values = {
        "cluster_id": cluster.pk,
        "company_id": link.company_id,
        "user_id": link.user_id,
        "kind": MemberKind.FIRM,
        "contribution": "Un atelier.",
        "skill_ids": [],
        "motive": "Nous voisinons.",
        "now": NOW,
    }
    return clusters.ask_to_join(**values | changed)


def decide(row, by, *, accepted=True, reason="", **more):
    return clusters.decide(
        member_id=row.pk, by_id=by.pk, accepted=accepted, reason=reason, now=NOW + DAY, **more
    )


def promise(row, *, due_on=date(2026, 12, 24), what="Ouvrir l’atelier", person=None, now=NOW):
    who = person or person_of(row)
    return commitments.promise(member_id=row.pk, user_id=who.pk, what=what, due_on=due_on, now=now)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"directory/emails/{kind}")


# --- Asking and answering ---


def test_a_request_goes_to_the_animator_and_shows_nothing_yet():
    cluster = grappe()

    row = ask(cluster)

    assert (row.status, row.agreed_at, row.joined_at) == (Status.ASKED, NOW, None)
    assert [mail.to_email for mail in mails("cluster_asked")] == [animator_of(cluster).email]
    assert row not in ClusterMember.objects.shown()


def test_an_animator_lets_in_and_the_firm_is_told():
    cluster = grappe()
    row = ask(cluster)

    row = decide(row, animator_of(cluster))

    assert (row.status, row.joined_at, row.motive) == (Status.MEMBER, NOW + DAY, "")
    assert row in ClusterMember.objects.shown()
    assert mails("cluster_accepted").get().to_email == person_of(row).email


def test_a_refusal_has_a_reason_that_the_firm_reads():
    cluster = grappe()
    row = ask(cluster)

    with pytest.raises(ClusterRefused, match="pourquoi"):
        decide(row, animator_of(cluster), accepted=False, reason="  ")
    decide(row, animator_of(cluster), accepted=False, reason="Trop loin du thème.")

    row.refresh_from_db()
    assert (row.status, row.joined_at) == (Status.REFUSED, None)
    assert "Trop loin du thème." in mails("cluster_refused").get().text_body
    assert ask(cluster, row.company.memberships.get()).status == Status.ASKED  # may ask again


def test_only_an_animator_or_staff_answers():
    cluster, other = grappe(), grappe()
    row, plain = ask(cluster), cluster.members.exclude(role="animator").first()

    for stranger in (person_of(plain), animator_of(other), person_of(row)):
        with pytest.raises(ClusterMember.DoesNotExist):
            decide(row, stranger)
    agent = UserFactory()

    assert decide(row, agent, as_staff=True).decided_by == agent


def test_an_animator_that_left_answers_no_more():
    cluster = grappe()
    row, animator = ask(cluster), animator_of(cluster)
    clusters.leave(member_id=cluster.members.get(role="animator").pk, user_id=animator.pk, now=NOW)

    with pytest.raises(ClusterMember.DoesNotExist):
        decide(row, animator)


def test_a_request_is_answered_once():
    cluster = grappe()
    row = decide(ask(cluster), animator_of(cluster))

    with pytest.raises(ClusterRefused, match="entre-temps"):
        decide(row, animator_of(cluster), accepted=False, reason="Non.")


def test_only_who_is_responsible_asks_and_once():
    cluster, link = grappe(), newcomer()
    editor = MembershipFactory(company=link.company, role=MembershipRole.EDITOR)

    with pytest.raises(Company.DoesNotExist):
        ask(cluster, link, user_id=editor.user_id)
    ask(cluster, link)

    with pytest.raises(ClusterRefused, match="déjà"):
        ask(cluster, link)


def test_a_firm_asks_a_few_times_a_day_at_most(monkeypatch):
    monkeypatch.setattr(clusters, "ASKED_PER_DAY", 1)
    cluster, link = grappe(), newcomer()
    row = ask(cluster, link)
    clusters.withdraw(member_id=row.pk, user_id=link.user_id, now=NOW)

    with pytest.raises(ClusterRefused, match="par jour"):
        ask(cluster, link)


def test_a_grappe_in_formation_and_a_closed_one_take_no_request():
    small, closed = ClusterFactory(), grappe()
    clusters.close(cluster_id=closed.pk, reason="But atteint.", now=NOW)

    for cluster in (small, closed):
        with pytest.raises(Cluster.DoesNotExist):
            ask(cluster)
    with pytest.raises(ClusterRefused, match="fermé"):
        ask(grappe(), newcomer(closed_on=TODAY))


def test_a_request_and_an_invitation_are_withdrawn_by_the_firm():
    cluster = grappe()
    row = ask(cluster)

    with pytest.raises(ClusterMember.DoesNotExist):
        clusters.withdraw(member_id=row.pk, user_id=animator_of(cluster).pk, now=NOW)
    row = clusters.withdraw(member_id=row.pk, user_id=person_of(row).pk, now=NOW)

    assert (row.status, row.motive) == (Status.WITHDRAWN, "")


# --- Invitations ---


def invite(cluster, company, **changed):
    values = {"kind": MemberKind.SCHOOL, "role": "animator", "now": NOW}
    return clusters.invite(cluster_id=cluster.pk, company_id=company.pk, **values | changed)


def test_an_invited_firm_is_in_only_by_its_own_word():
    cluster, link = ClusterFactory(), newcomer()
    row = invite(cluster, link.company)
    assert (row.status, row.agreed_at) == (Status.INVITED, None)
    assert row.get_absolute_url() in mails("cluster_invited").get().text_body

    with pytest.raises(ClusterMember.DoesNotExist):
        clusters.accept_invitation(
            member_id=row.pk, user_id=UserFactory().pk, contribution="", skill_ids=[], now=NOW
        )
    with pytest.raises(ClusterRefused, match="entre-temps"):  # staff accepts for nobody
        decide(row, UserFactory(), as_staff=True)
    row = clusters.accept_invitation(
        member_id=row.pk, user_id=link.user_id, contribution="Une classe", skill_ids=[], now=NOW
    )

    assert (row.status, row.agreed_by, row.role) == (Status.MEMBER, link.user, "animator")


def test_nobody_is_invited_whom_no_one_would_tell():
    with pytest.raises(ClusterRefused, match="responsable"):
        invite(ClusterFactory(), CompanyFactory())


def test_the_database_takes_no_member_without_agreement():
    row = member(ClusterFactory())

    with pytest.raises(IntegrityError, match="status_has_its_dates"), transaction.atomic():
        ClusterMember.objects.filter(pk=row.pk).update(agreed_at=None)


# --- Leaving ---


def test_who_leaves_is_shown_no_more_and_the_animator_is_told():
    cluster = grappe()
    row = cluster.members.exclude(role="animator").first()

    row = clusters.leave(member_id=row.pk, user_id=person_of(row).pk, now=NOW)

    assert (row.status, row.ended_at) == (Status.LEFT, NOW)
    assert not Cluster.objects.public().exists()  # four are left
    assert mails("cluster_left").get().to_email == animator_of(cluster).email


def test_who_is_put_out_reads_why():
    cluster = grappe()
    row = cluster.members.exclude(role="animator").first()
    out = {"member_id": row.pk, "by_id": animator_of(cluster).pk, "now": NOW}

    with pytest.raises(ClusterRefused, match="pourquoi"):
        clusters.remove(reason=" ", **out)
    clusters.remove(reason="Charte oubliée.", **out)

    assert "Charte oubliée." in mails("cluster_removed").get().text_body
    assert row not in ClusterMember.objects.shown()


def test_closing_tells_each_member_why_and_reopening_brings_the_page_back():
    cluster = grappe()

    with pytest.raises(ClusterRefused, match="pourquoi"):
        clusters.close(cluster_id=cluster.pk, reason="", now=NOW)
    asking = ask(cluster)
    clusters.close(cluster_id=cluster.pk, reason="But atteint.", now=NOW)
    asking.refresh_from_db()
    assert (asking.status, asking.motive) == (Status.WITHDRAWN, "")
    assert mails("cluster_closed").count() == 6
    assert not Cluster.objects.public().exists()
    clusters.reopen(cluster_id=cluster.pk)

    assert Cluster.objects.public().get() == cluster


# --- What is public ---


def test_a_firm_counts_once_whatever_its_establishments():
    cluster = grappe(kinds=(MemberKind.FIRM, MemberKind.FIRM, MemberKind.FIRM, MemberKind.SCHOOL))
    siren = cluster.members.first().company.siren
    member(cluster, company=CompanyFactory(siret=f"{siren}00028"))
    assert not Cluster.objects.public().exists()

    member(cluster)

    assert Cluster.objects.public().exists()


def test_one_kind_alone_is_no_grappe():
    cluster = grappe(kinds=(MemberKind.FIRM,) * 5)

    assert not Cluster.objects.public().exists()
    member(cluster, kind=MemberKind.PUBLIC)
    assert Cluster.objects.public().exists()


def test_a_card_that_is_hidden_and_a_firm_that_closes_leave_the_public_pages():
    cluster = ClusterFactory()
    with_card = member(cluster, company=published_card().company)
    closing, never = member(cluster), member(cluster)
    ProviderFactory(company=never.company)  # a draft hides nothing
    card = with_card.company.providers.get()

    cards.hide_card(provider_id=card.pk, reason="À reprendre.", now=NOW)
    Company.objects.filter(pk=closing.company_id).update(closed_on=TODAY)

    assert list(ClusterMember.objects.shown()) == [never]
    published_card(company=with_card.company)  # another of its cards is public
    assert set(ClusterMember.objects.shown()) == {with_card, never}


# --- Skills ---


def test_only_the_skills_that_the_objective_needs_are_declared():
    needed, other = ServiceFactory(), ServiceFactory(code="web.boutique", slug="boutique")
    cluster = grappe()
    ClusterSkill.objects.create(cluster=cluster, service=needed)

    row = ask(cluster, skill_ids=[needed.pk, other.pk])
    decide(row, animator_of(cluster))
    assert [skill.service for skill in row.declared.all()] == [needed]
    clusters.write_contribution(
        member_id=row.pk, user_id=person_of(row).pk, contribution="Autre chose", skill_ids=[]
    )

    row.refresh_from_db()
    assert (row.contribution, row.declared.count()) == ("Autre chose", 0)


def test_a_retired_service_leaves_its_place_to_the_other_once():
    old, target = ServiceFactory(), ServiceFactory(code="web.boutique", slug="boutique")
    both, one = ClusterFactory(), ClusterFactory()
    for cluster, service in ((both, old), (both, target), (one, old)):
        ClusterSkill.objects.create(cluster=cluster, service=service)
    row = member(one)
    MemberSkill.objects.create(member=row, service=old)

    taxonomy_retiring.retire_service(service_id=old.pk, target_id=target.pk, now=NOW)

    assert list(both.skills.all()) == list(one.skills.all()) == [target]
    assert list(row.skills.all()) == [target]


# --- Commitments ---


def test_a_firm_promises_for_itself_alone_and_for_a_day_to_come():
    row = member(ClusterFactory())

    with pytest.raises(ClusterMember.DoesNotExist):
        promise(row, person=UserFactory())
    for day in (TODAY - DAY, TODAY + commitments.LONGEST + DAY):
        with pytest.raises(ClusterRefused, match="jour à venir"):
            promise(row, due_on=day)

    assert promise(row, due_on=TODAY).made_by == person_of(row)


def test_a_request_promises_nothing_yet_and_a_member_not_without_end(monkeypatch):
    monkeypatch.setattr(commitments, "MOST_OPEN", 1)
    cluster = grappe()
    asking, row = ask(cluster), cluster.members.first()

    with pytest.raises(ClusterRefused, match="Seul un membre"):
        promise(asking)
    promise(row)
    with pytest.raises(ClusterRefused, match="au plus"):
        promise(row)


def test_an_animator_says_that_it_is_kept_and_not_before_it_was_made():
    cluster = grappe()
    row = cluster.members.exclude(role="animator").first()
    made = promise(row)

    def keep(by, day=TODAY):
        return commitments.keep(commitment_id=made.pk, by_id=by.pk, kept_on=day, now=NOW)

    with pytest.raises(ClusterCommitment.DoesNotExist):
        keep(person_of(row))
    for day in (TODAY - DAY, TODAY + DAY):
        with pytest.raises(ClusterRefused, match="entre celui"):
            keep(animator_of(cluster), day)
    assert keep(animator_of(cluster)).kept_on == TODAY
    with pytest.raises(ClusterRefused, match="entre-temps"):
        keep(animator_of(cluster))


def test_no_animator_says_that_its_own_is_kept():
    cluster = grappe()
    row = cluster.members.get(role="animator")
    made, second = promise(row), cluster.members.exclude(role="animator").first()

    def keep(by, **more):
        return commitments.keep(commitment_id=made.pk, by_id=by, kept_on=TODAY, now=NOW, **more)

    with pytest.raises(ClusterRefused, match="Un autre animateur"):
        keep(person_of(row).pk)
    clusters.give_role(member_id=second.pk, kind=second.kind, role="animator")
    assert keep(person_of(second).pk).kept_on == TODAY
    made = promise(row)
    assert keep(person_of(row).pk, as_staff=True).kept_on == TODAY


def test_promising_and_giving_up_has_its_bound_a_day(monkeypatch):
    monkeypatch.setattr(commitments, "MADE_PER_DAY", 2)
    row = member(ClusterFactory())
    person = person_of(row).pk
    for _time in range(2):
        made = promise(row)
        commitments.drop(commitment_id=made.pk, user_id=person, reason="Non.", now=NOW)

    with pytest.raises(ClusterRefused, match="par jour"):
        promise(row)
    assert promise(row, now=NOW + DAY, due_on=TODAY + 2 * DAY).pk


def test_giving_up_has_a_reason_and_stays():
    row = member(ClusterFactory())
    made = promise(row)
    given = {"commitment_id": made.pk, "now": NOW}

    with pytest.raises(ClusterCommitment.DoesNotExist):
        commitments.drop(user_id=UserFactory().pk, reason="Non.", **given)
    with pytest.raises(ClusterRefused, match="pourquoi"):
        commitments.drop(user_id=person_of(row).pk, reason="", **given)
    commitments.drop(user_id=person_of(row).pk, reason="Machine vendue.", **given)

    made.refresh_from_db()
    assert (made.dropped_on, made.drop_reason) == (TODAY, "Machine vendue.")


def test_an_erased_account_leaves_the_promise_to_its_firm():
    row = member(ClusterFactory())
    made, person = promise(row), person_of(row)

    erase_account(user_id=person.pk)

    row.refresh_from_db()
    made.refresh_from_db()
    assert (row.status, row.agreed_by, made.made_by) == (Status.MEMBER, None, None)


def test_an_erased_account_takes_its_request_and_its_words_back():
    row = ask(grappe())
    assert row.motive

    erase_account(user_id=row.agreed_by_id)

    row.refresh_from_db()
    assert (row.status, row.motive, row.agreed_by) == (Status.WITHDRAWN, "", None)


def test_what_nobody_answers_ends_after_half_a_year():
    cluster = grappe()
    opened = [timezone.now() - timedelta(days=days) for days in (181, 179)]
    old, recent = (ask(cluster, now=at) for at in opened)
    link = newcomer()
    invited = invite(cluster, link.company, now=opened[0])

    keep_personal_data_in_order()

    for row, status in ((old, "withdrawn"), (recent, "asked"), (invited, "withdrawn")):
        row.refresh_from_db()
        assert row.status == status
    assert (old.motive, old.agreed_by) == ("", None)
    assert recent.motive
    assert cluster.members.inside().exclude(agreed_by=None).count() == 5


# --- Races ---


def together(*acts):
    """Run the acts at once; return what each came to, its refusal included."""
    barrier = Barrier(len(acts))

    def run(act):
        barrier.wait()
        try:
            return act()
        except ClusterRefused as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_two_answers_to_one_request_are_one():
    cluster = grappe()
    row, animator, agent = ask(cluster), animator_of(cluster), UserFactory()

    outcomes = together(
        lambda: decide(row, animator),
        lambda: decide(row, agent, accepted=False, reason="Non.", as_staff=True),
    )

    row.refresh_from_db()
    won = [outcome for outcome in outcomes if not isinstance(outcome, ClusterRefused)]
    assert [outcome.status for outcome in won] == [row.status]
    assert mails("cluster_accepted").count() + mails("cluster_refused").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_requests_of_one_firm_are_one():
    cluster, link = grappe(), newcomer()

    outcomes = together(lambda: ask(cluster, link), lambda: ask(cluster, link))

    assert sum(isinstance(outcome, ClusterRefused) for outcome in outcomes) == 1
    assert cluster.members.waiting().count() == 1
