"""The closed lists of the directory. Codes are stored, labels are translated."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class ProviderStatus(models.TextChoices):
    """Life of a card: the owner writes and submits it, staff publishes or hides it."""

    DRAFT = "draft", _("Brouillon")
    SUBMITTED = "submitted", _("À relire")
    PUBLISHED = "published", _("Publiée")
    HIDDEN = "hidden", _("Masquée")


class MembershipRole(models.TextChoices):
    """What a person may do for a company."""

    OWNER = "owner", _("Responsable")
    EDITOR = "editor", _("Rédacteur")


class ClientSize(models.TextChoices):
    """Headcount of the clients that a provider serves (persons)."""

    NONE = "0", _("Sans salarié")
    MICRO = "1-9", _("1 à 9 salariés")
    SMALL = "10-49", _("10 à 49 salariés")
    MEDIUM = "50-249", _("50 à 249 salariés")
    LARGE = "250+", _("250 salariés et plus")


class ClientSector(models.TextChoices):
    """Trades that a provider knows."""

    SHOPS = "commerce", _("Commerce")
    CRAFTS = "artisanat", _("Artisanat")
    INDUSTRY = "industrie", _("Industrie")
    BUILDING = "btp", _("Bâtiment et travaux publics")
    HOSPITALITY = "hotellerie-restauration", _("Hôtellerie et restauration")
    HEALTH = "sante-social", _("Santé et social")
    FARMING = "agriculture", _("Agriculture")
    TRANSPORT = "transport", _("Transport et logistique")
    SERVICES = "services", _("Services")
    PROPERTY = "immobilier", _("Immobilier")
    NON_PROFIT = "association", _("Associations")
    PUBLIC = "public", _("Secteur public")


class SpokenLanguage(models.TextChoices):
    """Languages in which a provider works with its clients (ISO 639-1)."""

    FRENCH = "fr", _("Français")
    GERMAN = "de", _("Allemand")
    ENGLISH = "en", _("Anglais")
    LUXEMBOURGISH = "lb", _("Luxembourgeois")
    ITALIAN = "it", _("Italien")
    SPANISH = "es", _("Espagnol")
    DUTCH = "nl", _("Néerlandais")


class CardLanguage(models.TextChoices):
    """Languages in which a card's own words may be written: those of the portal."""

    FRENCH = "fr", _("Français")
    GERMAN = "de", _("Allemand")
    ENGLISH = "en", _("Anglais")


class ContactMode(models.TextChoices):
    """How a provider prefers to be reached; the value names the field of the card."""

    PHONE = "phone", _("Par téléphone")
    EMAIL = "email", _("Par courriel")
    WEBSITE = "website", _("Par son site internet")


class ServiceArea(models.TextChoices):
    """How far a provider works from where it is."""

    NEARBY = "nearby", _("Autour de sa commune (30 km)")
    DEPARTEMENT = "departement", _("Dans tout le département")
    REGION = "region", _("Dans toute la région")
    COUNTRY = "country", _("Dans toute la France")


class ServedCountry(models.TextChoices):
    """Countries where a provider works (ISO 3166-1)."""

    FRANCE = "FR", _("France")
    GERMANY = "DE", _("Allemagne")
    LUXEMBOURG = "LU", _("Luxembourg")
    BELGIUM = "BE", _("Belgique")
    NETHERLANDS = "NL", _("Pays-Bas")
    SWITZERLAND = "CH", _("Suisse")


class PriceBasis(models.TextChoices):
    """What an indicated price pays for; `QUOTE` has no amount."""

    HOUR = "hour", _("par heure")
    DAY = "day", _("par jour")
    PROJECT = "project", _("par projet")
    MONTH = "month", _("par mois")
    QUOTE = "quote", _("sur devis")


class CorrectableField(models.TextChoices):
    """Fields of a card that staff may correct; the value names the field."""

    NAME = "name", _("Nom commercial")
    TAGLINE = "tagline", _("En une phrase")
    DESCRIPTION = "description", _("Présentation")
    PHONE = "phone", _("Téléphone")
    EMAIL = "email", _("Courriel")
    WEBSITE = "website", _("Site internet")


class CorrectionOutcome(models.TextChoices):
    """How a correction ended: staff lifted it, the owner made it its own, a later one replaced."""

    LIFTED = "lifted", _("Levée")
    ACCEPTED = "accepted", _("Acceptée par le prestataire")
    REPLACED = "replaced", _("Remplacée")


