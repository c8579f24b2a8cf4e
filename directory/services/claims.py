"""Asking to act for a company: proven on the firm's own domain, or decided by someone.

Nobody learns from a claim whether somebody holds the company: until an address of the firm is
proven, the answer is the same.
"""

import secrets
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from directory.enums import ClaimMethod, ClaimStatus, MembershipRole
from directory.models import Claim, Company, Membership, Provider
from directory.services.telling import responsible_for, tell_each
from emn.accounts.models import User
from emn.lib.errors import DomainError
from emn.lib.rate_limit import allow
from emn.lib.text import digits
from emn.mailings.services import queue_email

SHARED_DOMAINS_FILE = Path(__file__).parent.parent / "data" / "shared_domains.txt"
CODE_LIFE = timedelta(hours=1)
CODE_DIGITS = 6
TRIES_PER_HOUR = 5  # of one claim's code
CODES_PER_DAY_AND_PERSON = 5
CODES_PER_DAY_AND_COMPANY = 10  # whoever asks: a firm's mailboxes are not to be pestered
MOST_OPEN_CLAIMS = 3  # of one person
UNPROVEN_FOR = timedelta(days=1)  # a code that nobody typed
UNDECIDED_FOR = timedelta(days=60)
_DAY_S = 24 * 3600


class ClaimRefused(DomainError):
    """The claim cannot be made or decided so."""


@cache
def shared_domains() -> frozenset[str]:
    """Return the domains that prove nothing of a firm."""
    lines = SHARED_DOMAINS_FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


def firm_domains(company: Company) -> list[str]:
    """Return the domains that are the firm's own: of the site and e-mail of its cards.

    Only a card whose present text the centre has read counts: a domain that someone has just
    written there proves nothing.
    """
    cards = company.providers.filter(reviewed_at__gte=F("edited_at"))
    found = set()
    for website, email in cards.values_list("website", "email"):
        found.add((urlsplit(website).hostname or "").removeprefix("www."))
        found.add(email.rpartition("@")[2].lower())
    return sorted(found - shared_domains() - {""})


def must_claim(*, user: User, siret: str) -> bool:
    """Tell whether the company has a card or people already, and `user` is none of them."""
    company = Company.objects.filter(siret=siret).first()
    if company is None or company.memberships.filter(user=user).exists():
        return False
    return company.memberships.exists() or company.providers.exists()


def claim_by_email(*, company_id: int, user_id: int, email: str, now: datetime) -> Claim:
    """Send a code to an address on the firm's domain; asking again sends another.

    Raises Company.DoesNotExist or ClaimRefused (the address is not the firm's, the person is
    already there, too many claims or codes).
    """
    company = Company.objects.get(pk=company_id)
    domain = email.rpartition("@")[2].lower()
    if domain not in firm_domains(company):
        raise ClaimRefused(_("Cette adresse n’est pas sur le domaine de l’entreprise."))
    for scope, key, limit in (
        ("directory.claim.person", user_id, CODES_PER_DAY_AND_PERSON),
        ("directory.claim.company", company_id, CODES_PER_DAY_AND_COMPANY),
    ):  # before the transaction: a rollback would take the hit back
        if not allow(scope=scope, key=str(key), limit=limit, period_s=_DAY_S, now=now):
            raise ClaimRefused(
                _(
                    "Trop de codes ont été demandés aujourd’hui. Réessayez demain, ou envoyez un "
                    "message au centre."
                )
            )
    return _send_code(company_id=company_id, user_id=user_id, email=email, now=now)


@transaction.atomic(durable=True)
def _send_code(*, company_id: int, user_id: int, email: str, now: datetime) -> Claim:
    user = _locked_person(user_id)
    claim = _open_claim(company_id=company_id, user=user, now=now)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    claim.status, claim.method, claim.email = ClaimStatus.CODE_SENT, ClaimMethod.EMAIL, email
    claim.code_expires_at, claim.waiting_since, claim.proven_at = now + CODE_LIFE, None, None
    claim.code_hash = _code_hash(code, email)
    claim.save()
    queue_email(
        to=email,
        template="directory/emails/claim_code",
        context={"claim": claim, "company": claim.company, "code": code, "person": user},
        language=user.language,
        unsolicited=True,
        secret=True,
        now=now,
    )
    return claim


