"""What the directory holds about people (see emn.accounts.personal_data)."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, Count, Q, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from directory.enums import (
    UNANSWERED_IN_CLUSTER,
    AdEnding,
    AdhesionStatus,
    AdStatus,
    ClosingReason,
    ClusterMemberStatus,
    NeedStatus,
    ProofStatus,
    ProposalStatus,
    QuoteStatus,
    ReviewStatus,
)
from directory.models import (
    Adhesion,
    AdhesionEvent,
    AdReply,
    Audit,
    AuditDraw,
    CallRequest,
    CardExport,
    CardImport,
    CardMerge,
    CardReport,
    Claim,
    Cluster,
    ClusterCommitment,
    ClusterInvitation,
    ClusterMember,
    CommitteeCase,
    CommitteeMandate,
    CommitteeMember,
    CommitteeVote,
    Company,
    Complaint,
    ComplaintEvent,
    ComplaintFile,
    Correction,
    Evidence,
    GroupMember,
    InsolvencyCheck,
    Invitation,
    Membership,
    Mission,
    Need,
    NeedMessage,
    PlaceImport,
    Project,
    Proposal,
    Provider,
    Quote,
    Recognition,
    Recommendation,
    Review,
    ReviewBlock,
    ReviewDoubt,
    ReviewInterview,
    ReviewProof,
    ReviewReply,
    ReviewTrace,
    SearchAlert,
    SharedItem,
    SolidarityAd,
    TeamInvitation,
    TrustContest,
    TrustReply,
)
from directory.models.bridge import ALIVE
from directory.search.index import index_all
from emn.accounts.models import User
from emn.accounts.personal_data import (
    PersonalData,
    Rows,
    drop_with_files,
    exempt,
    register,
    without,
)
from emn.accounts.retention import periods
from emn.lib.page_cache import touch
from emn.lib.storage import delete_after_commit

FORGOTTEN = "oublie.invalid"  # where the address of a member that was forgotten stands


def _kept_by_nobody_else(rows: Rows) -> Rows:
    """Keep the cards, or projects, of companies for which a single person acts."""
    alone = Membership.objects.values("company").annotate(people=Count("pk")).filter(people=1)
    return rows.filter(company__in=alone.values("company"))


def _forget_contact(cards: Rows) -> None:
    """Empty the ways to reach a person: on the public card, in what staff corrected and read."""
    locked = list(cards.select_for_update(of=("self",)).order_by("pk"))
    for card in locked:
        card.phone = card.email = ""
        card.corrections.filter(field__in=["phone", "email"]).delete()
        if card.reviewed_content is not None:
            card.reviewed_content = {**card.reviewed_content, "phone": "", "email": ""}
        card.save_without_historical_record(update_fields=["phone", "email", "reviewed_content"])
    public = (
        Provider.objects.filter(pk__in=[card.pk for card in locked]).with_place().with_content()
    )
    index_all(list(public.order_by("pk")))
    touch()


def _emptied(field: str) -> Callable[[Rows], None]:
    """Keep rows without the address that `field` holds."""

    def forget(rows: Rows) -> None:
        rows.update(**{field: ""})

    return forget


def _days_ago(period: str) -> date:
    return (timezone.now() - periods()[period].length).date()


def _adhesions_over(rows: Rows) -> Rows:
    """Keep the adhesions that prove nothing any more; the others outlive the signer's account."""
    return rows.filter(
        Q(status=AdhesionStatus.DRAFT)
        | Q(starts_on=None, ended_on__lt=_days_ago("charter_unadmitted"))
        | Q(starts_on__isnull=False, ended_on__lt=_days_ago("charter_signatory"))
    )


def _end_of_adhesions(rows: Rows) -> None:
    """Delete those that never came into force; of the others, forget who signed, and the document.

    The register keeps the company, the days and the digest.
    """
    never = rows.filter(starts_on=None)
    _end_of_files(Evidence.objects.filter(adhesion__in=never))
    kept = rows.filter(starts_on__isnull=False)
    delete_after_commit(*(row.document for row in (*never, *kept)))
    never.delete()
    kept.update(
        signatory_name="", signatory_role="", signed_by=None, document="", forgotten_at=Now()
    )