class ClaimMethod(models.TextChoices):
    """How a person shows that it may act for a company."""

    EMAIL = "email", _("Adresse au nom de l’entreprise")
    MESSAGE = "message", _("Message au centre")


class ClaimStatus(models.TextChoices):
    """Life of a claim: proven by a code when it can be, then decided when someone must decide."""

    CODE_SENT = "code_sent", _("Code envoyé")
    WAITING_OWNER = "waiting_owner", _("Chez le responsable")
    WAITING_STAFF = "waiting_staff", _("Au centre")
    ACCEPTED = "accepted", _("Acceptée")
    REFUSED = "refused", _("Refusée")
    CANCELLED = "cancelled", _("Retirée")
    EXPIRED = "expired", _("Sans suite")


class ReportCategory(models.TextChoices):
    """What is wrong on a card, as a reader sees it."""

    CLOSED = "closed", _("L’entreprise a fermé ou déménagé")
    CONTACT = "contact", _("Le téléphone, le courriel ou le site ne répondent pas")
    SERVICES = "services", _("Elle ne fait pas ce que dit la fiche")
    DUPLICATE = "duplicate", _("La fiche est en double")
    CONTENT = "content", _("Un texte ou une image ne devrait pas y être")
    OTHER = "other", _("Autre chose")


class ReportStatus(models.TextChoices):
    """What became of a report."""

    OPEN = "open", _("À lire")
    CORRECTED = "corrected", _("Corrigé")
    OWNER_TOLD = "owner_told", _("Transmis au prestataire")
    UNFOUNDED = "unfounded", _("Sans fondement")


class Likeness(models.TextChoices):
    """Why two cards may be the same."""

    NAME = "name", _("Même nom ou presque")
    SIRET = "siret", _("Même SIRET")
    SIREN = "siren", _("Même SIREN")
    ADDRESS = "address", _("Même adresse")
    PHONE = "phone", _("Même téléphone")
    EMAIL = "email", _("Même courriel")
    WEBSITE = "website", _("Même site")


class PairStatus(models.TextChoices):
    """What staff made of a possible duplicate."""

    PROPOSED = "proposed", _("À comparer")
    DISMISSED = "dismissed", _("Fiches différentes")


class ExportStatus(models.TextChoices):
    """Life of an export."""

    WAITING = "waiting", _("En préparation")
    RUNNING = "running", _("En cours d’écriture")
    READY = "ready", _("Prêt à télécharger")
    FAILED = "failed", _("Interrompu")


class FileFormat(models.TextChoices):
    """What spreadsheets read."""

    XLSX = "xlsx", _("Excel (XLSX)")
    CSV = "csv", _("CSV, séparé par des points-virgules")


class AlertFrequency(models.TextChoices):
    """How often an alert may write."""

    DAILY = "daily", _("Chaque jour")
    WEEKLY = "weekly", _("Chaque lundi")


class TrustEventKind(models.TextChoices):
    """What a fact of the trust ledger says; the values are those of `directory.trust.events`."""

    ADHESION = "adhesion", _("Adhésion à la charte")
    DOCUMENTS = "documents", _("Contrôle des pièces")
    COMMITMENT = "commitment", _("Engagement")
    AUDIT = "audit", _("Audit")
    REVIEW = "review", _("Avis d’un client")
    REVIEW_REMOVED = "review_removed", _("Avis retiré")
    COMPLAINT = "complaint", _("Plainte")
    MISSION = "mission", _("Mission prouvée")
    REQUEST = "request", _("Demande de contact")
    REGISTER = "register", _("Répertoire des entreprises")
    INSOLVENCY = "insolvency", _("Annonces légales (BODACC)")
    PROFILE = "profile", _("Fiche confirmée")
    INSURANCE = "insurance", _("Assurance")
    CERTIFICATION = "certification", _("Certification")
    WARNING = "warning", _("Avertissement public")
    NOTICE = "notice", _("Préavis de publication")
    FALL_NOTICE = "fall_notice", _("Préavis de baisse")
    ENDED = "ended", _("Fin d’un droit")
    VOID = "void", _("Annulation d’une erreur")


