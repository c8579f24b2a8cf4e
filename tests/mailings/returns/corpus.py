"""Three hundred messages as servers and people write them: the index of what each must be read as.

Written after the formats of each server, with invented addresses; no message of a person is here.
`CASES` is the index: name → (message, kind, code).
"""

import base64
import quopri

TOKEN = "a2" * 16
LIST_TOKEN = "b3" * 16
WHO = "camille@firm.example"
ENVELOPE = f"retour+{TOKEN}@retours.emn.example"
SENT_HEAD = f"""Return-Path: <{ENVELOPE}>
Message-ID: <{TOKEN}@lettre.emn.example>
From: EMN <lettre@emn.example>
To: {WHO}
List-Unsubscribe: <https://emn.example/u>, <mailto:stop+{LIST_TOKEN}@retours.emn.example>
Subject: La lettre de novembre"""
SENT = f"{SENT_HEAD}\n\nVotre boîte est pleine ? Adresse inconnue ? Spam ? Désinscription.\n"

# What servers say: (name, enhanced code or "", words, kind that a person would give).
SAID = [
    (
        "postfix-local",
        "5.1.1",
        "550 5.1.1 <{who}>: Recipient address rejected: User unknown in local recipient table",
        "hard",
    ),
    (
        "postfix-virtual",
        "5.1.1",
        "550 5.1.1 <{who}>: Recipient address rejected: User unknown in virtual mailbox table",
        "hard",
    ),
    (
        "gmail-unknown",
        "5.1.1",
        "550-5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address",
        "hard",
    ),
    (
        "gmail-inactive",
        "5.2.1",
        "550 5.2.1 The email account that you tried to reach is inactive. DisabledUser",
        "hard",
    ),
    (
        "exchange-notfound",
        "5.1.10",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {who} not found by SMTP address lookup",
        "hard",
    ),
    ("bad-domain", "5.1.2", "550 5.1.2 Bad destination system address", "hard"),
    ("bad-syntax", "5.1.3", "501 5.1.3 Bad recipient address syntax", "hard"),
    ("moved", "5.1.6", "551 5.1.6 Destination mailbox has moved, no forwarding address", "hard"),
    (
        "orange-416",
        "5.1.1",
        "550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
        "hard",
    ),
    (
        "free-unknown",
        "5.1.1",
        "550 5.1.1 <{who}>: Recipient address rejected: User unknown in relay recipient table",
        "hard",
    ),
    (
        "gmail-full",
        "5.2.2",
        "552-5.2.2 The email account that you tried to reach is over quota",
        "soft",
    ),
    ("laposte-full", "5.2.2", "552 5.2.2 Boite aux lettres pleine / Mailbox full", "soft"),
    (
        "temporary",
        "4.2.1",
        "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
        "soft",
    ),
    ("timeout", "4.4.1", "connect to mx.firm.example[192.0.2.1]:25: Connection timed out", "soft"),
    ("expired", "4.4.7", "550 4.4.7 QUEUE.Expired; message expired", "soft"),
    (
        "greylist",
        "4.7.1",
        "450 4.7.1 <{who}>: Recipient address rejected: Greylisted, see http://postgrey.example/",
        "soft",
    ),
    (
        "spamhaus",
        "5.7.1",
        "554 5.7.1 Service unavailable; Client host [192.0.2.9] blocked using zen.spamhaus.example",
        "policy",
    ),
    ("orange-506", "5.7.1", "550 5.7.1 Mail rejete. Mail rejected. OFR_506 [506]", "policy"),
    (
        "gmail-auth",
        "5.7.26",
        "550-5.7.26 This mail has been blocked because the sender is unauthenticated",
        "policy",
    ),
    (
        "office-block",
        "5.7.606",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.9]",
        "policy",
    ),
    ("size", "5.3.4", "552 5.3.4 Message size exceeds fixed limit", "policy"),
    (
        "yahoo-nouser",
        "5.0.0",
        "554 delivery error: dd This user doesn't have a yahoo.example account (camille) [0] - mta1",
        "hard",
    ),
    ("generic-unknown", "5.0.0", "550 unknown user <{who}>", "hard"),
    (
        "gmx-de",
        "5.0.0",
        "550 Requested action not taken: Postfach ist nicht vorhanden / mailbox unavailable",
        "hard",
    ),
    ("tonline-de", "5.0.0", "550 Benutzer unbekannt", "hard"),
    ("sfr-fr", "5.0.0", "550 Adresse inconnue : ce compte n'existe pas", "hard"),
    ("generic-full", "5.0.0", "552 mailbox full", "soft"),
    ("generic-spam", "5.0.0", "554 Message rejected as spam by content scanning", "policy"),
    (
        "office-dbeb",
        "5.4.1",
        "550 5.4.1 [{who}]: Recipient address rejected: Access denied",
        "soft",
    ),
    ("no-words", "5.0.0", "554 transaction failed", "unreadable"),
]