def _pieces_over(rows: Rows) -> Rows:
    return rows.filter(adhesion__ended_on__lt=_days_ago("charter_evidence"))


def _end_of_files(pieces: Rows) -> None:
    """Delete the files of these documents; what they were stays."""
    delete_after_commit(*(row.file for row in pieces))
    pieces.update(file="", name="", added_by=None)


def _recognitions_over(rows: Rows) -> Rows:
    return rows.filter(valid_until__lt=_days_ago("charter_recognition"))


def _forget_needs(needs: Rows) -> None:
    """Drop what nobody confirmed; of the others keep what is counted, without person nor words.

    One still alive ends here, quietly: nobody is left to write to.
    """
    now = timezone.now()
    needs.filter(confirmed_at=None).delete()
    kept = needs.exclude(confirmed_at=None)
    NeedMessage.objects.filter(proposal__need__in=kept).delete()
    Proposal.objects.filter(need__in=kept).update(refusal_words="")
    Proposal.objects.filter(need__in=kept).open().update(
        status=ProposalStatus.WITHDRAWN, ended_at=now
    )
    kept.filter(ended_at=None).update(
        status=NeedStatus.CLOSED, closing_reason=ClosingReason.DROPPED, ended_at=now
    )
    kept.update(
        contact_name="", contact_email="", contact_phone="", text="", answers={}, forgotten_at=now
    )


def _quotes_over(rows: Rows) -> Rows:
    """Keep what proves no agreement any more; an accepted quote outlives the client’s account."""
    return rows.filter(forgotten_at=None).exclude(
        status=QuoteStatus.ACCEPTED, sent_at__date__gte=_days_ago("quote")
    )


def _forget_quotes(quotes: Rows) -> None:
    """Delete drafts; of what was sent keep number, days and digests, so that no number lacks.

    One that still waits ends here, quietly: nobody is left to answer.
    """
    now = timezone.now()
    quotes.filter(status=QuoteStatus.DRAFT).delete()
    kept = quotes.exclude(status=QuoteStatus.DRAFT)
    delete_after_commit(*(row.document for row in kept))
    kept.filter(status=QuoteStatus.SENT).update(status=QuoteStatus.EXPIRED, answered_at=now)
    kept.update(
        title="", client_company="", client_name="", client_email="", content={}, document="",
        forgotten_at=now,
    )  # fmt: skip


def _forget_authors(rows: Rows) -> None:
    """Drop what was never public; of the others forget who wrote, and keep the ratings.

    The text stays while the review is public; one whose time is over is shown no more. The ledger
    of trust names nobody: no score changes (I15).
    """
    reviews = Review.objects.filter(pk__in=list(rows.values_list("pk", flat=True)))
    _forget_proofs(ReviewProof.objects.filter(review__in=reviews))
    ReviewInterview.objects.filter(review__in=reviews).update(minutes="")
    reviews.filter(published_at=None).delete()
    over = timezone.now() - periods()["review"].length
    reviews.published().filter(published_at__lt=over).update(status=ReviewStatus.ENDED)
    reviews.exclude(status=ReviewStatus.PUBLISHED).update(text="")
    reviews.filter(forgotten_at=None).update(
        client=None,
        author=None,
        author_name="",
        author_email="",
        shown_sector="",
        shown_size="",
        shown_place="",
        forgotten_at=timezone.now(),
    )
    touch()


def _reviews_over(_now: datetime, cutoff: datetime) -> Q:
    ended = [ReviewStatus.WITHDRAWN, ReviewStatus.REMOVED]
    refused = Q(status=ReviewStatus.REFUSED, decided_at__lt=cutoff)
    return (refused | Q(status__in=ended, ended_at__lt=cutoff)) & Q(forgotten_at=None)