class TrustSource(models.TextChoices):
    """Where a fact of the trust ledger comes from."""

    CHARTER = "charter", _("Secrétariat de la charte")
    AUDITOR = "auditor", _("Auditeur")
    REVIEWS = "reviews", _("Avis")
    COMPLAINTS = "complaints", _("Plaintes")
    REQUESTS = "requests", _("Mises en relation")
    REGISTER = "register", _("Répertoire SIRENE")
    BODACC = "bodacc", _("BODACC")
    CARD = "card", _("Fiche du prestataire")
    CENTRE = "centre", _("Agent du centre")
    CLOCK = "clock", _("Horloge du portail")


class TrustStanding(models.TextChoices):
    """What everyone may read of a provider's index."""

    NONE = "none", _("Sans adhésion")
    ENGAGED = "engaged", _("Engagé, pas encore noté")
    RATED = "rated", _("Noté")


class AuditOrigin(models.TextChoices):
    """Why a member is audited."""

    DRAWN = "drawn", _("Tirage au sort de l’année")
    COMPLAINTS = "complaints", _("Plaintes")
    OTHER = "other", _("Autre")


class AuditLevel(models.TextChoices):
    """How an audit took place; the values are those of `directory.trust.events`."""

    DOCUMENTARY = "documentary", _("Sur documents")
    ON_SITE = "on_site", _("Sur place")
    REFUSED = "refused", _("Refusé par l’entreprise")


class InsolvencyState(models.TextChoices):
    """What the legal notices of a company come to; the values are those of the territory's."""

    NONE = "none", _("Aucune procédure en cours")
    OPEN = "open", _("Procédure ouverte (sauvegarde ou redressement)")
    LIQUIDATION = "liquidation", _("Liquidation")
    UNSURE = "unsure", _("Annonces à lire")


class TrustClass(models.TextChoices):
    """What lists show of a provider's index; without adhesion, nothing."""

    A = "A", _("Classe A")
    B = "B", _("Classe B")
    C = "C", _("Classe C")
    D = "D", _("Classe D")
    ENGAGED = "N", _("Engagé, pas encore noté")


class ContestStatus(models.TextChoices):
    """What became of a contest of the index."""

    OPEN = "open", _("En cours")
    GRANTED = "granted", _("Acceptée")
    REJECTED = "rejected", _("Rejetée")


class ReplyStatus(models.TextChoices):
    """Life of a public reply to an index."""

    WAITING = "waiting", _("À lire")
    PUBLISHED = "published", _("Publiée")
    REFUSED = "refused", _("Refusée")
    REPLACED = "replaced", _("Remplacée")


class ReviewStatus(models.TextChoices):
    """Life of a review: read before it is published, never changed after."""

    UNCONFIRMED = "unconfirmed", _("À confirmer par courriel")
    WAITING = "waiting", _("À lire")
    PUBLISHED = "published", _("Publié")
    REFUSED = "refused", _("Refusé")
    WITHDRAWN = "withdrawn", _("Retiré par son auteur")
    REMOVED = "removed", _("Retiré par le centre")
    ENDED = "ended", _("Arrivé à son terme")


class ReviewLevel(models.TextChoices):
    """How well a review is verified; the values are those of `directory.reviews.levels`."""

    V0 = "V0", _("Non vérifié")
    V1 = "V1", _("Entreprise vérifiée")
    V2 = "V2", _("Mission prouvée")
    V3 = "V3", _("Client interrogé par le centre")


class ReviewRefusal(models.TextChoices):
    """Why a review is not published: the whole list, which the policy page shows (R1.11)."""

    NOT_LIVED = "not_lived", _("L’expérience n’a pas été vécue par cette entreprise")
    OFF_TOPIC = "off_topic", _("Le texte ne parle pas d’une prestation de ce prestataire")
    PERSONAL_DATA = "personal_data", _("Le texte contient des données personnelles de tiers")
    UNLAWFUL = "unlawful", _("Le texte est injurieux, diffamatoire ou illicite")
    REWARDED = "rewarded", _("L’avis a été donné en échange d’un avantage")
    UNVERIFIED = "unverified", _("L’auteur ou son entreprise n’a pas pu être vérifié")
    DUPLICATE = "duplicate", _("Un avis sur la même mission est déjà publié")


