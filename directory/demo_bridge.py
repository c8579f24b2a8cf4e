"""Ads of the demonstration: invented organisations, written through the services."""

from datetime import datetime, timedelta
from typing import Any

from directory.enums import AdKind, AdSide
from directory.models import AdReply, SolidarityAd
from directory.services import bridge, bridge_handling, bridge_replies
from emn.accounts import demo
from emn.accounts.models import User
from emn.territory.models import Commune

_ADS: tuple[dict[str, Any], ...] = (
    {
        "side": AdSide.OFFER, "kind": AdKind.EQUIPMENT, "quantity": 12, "commune": "57463",
        "title": "Douze ordinateurs portables de 2021, batteries neuves",
        "text": "Nous renouvelons notre parc. Les machines démarrent, sans système installé, avec "
        "leurs chargeurs. À venir chercher à Metz, le matin.",
        "organisation": "Boulangerie des Trois Évêchés", "number": "00098000100019",
        "name": "Léa Meyer", "email": demo.COMPANY, "days": 40,
    },
    {
        "side": AdSide.OFFER, "kind": AdKind.ROOM, "quantity": 1, "commune": "57672",
        "title": "Une salle de vingt places, libre le mercredi après-midi",
        "text": "Écran, réseau sans fil, accès de plain-pied. Pour des ateliers ou des réunions "
        "d’associations ; nous ouvrons et fermons.",
        "organisation": "Résidence des Mirabelliers", "number": "00098000300015",
        "name": "Anne Schmitt", "email": "residence@entreprises.example", "days": 12,
    },
    {
        "side": AdSide.OFFER, "kind": AdKind.HOURS, "quantity": 20, "commune": "57227",
        "title": "Vingt heures pour remettre vos sauvegardes en ordre",
        "text": "Un de nos techniciens vous aide, sur place ou à distance, d’ici à la fin du "
        "trimestre : sauvegardes, mots de passe, partage de fichiers.",
        "organisation": "Menuiserie du Warndt", "number": "00098000200017",
        "name": "Karim Weber", "email": "menuiserie@entreprises.example", "days": 5,
    },
    {
        "side": AdSide.NEED, "kind": AdKind.EQUIPMENT, "quantity": 4, "commune": "57630",
        "title": "Quatre ordinateurs pour apprendre à chercher un emploi",
        "text": "Notre atelier reçoit dix personnes par semaine et n’a que deux machines. Un "
        "ordinateur de bureau simple suffit, avec écran et clavier.",
        "organisation": "Association Le Coup de Pouce", "number": "W572001234",
        "name": "Paul Klein", "email": "coupdepouce@associations.example", "days": 20,
    },
    {
        "side": AdSide.NEED, "kind": AdKind.HOURS, "quantity": 6, "commune": "57463",
        "title": "Quelqu’un pour refaire notre page d’accueil avec nous",
        "text": "Nous savons ce que nous voulons dire, pas comment le mettre en ligne. Six heures, "
        "en soirée ou le samedi.",
        "organisation": "Association Les Amis du Fort", "number": "W572004321",
        "name": "Marie Bour", "email": "amisdufort@associations.example", "days": 3,
    },
)  # fmt: skip
_WAITING: dict[str, Any] = {
    "side": AdSide.NEED, "kind": AdKind.ROOM, "quantity": 1, "commune": "57227",
    "title": "Une salle pour un atelier de réparation de téléphones",
    "text": "Un samedi par mois, pour une quinzaine de personnes, avec des tables et des prises.",
    "organisation": "Association Bidouille en Warndt", "number": "W574007777",
    "name": "Jean Thil", "email": "bidouille@associations.example", "days": 1,
}  # fmt: skip
_REPLIES: tuple[dict[str, Any], ...] = (  # `theirs`, `own`: what each side says was given
    {
        "ad": 0, "organisation": "Association Le Coup de Pouce", "number": "W572001234",
        "email": "coupdepouce@associations.example", "theirs": 5, "own": 5,
    },
    {
        "ad": 2, "organisation": "Association Les Amis du Fort", "number": "W572004321",
        "email": "amisdufort@associations.example", "theirs": 8, "own": 8,
    },
    {
        "ad": 3, "organisation": "Menuiserie du Warndt", "number": "00098000200017",
        "email": "menuiserie@entreprises.example", "theirs": 1, "own": None,
    },
)  # fmt: skip


def write_demo_ads(*, now: datetime) -> int:
    """Write the ads that an empty portal lacks; return how many."""
    if SolidarityAd.objects.exists():
        return 0
    agent = User.objects.get(email="agent@emn.example")
    ads = []
    for entry in _ADS:
        ad = _write(entry, now=now)
        at = now - timedelta(days=entry["days"])
        ads.append(bridge_handling.publish_ad(ad_id=ad.pk, by_id=agent.pk, now=at))
    _write(_WAITING, now=now)
    for entry in _REPLIES:
        _reply(ads[entry["ad"]], entry, now=now)
    return len(_ADS) + 1


def _write(entry: dict[str, Any], *, now: datetime) -> SolidarityAd:
    at = now - timedelta(days=entry["days"], hours=3)
    same = ("kind", "quantity", "title", "text", "organisation", "number")
    ad = bridge.deposit_ad(
        side=entry["side"],
        values={name: entry[name] for name in same}
        | {
            "commune": Commune.objects.get(pk=entry["commune"]),
            "contact_name": entry["name"],
            "contact_email": entry["email"],
            "erases_disks": entry["side"] == AdSide.OFFER and entry["kind"] == AdKind.EQUIPMENT,
        },
        language="fr",
        now=at,
    )
    return bridge.confirm_ad(ad_id=ad.pk, now=at)


def _reply(ad: SolidarityAd, entry: dict[str, Any], *, now: datetime) -> AdReply:
    at = now - timedelta(days=2)
    values = {
        "organisation": entry["organisation"],
        "number": entry["number"],
        "contact_name": "Camille Roux",
        "contact_email": entry["email"],
        "text": "Cela nous conviendrait bien : quand pouvons-nous en parler ?",
    }
    reply = bridge_replies.deposit_reply(ad_id=ad.pk, values=values, language="fr", now=at)
    bridge_replies.confirm_reply(reply_id=reply.pk, now=at)
    reply = bridge_replies.count_by_replier(reply_id=reply.pk, count=entry["theirs"], now=now)
    if (own := entry["own"]) is not None:
        bridge_replies.count_by_author(reply_id=reply.pk, count=own, keeps_open=True, now=now)
    return reply
