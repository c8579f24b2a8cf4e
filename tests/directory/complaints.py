"""Complaints, members and cases for the tests, made through the services as people make them."""

from datetime import timedelta

from directory.enums import College, ComplaintSide
from directory.models import CommitteeMandate, CommitteeMember, Complaint
from directory.services import committee, complaint_handling, complaints
from emn.mailings.models import OutboundEmail
from tests.directory import charter
from tests.directory.factories import NOW, UserFactory

ADDRESS = "lea@boulangerie.example"
CLIENT = "418166096"


def values(**changed):
    given = {
        "kind": "breach",
        "clause": "costs",
        "contact_name": "Léa Meyer",
        "contact_email": ADDRESS,
        "contact_phone": "",
        "client_name": "Boulangerie Meyer",
        "client_siren": CLIENT,
        "client_kind": "company",
        "contract_on": NOW.date(),
        "is_lowest_price": False,
        "text": "Un abonnement de 90 € par mois est apparu six mois après la signature.",
        "wanted": "Le remboursement de l’abonnement.",
    }
    return given | changed


def filed(adhesion=None, *, now=NOW, **changed):
    adhesion = adhesion or charter.active(now=now)
    given = values(**{"contract_on": adhesion.starts_on} | changed)
    return complaints.file_complaint(
        siren=adhesion.siren, values=given, language="fr", user_id=None, now=now
    )


def received(adhesion=None, *, now=NOW, **changed):
    return complaints.confirm_complaint(
        complaint_id=filed(adhesion, now=now, **changed).pk, now=now
    )


def acknowledged(adhesion=None, *, now=NOW, **changed):
    complaint = received(adhesion, now=now, **changed)
    return complaint_handling.acknowledge(
        complaint_id=complaint.pk, by_id=UserFactory().pk, now=now
    )


def admitted(adhesion=None, *, now=NOW, severity=2, **changed):
    complaint = acknowledged(adhesion, now=now, **changed)
    return complaint_handling.admit(
        complaint_id=complaint.pk,
        by_id=UserFactory().pk,
        severity=severity,
        grounds="Le coût n’était pas au devis.",
        now=now,
    )


def owner_of(complaint):
    return charter.owner_of(complaint.company)


def replied(adhesion=None, *, now=NOW, **changed):
    complaint = admitted(adhesion, now=now, **changed)
    return complaints.reply(
        complaint_id=complaint.pk,
        user_id=owner_of(complaint).pk,
        text="L’abonnement était au contrat, page 4.",
        now=now,
    )


def referred(adhesion=None, *, now=NOW, **changed):
    complaint = replied(adhesion, now=now, **changed)
    return complaint_handling.refer(
        complaint_id=complaint.pk, by_id=UserFactory().pk, ground="Aucun accord.", now=now
    )


def member(college, *, siren="", linked=(), now=NOW, name=None):
    number = CommitteeMember.objects.count()
    person = CommitteeMember.objects.create(
        name=name or f"Membre {number}",
        contact_email=f"membre{number}@comite.example",
        organisation=f"Organisme {number}",
        siren=siren,
        linked_sirens=list(linked),
    )
    CommitteeMandate.objects.create(
        member=person,
        college=college,
        starts_on=now.date() - timedelta(days=100),
        ends_on=now.date() + timedelta(days=900),
    )
    return person


def committee_of(each=4):
    """Four members a college: a panel, and as many for an appeal."""
    return [member(college) for college in College.values for _place in range(each)]


def first_case(adhesion=None, *, now=NOW, **changed):
    if not CommitteeMember.objects.exists():
        committee_of()
    return referred(adhesion, now=now, **changed).cases.get(instance="first")


def heard(case, *, now=NOW):
    sides = ComplaintSide if case.complaint_id else [ComplaintSide.PROVIDER]
    for side in sides:
        case = committee.note_hearing(
            case_id=case.pk, side=side, heard_on=now.date(), words="Entendu.", now=now
        )
    return case


def voting(case, *, now=NOW):
    heard(case, now=now)
    return committee.open_vote(case_id=case.pk, now=now)


def voted(case, measure, *, now=NOW):
    voting(case, now=now)
    agent = UserFactory().pk
    for seat in case.seats.filter(recused_at=None):
        committee.cast(seat_id=seat.pk, measure=measure, by_id=agent, now=now)
    return committee.close_vote(case_id=case.pk, now=now)


def decided(case, measure, *, now=NOW, clauses=("costs",), suspended_until=None):
    voted(case, measure, now=now)
    return committee.decide(
        case_id=case.pk,
        reasons="Le devis ne disait rien de l’abonnement.",
        clauses=clauses if measure else (),
        suspended_until=suspended_until,
        by_id=UserFactory().pk,
        now=now,
    )


def again(complaint):
    return Complaint.objects.get(pk=complaint.pk)


def mails(step):
    """The messages about complaints whose key says that step, the oldest first."""
    rows = OutboundEmail.objects.filter(dedup_key__startswith="directory.complaint:")
    return rows.filter(dedup_key__contains=f":{step}").order_by("pk")