class ReviewRemoval(models.TextChoices):
    """Why the centre takes a published review away; the values are those of the ledger."""

    UNPROVEN = "unproven", _("La mission n’a pas eu lieu, ou ne se prouve pas")
    LINKED_PARTY = "linked_party", _("L’auteur est lié au prestataire")
    FRAUD_THIRD_PARTY = "fraud_third_party", _("Faux avis, fait par un tiers")
    FRAUD_PROVIDER = "fraud_provider", _("Faux avis, fait ou commandé par le prestataire")


class MissionOrigin(models.TextChoices):
    """How the centre knows of a mission."""

    NEED = "need", _("Besoin réalisé")
    DECLARED = "declared", _("Déclarée par le prestataire")
    DRAWN = "drawn", _("Tirée au sort")


class ProofKind(models.TextChoices):
    """What proves a mission."""

    INVOICE = "invoice", _("Facture")
    CONTRACT = "contract", _("Contrat ou bon de commande")
    ACCEPTANCE = "acceptance", _("Procès-verbal de recette")


class ProofStatus(models.TextChoices):
    """What the centre made of a proof."""

    WAITING = "waiting", _("À contrôler")
    ACCEPTED = "accepted", _("Contrôlée")
    UNREADABLE = "unreadable", _("Illisible ou incomplète")
    REFUSED = "refused", _("Ne prouve pas la mission")


class BlockKind(models.TextChoices):
    """What keeps a review from counting; the values are those of the ledger (M3 to M6)."""

    LINKED_PARTY = "linked_party", _("Lien entre le client et le prestataire")
    RECIPROCITY = "reciprocity", _("Avis réciproques")
    RING = "ring", _("Avis en cercle")
    COMPETITOR = "competitor", _("Même métier, même territoire")
    PROOF_REFUSED = "proof_refused", _("Preuve refusée")


class BlockStatus(models.TextChoices):
    """What the centre made of a block."""

    OPEN = "open", _("À confirmer")
    CONFIRMED = "confirmed", _("Confirmé")
    LIFTED = "lifted", _("Levé")


class DoubtReason(models.TextChoices):
    """Why a provider doubts a review (R1.13)."""

    NOT_A_CLIENT = "not_a_client", _("L’auteur n’est pas un de nos clients")
    NO_MISSION = "no_mission", _("Nous n’avons pas fait ce travail, ou pas à cette date")
    COMPETITOR = "competitor", _("L’auteur est un concurrent, ou agit pour lui")
    OTHER_PROVIDER = "other_provider", _("L’avis parle d’un autre prestataire")
    REWARDED = "rewarded", _("L’avis a été donné en échange d’un avantage")


class DoubtStatus(models.TextChoices):
    """What became of a doubt."""

    OPEN = "open", _("À examiner")
    UPHELD = "upheld", _("Fondé")
    REJECTED = "rejected", _("Non fondé")


class CharterClause(models.TextChoices):
    """The seven commitments of the charter, in their order. Source: rules F1.02."""

    NEED = "need", _("Répondre au besoin")
    SCOPE = "scope", _("Dire ce qui est fait, et ce qui ne l’est pas")
    COSTS = "costs", _("Tenir le prix et les délais")
    ROLES = "roles", _("Dire qui fait quoi, et faire valider")
    MEANS = "means", _("Dire qui travaille, et avec quoi")
    LASTING = "lasting", _("Laisser le client libre de partir")
    RIGHTS = "rights", _("Dire à qui appartient ce qui est fait")


class AdhesionStatus(models.TextChoices):
    """Where an adhesion stands. Source: rules R1.02; `REFUSED` is how a check may end."""

    DRAFT = "draft", _("À signer")
    SIGNED = "signed", _("Signée, pièces à déposer")
    CHECK = "documentary_check", _("Pièces à vérifier")
    ACTIVE = "active", _("En vigueur")
    SUSPENDED = "suspended", _("Suspendue")
    WITHDRAWN = "withdrawn", _("Retirée")
    EXPIRED = "expired", _("Échue")
    RESIGNED = "resigned", _("Résiliée")
    REFUSED = "refused", _("Refusée")


class AdhesionEventKind(models.TextChoices):
    """What may happen to an adhesion: the transitions of directory.charter.states."""

    STARTED = "started", _("Commencée")
    SIGNED = "signed", _("Signée")
    SUBMITTED = "submitted", _("Pièces envoyées au centre")
    SENT_BACK = "sent_back", _("Pièces à compléter")
    ACTIVATED = "activated", _("Entrée en vigueur")
    REFUSED = "refused", _("Refusée")
    SUSPENDED = "suspended", _("Suspendue")
    RESUMED = "resumed", _("Suspension levée")
    RENEWED = "renewed", _("Renouvelée")
    WITHDRAWN = "withdrawn", _("Retirée par le comité")
    EXPIRED = "expired", _("Arrivée à son terme")
    CLOSED = "closed", _("Close : l’entreprise a cessé au registre")
    RESIGNED = "resigned", _("Résiliée par l’entreprise")