@transaction.atomic(durable=True)
def claim_by_message(*, company_id: int, user_id: int, message: str, now: datetime) -> Claim:
    """Ask without proof: the one responsible decides, or the centre when nobody is.

    Raises Company.DoesNotExist or ClaimRefused.
    """
    claim = _open_claim(company_id=company_id, user=_locked_person(user_id), now=now)
    if claim.is_waiting:
        raise ClaimRefused(_("Votre demande est déjà en cours : vous recevrez la réponse."))
    claim.method, claim.message, claim.email = ClaimMethod.MESSAGE, message, ""
    claim.code_hash, claim.code_expires_at = "", None
    _let_wait(claim, now=now)
    return claim


def prove_claim(*, claim_id: int, user_id: int, code: str, now: datetime) -> Claim:
    """Take the code that was sent. A company that nobody holds is the person's at once.

    Raises Claim.DoesNotExist (another person's) or ClaimRefused (wrong, expired, too many tries).
    """
    key = f"{claim_id}:{user_id}"
    if not allow(
        scope="directory.claim.code", key=key, limit=TRIES_PER_HOUR, period_s=3600, now=now
    ):
        raise ClaimRefused(_("Trop d’essais. Attendez une heure, puis demandez un autre code."))
    return _prove(claim_id=claim_id, user_id=user_id, code=code, now=now)


@transaction.atomic(durable=True)
def _prove(*, claim_id: int, user_id: int, code: str, now: datetime) -> Claim:
    claim = _locked(claim_id, user_id=user_id)
    if claim.status != ClaimStatus.CODE_SENT:
        raise ClaimRefused(_("Ce code a déjà servi ou n’est plus valable."))
    if claim.code_expires_at is None or claim.code_expires_at <= now:
        raise ClaimRefused(_("Ce code n’est plus valable. Demandez-en un autre."))
    if not constant_time_compare(claim.code_hash, _code_hash(digits(code), claim.email)):
        raise ClaimRefused(_("Ce n’est pas le bon code. Vérifiez-le dans le courriel."))
    claim.proven_at, claim.code_hash, claim.code_expires_at = now, "", None
    company = Company.objects.select_for_update(of=("self",)).get(pk=claim.company_id)
    if company.memberships.exists():
        _let_wait(claim, now=now)
    else:
        _admit(claim, now=now, by_id=None)
    return claim


@transaction.atomic(durable=True)
def accept_claim(
    *, claim_id: int, by_id: int, now: datetime, as_owner_of: User | None = None
) -> Claim:
    """Let the person act for the company. With `as_owner_of`, only for one's own company.

    Raises Claim.DoesNotExist or ClaimRefused (already decided).
    """
    claim = _locked_waiting(claim_id, owner=as_owner_of)
    Company.objects.select_for_update(of=("self",)).get(pk=claim.company_id)
    _admit(claim, now=now, by_id=by_id)
    return claim


@transaction.atomic(durable=True)
def refuse_claim(
    *, claim_id: int, by_id: int, reason: str, now: datetime, as_owner_of: User | None = None
) -> Claim:
    """Close the claim without effect; the person is told why.

    Raises Claim.DoesNotExist or ClaimRefused (already decided, no reason).
    """
    claim = _locked_waiting(claim_id, owner=as_owner_of)
    if not reason.strip():
        raise ClaimRefused(_("Dites pourquoi : le motif est envoyé à la personne."))
    claim.reason = reason.strip()
    _close(claim, ClaimStatus.REFUSED, by_id=by_id, now=now)
    _tell(claim, [claim.user], "claim_refused", now=now)
    return claim


@transaction.atomic(durable=True)
def cancel_claim(*, claim_id: int, user_id: int, now: datetime) -> Claim:
    """Withdraw one's own claim. Raises Claim.DoesNotExist or ClaimRefused (already closed)."""
    claim = _locked(claim_id, user_id=user_id)
    if not claim.is_open:
        raise ClaimRefused(_("Cette demande est déjà close."))
    _close(claim, ClaimStatus.CANCELLED, by_id=user_id, now=now)
    return claim


