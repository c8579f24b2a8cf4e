"""The closed lists of the outbox."""

from django.db.models import IntegerChoices, TextChoices
from django.utils.translation import gettext_lazy as _


class EmailStatus(TextChoices):
    """Where one message stands. Only QUEUED and SENDING are still on their way."""

    QUEUED = "queued", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SENT = "sent", _("envoyé")
    FAILED = "failed", _("en échec")
    CANCELLED = "cancelled", _("abandonné")
    CAPPED = "capped", _("retenu par le plafond")


class Stream(TextChoices):
    """Which sending domain and reputation a message uses (R3.09)."""

    TRANSACTIONAL = "transactional", _("message de service")
    LIST = "list", _("lettre et envois groupés")


class ListKind(TextChoices):
    """What a list sends, as the contact pressure counts it (mechanics 7.3)."""

    NEWSLETTER = "newsletter", _("informations")
    SURVEY = "survey", _("enquêtes")


class SubscriptionStatus(TextChoices):
    """Where one person stands with one list."""

    PENDING = "pending", _("à confirmer")
    CONFIRMED = "confirmed", _("inscrit")
    ENDED = "ended", _("désinscrit")


class Basis(TextChoices):
    """On what ground a list may write to a person (R2.01, R2.02)."""

    CONSENT = "consent", _("consentement")
    PROFESSION = "profession", _("relation professionnelle")
    GENERIC = "generic", _("adresse générique d’un organisme")


class ConsentAct(TextChoices):
    """What a line of the register of consents records (R2.04)."""

    REQUESTED = "requested", _("demande")
    CONFIRMED = "confirmed", _("confirmation")
    IMPORTED = "imported", _("import d’une liste existante")
    INFORMED = "informed", _("information sur l’origine de l’adresse")
    RENEWED = "renewed", _("souhait de rester inscrit")
    WITHDRAWN = "withdrawn", _("retrait")


class ActMethod(TextChoices):
    """By which way a person acted."""

    FORM = "form", _("formulaire")
    LINK = "link", _("lien d’un courriel")
    ONE_CLICK = "one_click", _("bouton du logiciel de courrier")
    MAIL = "mail", _("réponse par courriel")
    COMPLAINT = "complaint", _("signalement comme indésirable")
    STAFF = "staff", _("agent du centre")
    IMPORT = "import", _("import")
    RETENTION = "retention", _("fin de la durée de conservation")


class CampaignStatus(TextChoices):
    """Where a mailing stands."""

    DRAFT = "draft", _("brouillon")
    SCHEDULED = "scheduled", _("programmé")
    HELD = "held", _("retenu : l’heure est passée")
    SENDING = "sending", _("en cours d’envoi")
    PAUSED = "paused", _("en pause")
    SENT = "sent", _("envoyé")
    CANCELLED = "cancelled", _("annulé")


class Priority(IntegerChoices):
    """Whose message takes a person’s last place of the month; the smaller number goes first."""

    HIGH = 1, _("prioritaire")
    NORMAL = 2, _("ordinaire")
    LOW = 3, _("peut attendre")


class DeliveryState(TextChoices):
    """What became of one mailing for one person. WAITING and SENDING are not final."""

    WAITING = "waiting", _("en attente")
    SENDING = "sending", _("en cours d’envoi")
    SENT = "sent", _("remis au relais")
    REFUSED = "refused", _("refusé")
    UNKNOWN = "unknown", _("incertain")
    SKIPPED = "skipped", _("écarté")


class Skip(TextChoices):
    """Why a person of the audience is not written to."""

    UNSUBSCRIBED = "unsubscribed", _("s’est désinscrit")
    NO_GROUND = "no_ground", _("n’a pas consenti, et aucun thème de l’envoi ne touche son métier")
    SUPPRESSED = "suppressed", _("adresse bloquée")
    PRESSURE = "pressure", _("a déjà reçu assez de messages")
    RESERVED = "reserved", _("sa place du mois est gardée pour un envoi prioritaire")
    NO_EDITION = "no_edition", _("pas de version dans sa langue")
    CANCELLED = "cancelled", _("envoi annulé")


# What became of one mailing for one person, once it is settled: the reason of a skip included.
OUTCOMES = [
    (state.value, state.label)
    for state in (DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.UNKNOWN)
] + Skip.choices


class Doubts(TextChoices):
    """What becomes of the messages of which nobody knows whether they left (lessons 1.6)."""

    OPEN = "", _("à décider")
    CLOSED = "closed", _("ne pas renvoyer")
    AGAIN = "again", _("renvoyer au risque d’un double")


class IncidentKind(TextChoices):
    """What a message that came back says (R3.06 to R3.08)."""

    HARD = "hard", _("adresse qui n’existe pas")
    SOFT = "soft", _("échec passager")
    POLICY = "policy", _("refus du serveur (réputation, taille)")
    COMPLAINT = "complaint", _("signalé comme indésirable")
    DELAYED = "delayed", _("remise retardée")
    AUTO_REPLY = "auto_reply", _("réponse automatique")
    UNSUBSCRIBE = "unsubscribe", _("demande de désinscription par courriel")
    UNREADABLE = "unreadable", _("à lire par une personne")


class IncidentSource(TextChoices):
    """Where it was learnt."""

    SMTP = "smtp", _("réponse du serveur")
    MAILBOX = "mailbox", _("boîte des retours")
    WEBHOOK = "webhook", _("prestataire d’envoi")


class SuppressionReason(TextChoices):
    """Why an address is not written to."""

    HARD = "hard", _("adresse qui n’existe pas")
    SOFT = "soft", _("échecs répétés")
    COMPLAINT = "complaint", _("signalement comme indésirable")
    OBJECTION = "objection", _("opposition de la personne")
    STAFF = "staff", _("décision du centre")