class PowerBasis(models.TextChoices):
    """Why a person may bind the company. Source: rules F1.04."""

    REPRESENTATIVE = "representative", _("Je suis son représentant légal")
    SOLE_TRADER = "sole_trader", _("Je suis entrepreneur individuel")
    DELEGATION = "delegation", _("J’ai reçu pouvoir de signer")


class EvidenceStatus(models.TextChoices):
    """What staff made of a document."""

    WAITING = "waiting", _("À vérifier")
    ACCEPTED = "accepted", _("Admise")
    REFUSED = "refused", _("Refusée")


class RecognitionStatus(models.TextChoices):
    """What the centre answered to a request of recognition."""

    WAITING = "waiting", _("En cours d’examen")
    CONFIRMED = "confirmed", _("Reconnue")
    REFUSED = "refused", _("Non reconnue")


class ComplaintKind(models.TextChoices):
    """What a complaint says. Source: rules F1.07."""

    BREACH = "breach", _("Un engagement n’a pas été tenu")
    PUBLICITY = "publicity", _("La charte n’est pas citée dans ses documents")


class ComplaintStatus(models.TextChoices):
    """Where a complaint stands. Source: rules R1.04, R1.05."""

    UNCONFIRMED = "unconfirmed", _("À confirmer par courriel")
    RECEIVED = "received", _("Reçue")
    ACKNOWLEDGED = "acknowledged", _("Accusée, à examiner")
    REPLY = "reply", _("Attend la réponse du prestataire")
    NO_REPLY = "no_reply", _("Sans réponse du prestataire")
    CONCILIATION = "conciliation", _("En conciliation")
    COMMITTEE = "committee", _("Devant le comité")
    DECIDED = "decided", _("Décidée, appel possible")
    APPEAL = "appeal", _("En appel")
    CLOSED = "closed", _("Décision définitive")
    CONCILIATED = "conciliated", _("Réglée à l’amiable")
    NOTICED = "noticed", _("Mise en demeure envoyée")
    INADMISSIBLE = "inadmissible", _("Irrecevable")
    WITHDRAWN = "withdrawn", pgettext_lazy("complaint", "Retirée")


class ComplaintEventKind(models.TextChoices):
    """What may happen to a complaint: the moves of directory.complaints.states."""

    FILED = "filed", _("Écrite")
    CONFIRMED = "confirmed", _("Confirmée par son auteur")
    ACKNOWLEDGED = "acknowledged", _("Accusé de réception")
    INADMISSIBLE = "inadmissible", _("Déclarée irrecevable")
    NOTICED = "noticed", _("Mise en demeure de citer la charte")
    ADMITTED = "admitted", _("Déclarée recevable, transmise au prestataire")
    REPLIED = "replied", _("Réponse du prestataire")
    NO_REPLY = "no_reply", _("Délai de réponse passé")
    CONCILIATED = "conciliated", _("Accord des parties")
    REFERRED = "referred", _("Saisine du comité")
    COURT = "court", _("Action en justice signalée")
    COURT_ENDED = "court_ended", _("Fin de l’action en justice")
    DECIDED = "decided", _("Décision du comité")
    APPEALED = "appealed", _("Appel")
    APPEAL_DECIDED = "appeal_decided", _("Décision d’appel")
    FINAL = "final", _("Délai d’appel passé")
    WITHDRAWN = "withdrawn", _("Retirée par son auteur")


class InadmissibleReason(models.TextChoices):
    """Why a complaint is outside the charter. Source: rules R1.04; the last two are ours."""

    CONSUMER = "consumer", _("Le client n’est pas un professionnel")
    LARGE = "large", _("Le client est une grande entreprise")
    OUTSIDE_TERM = "outside_term", _("Le contrat n’est pas daté d’une adhésion en vigueur")
    LOWEST_PRICE = "lowest_price", _("Le marché était attribué au seul prix le plus bas")
    NO_SUBJECT = "no_subject", _("Les faits ne touchent aucun engagement de la charte")
    KNOWN = "known", _("La même plainte a déjà été traitée")