def mixed(
    *parts,
    kind="multipart/report; report-type=delivery-status",
    head="",
    subject="Undelivered Mail Returned to Sender",
    sender="MAILER-DAEMON@mx.firm.example (Mail Delivery System)",
    to=ENVELOPE,
):
    body = "".join(f"--=_b\n{part}\n" for part in parts)
    return f'Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n{head}MIME-Version: 1.0\nContent-Type: {kind}; boundary="=_b"\n\n{body}--=_b--\n'


def plain(
    text,
    *,
    subject="failure notice",
    sender="MAILER-DAEMON@mx.firm.example",
    head="",
    to=ENVELOPE,
    charset="utf-8",
):
    return f"Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n{head}Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: 8bit\n\n{text}\n"


def status(code, words, action="failed", *, first="Reporting-MTA: dns; mx.firm.example"):
    return f"{first}\n\nFinal-Recipient: rfc822; {WHO}\nAction: {action}\nStatus: {code}\nDiagnostic-Code: smtp; {words}\n"


COPY = f"Content-Type: message/rfc822\n\n{SENT}"
HEADERS = f"Content-Type: text/rfc822-headers\n\n{SENT_HEAD}\n"


def postfix(code, words):
    return mixed(
        f"Content-Type: text/plain\n\nThis is the mail system at host mx.firm.example.\n\nI'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n<{WHO}>: {words}\n",
        f"Content-Type: message/delivery-status\n\n{status(code, words)}",
        COPY,
        head="Auto-Submitted: auto-replied\n",
    )


def sendmail(code, words):
    return mixed(
        f"\n\n   ----- The following addresses had permanent fatal errors -----\n<{WHO}>\n\n   ----- Transcript of session follows -----\n>>> RCPT To:<{WHO}>\n<<< {words}\n",
        f"Content-Type: message/delivery-status\n\n{status(code, words)}",
        HEADERS,
        subject="Returned mail: see transcript for details",
        sender="Mail Delivery Subsystem <MAILER-DAEMON@mx.firm.example>",
        head="Auto-Submitted: auto-generated (failure)\n",
    )


def exim(code, words):
    return mixed(
        f"Content-Type: text/plain; charset=us-ascii\n\nThis message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n  {WHO}\n    SMTP error from remote mail server after RCPT TO:<{WHO}>:\n    {words}\n",
        f"Content-Type: message/delivery-status\n\n{status(code, words)}",
        COPY,
        subject="Mail delivery failed: returning message to sender",
        head=f"X-Failed-Recipients: {WHO}\nAuto-Submitted: auto-replied\n",
    )


def office(code, words):
    encoded = base64.encodebytes(status(code, words).encode()).decode()
    return mixed(
        f'Content-Type: text/html; charset="iso-8859-1"\nContent-Transfer-Encoding: quoted-printable\n\n<html><head><style>p {{ color: red }}</style></head><body><p>Votre message n=92a pas pu =EAtre remis.</p><p>{words}</p></body></html>\n',
        f"Content-Type: message/delivery-status\nContent-Transfer-Encoding: base64\n\n{encoded}",
        COPY,
        subject="=?utf-8?Q?Non_remis_=3A_La_lettre_de_novembre?=",
        sender="Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@firm.example>",
        head="Auto-Submitted: auto-replied\nX-MS-Exchange-Message-Is-Ndr:\n",
    )


