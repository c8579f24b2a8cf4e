"""What is said at the door after each act: words first, then a tone, which is colour and sound."""

from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from emn.lib.templatetags.french import clock
from events.enums import ScanOutcome
from events.models import Registration, Scan
from events.services import doors, payments

TONES = {ScanOutcome.OK: "success", ScanOutcome.UNDONE: "info"}


@dataclass(frozen=True)
class Said:
    """`title`: the person, or nothing; `tone`: success, info or alert."""

    tone: str
    title: str
    text: str


def said(scan: Scan) -> Said:
    """Say what an act at the door came to, on the clock of the session."""
    entry = scan.registration
    tone = TONES.get(ScanOutcome(scan.outcome), "alert")
    return Said(tone, entry.full_name if entry else "", _text(scan))


def _text(scan: Scan) -> str:
    entry = scan.registration
    if entry is None:
        return _("Ce billet n’est pas un billet du centre. Cherchez la personne par son nom.")
    words = {
        ScanOutcome.OK: _entered,
        ScanOutcome.ALREADY: _already,
        ScanOutcome.OTHER_SESSION: _elsewhere,
        ScanOutcome.NO_SEAT: _seatless,
        ScanOutcome.UNDONE: lambda *_all: _("L’entrée est reprise."),
        ScanOutcome.LATE: lambda *_all: _("Un acte plus récent l’emporte : rien n’a changé."),
    }
    return words[ScanOutcome(scan.outcome)](scan, entry)


def _entered(_scan: Scan, entry: Registration) -> str:
    told = [_("Entrée notée."), entry.company_name]
    if entry.seats > 1:
        people = ngettext("%(seats)s personne", "%(seats)s personnes", entry.seats)
        told.append(people % {"seats": entry.seats})
    if payments.unpaid([entry.pk], today=timezone.localdate()):
        told.append(_("Impayée"))
    return " · ".join(part for part in told if part)


def _elsewhere(_scan: Scan, entry: Registration) -> str:
    title = entry.session.title
    return _("Ce billet est celui d’une autre session : %(title)s.") % {"title": title}


def _seatless(_scan: Scan, entry: Registration) -> str:
    status = entry.get_status_display()
    return _("Cette personne n’a pas de place : %(status)s.") % {"status": status}


def _already(scan: Scan, _entry: Registration) -> str:
    first = doors.entry_of(scan)
    if first is None:
        return _("Cette personne est déjà entrée.")
    with timezone.override(scan.session.clock):
        hour = clock(timezone.localtime(first.scanned_at))
    if first.by is None:
        return _("Déjà entré à %(hour)s.") % {"hour": hour}
    return _("Déjà entré à %(hour)s, noté par %(agent)s.") % {"hour": hour, "agent": first.by}


def for_device() -> dict[str, str | list[str]]:
    """Return what the door's device says by itself; pairs are singular and plural."""
    return {
        "online": _("En ligne"),
        "offline": _("Hors connexion"),
        "unkept": _("En ligne seulement : cet appareil ne peut rien garder."),
        "signedOut": _("Reconnectez-vous pour transmettre. La file est gardée."),
        "signIn": _("Se connecter"),
        "waiting": [_("{n} entrée en attente"), _("{n} entrées en attente")],
        "replayed": [
            _("{n} entrée transmise à {hour}"), _("{n} entrées transmises à {hour}")
        ],
        "differences": [_("{n} différence"), _("{n} différences")],
        "ok": _("Entrée notée."),
        "undone": _("L’entrée est reprise."),
        "pending": _("Gardé sur cet appareil, à transmettre."),
        "already": _("Déjà entré à {hour}."),
        "alreadyBy": _("Déjà entré à {hour}, noté par {agent}."),
        "noSeat": _("Cette personne n’a pas de place : {status}."),
        "unknown": _(
            "Pas dans la liste de {hour}. Gardé : le centre dira à qui est ce billet. Cherchez la "
            "personne par son nom."
        ),
        "noList": _("Cet appareil n’a pas encore la liste. Gardé, à transmettre."),
        "people": [_("{n} personne"), _("{n} personnes")],
        "ofExpected": [_("sur {n} attendu"), _("sur {n} attendus")],
        "queued": [_("{n} en liste d’attente"), _("{n} en liste d’attente")],
        "conflict": _("Annoncé : « {shown} » Le centre dit : « {said} »"),
        "unpaid": _("Impayée"),
        "along": _("avec {names}"),
        "seen": _("Vu"),
        "enter": _("Présent"),
        "in": _("Entré"),
        "undo": _("Reprendre"),
        "badge": _("Badge"),
        "nobody": _("Personne de ce nom parmi ceux qui ont une place."),
        "more": [_("{n} autre : précisez le nom."), _("{n} autres : précisez le nom.")],
        "cameraRefused": _("L’appareil photo n’est pas permis ici. Tapez, ou cherchez le nom."),
        "cameraNone": _("Pas d’appareil photo. Lisez le billet au lecteur, ou cherchez le nom."),
        "walkInOffline": _(
            "Hors connexion : personne ne peut être inscrit maintenant. Ce que vous avez tapé "
            "reste ici ; recommencez une fois en ligne."
        ),
        "over": _("La session est terminée : la liste a été effacée de cet appareil."),
    }  # fmt: skip