class ClientKind(models.TextChoices):
    """Who complains. Source: rules F1.03."""

    COMPANY = "company", _("Une entreprise de moins de 250 salariés")
    INDEPENDENT = "independent", _("Un indépendant, un artisan, une profession libérale")
    AUTHORITY = "authority", _("Une collectivité, un établissement public")
    ASSOCIATION = "association", _("Une association, pour son activité")
    LARGE = "large", _("Une entreprise de 250 salariés ou plus")
    CONSUMER = "consumer", _("Un particulier, pour ses besoins privés")


class Severity(models.IntegerChoices):
    """How grave a breach is. Source: rules 1.5, line P."""

    MINOR = 1, _("1 : gêne sans dommage durable")
    SERIOUS = 2, _("2 : perte de temps ou d’argent")
    GRAVE = 3, _("3 : activité arrêtée, données perdues ou tromperie")


class ComplaintSide(models.TextChoices):
    """Whose words or files these are."""

    COMPLAINANT = "complainant", _("Le plaignant")
    PROVIDER = "provider", _("Le prestataire mis en cause")


class College(models.TextChoices):
    """The three colleges of the committee. Source: rules R1.06."""

    PROVIDERS = "providers", _("Prestataires")
    USERS = "users", _("Entreprises clientes")
    PUBLIC = "public", _("Organismes publics")


class CaseInstance(models.TextChoices):
    """Which of the two times the committee looks at it."""

    FIRST = "first", _("Première décision")
    APPEAL = "appeal", _("Appel")


class CaseStatus(models.TextChoices):
    """Where a case of the committee stands."""

    OPEN = "open", _("À entendre")
    VOTING = "voting", _("Vote ouvert")
    VOTED = "voted", _("Vote clos, décision à écrire")
    DECIDED = "decided", pgettext_lazy("case", "Décidée")
    ABANDONED = "abandoned", _("Sans objet")


class Measure(models.IntegerChoices):
    """What a member votes, the mildest first. Source: rules R1.07."""

    NONE = 0, _("Non fondée")
    PRIVATE_WARNING = 1, _("Avertissement non public")
    PUBLIC_WARNING = 2, _("Avertissement public")
    SUSPENSION = 3, _("Suspension de la charte")
    WITHDRAWAL = 4, _("Retrait de la charte")


class RecusalReason(models.TextChoices):
    """Why a member may not sit. Source: rules R1.06."""

    PARTY = "party", _("Son entreprise est partie à l’affaire")
    LINKED = "linked", _("Son entreprise est liée à l’une des parties")
    COMPETITOR = "competitor", _("En concurrence avec une partie sur un même besoin depuis 12 mois")
    DECLARED = "declared", _("S’est récusé")


class NeedStatus(models.TextChoices):
    """Life of a need (mechanics 3.4); `CLOSED` is the end without a provider."""

    DRAFT = "draft", _("En cours d’écriture")
    DEPOSITED = "deposited", _("Déposé, à confirmer par courriel")
    CONFIRMED = "confirmed", _("Confirmé, à qualifier")
    QUALIFIED = "qualified", _("Qualifié")
    PROPOSED = "proposed", _("Proposé à des prestataires")
    IN_CONTACT = "in_contact", _("En contact")
    QUOTED = "quoted", _("Devis reçu")
    CHOSEN = "chosen", _("Prestataire choisi")
    DONE = "done", _("Réalisé")
    REVIEWED = "reviewed", _("Avis donné")
    CLOSED = "closed", _("Sans suite")


class ProposalStatus(models.TextChoices):
    """What became of a need at one provider."""

    SENT = "sent", _("Attend sa réponse")
    ACCEPTED = "accepted", _("Accepté")
    QUOTED = "quoted", _("Devis remis")
    CHOSEN = "chosen", _("Choisi")
    REFUSED = "refused", _("Refusé")
    SILENT = "silent", _("Sans réponse")
    LOST = "lost", _("Non retenu")
    WITHDRAWN = "withdrawn", _("Retiré")