def gmail(code, words):
    return mixed(
        f'Content-Type: multipart/related; boundary="in"\n\n--in\nContent-Type: multipart/alternative; boundary="alt"\n\n--alt\nContent-Type: text/plain; charset="UTF-8"\n\n** Message not delivered **\n\nThe response from the remote server was:\n{words}\n--alt--\n--in--\n',
        f"Content-Type: message/delivery-status\n\n{status(code, words)}",
        COPY,
        subject="Delivery Status Notification (Failure)",
        sender="Mail Delivery Subsystem <mailer-daemon@googlemail.example>",
        head=f"X-Failed-Recipients: {WHO}\nAuto-Submitted: auto-replied\n",
    )


def qmail(code, words):
    said = f" (#{code})" if code != "5.0.0" else ""
    return plain(
        f"Hi. This is the qmail-send program at mx.firm.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n<{WHO}>:\n192.0.2.4 does not like recipient.\nRemote host said: {words}{said}\nGiving up on 192.0.2.4.\n\n--- Below this line is a copy of the message.\n\n{SENT}"
    )


def exim_old(_code, words):
    return plain(
        f"This message was created automatically by mail delivery software (Exim).\n\nThe following address(es) failed:\n\n  {WHO}\n    SMTP error from remote mailer after RCPT TO:<{WHO}>:\n    host mx.firm.example [192.0.2.4]: {words}\n\n------ This is a copy of the message, including all the headers. ------\n\n{SENT}",
        subject="Mail delivery failed: returning message to sender",
        head=f"X-Failed-Recipients: {WHO}\nAuto-Submitted: auto-replied\n",
    )


FORMATS = [postfix, sendmail, exim, office, gmail, qmail, exim_old]
CASES = {}
for name, code, words, kind in SAID:
    said = words.format(who=WHO)
    for make in FORMATS:
        CASES[f"{make.__name__}/{name}"] = (make(code, said), kind)


def case(name, message, kind):
    assert name not in CASES
    CASES[name] = (message, kind)


def dsn(*statuses, text="", **values):
    return mixed(
        f"Content-Type: text/plain\n\n{text}\n",
        "Content-Type: message/delivery-status\n\n" + "\n".join(statuses),
        COPY,
        **values,
    )


HARD = "550 5.1.1 User unknown"
case(
    "dsn/delayed",
    dsn(status("4.4.1", "timed out", "delayed"), subject="Delayed Mail (still being retried)"),
    "delayed",
)
case("dsn/delayed-with-a-hard-code", dsn(status("5.1.1", HARD, "delayed")), "delayed")
for action in ("delivered", "relayed", "expanded"):
    case(f"dsn/{action}", dsn(status("2.0.0", "250 ok", action)), "auto_reply")
