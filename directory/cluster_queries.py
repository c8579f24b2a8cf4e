"""A grappe as it is read: who is in, what they can do together, what they promised."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from directory.cluster_wording import progress_words
from directory.clusters.figures import Promise, Stay, Year, years
from directory.clusters.rules import Progress, Standing, holes, standing
from directory.enums import ClusterRole, MemberKind
from directory.meetings import Meetings, meetings_of
from directory.models import Cluster, ClusterCommitment, ClusterMember, SearchDocument
from directory.models.charter import SIREN_DIGITS
from directory.reference import ServiceEntry, taxonomy

LAST_OVER = 20  # commitments kept or given up that a page still names


@dataclass(frozen=True, slots=True)
class Summary:
    """A grappe on one line: how many firms are in, of which kinds, hence what it is."""

    cluster: Cluster
    members: int
    kinds: list[MemberKind]

    @property
    def standing(self) -> Standing:
        """What so many members make."""
        return standing(members=self.members, kinds=len(self.kinds))

    @property
    def is_cluster(self) -> bool:
        """Whether it has grown into a cluster."""
        return self.standing == Standing.CLUSTER


@dataclass(frozen=True, slots=True)
class Member:
    """A member as the page names it; `url` leads to its public card, when it has one."""

    row: ClusterMember
    name: str
    url: str
    on_card: frozenset[int]
    declared: frozenset[int]

    @property
    def skills(self) -> frozenset[int]:
        """What it can do, by its card or by its word."""
        return self.on_card | self.declared


@dataclass(frozen=True, slots=True)
class MatrixLine:
    """A member before each needed skill: « card », « declared », or empty."""

    member: Member
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment with who made it, and where it stands today."""

    row: ClusterCommitment
    member: Member
    progress: Progress

    @property
    def words(self) -> str:
        """The same in words."""
        return progress_words(self.progress)


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the page of a grappe says."""

    summary: Summary
    members: list[Member]
    needed: list[ServiceEntry]
    holes: list[ServiceEntry]
    matrix: list[MatrixLine]
    coverage: list[int]
    commitments: list[Commitment]
    years: list[Year]
    meetings: Meetings | None

    @property
    def covered(self) -> int:
        """How many needed skills somebody brings."""
        return len(self.needed) - len(self.holes)

    @property
    def shown(self) -> list[Commitment]:
        """The commitments named: each open one, and the last that are over."""
        open_ones = sum(line.row.is_open for line in self.commitments)
        return self.commitments[: open_ones + LAST_OVER]

    @property
    def kept(self) -> int:
        """How many commitments were kept, named or not."""
        return sum(row.row.kept_on is not None for row in self.commitments)

    @property
    def sessions(self) -> int:
        """How many sessions were held since the beginning."""
        return sum(self.meetings.held.values()) if self.meetings else 0


def summaries(clusters: Sequence[Cluster]) -> list[Summary]:
    """Return the grappes in the order given, in one query."""
    shown: dict[int, list[tuple[str, str]]] = defaultdict(list)
    rows = ClusterMember.objects.shown().filter(cluster__in=clusters)
    for cluster, siret, kind in rows.values_list("cluster", "company__siret", "kind"):
        shown[cluster].append((siret, kind))
    return [_summary(cluster, shown[cluster.pk]) for cluster in clusters]


def sheet(cluster: Cluster, *, now: datetime) -> Sheet:
    """Return the page of a grappe, in a fixed number of queries."""
    today = timezone.localdate(now)
    members = members_of(cluster)
    needed = needed_by(cluster)
    rows = [member.row for member in members]
    lacking = holes([entry.pk for entry in needed], [member.skills for member in members])
    meetings = meetings_of(cluster.club, now=now)
    return Sheet(
        summary=_summary(cluster, [(row.company.siret, row.kind) for row in rows]),
        members=members,
        needed=needed,
        holes=[entry for entry in needed if entry.pk in lacking],
        matrix=[
            MatrixLine(member, [_cell(member, entry.pk) for entry in needed]) for member in members
        ],
        coverage=[sum(entry.pk in member.skills for member in members) for entry in needed],
        commitments=_commitments(members, today),
        years=_years(cluster, meetings, today),
        meetings=meetings,
    )


def needed_by(cluster: Cluster) -> list[ServiceEntry]:
    """Return the skills that the objective needs, in the taxonomy's order."""
    keys = set(cluster.needed.values_list("service", flat=True))
    return [entry for key, entry in taxonomy().items() if key in keys]