class RefusalReason(models.TextChoices):
    """Why a provider does not take a request."""

    BUSY = "busy", _("Pas de place dans mon planning")
    TRADE = "trade", _("Ce n’est pas mon métier")
    PLACE = "place", _("Trop loin")
    BUDGET = "budget", _("Le budget ne suffit pas")
    DEADLINE = "deadline", _("Le délai est trop court")
    UNCLEAR = "unclear", _("La demande n’est pas assez claire")
    OTHER = "other", _("Une autre raison")


class LossReason(models.TextChoices):
    """Why a company does not go on with a provider that accepted."""

    PRICE = "price", _("Le prix")
    DEADLINE = "deadline", _("Le délai")
    FIT = "fit", _("La solution ne convenait pas")
    NO_CALL = "no_call", _("Pas de nouvelles du prestataire")
    ANOTHER = "another", _("Un autre a été choisi")
    DROPPED = "dropped", _("Le projet est abandonné ou remis")
    NO_NEWS = "no_news", _("Pas de nouvelles de l’entreprise")


class ClosingReason(models.TextChoices):
    """Why a need ends without a provider."""

    NO_PROVIDER = "no_provider", _("Aucun prestataire disponible")
    ELSEWHERE = "elsewhere", _("Trouvé ailleurs")
    DROPPED = "dropped", _("Projet abandonné ou remis")
    OUT_OF_SCOPE = "out_of_scope", _("Hors du numérique, ou hors du territoire")
    NOT_SERIOUS = "not_serious", _("Demande en double ou fantaisiste")
    NO_NEWS = "no_news", _("Pas de nouvelles de l’entreprise")


class BudgetBand(models.TextChoices):
    """What a company can spend in all, without tax; the bounds are `BUDGET_BOUNDS`."""

    UNKNOWN = "unknown", _("Je ne sais pas encore")
    UNDER_1000 = "0-1000", _("Moins de 1 000 €")
    UNDER_5000 = "1000-5000", _("De 1 000 € à 5 000 €")
    UNDER_15000 = "5000-15000", _("De 5 000 € à 15 000 €")
    OVER_15000 = "15000+", _("Plus de 15 000 €")


BUDGET_BOUNDS: dict[str, tuple[int, int | None] | None] = {  # cents
    BudgetBand.UNKNOWN: None,
    BudgetBand.UNDER_1000: (0, 100_000),
    BudgetBand.UNDER_5000: (100_000, 500_000),
    BudgetBand.UNDER_15000: (500_000, 1_500_000),
    BudgetBand.OVER_15000: (1_500_000, None),
}


class NeedDeadline(models.TextChoices):
    """By when the work should be done."""

    SOON = "soon", _("Au plus vite")
    MONTH = "month", _("Dans le mois")
    QUARTER = "quarter", _("Dans les trois mois")
    LATER = "later", _("Rien ne presse")


class MessageSide(models.TextChoices):
    """Who wrote a message of a thread."""

    COMPANY = "company", _("L’entreprise")
    PROVIDER = "provider", _("Le prestataire")


class Usefulness(models.TextChoices):
    """What the contact was worth."""

    YES = "yes", _("Oui")
    PARTLY = "partly", _("En partie")
    NO = "no", _("Non")


class NeedOutcome(models.TextChoices):
    """Where a company stands ten days after the first contact."""

    CHOSEN = "chosen", _("Nous avons choisi un prestataire")
    TALKING = "talking", _("Nous discutons encore")
    ELSEWHERE = "elsewhere", _("Nous avons trouvé ailleurs")
    DROPPED = "dropped", _("Nous renonçons ou remettons à plus tard")


class LaterOutcome(models.TextChoices):
    """Where the work stands five months after."""

    DONE = "done", _("C’est fait")
    UNDER_WAY = "under_way", _("C’est en cours")
    DROPPED = "dropped", _("Cela ne se fera pas")


class QuoteStatus(models.TextChoices):
    """Life of a quote that covers the seven commitments."""

    DRAFT = "draft", _("Brouillon")
    SENT = "sent", _("Envoyé")
    ACCEPTED = "accepted", _("Accepté")
    DECLINED = "declined", _("Décliné")
    EXPIRED = "expired", _("Échu")
    REPLACED = "replaced", _("Remplacé")


class OneShotColour(models.TextChoices):
    """What nine answers on a contract come to: the colours of directory.oneshot.verdict."""

    GREEN = "green", _("Vert")
    ORANGE = "orange", _("Orange")
    RED = "red", _("Rouge")


