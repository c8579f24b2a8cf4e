"""Who reviews whom: linked parties, reciprocity, rings, competitors (M3, M4, M6).

Pure, and blind: nothing here ever sees a rating. What is found blocks the counting of a review; a
person of the centre confirms it, or lifts it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from emn.lib.calendar import add_months

SMALLEST_RING = 3  # two who review each other are M4’s other half: reciprocity
MOST_SUBSETS = 20_000  # looked at in one component; beyond, all of it is for a person to look at


class Link(StrEnum):
    """What a client and a provider have in common (M3)."""

    SIREN = "siren"
    GROUP = "group"
    PERSON = "person"
    ADDRESS = "address"
    DOMAIN = "domain"
    PHONE = "phone"
    IBAN = "iban"
    CONNECTION = "connection"


@dataclass(frozen=True, slots=True)
class Party:
    """One side of a review. Everything but the SIREN may be unknown, hence empty.

    `group`: SIREN of the ultimate parent. `addresses`: folded. `domains`: none that many firms
    share. `people`, `phones`, `ibans`: plain or hashed, the same way on both sides. `connections`:
    keyed hash of the network address, with the day it was used.
    """

    siren: str
    group: str
    addresses: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    ibans: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    connections: frozenset[tuple[str, date]] = frozenset()


@dataclass(frozen=True, slots=True)
class Edge:
    """A review, as the graph knows it: who, of whom, given when. Both are groups, by their hash."""

    review: int
    client: str
    provider: str
    on: date


@dataclass(frozen=True, slots=True)
class Ring:
    """Firms that review one another in a circle, and the reviews between them."""

    members: frozenset[str]
    reviews: frozenset[int]


def links(client: Party, provider: Party, *, within_days: int) -> tuple[Link, ...]:
    """Return what the two have in common (M3); connections count when used `within_days`."""
    found = (
        (Link.SIREN, client.siren == provider.siren),
        (Link.GROUP, client.group == provider.group),
        (Link.PERSON, not client.people.isdisjoint(provider.people)),
        (Link.ADDRESS, not client.addresses.isdisjoint(provider.addresses)),
        (Link.DOMAIN, not client.domains.isdisjoint(provider.domains)),
        (Link.PHONE, not client.phones.isdisjoint(provider.phones)),
        (Link.IBAN, not client.ibans.isdisjoint(provider.ibans)),
        (Link.CONNECTION, _meet(client.connections, provider.connections, within_days)),
    )
    return tuple(link for link, is_there in found if is_there)


def _meet(
    ours: Iterable[tuple[str, date]], theirs: Collection[tuple[str, date]], within_days: int
) -> bool:
    return any(
        here == there and abs((on - then).days) <= within_days
        for here, on in ours
        for there, then in theirs
    )


def competes(
    *, client_naf: str, provider_naf: str, client_catchment: str, provider_catchment: str
) -> bool:
    """Tell whether the client is of the provider’s trade and place (M6).

    A NAF group is the first three digits of the code («62.01Z» is of 62.0); an unknown code or
    place meets no other. A catchment is the EPCI.
    """
    client_group, provider_group = naf_group(client_naf), naf_group(provider_naf)
    same_trade = bool(client_group) and client_group == provider_group
    return same_trade and bool(client_catchment) and client_catchment == provider_catchment


def naf_group(code: str) -> str:
    """Return the group of a NAF code, empty when there is none.

    >>> naf_group("62.01Z")
    '620'
    """
    return "".join(sign for sign in code if sign.isdigit())[:3]


def reciprocal(edges: Iterable[Edge], *, months: int) -> frozenset[int]:
    """Return the reviews that answer one another within so many months (M4)."""
    by_pair: defaultdict[tuple[str, str], list[Edge]] = defaultdict(list)
    for edge in edges:
        by_pair[edge.client, edge.provider].append(edge)
    found: set[int] = set()
    for (client, provider), ones in by_pair.items():
        for one in ones:
            for other in by_pair.get((provider, client), ()):
                first, last = sorted((one.on, other.on))
                if one.client != one.provider and last <= add_months(first, months):
                    found |= {one.review, other.review}
    return frozenset(found)


def rings(edges: Iterable[Edge], *, most: int, density: Decimal) -> tuple[Ring, ...]:
    """Return the rings: strongly connected sets of 3 to `most` firms that review one another.

    A set is a ring when it holds at least `density` of the n·(n - 1) reviews it could. Rings that
    share a firm are told as one. A component too tangled to be searched is one ring: a person
    looks at it (M4).
    """
    given = [edge for edge in edges if edge.client != edge.provider]
    graph = _Graph(given)
    clusters: list[tuple[set[str], set[tuple[str, str]]]] = []
    for component in graph.components():
        if len(component) < SMALLEST_RING:
            continue
        for members in graph.dense_sets(component, most=most, density=density):
            cluster = (set(members), set(graph.within(members)))
            for other in [known for known in clusters if not known[0].isdisjoint(cluster[0])]:
                cluster[0].update(other[0])
                cluster[1].update(other[1])
                clusters.remove(other)
            clusters.append(cluster)
    found = [
        Ring(
            members=frozenset(members),
            reviews=frozenset(
                edge.review for edge in given if (edge.client, edge.provider) in pairs
            ),
        )
        for members, pairs in clusters
    ]
    return tuple(sorted(found, key=lambda ring: sorted(ring.members)))


@dataclass(slots=True)
class _Graph:
    """Firms and who reviews whom, each pair once."""

    edges: Collection[Edge]
    out: Mapping[str, set[str]] = field(init=False)
    near: Mapping[str, set[str]] = field(init=False)

    def __post_init__(self) -> None:
        out: defaultdict[str, set[str]] = defaultdict(set)
        near: defaultdict[str, set[str]] = defaultdict(set)
        for edge in self.edges:
            out[edge.client].add(edge.provider)
            near[edge.client].add(edge.provider)
            near[edge.provider].add(edge.client)
        self.out, self.near = out, near

    def within(self, members: Collection[str]) -> Iterator[tuple[str, str]]:
        """Yield the pairs between these firms."""
        for client in members:
            for provider in self.out.get(client, ()):
                if provider in members:
                    yield client, provider

    def reached(self, start: str, members: Collection[str]) -> set[str]:
        """Return the firms that a chain of reviews from `start` leads to, inside `members`."""
        seen, todo = {start}, [start]
        while todo:
            for firm in self.out.get(todo.pop(), ()):
                if firm in members and firm not in seen:
                    seen.add(firm)
                    todo.append(firm)
        return seen

    def components(self) -> Iterator[frozenset[str]]:
        """Yield the largest sets in which each firm leads to each other."""
        left = set(self.near)
        while left:
            start = min(left)
            forward = self.reached(start, left)
            component = {firm for firm in forward if start in self.reached(firm, forward)}
            yield frozenset(component)
            left -= component

    def dense_sets(
        self, component: frozenset[str], *, most: int, density: Decimal
    ) -> Iterator[frozenset[str]]:
        """Yield the strongly connected sets of 3 to `most` firms that are dense enough."""
        for number, members in enumerate(self._connected(component, most)):
            if number >= MOST_SUBSETS:
                yield component
                return
            size = len(members)
            if size < SMALLEST_RING:
                continue
            pairs = sum(1 for _pair in self.within(members))
            if pairs >= density * size * (size - 1) and self._is_strong(members):
                yield members

    def _is_strong(self, members: frozenset[str]) -> bool:
        return all(self.reached(firm, members) == members for firm in members)

    def _connected(self, component: frozenset[str], most: int) -> Iterator[frozenset[str]]:
        """Yield each connected set of at most `most` firms of the component, once."""
        for first in sorted(component):
            ahead = {firm for firm in self.near[first] & component if firm > first}
            yield from self._grown(frozenset({first}), ahead, first, component, most)

    def _grown(
        self,
        members: frozenset[str],
        ahead: set[str],
        first: str,
        component: frozenset[str],
        most: int,
    ) -> Iterator[frozenset[str]]:
        yield members
        if len(members) == most:
            return
        left = set(ahead)
        known = members.union(*(self.near[firm] for firm in members))
        while left:
            firm = min(left)
            left.discard(firm)
            fresh = {
                other
                for other in self.near[firm] & component
                if other > first and other not in known
            }
            yield from self._grown(members | {firm}, left | fresh, first, component, most)