def members_of(cluster: Cluster) -> list[Member]:
    """Return the members that the public sees, the animators first, each with what it can do."""
    rows = list(
        cluster.members.shown()
        .select_related("company__commune")
        .prefetch_related("declared")
        .order_by("joined_at", "pk")
    )
    documents = SearchDocument.objects.filter(provider__company__in=[r.company_id for r in rows])
    cards: dict[int, list[SearchDocument]] = defaultdict(list)
    for document in documents.select_related("provider").order_by("name", "pk"):
        cards[document.provider.company_id].append(document)
    members = [_member(row, cards[row.company_id]) for row in rows]
    return sorted(members, key=lambda member: ClusterRole.values.index(member.row.role))


def _member(row: ClusterMember, cards: list[SearchDocument]) -> Member:
    return Member(
        row=row,
        name=(cards[0].name if cards else _register_name(row)) or _("Membre sans nom public"),
        url=cards[0].provider.get_absolute_url() if cards else "",
        on_card=frozenset(key for card in cards for key in card.service_ids),
        declared=frozenset(skill.service_id for skill in row.declared.all()),
    )


def _register_name(row: ClusterMember) -> str:
    """Return the name at the register; a masked unit (R6.10) has only its number, never shown."""
    name = row.company.name
    return name if name != row.company.siret else ""


def _summary(cluster: Cluster, shown: Collection[tuple[str, str]]) -> Summary:
    """Sum up the members that are shown: SIRET and kind of each."""
    kinds = {kind for _siret, kind in shown}
    return Summary(
        cluster=cluster,
        members=len({siret[:SIREN_DIGITS] for siret, _kind in shown}),
        kinds=[kind for kind in MemberKind if kind in kinds],
    )


def _cell(member: Member, skill: int) -> str:
    if skill in member.on_card:
        return "card"
    return "declared" if skill in member.declared else ""


def _commitments(members: Iterable[Member], today: date) -> list[Commitment]:
    """Return those of the members shown: the open ones, the next day first, then the last over."""
    by_row = {member.row.pk: member for member in members}
    rows = ClusterCommitment.objects.filter(member__in=by_row).order_by("due_on", "pk")
    found = [Commitment(row, by_row[row.member_id], row.progress_on(today)) for row in rows]
    over = [line for line in found if not line.row.is_open]
    over.sort(key=lambda line: (line.row.kept_on or line.row.dropped_on or today, line.row.pk))
    return [line for line in found if line.row.is_open] + over[::-1]


def _years(cluster: Cluster, meetings: Meetings | None, today: date) -> list[Year]:
    rows = cluster.members.filter(joined_at__isnull=False).order_by("pk")
    stays = [
        Stay(
            siren=siret[:SIREN_DIGITS],
            kind=kind,
            joined_on=timezone.localdate(joined_at),
            ended_on=min(
                (
                    day
                    for day in (timezone.localdate(ended_at) if ended_at else None, closed_on)
                    if day
                ),
                default=None,
            ),
        )
        for siret, kind, joined_at, ended_at, closed_on in rows.values_list(
            "company__siret", "kind", "joined_at", "ended_at", "company__closed_on"
        )
    ]
    promises = ClusterCommitment.objects.filter(member__cluster=cluster).order_by("pk")
    return years(
        stays,
        [Promise(due_on, kept_on) for due_on, kept_on in promises.values_list("due_on", "kept_on")],
        meetings.held if meetings else {},
        today=today,
    )
