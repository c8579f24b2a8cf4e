"""What servers and mail programs say in words, when no code of R3.07 decides.

Each line: the name of the rule, then a pattern, searched in text folded by `fold` (small letters,
no accents, one space). The first that matches wins, so the cautious kinds come first.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from emn.mailings.returns.verdicts import Kind

_QUOTES = str.maketrans("’‘`´", "''''")


def fold(text: str) -> str:
    """Return the text in small letters, without accents, on one line."""
    plain = unicodedata.normalize("NFKD", text.translate(_QUOTES))
    return " ".join(
        "".join(sign for sign in plain if not unicodedata.combining(sign)).split()
    ).lower()


# --- What a server says of a message that it could not deliver ---

FAILURES: Final[Sequence[tuple[Kind, str, str]]] = (
    # It is still trying (English, French, German).
    (
        Kind.DELAYED,
        "delayed:en",
        (
            r"(still undelivered|not been delivered (yet|after)|not yet been delivered"
            r"|will (keep|continue) (trying|to (re)?try|to attempt)|attempts will continue"
            r"|temporarily delayed|delivery (to the following recipients )?has been delayed"
            r"|you do not need to resend|no action is required on your part)"
        ),
    ),
    (
        Kind.DELAYED,
        "delayed:fr",
        (
            r"(n'a pas encore (ete|pu etre) (remis|delivre|distribue)|remise (est )?(retardee"
            r"|differee)|nouvelles? tentatives? (de remise )?(sera|seront|auront))"
        ),
    ),
    (
        Kind.DELAYED,
        "delayed:de",
        (
            r"(noch nicht zugestellt|zustellung (ist )?verzogert|weitere zustellversuche"
            r"|weiterhin versucht)"
        ),
    ),
    # The mailbox is full.
    (
        Kind.SOFT,
        "full:en",
        (
            r"(mailbox|inbox|account|user|recipient|storage)\W{1,5}(\w{1,30}\W{1,5}){0,4}(full"
            r"|over ?quota|out of storage|exceeded (\w+ )?(quota|limit))|over (\w+ )?quota"
            r"|overquota|quota (exceeded|violation)"
            r"|(exceed(s|ed|ing)?|reached) (\w+ ){0,4}(quota|storage)|out of storage space"
            r"|insufficient (system |disk )?(storage|space)|(space|room) (is )?not enough"
        ),
    ),
    (
        Kind.SOFT,
        "full:fr",
        (
            r"(boite|messagerie|bal)\W{1,5}(\w{1,30}\W{1,5}){0,5}(pleine|saturee)"
            r"|quota (\w+ ){0,4}(depasse|atteint)|espace (\w+ ){0,4}(depasse|insuffisant)"
        ),
    ),
    (
        Kind.SOFT,
        "full:de",
        (
            r"(postfach|mailbox|speicher(platz)?)\W{1,5}(\w{1,30}\W{1,5}){0,5}(voll|uberschritten"
            r"|erschopft|uberfullt)"
        ),
    ),
    # Policy: reputation, content, size, authentication.
    (
        Kind.POLICY,
        "policy:sender",
        r"(not accept(ing)?|(does not|doesn't) accept) (any )?(e-?mail|mail|messages) from",
    ),
    (
        Kind.POLICY,
        "policy:list",
        (
            r"(blacklist|blocklist|block list|spamhaus|spamcop|barracuda|dnsbl|rbl\b|cloudmark"
            r"|(is|are|currently) listed (in|at|by|on) )"
        ),
    ),
    (
        Kind.POLICY,
        "policy:reputation",
        (
            r"(poor reputation|low reputation|ofr[_ ]?506|ofr[_ ]?102|lpn\d"
            r"|service refuse\. veuillez essayer|\[ts\d\d\]|sender (address )?rejected"
            r"|banned sending ip|client host (\S{1,80} )?(rejected|blocked))"
        ),
    ),
    (
        Kind.POLICY,
        "policy:authentication",
        (
            r"(dmarc|\bspf\b|\bdkim\b|unauthenticated (email|mail)|not authorized to send"
            r"|relay(ing)? (access )?denied|unable to relay|authentication required)"
        ),
    ),
    (
        Kind.POLICY,
        "policy:content",
        (
            r"(spam|unsolicited|bulk mail|virus(?!wall)|malware|content (was )?(rejected|blocked)"
            r"|message (was )?(rejected|blocked|refused) (due to|because of|for"
            r"|by) (\w+ ){0,3}(policy|content|security)|policy (reasons|violation|rejection)"
            r"|attachment (type )?(is )?(not allowed|blocked)|courrier indesirable|unerwunschte)"
        ),
    ),
    (
        Kind.POLICY,
        "policy:size",
        (
            r"(message (size |is |file )?(too (big|large)|exceeds)|size limit"
            r"|exceed(s|ed) (the )?(max(imum)? (?!delivery|number)|fixed|size)"
            r"|message trop (volumineux|gros|long)|nachricht (ist )?zu gross)"
        ),
    ),
    # The network or the server, not the mailbox.
    (
        Kind.SOFT,
        "server:dns",
        (
            r"(host (or domain name )?not found|unknown host|host unknown|could not find a gateway"
            r"|name service error|no mx"
            r"|domain (name )?(does not exist|not found)|couldn't find any host"
            r"|unrouteable (mail )?domain|all relevant mx records point to non-existent"
            r"|domaine (inconnu|introuvable)|nxdomain)"
        ),
    ),
    (
        Kind.SOFT,
        "server:unreachable",
        (
            r"(connection (timed out|refused|reset|dropped)|timed out|time-?out|no route to host"
            r"|network is unreachable|could not connect|server (is )?(not responding|unavailable"
            r"|busy)|lost connection|retry time(out)? (not reached|exceeded)|delivery time expired"
            r"|(is|was) not reachable|not been collected|maximum delivery attempts|envelope expired"
            r"|delivery failed \d{1,3} attempts|too long in (the )?queue"
            r"|i'm not going to try again)"
        ),
    ),
    (
        Kind.SOFT,
        "server:later",
        (
            r"(greylist|graylist|try again later|temporar(y|ily)|too many (connections|messages"
            r"|recipients)|rate limit|reessayez|ulterieurement|spater (erneut|noch einmal)"
            r"|mail loop|message loop|too many hops|command died|(internal|system"
            r"|configuration) error)"
        ),
    ),
    # The mailbox does not exist.
    (
        Kind.HARD,
        "unknown:en",
        (
            r"(user|mailbox|recipient|account|address|alias)s?\W{1,5}(\S{1,80} ){0,4}(unknown"
            r"|not (found|known|recogni[sz]ed)|not (be )?listed|invalid|does(n't| not) exist"
            r"|not exist|no longer (exists?"
            r"|valid|available|in use|active)|disabled|deactivated|closed|inactive|suspended)"
        ),
    ),
    (
        Kind.HARD,
        "unknown:en-verb",
        (
            r"(unknown|invalid|non-?existent|no such|inactive|bad|nonexistent) (local )?(user"
            r"|mailbox"
            r"|recipient|account|address|destination (mailbox )?address|addressee|virtual user)"
            r"|not a valid (user|recipient|mailbox|address)|invalid (final )?(delivery )?user ?id"
            r"|no matches to nameserver query|not have a final e?-?mail delivery point"
            r"|did not (exactly )?match an? (\S{1,80} )?(e-?mail )?address"
            r"|no (such user|mailbox (here )?by that name|such person)|does(n't"
            r"| not) have an? (\S{1,80} )?(\S{1,80} )?account|(user|account"
            r"|mailbox) (is )?(unavailable and )?(unknown|disabled|deleted)"
            r"|email account that you tried to reach (does not exist|is disabled|is inactive)"
            r"|address couldn't be found|couldn't be found at|wasn't found at|unrouteable address"
            r"|recipientnotfound|not our customer|mailbox unavailable"
        ),
    ),
    (
        Kind.HARD,
        "unknown:fr",
        (
            r"(adresse|destinataire|utilisateur|compte|boite)s?\W{1,5}(\S{1,80} ){0,5}(inconnue?s?"
            r"|invalides?|inexistante?s?|introuvables?|n'existe(nt)? (pas|plus)|desactivee?s?|ferme"
            r"|supprimee?s?|inactive?s?|incorrecte?s?)|n'a pas ete trouvee? (a|chez|sur|dans)"
            r"|adresse d'?\s?au moins un destinataire invalide|ofr[_ ]?416|est introuvable"
        ),
    ),
    (
        Kind.HARD,
        "unknown:de",
        (
            r"(benutzer|empfanger|postfach|adresse|konto|mailadresse"
            r"|teilnehmer)\S{0,80}\W{1,5}(\S{1,80} ){0,5}(unbekannt|existiert nicht|nicht (gefunden"
            r"|vorhanden|bekannt)|ungultig|gesperrt|deaktiviert|geloscht|inaktiv)"
            r"|unbekannter? (benutzer|empfanger)|wurde (\S{1,80} ){0,3}nicht gefunden"
            r"|kein (solches )?postfach"
        ),
    ),
)

# --- Whether a message without any standard part is a notice of a server ---

NOTICE_SENDERS: Final = re.compile(
    r"<>|(^|[<\s\"])(mailer[- ]daemon|post_?master|jetmail|mail-daemon|maildaemon|mdaemon"
    r"|bounces?|mailsystem|mmdf|"
    r"microsoftexchange[0-9a-f]+)(?=@|\W|$)|mail delivery (sub)?system"
)
NOTICE_SUBJECTS: Final = re.compile(
    r"undeliver(able|ed)|non-?delivery|mail error\b|message not delivered|automatically rejected|"
    r"delivery problem|processing error|not (yet )?been delivered|mail delivery (failed|failure"
    r"|system|status)|failure notice|failed mail|"
    r"returned mail|delivery (status )?(notification|failure|has failed|error)|delivery failed|"
    r"mail (non|not) delivered|non[- ]?(remis|delivre|distribu)|echec de (la )?(remise|"
    r"distribution|livraison)|message non distribuable|notification (d'etat )?de remise"
    r"|avis de non[- ]|"
    r"unzustellbar|nicht zugestellt|zustellung (\w+ )?(fehlgeschlagen|gescheitert)|fehlerhafte "
    r"zustellung|rucklaufer|undelivery|nondeliverable|could not be delivered"
)
# Below one of these lines stands the message that was sent: its words are ours, not the server's.
COPY_BELOW: Final = re.compile(
    r"(?im)^(-{2,} ?(below this line is a copy|this is a copy of|original message|forwarded "
    r"message|the header of the original|returned message|unsent message below|message d.origine|"
    r"urspr.ngliche nachricht|message header|nachfolgend|en-t.tes)|original message (headers )?"
    r"follow|"
    r"-{3,} ?(original message|message original)|message-id: ?<|received: ?(from|by|\()"
    r"|return-path: ?<).*"
)

# --- What is no failure ---

AUTO_REPLY_SUBJECTS: Final = re.compile(
    r"^(re: ?|tr: ?|aw: ?)*(\W*)(automatic reply|auto(matic|mated)? ?-?re(ply|sponse)|autoreply|"
    r"out of (the )?office|ooo\b|away from|on (annual )?leave|vacation|i am (currently )?away|"
    r"reponse automatique|absence( du bureau)?\b|absent|message d'absence|en conges?\b|"
    r"je suis absent|hors du bureau|accuse de reception|"
    r"abwesen|automatische antwort|autom\. antwort|nicht im (buro|haus)|urlaub|eingangsbestatigung|"
    r"risposta automatica|respuesta automatica|automatisch antwoord)|"
    r"(out of office|absence du bureau|abwesenheits(notiz|nachricht|mitteilung))"
)
_AWAY = (
    "afwezig", "automatisch bericht",  # Dutch
    "resposta automática", "fora do escritório", "ausência",  # Portuguese
    "fuera de la oficina", "autorrespuesta", "ausencia",  # Spanish
    "fuori sede", "assenza", "assente",  # Italian
    "odpowiedź automatyczna", "automatyczna odpowiedź", "nieobecność", "poza biurem",  # Polish
    "automatická odpověď", "mimo kancelář",  # Czech, Slovak
    "automatikus válasz", "házon kívül",  # Hungarian
    "răspuns automat", "în concediu",  # Romanian
    "automatiskt svar", "frånvaro", "automatisk svar", "fravær", "autosvar",  # Scandinavian
    "automaattinen vastaus", "poissa",  # Finnish
    "otomatik yanıt", "ofis dışında",  # Turkish
    "автоответ", "автоматический ответ", "отсутствие на рабочем месте",  # Russian
    "автоматична відповідь", "автоматичен отговор",  # Ukrainian, Bulgarian
    "αυτόματη απάντηση", "εκτός γραφείου",  # Greek
    "自動応答", "自動返信", "不在", "自动回复", "自動回覆", "外出",  # Japanese, Chinese
    "자동 회신", "자동 응답", "부재중",  # Korean
    "رد تلقائي", "תשובה אוטומטית",  # Arabic, Hebrew
    "automatesch äntwert",  # Luxembourgish
)  # fmt: skip
AWAY_SUBJECTS: Final = re.compile(
    r"^(\w{1,5} ?: ?)*\W*(" + "|".join(re.escape(fold(words)) for words in _AWAY) + ")"
)
RECEIPT_SUBJECTS: Final = re.compile(
    r"^(read|lu|gelesen|not read|non lu)\s?:|read receipt|accuse de lecture|lesebestatigung"
)
CHALLENGES: Final = re.compile(
    r"(confirm|verify) (\w+ ){0,4}(your (message|email)|that you are (a )?human|you sent)|"
    r"spam ?arrest|boxbe|tmda|mailinblack|challenge[ -]response|sender verification|"
    r"(authentifier|valider) votre (adresse|message|email)|demande d'authentification|"
    r"you must (confirm|authenticate)"
)
UNSUBSCRIBE_SUBJECTS: Final = re.compile(
    r"^(re: ?|aw: ?|tr: ?)*\W*(unsubscribe|desinscription|desinscrire|me desinscrire|desabonn\w*|"
    r"me desabonner|stop|remove( me)?|abmeld\w+|abbestell\w+|austragen)\b(?! press)"
)
