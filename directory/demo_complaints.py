"""Complaints of the demonstration: invented signatories, members and cases, by the services."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from directory.enums import (
    ClientKind,
    College,
    ComplaintSide,
    Measure,
    MembershipRole,
    ProviderStatus,
)
from directory.models import (
    Adhesion,
    CommitteeCase,
    CommitteeMandate,
    CommitteeMember,
    Company,
    Complaint,
    Membership,
    Provider,
)
from directory.services import (
    committee,
    complaint_handling,
    complaints,
)
from emn.accounts.demo import AGENT, PROVIDER
from emn.accounts.models import User

_MEMBERS = (
    (College.PROVIDERS, "Hélène Klein", "Syndicat des entreprises du numérique"),
    (College.PROVIDERS, "Marc Thill", "Club des prestataires"),
    (College.PROVIDERS, "Inès Ferry", "Coopérative informatique"),
    (College.PROVIDERS, "Paul Becker", "Réseau des indépendants"),
    (College.USERS, "Claire Muller", "Union des commerçants"),
    (College.USERS, "Jean Hoffmann", "Chambre de métiers"),
    (College.USERS, "Sonia Marchal", "Groupement d’employeurs"),
    (College.USERS, "Luc Adam", "Fédération du bâtiment"),
    (College.PUBLIC, "Nadia Petit", "Département"),
    (College.PUBLIC, "Éric Schneider", "Communauté d’agglomération"),
    (College.PUBLIC, "Anne Lorrain", "Région"),
    (College.PUBLIC, "Yves Masson", "Université"),
)
WARNED = 3  # place of the card that is warned
_LENGTH = timedelta(days=26)  # what the story of the warning takes


def write_demo_complaints(*, now: datetime) -> int:
    """Write the complaints that an empty portal lacks; return how many."""
    began = now - _LENGTH
    cards = list(
        Provider.objects.filter(
            company__is_demo=True, status=ProviderStatus.PUBLISHED, company__siret__lt="01"
        )
        .select_related("company")
        .order_by("pk")[: WARNED + 1]
    )
    if len(cards) <= WARNED or Complaint.objects.exists():
        return 0
    blamed = {cards[WARNED].company.siren, cards[0].company.siren}
    if Adhesion.objects.standing().filter(siren__in=blamed).count() < len(blamed):
        return 0  # a demonstration written before there was a charter
    story = _Story(
        began=began,
        agent=User.objects.get(email=AGENT),
        provider=User.objects.get(email=PROVIDER),
    )
    story.name_members()
    story.of_the_warning(cards[WARNED].company)
    story.of_the_first(cards[0].company)
    return Complaint.objects.count()


@dataclass(frozen=True, slots=True)
class _Story:
    """What happened from `began` on; `day(n)` is n days after."""

    began: datetime
    agent: User
    provider: User

    def day(self, number: int) -> datetime:
        return self.began + timedelta(days=number)

    def name_members(self) -> None:
        today = timezone.localdate(self.began)
        for number, (college, name, organisation) in enumerate(_MEMBERS):
            member, _is_new = CommitteeMember.objects.get_or_create(
                contact_email=f"membre{number}@comite.example",
                defaults={"name": name, "organisation": organisation},
            )
            CommitteeMandate.objects.get_or_create(
                member=member,
                college=college,
                defaults={
                    "starts_on": today - timedelta(days=200),
                    "ends_on": today + timedelta(days=895),
                },
            )

    def of_the_warning(self, company: Company) -> None:
        """A breach, no agreement, a public warning, confirmed on appeal and published."""
        adhesion = self.signed(company)
        complaint = self.admitted(
            adhesion, "costs", "Garage du Saulnois", 2, on=3,
            text="Le devis annonçait un site « tout compris ». Une maintenance à 79 € par mois "
            "nous est facturée depuis la livraison : elle n’était écrite nulle part.",
            wanted="L’arrêt de cette facturation et le remboursement des mois payés.",
        )  # fmt: skip
        complaints.reply(
            complaint_id=complaint.pk,
            user_id=self.provider.pk,
            text="La maintenance est d’usage pour tout site. Le client l’a payée sans rien dire.",
            now=self.day(6),
        )
        complaint_handling.refer(
            complaint_id=complaint.pk,
            by_id=self.agent.pk,
            ground="Le prestataire refuse de rembourser : aucun accord.",
            now=self.day(9),
        )
        reasons = (
            "Le devis porte « tout compris » et ne dit rien d’une maintenance. La charte veut que "
            "les coûts récurrents et leur durée soient annoncés ; le prestataire supporte ceux "
            "qu’il n’a pas annoncés."
        )
        self.decided(complaint.cases.get(), Measure.PUBLIC_WARNING, reasons, on=12)
        complaints.appeal(
            complaint_id=complaint.pk,
            side=ComplaintSide.PROVIDER,
            user_id=self.provider.pk,
            ground="La mesure est trop lourde pour un oubli.",
            now=self.day(14),
        )
        case = complaint.cases.get(instance="appeal")
        self.decided(case, Measure.PUBLIC_WARNING, "La première décision est juste.", on=20)
        committee.publish(
            case_id=complaint.cases.get(instance="first").pk,
            text="Un devis « tout compris » ne disait rien d’une maintenance facturée ensuite "
            "chaque mois. Un coût récurrent non annoncé reste à la charge du prestataire.",
            by_id=self.agent.pk,
            now=self.day(21),
        )

    def of_the_first(self, company: Company) -> None:
        """One settled, one before the committee, one to answer, one to read."""
        adhesion = self.signed(company)
        settled = self.admitted(
            adhesion, "roles", "Fromagerie des Hauts", 1, on=2,
            text="La mise en ligne a été faite sans nous montrer la maquette, malgré le contrat.",
            wanted="Reprendre la page d’accueil.",
        )  # fmt: skip
        complaints.reply(
            complaint_id=settled.pk,
            user_id=self.provider.pk,
            text="C’est exact, nous reprenons la page.",
            now=self.day(4),
        )
        complaint_handling.note_settlement(
            complaint_id=settled.pk,
            by_id=self.agent.pk,
            words="Le prestataire reprend la page d’accueil sous dix jours, sans frais.",
            now=self.day(8),
        )
        judged = self.admitted(
            adhesion, "lasting", "Cabinet vétérinaire de la Nied", 2, on=8,
            text="Nous changeons de prestataire. Les accès à l’hébergement et au nom de domaine "
            "nous sont refusés depuis six semaines.",
            wanted="Tous les accès.",
        )  # fmt: skip
        complaints.reply(
            complaint_id=judged.pk,
            user_id=self.provider.pk,
            text="Une facture reste due : nous rendrons les accès une fois payés.",
            now=self.day(12),
        )
        complaint_handling.refer(
            complaint_id=judged.pk,
            by_id=self.agent.pk,
            ground="Le prestataire lie les accès à une facture contestée.",
            now=self.day(16),
        )
        self.heard(judged.cases.get(), on=20)
        committee.open_vote(case_id=judged.cases.get().pk, now=self.day(21))
        self.admitted(
            adhesion, "scope", "Librairie Aux Trois Ponts", 1, on=22,
            text="La boutique devait reprendre nos 400 fiches : 150 seulement y sont, et le reste "
            "nous est proposé en supplément.",
            wanted="La reprise des 250 fiches qui manquent.",
        )  # fmt: skip
        self.received(
            adhesion, "means", "Imprimerie du Port", on=25,
            text="Le travail a été confié à un sous-traitant que personne ne nous avait annoncé.",
            wanted="Savoir qui travaille sur notre dossier.",
        )  # fmt: skip

    def signed(self, company: Company) -> Adhesion:
        Membership.objects.get_or_create(
            company=company, user=self.provider, defaults={"role": MembershipRole.OWNER}
        )
        return Adhesion.objects.standing().get(siren=company.siren)

    def received(
        self, adhesion: Adhesion, clause: str, client: str, *, on: int, text: str, wanted: str
    ) -> Complaint:
        values: dict[str, Any] = {
            "kind": "breach",
            "clause": clause,
            "contact_name": "Dominique Roux",
            "contact_email": f"plainte{on}@entreprises.example",
            "contact_phone": "",
            "client_name": client,
            "client_siren": "",
            "client_kind": ClientKind.COMPANY,
            "contract_on": adhesion.starts_on,
            "is_lowest_price": False,
            "text": text,
            "wanted": wanted,
        }
        now = self.day(on)
        filed = complaints.file_complaint(
            siren=adhesion.siren, values=values, language="fr", user_id=None, now=now
        )
        return complaints.confirm_complaint(complaint_id=filed.pk, now=now)

    def admitted(
        self, adhesion: Adhesion, clause: str, client: str, severity: int, *, on: int, **words: str
    ) -> Complaint:
        complaint = self.received(adhesion, clause, client, on=on, **words)
        now = self.day(on + 1)
        complaint_handling.acknowledge(complaint_id=complaint.pk, by_id=self.agent.pk, now=now)
        return complaint_handling.admit(
            complaint_id=complaint.pk,
            by_id=self.agent.pk,
            severity=severity,
            grounds="Les pièces montrent ce que le client décrit.",
            now=now,
        )

    def heard(self, case: CommitteeCase, *, on: int) -> None:
        for side in ComplaintSide:
            committee.note_hearing(
                case_id=case.pk,
                side=side,
                heard_on=timezone.localdate(self.day(on)),
                words="Entendu en séance ; maintient ce qu’il a écrit.",
                now=self.day(on),
            )

    def decided(self, case: CommitteeCase, measure: Measure, reasons: str, *, on: int) -> None:
        self.heard(case, on=on)
        now = self.day(on)
        committee.open_vote(case_id=case.pk, now=now)
        for seat in case.seats.filter(recused_at=None).order_by("pk"):
            committee.cast(seat_id=seat.pk, measure=measure, by_id=self.agent.pk, now=now)
        committee.close_vote(case_id=case.pk, now=now)
        committee.decide(
            case_id=case.pk, reasons=reasons, clauses=["costs"], by_id=self.agent.pk, now=now
        )