class CallOutcome(models.TextChoices):
    """What became of a call that a company asked for."""

    REACHED = "reached", _("Joint, conseil donné")
    NO_ANSWER = "no_answer", _("Pas de réponse après trois essais")
    NOT_FOR_US = "not_for_us", _("Pas pour le centre")


class AdSide(models.TextChoices):
    """Which way an ad of the solidarity bridge goes."""

    OFFER = "offer", _("Offre")
    NEED = "need", _("Besoin")


class AdKind(models.TextChoices):
    """What is given or sought; what is counted is in `directory.bridge_wording`."""

    EQUIPMENT = "equipment", _("Matériel de réemploi")
    ROOM = "room", _("Salle")
    HOURS = "hours", _("Heures de bénévolat de compétences")


class AdStatus(models.TextChoices):
    """Life of an ad: nobody of the centre reads it before its own mailbox has confirmed it."""

    UNCONFIRMED = "unconfirmed", _("À confirmer par courriel")
    WAITING = "waiting", _("À valider par le centre")
    PUBLISHED = "published", _("En ligne")
    REFUSED = "refused", _("Refusée")
    CLOSED = "closed", _("Terminée")


class AdEnding(models.TextChoices):
    """How an ad ended."""

    GIVEN = "given", _("Donné")
    HELPED = "helped", _("Aide reçue")
    WITHDRAWN = "withdrawn", _("Retirée")
    EXPIRED = "expired", _("Échue")


class AssetKind(models.TextChoices):
    """What a company must hold to leave a provider (mechanics 2.6)."""

    DOMAIN = "domain", _("Titulaire du nom de domaine")
    REGISTRAR = "registrar", _("Bureau d’enregistrement du nom de domaine")
    HOSTING = "hosting", _("Hébergement")
    ADMINS = "admins", _("Comptes d’administration")
    BACKUPS = "backups", _("Sauvegardes")
    EXPORT = "export", _("Format d’export des données")
    LICENCE = "licence", _("Licence ou propriété du code source")


class AssetState(models.TextChoices):
    """Whether the company holds it."""

    UNKNOWN = "unknown", _("Je ne sais pas")
    MISSING = "missing", _("À obtenir")
    HELD = "held", _("En main")


class MemberKind(models.TextChoices):
    """What a member of a grappe is: two kinds at least make one (mechanics 1.11)."""

    FIRM = "firm", _("Entreprise")
    SCHOOL = "school", _("École ou laboratoire")
    ASSOCIATION = "association", _("Association")
    PUBLIC = "public", _("Organisme public")


class ClusterRole(models.TextChoices):
    """What a member does in a grappe, in a page’s order; an animator answers who asks to join."""

    ANIMATOR = "animator", _("Animateur")
    MEMBER = "member", _("Membre")
    PARTNER = "partner", _("Partenaire")


class ClusterMemberStatus(models.TextChoices):
    """Life of a membership: asked by the firm or offered by the centre, then in, then over."""

    INVITED = "invited", _("Invité")
    ASKED = "asked", _("Demande en attente")
    MEMBER = "member", _("Membre")
    REFUSED = "refused", _("Demande refusée")
    WITHDRAWN = "withdrawn", _("Sans suite")
    LEFT = "left", _("Parti")
    REMOVED = "removed", _("Retiré")


UNANSWERED_IN_CLUSTER = (ClusterMemberStatus.INVITED, ClusterMemberStatus.ASKED)
ALIVE_IN_CLUSTER = (*UNANSWERED_IN_CLUSTER, ClusterMemberStatus.MEMBER)


class PlaceKind(models.TextChoices):
    """What a place of the ecosystem is."""

    MEDIATION = "mediation", _("Lieu de médiation numérique")
    COWORKING = "coworking", _("Espace de travail partagé")
    FABLAB = "fablab", _("Atelier de fabrication (fablab)")
    TECHNOPOLE = "technopole", _("Technopôle ou pépinière")
    SCHOOL = "school", _("École ou formation")
    LAB = "lab", _("Laboratoire")
    ASSOCIATION = "association", _("Association")
    FRENCH_TECH = "french_tech", _("French Tech")


class PlaceChangeKind(models.TextChoices):
    """What an import did to a place."""

    NEW = "new", _("Ajouté")
    CHANGED = "changed", _("Modifié")
    WITHDRAWN = "withdrawn", _("Retiré")
    RETURNED = "returned", _("Revenu")