def _forget_proofs(proofs: Rows) -> None:
    """Delete the files of these proofs; the numbers stay, or one could serve twice (M5)."""
    delete_after_commit(*(row.file for row in proofs))
    proofs.update(file="", name="")


def _complaint_under_way(user: User) -> str | None:
    """Return why one who complains cannot be erased yet: the provider must know whom it answers."""
    rows = Complaint.objects.open().filter(Q(author=user) | Q(contact_email__iexact=user.email))
    if not rows.exists():
        return None
    return _("Une plainte que vous avez portée est en cours : retirez-la, ou attendez sa fin.")


def _end_of_complaints(rows: Rows) -> None:
    """Drop what nobody confirmed; of the others forget the author, the words and the documents.

    The facts of the ledger name nobody, and stay (I15).
    """
    rows.filter(confirmed_at=None).delete()
    kept = rows.exclude(confirmed_at=None)
    files = ComplaintFile.objects.filter(complaint__in=kept)
    delete_after_commit(*(row.file for row in files))
    files.update(file="", name="")
    CommitteeCase.objects.filter(complaint__in=kept).update(complainant_words="")
    kept.update(
        author=None,
        contact_name="",
        contact_email="",
        contact_phone="",
        client_name="",
        client_siren="",
        text="",
        wanted="",
        forgotten_at=Now(),
    )


def _members_over(rows: Rows) -> Rows:
    return rows.filter(**_over(timezone.localdate()))


def _over(day: date) -> dict[str, Any]:
    """Return the filter of the members without a mandate that runs that day, or begins later."""
    running = CommitteeMandate.objects.filter(ends_on__gte=day).values("member")
    return {"pk__in": CommitteeMember.objects.exclude(pk__in=running).values("pk")}


def _forget_members(rows: Rows) -> None:
    """Forget who sat; the college and the vote stay."""
    for member in rows.select_for_update().order_by("pk"):
        member.name, member.organisation = "–", "–"
        member.contact_email = f"membre-{member.pk}@{FORGOTTEN}"
        member.siren, member.linked_sirens = "", []
        member.save()


def _forget_ads(ads: Rows) -> None:
    """Drop what nobody confirmed; of the others keep what is counted, without person nor words.

    One still alive ends here, quietly: nobody is left to answer.
    """
    now = timezone.now()
    ads.filter(confirmed_at=None).delete()
    kept = ads.exclude(confirmed_at=None)
    kept.filter(status__in=ALIVE).update(
        status=AdStatus.CLOSED, ending=AdEnding.WITHDRAWN, ended_at=now
    )
    kept.filter(status=AdStatus.REFUSED).update(refusal="–")
    kept.update(
        slug=Concat(Value("oubliee-"), "pk", output_field=CharField()),  # it held the title
        contact_name="",
        contact_email="",
        title="",
        text="",
        forgotten_at=now,
    )
    touch()


def _forget_replies(replies: Rows) -> None:
    """Drop what was never sent; of the others keep what is counted, without person nor words."""
    replies.filter(confirmed_at=None).delete()
    replies.exclude(confirmed_at=None).update(
        contact_name="", contact_email="", text="", forgotten_at=timezone.now()
    )


def _forget_stays(stays: Rows) -> None:
    """Withdraw requests and invitations without answer; forget who agreed, and the word sent.

    Any other stay is the company's, as its promise is.
    """
    unanswered = stays.filter(status__in=UNANSWERED_IN_CLUSTER)
    unanswered.update(
        status=ClusterMemberStatus.WITHDRAWN, ended_at=timezone.now(), agreed_by=None, motive=""
    )
    stays.update(agreed_by=None, motive="")