case("dsn/two-dead", dsn(status("5.1.1", HARD), status("5.1.1", HARD)), "hard")
case(
    "dsn/one-dead-one-delivered",
    dsn(status("5.1.1", HARD), status("2.0.0", "250", "delivered")),
    "auto_reply",
)
case("dsn/one-dead-one-full", dsn(status("5.1.1", HARD), status("5.2.2", "552 full")), "soft")
case("dsn/upper-case", dsn(status("5.1.1", HARD, "FAILED").replace("Status", "STATUS")), "hard")
case("dsn/action-with-comment", dsn(status("5.1.1", HARD, "failed (bounced)")), "hard")
case("dsn/status-with-words", dsn(status("5.1.1 (bad destination mailbox address)", HARD)), "hard")
case(
    "dsn/folded",
    dsn(
        status(
            "5.0.0", "550-5.1.1 The email account\n    that you tried to reach\n    does not exist"
        )
    ),
    "hard",
)
case("dsn/no-action", dsn(status("5.1.1", HARD).replace("Action: failed\n", "")), "hard")
case("dsn/crlf", postfix("5.1.1", HARD).replace("\n", "\r\n"), "hard")
case("dsn/truncated-after-status", postfix("5.1.1", HARD).partition("Diagnostic-Code")[0], "hard")
case("dsn/boundary-never-declared", postfix("5.1.1", HARD).replace('; boundary="=_b"', ""), "hard")
case(
    "dsn/boundary-never-met",
    postfix("5.1.1", HARD).replace('boundary="=_b"', 'boundary="=_c"'),
    "hard",
)
case(
    "dsn/odd-charset",
    postfix("5.1.1", HARD).replace("text/plain", 'text/plain; charset="x-unknown-8bit"'),
    "hard",
)
case(
    "dsn/mixed-instead-of-report",
    postfix("5.1.1", HARD).replace(
        "multipart/report; report-type=delivery-status", "multipart/mixed"
    ),
    "hard",
)
case(
    "dsn/forwarded",
    f'From: it@firm.example\nTo: {ENVELOPE}\nSubject: Fwd: problem\nContent-Type: multipart/mixed; boundary="f"\n\n--f\nContent-Type: text/plain\n\nVoir ci-joint.\n--f\nContent-Type: message/rfc822\n\n{postfix("5.1.1", HARD)}\n--f--\n',
    "hard",
)
case(
    "dsn/global",
    postfix("5.1.1", HARD).replace("message/delivery-status", "message/global-delivery-status"),
    "hard",
)
case(
    "dsn/quoted-printable-words",
    mixed(
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        + quopri.encodestring("L’adresse n’existe pas.".encode()).decode()
        + "\n",
        HEADERS,
    ),
    "hard",
)
case(
    "dsn/no-status-no-words",
    dsn("Final-Recipient: rfc822; x@firm.example\nAction: failed\n"),
    "unreadable",
)
for name, text, kind in [
    (
        "laposte",
        "Votre message n'a pas pu être remis : la boîte aux lettres du destinataire est pleine.",
        "soft",
    ),
    ("ovh", "Le message n'a pu être livré. L'utilisateur camille est inconnu.", "hard"),
    ("infomaniak", "Le destinataire <camille@firm.example> n'existe pas sur ce serveur.", "hard"),
    ("free", "Ce compte a été désactivé.", "hard"),
    ("sfr", "Service refusé. Veuillez essayer plus tard.", "policy"),
    ("webde", "Der Empfänger <camille@firm.example> ist hier unbekannt.", "hard"),
    ("gmx", "Das Postfach des Empfängers ist voll.", "soft"),
    ("tonline", "Die Nachricht konnte nicht zugestellt werden. Konto deaktiviert.", "hard"),
    (
        "delay-en",
        "This is a warning message only. YOU DO NOT NEED TO RESEND YOUR MESSAGE.",
        "delayed",
    ),
    (
        "delay-fr",
        "Votre message n’a pas encore été remis. De nouvelles tentatives seront faites.",
        "delayed",
    ),
    ("delay-de", "Ihre Nachricht wurde noch nicht zugestellt.", "delayed"),
    ("courier", "UNDELIVERABLE MAIL\n<camille@firm.example>:\n 550 User unknown.", "hard"),
    ("domino", "User camille (camille@firm.example) not listed in Domino Directory", "hard"),
    (
        "groupwise",
        "The message that you sent was undeliverable to the following: camille (user not found)",
        "hard",
    ),
    ("mailenable", "The following recipient(s) could not be reached: mailbox disabled", "hard"),
    ("dns", "Host or domain name not found. Name service error for name=firm.example", "soft"),
    ("loop", "554 mail loop: too many hops", "soft"),
    ("relay", "550 relaying denied", "policy"),
    ("nothing", "Your message was not delivered.", "unreadable"),
    ("blank", "", "unreadable"),
]:
    case(f"words/{name}", plain(text, subject="Delivery failure"), kind)
