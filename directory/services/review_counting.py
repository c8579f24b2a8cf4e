"""Which reviews count: their level, what blocks them, their slot in the ledger of trust.

Everything here is done under one lock (`hold_graph`): two reviews published at once that close a
ring see each other. The ledger learns of a review when it is published, in that transaction; a
block, a proof or an interview adds a fact. Nothing here reads a rating, but to write it down.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.enums import BlockKind, BlockStatus, ProofStatus, TrustSource
from directory.models import (
    Company,
    Membership,
    Provider,
    Review,
    ReviewBlock,
    ReviewProof,
    ReviewTrace,
    SearchDocument,
    TrustEvent,
    TrustFile,
    TrustParameters,
)
from directory.reviews import detection
from directory.reviews.detection import Edge, Link, Party
from directory.reviews.levels import V3, level_of
from directory.reviews.rules import rules
from directory.services import trust
from directory.services.claims import shared_domains
from directory.services.trust_computing import version_on
from directory.trust.events import Kind, voids_in_force
from directory.trust.formula import next_slot
from directory.trust.parameters import Parameters, read
from directory.trust_clients import group_of
from emn.accounts.retention import periods
from emn.lib.db import advisory_lock
from emn.lib.page_cache import touch
from emn.lib.text import digits, fold
from emn.mailings.addresses import mailbox_hash

# An interview answers these: the client was heard (M4, M6).
ANSWERED_BY_INTERVIEW = (BlockKind.RECIPROCITY, BlockKind.RING, BlockKind.COMPETITOR)
_ONE_DAY = timedelta(days=1)
_DETAILS = {
    Link.SIREN: gettext_lazy("même entreprise"),
    Link.GROUP: gettext_lazy("même groupe"),
    Link.PERSON: gettext_lazy("une même personne agit pour les deux"),
    Link.ADDRESS: gettext_lazy("même adresse"),
    Link.DOMAIN: gettext_lazy("même domaine de courriel ou de site"),
    Link.PHONE: gettext_lazy("même téléphone"),
    Link.IBAN: gettext_lazy("même IBAN sur une preuve"),
    Link.CONNECTION: gettext_lazy("même connexion à moins de 30 jours"),
}


def hold_graph() -> None:
    """Keep anyone else from changing what counts, until the end of the transaction."""
    advisory_lock("directory.reviews.graph")


# --- Level ---


def is_business_address(email: str, client: Company) -> bool:
    """Tell whether an address is a firm’s: of no shared domain, and of none but the client’s.

    When the directory knows the client’s own domains, another firm’s says nothing of it.
    """
    domain = email.rpartition("@")[2].lower()
    if not domain or domain in shared_domains():
        return False
    known = _domains(list(Provider.objects.filter(company__siret__startswith=client.siren)), [])
    return not known or domain in known


def level_now(review: Review) -> str:
    """Return the level that the review has come to."""
    return level_of(
        is_identified=review.is_identified,
        is_active=review.client is not None and review.client.closed_on is None,
        is_proven=review.proofs.filter(status=ProofStatus.ACCEPTED).exists(),
        is_interviewed=hasattr(review, "interview"),
    )


# --- What blocks ---


def look_at(review: Review, *, now: datetime) -> None:
    """Search what blocks a published review, and what it makes of those published before.

    Only blocks are written: `follow` then tells the ledger. Needs `hold_graph`.
    """
    if review.client is not None:
        _look_at_parties(review, review.client, now=now)
    edges = _edges_around(review)
    numbers = rules()
    answered = detection.reciprocal(edges, months=numbers.reciprocity_months)
    if review.pk in answered:
        pairs = {(review.client_hash, review.provider_hash)}
        pairs |= {(provider, client) for client, provider in pairs}
        ids = {edge.review for edge in edges if (edge.client, edge.provider) in pairs} & answered
        evidence = _fingerprint([review.client_hash, review.provider_hash])
        _block(ids, BlockKind.RECIPROCITY, _("deux entreprises s’évaluent"), evidence, now=now)
    for ring in detection.rings(edges, most=numbers.ring_most, density=numbers.ring_density):
        detail = _("%(count)d entreprises s’évaluent en cercle") % {"count": len(ring.members)}
        _block(ring.reviews, BlockKind.RING, detail, _fingerprint(ring.members), now=now)


def _look_at_parties(review: Review, client: Company, *, now: datetime) -> None:
    provider = review.provider.company
    ours = _party_of(client, [review.author_email])
    theirs = _party_of(provider, [])
    within = periods()["review_trace"].days
    if found := detection.links(ours, theirs, within_days=within):
        words = ", ".join(str(_DETAILS[link]) for link in found)
        evidence = _fingerprint(found)
        _block([review.pk], BlockKind.LINKED_PARTY, words, evidence, now=now)
    if review.level != V3 and detection.competes(
        client_naf=client.naf_code,
        provider_naf=provider.naf_code,
        client_catchment=_catchment(client),
        provider_catchment=_catchment(provider),
    ):
        words = _("même groupe NAF et même intercommunalité")
        evidence = _fingerprint([client.siren, provider.siren])
        _block([review.pk], BlockKind.COMPETITOR, words, evidence, now=now)


def _party_of(company: Company, emails: Sequence[str]) -> Party:
    """Return all that the portal knows of a company that could tie it to another."""
    siren = company.siren
    own = Q(company__siret__startswith=siren)
    places = Company.objects.filter(siret__startswith=siren).exclude(street="").order_by("pk")
    cards = list(Provider.objects.filter(own).order_by("pk"))
    members = Membership.objects.filter(own, user__is_active=True).order_by("pk")
    people = [*emails, *members.values_list("user__email", flat=True)]
    ibans = ReviewProof.objects.filter(issuer_siren=siren).exclude(iban_hash="").order_by("pk")
    traces = ReviewTrace.objects.filter(own).order_by("pk")
    return Party(
        siren=siren,
        group=group_of(siren),
        addresses=frozenset(f"{fold(row.street)} {row.postcode}" for row in places),
        domains=_domains(cards, people),
        phones=frozenset(_plain_phone(card.phone) for card in cards if card.phone),
        ibans=frozenset(ibans.values_list("iban_hash", flat=True)),
        people=frozenset(mailbox_hash(email) for email in people if email),
        connections=frozenset(traces.values_list("connection_hash", "seen_on")),
    )


def _domains(cards: Iterable[Provider], emails: Iterable[str]) -> frozenset[str]:
    found = {(urlsplit(card.website).hostname or "").removeprefix("www.") for card in cards}
    addresses = [*(card.email for card in cards), *emails]
    found |= {address.rpartition("@")[2].lower() for address in addresses}
    return frozenset(found - shared_domains() - {""})


def _plain_phone(phone: str) -> str:
    """Return the last nine digits, the same whether a number is written as +33 or 0."""
    return digits(phone)[-9:]


def _catchment(company: Company) -> str:
    return company.commune.epci_id or company.commune_id


def _edges_around(review: Review) -> list[Edge]:
    """Return the reviews among the firms that a chain of reviews leads to from the provider.

    No further than a ring can be long; most chains end at once, for few providers review others.
    """
    reached, front = {review.provider_hash}, {review.provider_hash}
    rows = Review.objects.once_published().exclude(published_at=None)
    for _step in range(rules().ring_most - 1):
        following = rows.filter(client_hash__in=front).order_by()
        front = set(following.values_list("provider_hash", flat=True).distinct()) - reached
        if not front:
            break
        reached |= front
    if review.client_hash not in reached:
        return []
    around = rows.filter(client_hash__in=reached, provider_hash__in=reached).order_by("pk")
    return [
        Edge(row.pk, row.client_hash, row.provider_hash, timezone.localdate(row.submitted_at))
        for row in around.only("pk", "client_hash", "provider_hash", "submitted_at")
    ]


def _block(
    ids: Iterable[int], kind: BlockKind, detail: str, evidence: str, *, now: datetime
) -> None:
    """Block these reviews, but for those that an interview answers, or that were looked at."""
    reviews = Review.objects.published().filter(pk__in=list(ids))
    if kind in ANSWERED_BY_INTERVIEW:
        reviews = reviews.exclude(level=V3)
    held = ReviewBlock.objects.in_force().filter(kind=kind, review__in=reviews)
    already = set(held.values_list("review_id", flat=True))
    ReviewBlock.objects.bulk_create(
        [
            ReviewBlock(
                review_id=pk, kind=kind, detail=detail[:300], evidence=evidence, found_at=now
            )
            for pk in reviews.order_by("pk").values_list("pk", flat=True)
            if pk not in already
        ],
        ignore_conflicts=True,
    )


def lift_answered(review: Review, *, by_id: int, now: datetime) -> None:
    """Lift what the interview of the client answers."""
    review.blocks.in_force().filter(kind__in=ANSWERED_BY_INTERVIEW).update(
        status=BlockStatus.LIFTED,
        decision=_("Le client a été interrogé par le centre."),
        decided_at=now,
        decided_by=by_id,
    )


def _fingerprint(values: Iterable[object]) -> str:
    return hashlib.sha256(" ".join(sorted(map(str, values))).encode()).hexdigest()


# --- The ledger ---


def follow(reviews: Iterable[Review], *, now: datetime) -> None:
    """Bring the ledgers in line with these reviews, in the order of their cards.

    Needs `hold_graph`. A ledger is locked before the row of the search, as a computation does.
    """
    rows = sorted(reviews, key=lambda review: (review.provider_id, review.pk))
    for review in rows:
        _follow_one(review, now=now)
    cards = sorted({review.provider_id for review in rows})
    for provider_id in cards:
        admit(provider_id, now=now)
    show(cards, now=now)


def follow_after(review: Review, *, now: datetime) -> None:
    """Search what blocks a review, then bring in line all whose blocks that has changed."""
    look_at(review, now=now)
    touched = Review.objects.filter(blocks__found_at=now).exclude(pk=review.pk).distinct()
    follow([review, *touched.select_related("provider")], now=now)


def show(provider_ids: Iterable[int], *, now: datetime) -> None:
    """Have what these cards show be written again."""
    for provider_id in sorted(set(provider_ids)):
        SearchDocument.objects.filter(provider=provider_id).update(written_at=now)
    touch()


def admit(provider_id: int, *, now: datetime) -> int:
    """Give their slot to the reviews of a card whose day has come, the oldest first (M2).

    Returns how many. The others stay in the queue; a task asks again each day.
    """
    queue = list(Review.objects.to_count().filter(provider=provider_id).select_related("provider"))
    today = timezone.localdate(now)
    parameters = _parameters(today)
    if not queue or parameters is None:
        return 0
    file = trust.open_file(provider_id, now=now)
    taken = _slots_taken(file)
    admitted = 0
    for review in queue:
        day = next_slot(taken, client=review.client_hash, not_before=today, parameters=parameters)
        if day != today:
            continue
        review.counted_on = today
        review.save(update_fields=["counted_on"])
        _say(review, "", now=now)
        _follow_mission(review, is_blocked=False, now=now)
        taken.append((today, review.client_hash))
        admitted += 1
    return admitted


def _parameters(today: date) -> Parameters | None:
    """Return the version in effect, or the first one when none was yet; None before any."""
    version = version_on(today)
    if version is not None:
        return version.parameters
    row = TrustParameters.objects.published().order_by("effective_on", "pk").first()
    return None if row is None else read(row.version, row.values)


def cards_with_a_queue() -> list[int]:
    """Return the cards of which a review waits for its slot."""
    rows = Review.objects.to_count().order_by("provider_id").values_list("provider_id", flat=True)
    return list(rows.distinct())


_NO_MISSION = {"unproven", "linked_party"}  # else what a document proved stays proven (1.5, P)


def take_out(review: Review, *, reason: str, case: str, now: datetime) -> None:
    """Tell the ledger that a review counts no more; a fraud is told even if it never did (I7)."""
    if review.counted_on is None and reason not in {"fraud_third_party", "fraud_provider"}:
        return
    trust.record(
        provider_id=review.provider_id,
        kind=Kind.REVIEW_REMOVED,
        effective_on=timezone.localdate(now),
        payload={
            "review": review.reference,
            "client": review.client_hash,
            "reason": reason,
            "case": case,
        },
        source=TrustSource.REVIEWS,
        key=f"review:{review.pk}:removed:{reason}",
        now=now,
    )
    if reason in _NO_MISSION:
        _follow_mission(review, is_blocked=True, now=now)


def _follow_one(review: Review, *, now: datetime) -> None:
    """Say what changed of a review that holds a slot: its level, or what blocks it."""
    if review.counted_on is None:
        return
    blocks = review.blocks.in_force().order_by("pk")
    blocked = blocks.values_list("kind", flat=True).first() or ""
    _say(review, blocked, now=now)
    _follow_mission(review, is_blocked=bool(blocked), now=now)


def _say(review: Review, blocked: str, *, now: datetime) -> None:
    """Record how a review stands, unless the ledger says so already.

    Of the facts of one review the last day stands, and on one day the blocked one: a block takes
    the day of the fact before, what lifts it comes a day after at the earliest.
    """
    file = TrustFile.objects.filter(provider=review.provider_id).first()
    said = [] if file is None else _facts_of(file, f"review:{review.pk}:said:")
    today = timezone.localdate(now)
    on = today
    if said:
        last = max(said, key=lambda row: (row.effective_on, row.pk))
        before = (last.payload["level"], last.payload["blocked"])
        if before == (review.level, blocked):
            return
        is_less = (not blocked and before[1]) or review.level < before[0]
        on = max(today, last.effective_on + (_ONE_DAY if is_less else timedelta(0)))
        if blocked:
            on = last.effective_on
    trust.record(
        provider_id=review.provider_id,
        kind=Kind.REVIEW,
        effective_on=on,
        payload={
            "review": review.reference,
            "client": review.client_hash,
            "level": review.level,
            "ratings": review.ratings,
            "experience_on": review.experience_on.isoformat(),
            "blocked": blocked,
        },
        source=TrustSource.REVIEWS,
        key=f"review:{review.pk}:said:{len(said) + 1}",
        now=now,
    )


def _follow_mission(review: Review, *, is_blocked: bool, now: datetime) -> None:
    """Count the mission that a checked document proves; not that of a review that is blocked."""
    file = TrustFile.objects.filter(provider=review.provider_id).first()
    said = [] if file is None else _facts_of(file, f"review:{review.pk}:mission:")
    voided = {} if file is None else voids_in_force(trust.voids_of(file))
    standing = [row for row in said if row.pk not in voided]
    is_proven = review.proofs.filter(status=ProofStatus.ACCEPTED).exists()
    if is_blocked or not is_proven:
        for row in standing:
            trust.void(row, reason="review-blocked", source=TrustSource.REVIEWS, now=now)
    elif not standing:
        trust.record(
            provider_id=review.provider_id,
            kind=Kind.MISSION,
            effective_on=timezone.localdate(now),
            payload={
                "mission": review.reference,
                "client": review.client_hash,
                "done_on": review.experience_on.isoformat(),
            },
            source=TrustSource.REVIEWS,
            key=f"review:{review.pk}:mission:{len(said) + 1}",
            now=now,
        )


def _facts_of(file: TrustFile, prefix: str) -> list[TrustEvent]:
    return list(file.events.filter(key__startswith=prefix).order_by("pk").select_related("file"))


def _slots_taken(file: TrustFile) -> list[tuple[date, str]]:
    """Return the day and the client of every review that ever started: slots are burnt (I8)."""
    first: dict[str, tuple[date, str]] = {}
    for row in file.events.filter(kind=Kind.REVIEW).order_by("effective_on", "pk"):
        said = row.payload
        if not said["blocked"] and said["level"] != "V0":
            first.setdefault(said["review"], (row.effective_on, said["client"]))
    return list(first.values())