def register_own_data() -> None:
    """Register who acts for a company, and the contact data of cards that nobody else keeps."""
    register(
        PersonalData(
            model=Membership,
            about=lambda user: Q(user=user),
            export=("company__siret", "company__name", "role", "joined_at"),
        ),
        PersonalData(
            model=Claim,
            about=lambda user: Q(user=user),
            export=("company__siret", "status", "email", "message", "created_at", "closed_at"),
            retention={"claim": lambda _now, cutoff: Q(closed_at__lt=cutoff)},
        ),
        PersonalData(
            model=TeamInvitation,
            about=lambda user: Q(email__iexact=user.email),
            export=("company__name", "email", "role", "invited_at", "accepted_at"),
            retention={"team_invitation": lambda _now, cutoff: Q(expires_at__lt=cutoff)},
        ),
        PersonalData(
            model=SharedItem,
            about=lambda user: Q(shared_by=user),
            export=("company__name", "key", "shared_at", "withdrawn_at"),
            erase=without("shared_by"),  # the consent was the company's
        ),
        PersonalData(
            model=ClusterMember,
            about=lambda user: Q(agreed_by=user),
            export=(
                "cluster__name",
                "company__siret",
                "status",
                "contribution",
                "motive",
                "agreed_at",
                "joined_at",
                "ended_at",
                "reason",
            ),
            erase=_forget_stays,
            retention={
                "cluster_request": lambda _now, cutoff: Q(
                    status__in=UNANSWERED_IN_CLUSTER, opened_at__lt=cutoff
                ),
            },
        ),
        PersonalData(
            model=ClusterInvitation,
            about=lambda user: Q(email__iexact=user.email),
            export=("cluster__name", "email", "invited_at", "accepted_at"),
            retention={"cluster_invitation": lambda _now, cutoff: Q(expires_at__lt=cutoff)},
        ),
        PersonalData(
            model=ClusterCommitment,
            about=lambda user: Q(made_by=user),
            export=("member__cluster__name", "what", "due_on", "made_at", "kept_on", "dropped_on"),
            erase=without("made_by"),
        ),
        PersonalData(
            model=CardReport,
            about=lambda user: Q(email__iexact=user.email),
            export=("provider__name", "category", "message", "email", "created_at", "answer"),
            retention={"report": lambda _now, cutoff: Q(decided_at__lt=cutoff)},
        ),
        PersonalData(
            model=Adhesion,
            about=lambda user: Q(signed_by=user),
            export=(
                "company__siret",
                "charter__version",
                "status",
                "signed_at",
                "signatory_name",
                "signatory_role",
                "power_basis",
                "starts_on",
                "expires_on",
                "ended_on",
            ),
            erasable=_adhesions_over,
            erase=_end_of_adhesions,
            retention={
                "charter_draft": lambda _now, cutoff: Q(
                    status=AdhesionStatus.DRAFT, started_at__lt=cutoff
                ),
                "charter_unadmitted": lambda _now, cutoff: Q(
                    starts_on=None, ended_on__lt=cutoff.date()
                ),
                "charter_signatory": lambda _now, cutoff: Q(
                    starts_on__isnull=False, ended_on__lt=cutoff.date(), forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=AdhesionEvent,
            about=lambda user: Q(by=user),
            export=("adhesion__company__siret", "kind", "at"),
            erase=without("by"),
        ),
        PersonalData(
            model=Evidence,
            about=lambda user: Q(added_by=user),
            export=("adhesion__company__siret", "kind", "name", "added_at", "status"),
            erasable=_pieces_over,
            erase=_end_of_files,
            retention={
                "charter_evidence": lambda _now, cutoff: (
                    Q(adhesion__ended_on__lt=cutoff.date()) & ~Q(file="")
                )
            },
        ),
        PersonalData(
            model=Recognition,
            about=lambda user: Q(asked_by=user),
            export=("company__siret", "scheme", "link", "asked_at", "status"),
            erasable=_recognitions_over,
            retention={
                "charter_recognition": lambda _now, cutoff: Q(valid_until__lt=cutoff.date())
            },
        ),
        PersonalData(
            model=CardMerge,
            about=lambda user: Q(merged_by=user),
            export=("merged_name", "merged_at"),
            erase=without("merged_by"),
        ),
        PersonalData(
            model=CardImport,
            about=lambda user: Q(created_by=user),
            export=("name", "status", "created_at", "line_count"),
            erase=drop_with_files,
            retention={"transfer": lambda _now, cutoff: Q(created_at__lt=cutoff)},
        ),
        PersonalData(
            model=PlaceImport,
            about=lambda user: Q(created_by=user),
            export=("name", "status", "created_at", "line_count"),
            erase=drop_with_files,
            retention={"transfer": lambda _now, cutoff: Q(created_at__lt=cutoff)},
        ),
        PersonalData(
            model=CardExport,
            about=lambda user: Q(created_by=user),
            export=("format", "filters", "created_at", "row_count"),
            erase=drop_with_files,
            retention={"transfer": lambda _now, cutoff: Q(created_at__lt=cutoff)},
        ),
        PersonalData(
            model=Provider,
            about=lambda user: Q(company__memberships__user=user),
            export=("name", "tagline", "description", "phone", "email", "website", "status"),
            # The card is the firm's: only the ways to reach a person go, with its last person.
            erasable=_kept_by_nobody_else,
            erase=_forget_contact,
        ),
        PersonalData(
            model=Correction,
            about=lambda user: Q(made_by=user),
            export=("provider__name", "field", "reason", "made_at"),
            erase=without("made_by"),
        ),
        PersonalData(
            model=InsolvencyCheck,
            about=lambda user: Q(seen_by=user),
            export=("siren", "state", "notice", "answered_at"),
            erase=without("seen_by"),
        ),
        PersonalData(
            model=Audit,
            about=lambda user: Q(recorded_by=user),
            export=("adhesion__siren", "done_on", "level", "points", "minutes", "recorded_at"),
            erase=without("recorded_by"),
        ),
        PersonalData(
            model=AuditDraw,
            about=lambda user: Q(drawn_by=user),
            export=("year", "value", "drawn_at"),
            erase=without("drawn_by"),
        ),
        PersonalData(
            model=TrustContest,
            about=lambda user: Q(opened_by=user),
            export=("component", "reason", "opened_at", "status", "decision", "decided_at"),
            erase=without("opened_by"),
        ),
        PersonalData(
            model=TrustReply,
            about=lambda user: Q(written_by=user),
            export=("text", "written_at", "status", "refusal", "decided_at"),
            erase=without("written_by"),
        ),
        PersonalData(
            model=Need,
            about=lambda user: Q(contact_email__iexact=user.email),
            export=(
                "status",
                "contact_name",
                "contact_email",
                "contact_phone",
                "company__siret",
                "service__name",
                "commune__name",
                "budget",
                "deadline",
                "text",
                "answers",
                "created_at",
                "confirmed_at",
                "ended_at",
            ),
            erasable=lambda needs: needs.filter(forgotten_at=None),
            erase=_forget_needs,
            retention={
                "unconfirmed_need": lambda _now, cutoff: Q(
                    confirmed_at=None, created_at__lt=cutoff
                ),
                "need": lambda _now, cutoff: Q(ended_at__lt=cutoff, forgotten_at=None),
            },
        ),
        PersonalData(
            model=SolidarityAd,
            about=lambda user: Q(contact_email__iexact=user.email),
            export=(
                "side",
                "kind",
                "status",
                "title",
                "text",
                "quantity",
                "commune__name",
                "organisation",
                "number",
                "contact_name",
                "contact_email",
                "created_at",
                "published_at",
                "refusal",
                "ended_at",
            ),
            erasable=lambda ads: ads.filter(forgotten_at=None),
            erase=_forget_ads,
            retention={
                "unconfirmed_solidarity": lambda _now, cutoff: Q(
                    confirmed_at=None, created_at__lt=cutoff
                ),
                "solidarity_ad": lambda _now, cutoff: Q(ended_at__lt=cutoff, forgotten_at=None),
            },
        ),
        PersonalData(
            model=AdReply,
            about=lambda user: Q(contact_email__iexact=user.email),
            export=(
                "ad__title",
                "organisation",
                "number",
                "contact_name",
                "contact_email",
                "text",
                "created_at",
                "author_count",
                "replier_count",
            ),
            erasable=lambda replies: replies.filter(forgotten_at=None),
            erase=_forget_replies,
            retention={
                "unconfirmed_solidarity": lambda _now, cutoff: Q(
                    confirmed_at=None, created_at__lt=cutoff
                ),
                "solidarity_reply": lambda _now, cutoff: Q(
                    confirmed_at__lt=cutoff, forgotten_at=None
                ),
            },
        ),
        PersonalData(
            model=Quote,
            about=lambda user: Q(client_email__iexact=user.email),
            export=(
                "series",
                "number",
                "status",
                "title",
                "client_company",
                "client_name",
                "client_email",
                "content",
                "sent_at",
                "valid_until",
                "answered_at",
            ),
            erasable=_quotes_over,
            erase=_forget_quotes,
            retention={
                "quote_draft": lambda _now, cutoff: Q(
                    status=QuoteStatus.DRAFT, edited_at__lt=cutoff
                ),
                "quote": lambda _now, cutoff: Q(sent_at__lt=cutoff, forgotten_at=None),
            },
        ),
        PersonalData(
            model=CallRequest,
            about=lambda user: Q(email__iexact=user.email),
            export=("name", "phone", "email", "best_time", "asked_at", "handled_at", "outcome"),
            retention={"call_request": lambda _now, cutoff: Q(handled_at__lt=cutoff)},
        ),
        PersonalData(
            model=Project,
            about=lambda user: Q(company__memberships__user=user),
            export=("company__siret", "name", "supplier", "reviewed_on"),
            # The chest is the company's: it goes with its last person.
            erasable=lambda rows: (
                _kept_by_nobody_else(rows) | rows.filter(edited_at__date__lt=_days_ago("chest"))
            ),
            retention={"chest": lambda _now, cutoff: Q(edited_at__lt=cutoff)},
        ),
        PersonalData(
            model=Recommendation,
            about=lambda user: Q(made_by=user),
            export=("need__pk", "reason", "made_at"),
            erase=without("made_by"),
        ),
        *_reviews(),
        PersonalData(
            model=Complaint,
            about=lambda user: Q(author=user) | Q(contact_email__iexact=user.email),
            export=(
                "status",
                "company__name",
                "contact_name",
                "contact_email",
                "contact_phone",
                "client_name",
                "client_siren",
                "text",
                "wanted",
                "filed_at",
                "ended_at",
                "outcome",
            ),
            erasable=lambda rows: rows.filter(forgotten_at=None),
            erase=_end_of_complaints,
            objection=_complaint_under_way,
            retention={
                "unconfirmed_complaint": lambda _now, cutoff: Q(
                    confirmed_at=None, filed_at__lt=cutoff
                ),
                "complaint": lambda _now, cutoff: Q(ended_at__lt=cutoff, forgotten_at=None),
            },
        ),
        PersonalData(
            model=ComplaintEvent,
            about=lambda user: Q(by=user),
            export=("complaint__pk", "kind", "at"),
            erase=without("by"),
        ),
        PersonalData(
            model=CommitteeMember,
            about=lambda user: Q(contact_email__iexact=user.email),
            export=("name", "contact_email", "organisation", "siren", "linked_sirens"),
            erasable=_members_over,
            erase=_forget_members,
            retention={
                "committee_member": lambda _now, cutoff: (
                    Q(**_over(cutoff.date())) & ~Q(contact_email__endswith=f"@{FORGOTTEN}")
                )
            },
        ),
        PersonalData(
            model=CommitteeCase,
            about=lambda user: Q(decided_by=user),
            export=("pk", "decided_at"),
            erase=without("decided_by"),
        ),
        PersonalData(
            model=CommitteeVote,
            about=lambda user: Q(recorded_by=user),
            export=("pk", "cast_at"),
            erase=without("recorded_by"),
        ),
        PersonalData(
            model=SearchAlert,
            about=lambda user: Q(email__iexact=user.email),
            export=("parameters", "frequency", "language", "requested_at", "confirmed_at"),
            retention={
                "unconfirmed_alert": lambda _now, cutoff: Q(
                    confirmed_at=None, requested_at__lt=cutoff
                ),
                "active_alert": lambda _now, cutoff: Q(stopped_at=None, renewed_at__lt=cutoff),
                "stopped_alert": lambda _now, cutoff: Q(stopped_at__lt=cutoff),
            },
        ),
    )
    exempt(
        GroupMember,
        because="SIREN de groupes, relevés dans les publications légales : sans personne.",
    )
    exempt(
        Cluster,
        because="Textes d’un groupe de structures ; l’historique nomme l’agent qui les écrivit.",
    )
    exempt(Company, because="Répertoire SIRENE : données publiques d’entreprises (R6.10).")


def _reviews() -> tuple[PersonalData, ...]:
    """Return what reviews hold about people: their authors, their providers, those who decide."""
    return (
        PersonalData(
            model=Mission,
            # Not of who declared it: a provider would choose whom to invite (M7).
            about=lambda user: Q(client_email__iexact=user.email),
            export=("provider__name", "client__siret", "subject", "ended_on", "declared_at"),
            erase=_emptied("client_email"),
            retention={
                "mission_contact": lambda _now, cutoff: (
                    Q(declared_at__lt=cutoff) & ~Q(client_email="")
                )
            },
        ),
        PersonalData(
            model=Invitation,
            about=lambda user: Q(email__iexact=user.email),
            export=("mission__provider__name", "sent_at", "used_at", "declined_at"),
            erase=_emptied("email"),
            retention={
                "mission_contact": lambda _now, cutoff: Q(sent_at__lt=cutoff) & ~Q(email="")
            },
        ),
        PersonalData(
            model=Review,
            about=lambda user: Q(author=user) | Q(author_email__iexact=user.email),
            export=(
                "provider__name",
                "client__siret",
                "author_name",
                "author_email",
                "fit",
                "perimeter",
                "costs",
                "follow_up",
                "lasting",
                "text",
                "experience_on",
                "status",
                "level",
                "submitted_at",
                "published_at",
                "refusal",
                "refusal_words",
            ),
            erase=_forget_authors,
            retention={
                "review": lambda _now, cutoff: Q(
                    status=ReviewStatus.PUBLISHED, published_at__lt=cutoff
                ),
                "review_over": _reviews_over,
                "unconfirmed_review": lambda _now, cutoff: Q(
                    status=ReviewStatus.UNCONFIRMED, created_at__lt=cutoff
                ),
            },
        ),
        PersonalData(
            model=ReviewProof,
            about=lambda user: Q(review__author_email__iexact=user.email),
            export=("kind", "name", "number", "dated_on", "added_at", "status"),
            erase=_forget_proofs,
            retention={
                "review_proof": lambda _now, cutoff: (
                    Q(decided_at__lt=cutoff) & ~Q(status=ProofStatus.WAITING) & ~Q(file="")
                )
            },
        ),
        PersonalData(
            model=ReviewInterview,
            about=lambda user: Q(held_by=user),
            export=("held_on",),
            erase=without("held_by"),
        ),
        PersonalData(
            model=ReviewBlock,
            about=lambda user: Q(decided_by=user),
            export=("kind", "decided_at"),
            erase=without("decided_by"),
        ),
        PersonalData(
            model=ReviewDoubt,
            about=lambda user: Q(opened_by=user),
            export=("reasons", "words", "opened_at", "status", "decision", "decided_at"),
            erase=without("opened_by"),
        ),
        PersonalData(
            model=ReviewReply,
            about=lambda user: Q(written_by=user),
            export=("text", "written_at", "status", "refusal", "decided_at"),
            erase=without("written_by"),
        ),
        PersonalData(
            model=ReviewTrace,
            about=lambda user: Q(pk=None),  # a keyed hash leads to nobody
            export=("seen_on",),
            retention={"review_trace": lambda _now, cutoff: Q(seen_on__lt=cutoff.date())},
        ),
    )