case("words/latin-1", plain("La boîte est pleine", charset="iso-8859-1"), "soft")
case("words/unknown-charset", plain("Adresse inconnue", charset="x-none"), "hard")


def feedback(kind, text=COPY, rcpt=""):
    return mixed(
        "Content-Type: text/plain\n\nThis is an email abuse report.\n",
        f"Content-Type: message/feedback-report\n\nFeedback-Type: {kind}\nUser-Agent: Loop/1.0\nVersion: 1\n{rcpt}",
        text,
        kind="multipart/report; report-type=feedback-report",
        sender="feedback@loop.example",
        subject="complaint",
    )


case("arf/abuse", feedback("abuse"), "complaint")
case("arf/abuse-upper-case", feedback("Abuse"), "complaint")
case("arf/yahoo-headers-only", feedback("abuse", HEADERS), "complaint")
case("arf/with-recipient", feedback("abuse", rcpt=f"Original-Rcpt-To: <{WHO}>\n"), "complaint")
case("arf/opt-out", feedback("opt-out"), "unsubscribe")
case("arf/not-spam", feedback("not-spam"), "auto_reply")
case("arf/auth-failure", feedback("auth-failure"), "policy")
case("arf/fraud", feedback("fraud"), "unreadable")
case("arf/unheard-of", feedback("dislike"), "unreadable")


def reply(
    subject, *, head="", text="Je reviens lundi. Adresse inconnue ? Boîte pleine ?", to=ENVELOPE
):
    return f"From: Camille <{WHO}>\nTo: {to}\nSubject: {subject}\nIn-Reply-To: <{TOKEN}@lettre.emn.example>\n{head}\n{text}\n"


for number, subject in enumerate(
    [
        "Automatic reply: La lettre",
        "Out of Office: La lettre",
        "Réponse automatique : La lettre",
        "Absence du bureau",
        "Re: absence",
        "Message d’absence",
        "En congés jusqu’au 3",
        "Abwesenheitsnotiz: La lettre",
        "Automatische Antwort: La lettre",
        "Urlaub bis 3.1.",
        "Nicht im Büro",
        "Accusé de réception",
        "=?utf-8?Q?R=C3=A9ponse_automatique_=3A_x?=",
        "Risposta automatica: x",
        "Vacation",
        "Eingangsbestätigung",
    ]
):
    case(f"reply/subject-{number}", reply(subject), "auto_reply")
for number, head in enumerate(
    [
        "Auto-Submitted: auto-replied\n",
        "Auto-Submitted: auto-replied (vacation)\n",
        "X-Autoreply: yes\n",
        "X-Autorespond: La lettre\n",
        "Precedence: auto_reply\n",
        "Precedence: bulk\n",
        "X-Auto-Response-Suppress: All\n",
        "Return-Path: <>\nAuto-Submitted: auto-replied\n",
    ]
):
    case(f"reply/header-{number}", reply("La lettre de novembre", head=head), "auto_reply")
case(
    "reply/challenge",
    reply("Votre message", text="Pour nous joindre, authentifier votre adresse"),
    "auto_reply",
)
case(
    "reply/boxbe",
    reply("La lettre (Action Required)", text="Boxbe guards this mailbox"),
    "auto_reply",
)
case(
    "reply/from-the-postmaster",
    reply("Absence du bureau").replace(WHO, "postmaster@firm.example"),
    "auto_reply",
)
case(
    "receipt/mdn",
    mixed(
        "Content-Type: text/plain\n\nLu.\n",
        f"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {WHO}\nOriginal-Message-ID: <{TOKEN}@lettre.emn.example>\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        kind="multipart/report; report-type=disposition-notification",
        subject="Lu : La lettre",
        sender=WHO,
    ),
    "auto_reply",
)
for number, subject in enumerate(
    [
        "Afwezig: La lettre",
        "RE: Resposta automática: La lettre",
        "Fora do escritório",
        "Fuera de la oficina: La lettre",
        "Assenza dall'ufficio",
        "Odpowiedź automatyczna: x",
        "Automatická odpověď: x",
        "Automatikus válasz: x",
        "Răspuns automat: x",
        "Automatiskt svar: x",
        "Sv: Frånvaro",
        "Automatisk svar: x",
        "Automaattinen vastaus: x",
        "Otomatik yanıt: x",
        "Автоответ: x",
        "Автоматический ответ: x",
        "Αυτόματη απάντηση: x",
        "自動応答: x",
        "自动回复：x",
        "자동 회신: x",
        "رد تلقائي: x",
        "תשובה אוטומטית: x",
    ]
):
    case(f"reply/language-{number}", reply(subject), "auto_reply")
    far = reply(subject).replace(WHO, "postmaster@firm.example")
    case(f"reply/language-of-a-server-{number}", far, "auto_reply")
