"""Closed lists of the events."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SessionKind(models.TextChoices):
    """What a session is (mechanics 4.1)."""

    CONFERENCE = "conference", _("Conférence-débat")
    FORUM = "forum", _("Forum")
    AWARENESS = "awareness", _("Sensibilisation")
    TRAINING = "training", _("Formation")
    PITCHES = "pitches", _("Rendez-vous solutions")
    CLUB = "club", _("Club")
    VISIT = "visit", _("Visite de showroom")
    WORKSHOP = "workshop", _("Atelier collectif")


class SessionStatus(models.TextChoices):
    """Where a session stands."""

    DRAFT = "draft", _("Brouillon")
    PUBLISHED = "published", _("Publiée")
    CANCELLED = "cancelled", _("Annulée")


class SessionMode(models.TextChoices):
    """How one takes part."""

    ON_SITE = "on_site", _("Sur place")
    REMOTE = "remote", _("À distance")
    HYBRID = "hybrid", _("Sur place ou à distance")


class SeatMode(models.TextChoices):
    """Where the seats of a pool are."""

    ON_SITE = "on_site", _("Sur place")
    REMOTE = "remote", _("À distance")


class AccessFeature(models.TextChoices):
    """What makes a session easier to attend."""

    STEP_FREE = "step_free", _("Accès de plain-pied")
    LOOP = "loop", _("Boucle magnétique")
    SIGNS = "signs", _("Interprète en langue des signes")
    CAPTIONS = "captions", _("Sous-titrage en direct")
    PARKING = "parking", _("Place de stationnement adaptée")


class Availability(models.TextChoices):
    """What the agenda says of the seats left, in words."""

    OPEN = "open", _("Places disponibles")
    FEW = "few", _("Dernières places")
    WAITING = "waiting", _("Complet, liste d’attente")
    FULL = "full", _("Complet")


class Frequency(models.TextChoices):
    """How often a series comes back."""

    DAILY = "daily", _("Chaque jour")
    WEEKLY = "weekly", _("Chaque semaine")
    MONTHLY = "monthly", _("Chaque mois, le même jour de la semaine")


class RegistrationStatus(models.TextChoices):
    """Where a registration stands (mechanics 4.3)."""

    HELD = "held", _("Place retenue")
    PENDING = "pending", _("File à confirmer")
    WAITING = "waiting", _("Liste d’attente")
    OFFERED = "offered", _("Place proposée")
    REGISTERED = "registered", _("Inscrit")
    CONFIRMED = "confirmed", _("Confirmé")
    PRESENT = "present", _("Présent")
    EXCUSED = "excused", _("Absent excusé")
    ABSENT = "absent", _("Absent")
    CANCELLED = "cancelled", _("Annulé")


class EndReason(models.TextChoices):
    """Why a registration ended."""

    PERSON = "person", _("Par la personne")
    STAFF = "staff", _("Par le centre")
    HOLD = "hold", _("Adresse jamais confirmée")
    OFFER = "offer", _("Place proposée, jamais prise")
    SILENCE = "silence", _("Présence non confirmée")
    SESSION = "session", _("Session annulée")
    UNPAID = "unpaid", _("Commande non payée")
    ENROLLED = "enrolled", _("Place prise par un dossier de formation")


class ScanOutcome(models.TextChoices):
    """What a scan at the door came to."""

    OK = "ok", _("Entrée")
    ALREADY = "already", _("Déjà entré")
    NO_SEAT = "no_seat", _("Pas de place")
    OTHER_SESSION = "other", _("Autre session")
    UNKNOWN = "unknown", _("Billet inconnu")
    UNDONE = "undone", _("Entrée reprise")
    LATE = "late", _("Dépassé par un acte plus récent")


# --- Forms, documents ---


class QuestionKind(models.TextChoices):
    """How a question of a registration is answered."""

    TEXT = "text", _("En quelques mots")
    CHOICE = "choice", _("Un choix")
    CHOICES = "choices", _("Plusieurs choix")
    YES_NO = "yes_no", _("Oui ou non")


class DocumentAudience(models.TextChoices):
    """Who may read a document of a session."""

    EVERYONE = "everyone", _("Tout le monde")
    SEATED = "seated", _("Ceux qui ont une place")


class BadgeLayout(models.TextChoices):
    """Sheets of labels that are sold, or one badge alone."""

    TEN = "a4_2x5", _("A4, 10 badges de 85 × 54 mm")
    FOURTEEN = "a4_2x7", _("A4, 14 étiquettes de 99 × 38 mm")
    ONE = "one", _("Un seul, 85 × 54 mm")


# --- Money ---


class ProductKind(models.TextChoices):
    """What is sold, as far as VAT sees it (R4.09)."""

    TRAINING = "training", _("Formation professionnelle")
    ROOM = "room", _("Location de salle")
    CONSULTING = "consulting", _("Conseil")
    RECRUITMENT = "recruitment", _("Recrutement")
    EVENT = "event", _("Événement hors formation")
    INDEMNITY = "indemnity", _("Indemnité de dédit")


class VatRegime(models.TextChoices):
    """How VAT applies; EN 16931 calls them S, E and O."""

    STANDARD = "standard", _("Soumis à la TVA")
    EXEMPT = "exempt", _("Exonéré")
    OUTSIDE = "outside", _("Hors du champ de la TVA")


class Unit(models.TextChoices):
    """What is counted: the codes of UN/ECE recommendation 20, which EN 16931 asks for."""

    PIECE = "C62", _("unité")
    HOUR = "HUR", _("heure")
    DAY = "DAY", _("jour")
    LUMP_SUM = "LS", _("forfait")


class BuyerKind(models.TextChoices):
    """Who buys, as far as the law of invoices sees it (R4.11, R4.12)."""

    COMPANY = "company", _("Entreprise")
    PUBLIC = "public", _("Organisme public")
    INDIVIDUAL = "individual", _("Particulier")


class OrderStatus(models.TextChoices):
    """Where an order stands."""

    QUOTE = "quote", _("Devis")
    ACCEPTED = "accepted", _("Acceptée")
    INVOICED = "invoiced", _("Facturée")
    EXPIRED = "expired", _("Expirée")
    CANCELLED = "cancelled", _("Annulée")


class InvoiceKind(models.TextChoices):
    """The two papers that take a number."""

    INVOICE = "invoice", _("Facture")
    CREDIT = "credit", _("Avoir")


class PaymentMethod(models.TextChoices):
    """How money came."""

    TRANSFER = "transfer", _("Virement")
    CARD = "card", _("Carte bancaire")
    CHEQUE = "cheque", _("Chèque")


class PaymentStatus(models.TextChoices):
    """Where a payment stands; money that came is never taken back by a late message."""

    STARTED = "started", _("Commencé")
    RECEIVED = "received", _("Reçu")
    FAILED = "failed", _("Échoué")


class BankLineStatus(models.TextChoices):
    """What became of a line of the bank."""

    MATCHED = "matched", _("Rapprochée")
    WAITING = "waiting", _("À rapprocher")
    IGNORED = "ignored", _("Sans rapport")


class InvoiceRoute(models.TextChoices):
    """Where an invoice must be sent or reported (R4.12)."""

    CHORUS = "chorus", _("Chorus Pro")
    PLATFORM = "platform", _("Plateforme agréée")
    REPORTING = "reporting", _("Transmission de données (e-reporting)")
    NONE = "none", _("Aucune obligation")


# --- Trainings ---


class TraineeKind(models.TextChoices):
    """What a trainee is, as the yearly return asks (BPF, cadre F-1)."""

    EMPLOYEE = "employee", _("Salarié")
    APPRENTICE = "apprentice", _("Apprenti")
    JOB_SEEKER = "job_seeker", _("En recherche d’emploi")
    INDIVIDUAL = "individual", _("Particulier à ses frais")
    OTHER = "other", _("Autre (dirigeant, indépendant, agent public…)")


class Funding(models.TextChoices):
    """Who pays for a training, as the yearly return asks (BPF, cadre C)."""

    COMPANY = "company", _("L’entreprise, pour ses salariés")
    OPCO = "opco", _("Un OPCO ou un fonds mutualisé")
    PUBLIC = "public", _("Pouvoirs publics")
    OWN = "own", _("La personne, à ses frais")
    OTHER = "other", _("Autre")


class EnrolmentEnd(models.TextChoices):
    """Why an enrolment ended."""

    EXPIRED = "expired", _("Jamais signée à temps")
    WITHDRAWN = "withdrawn", _("Rétractation")
    CANCELLED = "cancelled", _("Annulée par le client")
    SESSION = "session", _("Session annulée")
    BROKEN = "broken", _("Rompue, au prorata des heures suivies")


class SignatureMethod(models.TextChoices):
    """How a half-day was signed."""

    DRAWN = "drawn", _("Signature dessinée")
    TYPED = "typed", _("Nom tapé")
    LATE = "late", _("Tardive, par le formateur")
    ABSENT = "absent", _("Absence notée par le formateur")


class SkillLevel(models.TextChoices):
    """Where a trainee stands with an objective at the end."""

    ACQUIRED = "acquired", _("Acquis")
    UNDER_WAY = "under_way", _("En cours d’acquisition")
    NOT_ACQUIRED = "not_acquired", _("Non acquis")


class SatisfactionMoment(models.TextChoices):
    """When a trainee is asked."""

    HOT = "hot", _("À chaud")
    COLD = "cold", _("À froid")


class DocumentKind(models.TextChoices):
    """The documents of a training session (R4.07)."""

    PROGRAMME = "programme", _("Programme")
    CONVENTION = "convention", _("Convention")
    CONTRACT = "contract", _("Contrat")
    CONVOCATION = "convocation", _("Convocation")
    POSITIONING = "positioning", _("Positionnement")
    SHEET = "sheet", _("Feuille d’émargement")
    EVALUATION = "evaluation", _("Évaluation des acquis")
    CERTIFICATE = "certificate", _("Certificat de réalisation")
    ATTESTATION = "attestation", _("Attestation de fin de formation")
    SATISFACTION = "satisfaction", _("Satisfaction")


# --- Rendez-vous solutions ---


class IrritantStatus(models.TextChoices):
    """Where an irritant stands (mechanics 4.7)."""

    UNCONFIRMED = "unconfirmed", _("Adresse à confirmer")
    WAITING = "waiting", _("À relire")
    PUBLISHED = "published", _("Publié")
    REFUSED = "refused", _("Non publié")
    WITHDRAWN = "withdrawn", _("Retiré")


class IrritantDecisionKind(models.TextChoices):
    """What staff did with an irritant."""

    PUBLISHED = "published", _("Publié")
    CORRECTED = "corrected", _("Corrigé")
    REFUSED = "refused", _("Non publié")
    RETRACTED = "retracted", _("Retiré")


class PitchStatus(models.TextChoices):
    """Where the answer of a provider stands."""

    SENT = "sent", _("Envoyée")
    CHOSEN = "chosen", _("Retenue")
    NOT_CHOSEN = "not_chosen", _("Non retenue")
    WITHDRAWN = "withdrawn", _("Retirée")


class VoteCriterion(models.TextChoices):
    """What the room marks, from 1 to 5; in the order of `events.rendezvous.vote.CRITERIA`."""

    ANSWERS = "answers", _("Répond au problème")
    CLEAR = "clear", _("Se comprend")
    DOABLE = "doable", _("Se met en place facilement")
    AFFORDABLE = "affordable", _("Vaut son prix")


class TableSide(models.TextChoices):
    """Who sits on which side of a table."""

    COMPANY = "company", _("Entreprise")
    PROVIDER = "provider", _("Prestataire")


class TableRequestStatus(models.TextChoices):
    """Where the request of a meeting stands."""

    ASKED = "asked", _("Demandée")
    ACCEPTED = "accepted", _("Acceptée")
    DECLINED = "declined", _("Déclinée")
    WITHDRAWN = "withdrawn", _("Retirée")


class TimetableStatus(models.TextChoices):
    """Where the computing of a timetable stands."""

    QUEUED = "queued", _("En attente")
    RUNNING = "running", _("En calcul")
    DONE = "done", _("Calculé")
    FAILED = "failed", _("Échoué")


class MeetingState(models.TextChoices):
    """What became of a meeting."""

    PLANNED = "planned", _("Prévu")
    HELD = "held", _("Tenu")
    COMPANY_AWAY = "company_away", _("Entreprise absente")
    PROVIDER_AWAY = "provider_away", _("Prestataire absent")


class MeetingOutcome(models.TextChoices):
    """What came of a meeting after 90 days."""

    CONTRACT = "contract", _("Un contrat est signé")
    IN_PROGRESS = "in_progress", _("C’est en cours")
    NOTHING = "nothing", _("Rien")


class ClubJoining(models.TextChoices):
    """How one joins a club."""

    FREE = "free", _("Libre : l’adresse confirmée suffit")
    ASKED = "asked", _("Sur demande : le centre accepte")


class ClubMemberStatus(models.TextChoices):
    """Where a membership stands."""

    UNCONFIRMED = "unconfirmed", _("Adresse à confirmer")
    ASKED = "asked", _("À accepter")
    MEMBER = "member", _("Membre")
    REFUSED = "refused", _("Non accepté")
    LEFT = "left", _("Parti")


class MinutesAudience(models.TextChoices):
    """Who reads the minutes of a club."""

    MEMBERS = "members", _("Les membres")
    ALL = "all", _("Tout le monde")


# --- Showrooms (mechanics 4.8) ---


class Scenario(models.TextChoices):
    """What a visit is booked for."""

    SHOP = "shop", _("Commerce de centre-ville")
    CRAFT = "craft", _("Artisan")
    RESTAURANT = "restaurant", _("Restaurant")
    OFFICE = "office", _("Bureau")
    PARENT = "parent", _("Logement d’un parent")
    DISABILITY = "disability", _("Handicap")


class ShowroomTheme(models.TextChoices):
    """What a demonstration is about: four for each showroom."""

    SALES = "sales", _("Vente")
    ANIMATION = "animation", _("Animation commerciale")
    MANAGEMENT = "management", _("Gestion")
    IT_SECURITY = "it_security", _("Sécurité informatique")
    ENERGY = "energy", _("Énergie")
    HOME_CARE = "home_care", _("Maintien à domicile")
    COGNITION = "cognition", _("Stimulation cognitive")
    PREMISES = "premises", _("Sécurité des locaux")


class HostRole(models.TextChoices):
    """Who receives a visit."""

    HOST = "host", _("Accueil")
    THERAPIST = "therapist", _("Ergothérapeute")
    CRAFTSMAN = "craftsman", _("Artisan")


class VisitOutcome(models.TextChoices):
    """What became of a favourite, thirty days after the visit."""

    BOUGHT = "bought", _("Acheté")
    PLANNED = "planned", _("Prévu")
    DROPPED = "dropped", _("Abandonné")
