"""Grappes for the tests: members of their own will, each with somebody responsible."""

from datetime import date

import factory

from directory.enums import ClusterMemberStatus, ClusterRole, MemberKind
from directory.models import Cluster, ClusterMember, ClusterTheme
from tests.directory.factories import NOW, CompanyFactory, MembershipFactory

KINDS = (MemberKind.FIRM, MemberKind.FIRM, MemberKind.FIRM, MemberKind.FIRM, MemberKind.SCHOOL)


class ClusterThemeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ClusterTheme
        django_get_or_create = ("slug",)

    slug = "domotique"
    name = "Domotique et autonomie"


class ClusterFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cluster

    slug = factory.Sequence(lambda n: f"grappe-{n}")
    name = factory.Sequence(lambda n: f"Grappe {n}")
    theme = factory.SubFactory(ClusterThemeFactory)
    objective = "Cent logements équipés d’ici fin 2027."
    charter = "Essayer avant de vendre\nRendre compte"
    founded_on = date(2026, 3, 2)


def member(cluster, *, company=None, kind=MemberKind.FIRM, role=ClusterRole.MEMBER, **fields):
    """Let a company be in, with a person responsible for it."""
    company = company or CompanyFactory(name="ENTREPRISE", siret=next_siret())
    link = company.memberships.order_by("pk").first() or MembershipFactory(company=company)
    values = {
        "status": ClusterMemberStatus.MEMBER,
        "opened_at": NOW,
        "agreed_at": NOW,
        "agreed_by": link.user,
        "joined_at": NOW,
    }
    return ClusterMember.objects.create(
        cluster=cluster, company=company, kind=kind, role=role, **values | fields
    )


_numbers = iter(range(100_000_000, 999_999_999))


def next_siret():
    """Return the number of an establishment of another legal unit each time."""
    return f"{next(_numbers)}00010"


def grappe(*, kinds=KINDS, **fields):
    """Return a public grappe; its first member animates it."""
    cluster = ClusterFactory(**fields)
    for rank, kind in enumerate(kinds):
        role = ClusterRole.MEMBER if rank else ClusterRole.ANIMATOR
        member(cluster, kind=kind, role=role)
    return cluster


def animator_of(cluster):
    """Return the person who answers for the animator."""
    row = cluster.members.get(role=ClusterRole.ANIMATOR)
    return row.company.memberships.get().user


def person_of(row):
    """Return the person responsible for a member."""
    return row.company.memberships.order_by("pk").first().user