case("receipt/subject", reply("Read: La lettre"), "auto_reply")
case("leave/address", reply("bonjour", to=f"stop+{LIST_TOKEN}@retours.emn.example"), "unsubscribe")
case(
    "leave/address-upper-case",
    reply("x", to=f"STOP+{LIST_TOKEN.upper()}@RETOURS.EMN.EXAMPLE"),
    "unsubscribe",
)
case(
    "leave/apple",
    reply(
        "Unsubscribe",
        to=f"stop+{LIST_TOKEN}@retours.emn.example",
        head="Auto-Submitted: auto-generated\n",
    ),
    "unsubscribe",
)
case("leave/absent", reply("Absence", to=f"stop+{LIST_TOKEN}@retours.emn.example"), "auto_reply")
for number, subject in enumerate(
    ["Désinscription", "unsubscribe", "STOP", "Re: désabonnement", "Abmeldung", "Abbestellen"]
):
    case(f"leave/subject-{number}", reply(subject), "unsubscribe")
case(
    "person/question",
    reply("Une question sur la lettre", text="Bonjour, qui contacter ?"),
    "unreadable",
)
case("person/stop-press", reply("Stop press", text="Bonjour"), "unreadable")
case("person/empty", "", "unreadable")
case("person/only-a-body", "\nbonjour", "unreadable")

# --- Layouts of servers in the field, each with a fault that our own tables once had ---