@transaction.atomic(durable=True)
def expire_claims(*, now: datetime) -> int:
    """Close the codes that nobody typed and what nobody decided; return how many."""
    claims = Claim.objects.open().select_for_update(of=("self",), skip_locked=True)
    unproven = claims.filter(
        status=ClaimStatus.CODE_SENT, code_expires_at__lt=now - UNPROVEN_FOR
    ).order_by("pk")
    undecided = claims.filter(waiting_since__lt=now - UNDECIDED_FOR).exclude(
        status=ClaimStatus.CODE_SENT
    )
    done = 0
    for claim in unproven.select_related("user", "company"):
        if claim.message:  # asked in words first: that still waits for an answer
            claim.method, claim.email = ClaimMethod.MESSAGE, ""
            claim.code_hash, claim.code_expires_at = "", None
            _let_wait(claim, now=now)
            continue
        _close(claim, ClaimStatus.EXPIRED, by_id=None, now=now)
        done += 1
    for claim in undecided.select_related("user", "company").order_by("pk"):
        _close(claim, ClaimStatus.EXPIRED, by_id=None, now=now)
        _tell(claim, [claim.user], "claim_expired", now=now)
        done += 1
    return done


def _locked_person(user_id: int) -> User:
    """Return the person, one claim at a time."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def _open_claim(*, company_id: int, user: User, now: datetime) -> Claim:
    """Return the person's open claim on the company, else a new one, not yet written."""
    company = Company.objects.get(pk=company_id)
    if company.memberships.filter(user=user).exists():
        raise ClaimRefused(_("Vous êtes déjà rattaché à cette entreprise."))
    mine = Claim.objects.open().filter(user=user)
    known = mine.filter(company=company).select_for_update(of=("self",)).first()
    if known is not None:
        return known
    if mine.count() >= MOST_OPEN_CLAIMS:
        raise ClaimRefused(
            _("Vous avez déjà %(count)s demandes en cours. Attendez une réponse.")
            % {"count": MOST_OPEN_CLAIMS}
        )
    return Claim(company=company, user=user, created_at=now)


def _locked(claim_id: int, **filters: Any) -> Claim:
    rows = Claim.objects.select_for_update(of=("self",)).select_related("company", "user")
    return rows.get(pk=claim_id, **filters)


def _locked_waiting(claim_id: int, *, owner: User | None) -> Claim:
    if owner is not None:
        mine = Membership.objects.filter(user=owner, role=MembershipRole.OWNER)
        claim = _locked(claim_id, company_id__in=mine.values("company_id"))
    else:
        claim = _locked(claim_id)
    if not claim.is_waiting:
        raise ClaimRefused(
            _("Cette demande est dans l’état « %(status)s » : elle ne se décide plus.")
            % {"status": claim.get_status_display()}
        )
    return claim


def _let_wait(claim: Claim, *, now: datetime) -> None:
    """Ask those responsible for the company, or the centre when nobody is."""
    owners = list(responsible_for(claim.company_id))
    claim.status = ClaimStatus.WAITING_OWNER if owners else ClaimStatus.WAITING_STAFF
    claim.waiting_since = now
    claim.save()
    _tell(claim, owners, "claim_received", now=now)


def _admit(claim: Claim, *, now: datetime, by_id: int | None) -> None:
    """Make the person a member: responsible when there is nobody else, else a writer."""
    alone = not Membership.objects.filter(company_id=claim.company_id).exists()
    Membership.objects.get_or_create(
        company_id=claim.company_id,
        user_id=claim.user_id,
        defaults={
            "role": MembershipRole.OWNER if alone else MembershipRole.EDITOR,
            "joined_at": now,
        },
    )
    _close(claim, ClaimStatus.ACCEPTED, by_id=by_id, now=now)
    _tell(claim, [claim.user], "claim_accepted", now=now)


def _close(claim: Claim, status: ClaimStatus, *, by_id: int | None, now: datetime) -> None:
    claim.status, claim.closed_at, claim.decided_by_id = status, now, by_id
    claim.code_hash, claim.code_expires_at = "", None
    claim.save()


def _tell(claim: Claim, people: list[User], template: str, *, now: datetime) -> None:
    card = Provider.objects.published().filter(company=claim.company_id).order_by("pk").first()
    tell_each(
        people,
        template,
        occasion=f"{claim.pk}:{now.isoformat()}",
        now=now,
        claim=claim,
        company=claim.company,
        card=card,
    )


def _code_hash(code: str, email: str) -> str:
    return salted_hmac("directory.claim", f"{email.lower()}:{code}", algorithm="sha256").hexdigest()