FIELD = [  # name, subject, sender, words of the server, kind
    ("aol-refuses-the-sender", "Mail Delivery Problem", "MAILER-DAEMON@aol.example",
     "Your mail to these recipients was refused: they are not accepting mail from lettre@emn.example: camille", "policy"),
    ("demon-never-fetched", "Mail delivery failure", "Mailer-Daemon@pop.example",
     "The message addressed to 'camille@firm.example' failed because it has not been collected after 30 days.", "soft"),
    ("hotpop-over-disk-quota", "Undelivered Mail Returned to Sender", "MAILER-DAEMON@hot.example",
     "Undeliverable Address: camille@firm.example\nReason: returned because the recipient is over disk quota.", "soft"),
    ("newmail-two-languages", "failure notice", "MAILER-DAEMON@mail.ru.example",
     "К сожалению, доставить нельзя.\n<camille@firm.example>:\nThe account is exceeding their quota.", "soft"),
    ("dachamp-quota-violation", "failure notice", "MAILER-DAEMON@dach.example",
     "Sorry, not delivered to camille@firm.example for this reason:\n552 Quota violation for camille@firm.example", "soft"),
    ("netscape-unreachable", "Mail System Error - Returned Mail", "Postmaster@ns.example",
     "Your message was not delivered because the destination computer was\nnot reachable within the allowed queue period.", "soft"),
    ("smtp32-attempts", "Undeliverable Mail", "Postmaster@[192.0.2.4]", "Delivery failed 20 attempts: camille@firm.example", "soft"),
    ("smtp32-userid", "Undeliverable Mail", "Postmaster@smtp32.example", "Invalid final delivery userid: camille@firm.example", "hard"),
    ("smtp32-no-reason", "Undeliverable Mail", "Postmaster@smtp32.example", "undeliverable to camille@firm.example", "unreadable"),
    ("postfix-filter-died", "Undelivered Mail Returned to Sender", "MAILER-DAEMON@px.example",
     '<camille@firm.example>: Command died with status 17: "/usr/sbin/filter"', "soft"),
    ("postfix-odd-refusal", "Undelivered Mail Returned to Sender", "MAILER-DAEMON@px.example",
     "<camille@firm.example>: host mx.firm.example[192.0.2.4] said: 554 No Resent-From field given", "unreadable"),
    ("lsmtp-looping", "Undelivered mail", "postmaster@lsmtp.example",
     'Error-for:  camille@firm.example\nError-Code: 0\nError-Text: Mailer said: "554 Message looping (received 6 times)"\nError-End: One error reported.', "soft"),
    ("airmail-unknown-host", "mail failed, returning to sender", "MAILER-DAEMON@air.example",
     "| no valid recipients were found for this message |\n|--- Failed addresses follow: ---|\n camille@firm.example ... unknown host", "soft"),
    ("songbird-still-trying", "Warning: message has not yet been delivered", "MAILER-DAEMON@sb.example",
     "Your message has not yet been delivered because the recipient server did not respond. We will continue to attempt delivery for 5 days.", "delayed"),
    ("gateway-still-trying", "=?utf-8?B?RGVsaXZlcnkgZmFpbHVyZSBub3RpZmljYXRpb24=?=", "Gateway@gw.example",
     "Your message with Subject: x could not be delivered.\nDelivery attempts will continue to be made for 5 day(s).", "delayed"),
    ("local-user-not-known", "Delivery failure", "postmaster@spock.example", "Delivery problems to local user camille.\n\nUser not known", "hard"),
    ("no-gateway", "Delivery status notification", "Mail.Delivery@sb.example", "Technical details:\nRouting: Could not find a gateway for camille@firm.example", "soft"),
    ("phquery-no-delivery-point", "Returned mail - nameserver error report", "MAILER-DAEMON@mta.example",
     "--- Error Detail (phquery V3.0):\ncamille@firm.example\nDoes not have a final email delivery point.", "hard"),
    ("phquery-no-match", "Returned mail - nameserver error report", "MAILER-DAEMON@mr.example", "camille\nNo matches to nameserver query", "hard"),
    ("directory-near-miss", 'FAILED MAIL to "camille"', "postmaster@lab.example",
     "The address of your message, camille@firm.example, did not exactly match an LAB email address.", "hard"),
    ("not-a-valid-user", "Mail delivery failed: returning message to sender", "ndr@some.example",
     "One or more of the recipients are not a valid user of the system.", "hard"),
    ("exchange-in-plain-text", "Undeliverable: virus ?", "System Administrator <postmaster@ball.example>",
     "Your message\n  To:  Camille\n  Subject: [Liste] Virus, spam et boîte pleine\n  Sent: Fri, 18 Oct 2002\ndid not reach the following recipient(s):\ncamille@firm.example\n    The recipient name is not recognized", "hard"),
    ("viruswall-gave-up", "Mail could not be delivered", "inetgw1@big.example",
     "****** Message from InterScan E-Mail VirusWall NT ******\nReason: Exceeded Maximum Delivery Attempts.", "soft"),
    ("too-big-for-this-server", "Failed mail: exceeded maximum incoming message size", "postmaster@adv.example",
     "Your mail has exceeded the maximum incoming message size.", "policy"),
    ("opensmtpd-expired", "Delivery status notification: error", "Mailer Daemon <daemon@os.example>",
     "This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\ncamille@firm.example: Envelope expired", "soft"),
    ("zoho-error-code", "Undelivered Mail Returned to Sender", "mailer-daemon@zoho.example",
     "camille@firm.example Invalid Address, ERROR_CODE :550, ERROR_CODE :Requested action not taken: mailbox unavailable", "hard"),
    ("temporarily-unavailable", "failure notice", "MAILER-DAEMON@q.example",
     "<camille@firm.example>: 450 Requested mail action not taken: mailbox unavailable", "soft"),
    ("oneandone-size", "Mail delivery failed: returning message to sender", "mailer-daemon@kunden.example",
     "The following address failed:\n\ncamille@firm.example\n\nFor the following reason:\n\nMail size limit exceeded.", "policy"),
    ("mailmarshal", 'Undeliverable Mail: "La lettre"', "postmaster@mm.example",
     "Your message:\n   Subject: La lettre\n\nCould not be delivered because of\n\n550 5.1.1 User unknown", "hard"),
    ("openmail-in-brackets", "Returned Mail: User unknown", '"Mail Deliver System" <MAILER-DAEMON>',
     "---The following addresses had delivery errors---\n\ncamille@firm.example [User unknown]", "hard"),
    ("gmx-code-without-reply", "Mail delivery failed: returning message to sender", "MAILER-DAEMON@gmx.example",
     'The following address\nfailed:\n\n"camille@firm.example":\nhost: mx.firm.example\n5.1.1 <camille@firm.example>... User Unknown', "hard"),
    ("mfilter-in-japanese", "failure notice", "POSTMASTER <postmaster@mf.example>",
     "このメールは送信できませんでした。\n\n-------server message\n550 5.1.1 <camille@firm.example>: Recipient address rejected\n\n-------SMTP command\nDATA", "hard"),
    ("notes-in-japanese", "Undeliverable message", "postmaster@notes.example",
     "------- Failure Reasons  --------\n\nディレクトリのリストにありません\ncamille@firm.example", "unreadable"),
    ("james-answers-itself", "Re:La lettre", "post_master@james.example",
     "Error: Invalid user address\n\nError message below:\n550 - Requested action not taken: no such user here\n\n  Subject: La lettre", "hard"),
]  # fmt: skip
for name, subject, sender, text, kind in FIELD:
    below = f"\n\n--- Original message follows ---\n\n{SENT}"
    case(f"field/{name}", plain(text + below, subject=subject, sender=sender), kind)
case(
    "field/jetmail-without-sender",
    plain(
        'Your mail cannot be delivered:\n camille "(0), ErrMsg=mail box space not enough"\n\n'
        f"---- Header of the source mail attached ----\n{SENT_HEAD}",
        subject="Mail Error",
        sender='"Jetmail System" <>',
        head="Precedence: bulk\n",
    ),
    "soft",
)
case(
    "field/non-delivery-report-in-bulk",
    plain(
        f"--- Non-Delivery Report ---\n\nNot delivered to: <{WHO}>\n\nMessage-ID: <{TOKEN}@x>",
        subject="Non-Delivery: La lettre",
        sender="<admin@firm.example>",
        head="Precedence: bulk\n",
    ),
    "unreadable",
)
case(
    "field/quota-in-the-words-of-a-report-without-code",
    dsn(
        status("5.0.0 (recipient reached disk quota)", ""),
        text="Reason: recipient reached disk quota",
    ),
    "soft",
)
case(
    "field/refused-by-a-receipt",
    mixed(
        f"Content-Type: text/plain\n\nYour message to <{WHO}> was automatically rejected:\nQuota exceeded\n",
        f"Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; {WHO}\nOriginal-Message-ID: <{TOKEN}@lettre.emn.example>\nDisposition: automatic-action/MDN-sent-automatically; deleted\n",
        COPY,
        kind="multipart/report; report-type=disposition-notification",
        subject="Automatically rejected mail",
    ),
    "soft",
)
case(
    "field/microsoft-complaint",
    mixed(
        COPY.replace("\n\n", f"\n\nX-HmXmrOriginalRecipient: {WHO}\n", 1),
        kind="multipart/mixed",
        subject="complaint about message from 192.0.2.9",
        sender="staff@mail.example",
    ),
    "complaint",
)
case("field/carriage-returns-alone", postfix("5.1.1", HARD).replace("\n", "\r"), "hard")
case(
    "field/fields-with-carriage-returns-alone",
    office("5.1.1", HARD).replace("\n", "\r"),
    "hard",
)
