"""What the papers of a training say, as data for one template; in French, the language of the law.

A paper is `Paper`: facts, sections, signatures. An agreement says all that R4.02 asks, or it is not
made: `missing_in_agreement` names what is empty.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from directory.quote_documents import euros
from emn.lib.pdf import render_pdf
from emn.lib.templatetags.french import clock, day
from events import drawings, training_rules, wording
from events.enums import SignatureMethod
from events.models import (
    Enrolment,
    HalfDay,
    Signature,
    SkillEvaluation,
    Trainee,
    Training,
    TrainingSession,
)
from events.models.trainings import SHOWN_BEFORE
from events.money import withdrawal
from events.services.attendance import minutes_signed

TEMPLATE = "events/trainings/paper.typ"
LANGUAGE = "fr"


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of a paper: words, then points, then a table."""

    title: str
    text: str = ""
    points: Sequence[str] = ()
    header: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A signature at the foot; `svg`: its drawing, or empty."""

    who: str
    name: str
    note: str
    svg: str = ""


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A whole paper."""

    title: str
    reference: str
    facts: Sequence[tuple[str, str]] = ()
    intro: str = ""
    sections: Sequence[Section] = ()
    signatures: Sequence[Signed] = ()
    proof: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def data(paper: Paper, *, at: datetime) -> dict[str, Any]:
    """Return all that the PDF of a paper issued `at` says, for its template."""
    with override(LANGUAGE):
        return asdict(paper) | {
            "centre": settings.CENTRE_NAME,
            "address": settings.CENTRE_ADDRESS,
            "nda": nda_line(),
            "issued": date_format(timezone.localtime(at), "DATE_FORMAT"),
        }


def fingerprint(paper: Paper) -> str:
    """Return the SHA-256 of what a paper says, whatever the day it is issued."""
    text = json.dumps(asdict(paper), ensure_ascii=False, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def pdf(said: Mapping[str, Any], *, at: datetime) -> bytes:
    """Return the PDF of what `data` gave, dated `at`; the same gives the same bytes."""
    return render_pdf(TEMPLATE, said, at=at)


def nda_line() -> str:
    """Return how the law wants the declaration number to be said (art. R6351-6)."""
    number = settings.SELLER["training_number"]
    return _(
        "Déclaration d’activité enregistrée sous le numéro %(number)s auprès du préfet de région. "
        "Cet enregistrement ne vaut pas agrément de l’État."
    ) % {"number": number or "…"}


def lines(text: str) -> list[str]:
    """Return the lines of a text, without the empty ones."""
    return [line.strip(" -–•\t") for line in text.splitlines() if line.strip()]


def hours(minutes: int) -> str:
    """Return a length as papers write it: «7 h», «3,5 h»."""
    value = (Decimal(minutes) / 60).quantize(Decimal("0.01")).normalize()
    return _("%(hours)s h") % {"hours": number_format(value + 0, use_l10n=True)}


def span(half_day: HalfDay) -> str:
    """Return a half-day in words."""
    with timezone.override(half_day.training_session.session.clock):
        return _("%(day)s, de %(from)s à %(to)s") % {
            "day": day(half_day.starts_at),
            "from": clock(half_day.starts_at),
            "to": clock(half_day.ends_at),
        }


# --- What must be said ---


def missing_before_registration(training: Training) -> list[str]:
    """Return, in words, what R4.03 wants read and is not written."""
    rows = [(Training.word_of(name), getattr(training, name)) for name in SHOWN_BEFORE]
    rows += [
        (_("objectifs"), training.objectives.all()),
        (_("formateurs et leurs titres"), training.trainers.all()),
        (_("prix"), training.product),
        (_("numéro de déclaration d’activité"), settings.SELLER["training_number"]),
    ]
    return [label for label, value in rows if not value]


def missing_in_agreement(enrolment: Enrolment, trainees: Sequence[Trainee]) -> list[str]:
    """Return, in words, which items of R4.02 (D6353-1) the agreement would leave empty."""
    return [label for label, text in _items(enrolment, trainees) if not text]


def _items(enrolment: Enrolment, trainees: Sequence[Trainee]) -> list[tuple[str, str]]:
    own = enrolment.training_session
    training, session = own.training, own.session
    halves = list(own.half_days.order_by("starts_at", "pk"))
    total = sum(half.minutes for half in halves)
    duration = (
        _("%(hours)s en %(count)s demi-journées : %(dates)s.")
        % {"hours": hours(total), "count": len(halves), "dates": " ; ".join(map(span, halves))}
        if halves
        else ""
    )
    # fmt: off
    return [
        (_("Intitulé et nature de l’action"), training.title and _(
            "« %(title)s », action de formation au sens de l’article L. 6313-1, 1° du Code du "
            "travail."
        ) % {"title": training.title}),
        (_("Numéro de déclaration d’activité"), settings.SELLER["training_number"]),
        (_("Objectifs"), "\n".join(row.text for row in _objectives(training))),
        (_("Contenu"), training.programme),
        (_("Durée et dates"), duration),
        (_("Organisation"), _("%(place)s. %(methods)s") % {
            "place": wording.place(session), "methods": training.methods,
        } if training.methods and wording.place(session) else ""),
        (_("Moyens"), training.means),
        (_("Suivi et sanction"), training.assessment),
        (_("Nombre de stagiaires"), str(len(trainees)) if trainees else ""),
        (_("Prix et financement"), _price(enrolment)),
    ]
    # fmt: on


def _objectives(training: Training) -> list[Any]:
    return sorted(training.objectives.all(), key=lambda row: (row.position, row.pk))


def _price(enrolment: Enrolment) -> str:
    rows = list(enrolment.order.lines.select_related("vat_rule").order_by("position"))
    if not rows:
        return ""
    net = sum((row.unit_price_cents * row.quantity for row in rows), Decimal(0)) / 100
    taxed = {row.vat_rule.mention for row in rows if row.vat_rule.mention}
    return _("%(net)s hors taxes. %(mention)s Financement : %(funding)s.") % {
        "net": euros(net),
        "mention": " ".join(f"{mention}." for mention in sorted(taxed)),
        "funding": enrolment.get_funding_display(),
    }


# --- The papers ---


def programme(own: TrainingSession) -> Paper:
    """Return the programme of a session (R4.03)."""
    training = own.training
    halves = own.half_days.order_by("starts_at", "pk")
    names = {name: Training.word_of(name) for name in SHOWN_BEFORE}
    sections = [
        Section(title=_("Objectifs"), points=[row.text for row in _objectives(training)]),
        *(
            Section(title=_capital(names[name]), points=lines(getattr(training, name)))
            for name in SHOWN_BEFORE
            if name != "summary"
        ),
        Section(
            title=_("Formateurs"),
            points=[f"{row.name} : {row.qualifications}" for row in own.trainers.order_by("pk")],
        ),
        Section(title=_("Horaires"), points=[span(half) for half in halves]),
    ]
    if training.certification:
        sections.append(Section(title=_("Certification"), points=lines(training.certification)))
    return Paper(
        title=training.title, reference=f"{own.pk}-programme", intro=training.summary,
        facts=_facts(own), sections=sections,
    )  # fmt: skip


def agreement(
    enrolment: Enrolment, trainees: Sequence[Trainee], *, last_day: date | None = None
) -> Paper:
    """Return the convention of a company, or the contract of an individual; without signatures.

    `last_day`: the end of a withdrawal that the training does not wait for; None otherwise.
    """
    order = enrolment.order
    buyer = [order.buyer_name, order.buyer_street,
             f"{order.buyer_postcode} {order.buyer_city}".strip(),
             order.buyer_siret and f"SIRET {order.buyer_siret}"]  # fmt: skip
    sections = [
        Section(title=label, points=lines(text))
        for label, text in _items(enrolment, trainees)
    ]  # fmt: skip
    sections.append(
        Section(
            title=_("Stagiaires"),
            points=[trainee.registration.full_name for trainee in trainees],
        )
    )
    is_contract = enrolment.is_individual
    sections.append(
        Section(
            title=_("Rétractation, paiement, abandon") if is_contract else _("Annulation"),
            points=_contract_terms() if is_contract else _convention_terms(),
        )
    )
    if last_day is not None:
        sections.append(
            Section(title=_("Début avant la fin du délai"), points=[early_request(last_day)])
        )
    title = _("Contrat de formation professionnelle") if is_contract else (
        _("Convention de formation professionnelle")
    )  # fmt: skip
    law = (
        _("articles L. 6353-3 à L. 6353-7 du Code du travail")
        if is_contract
        else _("articles L. 6353-1 et D. 6353-1 du Code du travail")
    )
    return Paper(
        title=title,
        reference=order.reference,
        intro=_("Entre %(centre)s et %(buyer)s, selon les %(law)s.")
        % {"centre": settings.CENTRE_NAME, "buyer": order.buyer_name, "law": law},
        facts=[(_("Client"), ", ".join(filter(None, buyer))),
               (_("Contact"), order.contact_name), *_facts(enrolment.training_session)],
        sections=sections,
        extra={"withdrawal_form": asdict(withdrawal_form())} if is_contract else {},
    )  # fmt: skip


def early_request(last_day: date) -> str:
    """Return how an individual asks for a start before the end of the withdrawal period.

    Source: Code de la consommation, L221-25 (what was done is owed) and L221-28, 1° (all done,
    nothing to withdraw from).
    """
    return _(
        "Je demande expressément que la formation commence avant la fin de mon délai de "
        "rétractation, le %(day)s. Si je me rétracte ensuite, je dois les heures déjà suivies, au "
        "prorata. Une fois la formation entièrement suivie, je ne peux plus me rétracter "
        "(articles L. 221-25 et L. 221-28 du Code de la consommation)."
    ) % {"day": day(last_day)}


def withdrawal_form() -> Section:
    """Return the standard form with which an individual withdraws, in the words of the law.

    It stands on a page of its own, so that who sends it back keeps the whole contract.
    Source: Code de la consommation, annexe de l’article R221-1 (décret 2022-424); Cour de
    cassation, 1re chambre civile, 20/12/2023, 21-16.491.
    """
    seller = settings.SELLER
    return Section(
        title=_("Modèle de formulaire de rétractation"),
        points=[
            _(
                "(Veuillez compléter et renvoyer le présent formulaire uniquement si vous "
                "souhaitez vous rétracter du contrat.)"
            ),
            _("À l’attention de %(centre)s, %(address)s, %(email)s :")
            % {
                "centre": settings.CENTRE_NAME,
                "address": settings.CENTRE_ADDRESS,
                "email": seller["email"],
            },
            _(
                "Je/nous (*) vous notifie/notifions (*) par la présente ma/notre (*) rétractation "
                "du contrat portant sur la vente du bien (*)/pour la prestation de services (*) "
                "ci-dessous :"
            ),
            _("Commandé le (*)/reçu le (*) :"),
            _("Nom du (des) consommateur(s) :"),
            _("Adresse du (des) consommateur(s) :"),
            _(
                "Signature du (des) consommateur(s) (uniquement en cas de notification du présent "
                "formulaire sur papier) :"
            ),
            _("Date :"),
            _("(*) Rayez la mention inutile."),
        ],
    )


def signed_agreement(proposed: Paper, enrolment: Enrolment) -> Paper:
    """Return the agreement that was proposed, with the two signatures."""
    assert enrolment.signed_at is not None
    signatures = [
        Signed(
            who=_("Pour l’organisme de formation"),
            name=settings.CENTRE_NAME,
            note=_("Établi et proposé par l’organisme"),
        ),
        Signed(
            who=_("Pour le client"),
            name=", ".join(filter(None, [enrolment.signatory_name, enrolment.signatory_role])),
            note=_("Signé le %(when)s") % {"when": _moment(enrolment.signed_at)},
            svg=drawings.svg(enrolment.drawing) if enrolment.drawing else "",
        ),
    ]
    proof = _(
        "Signature électronique simple (règlement UE 910/2014, article 25). Empreinte SHA-256 du "
        "texte signé : %(sha)s"
    ) % {"sha": enrolment.signature_sha256}
    return replace(proposed, signatures=signatures, proof=proof)


def _convention_terms() -> list[str]:
    days = training_rules.FREE_CANCELLATION_DAYS
    percent = training_rules.FORFEIT_PERCENT
    return [
        _("Jusqu’à %(days)s jours avant le début, le client annule sans frais.") % {"days": days},
        _(
            "Plus tard, il doit un dédit de %(percent)s %% du prix. Ce dédit n’est pas une dépense "
            "de formation : il est facturé à part et ne peut pas être pris en charge par un fonds."
        )
        % {"percent": percent},
        _("En cas d’inexécution par le centre, les sommes perçues sont rendues (art. L. 6354-1)."),
    ]


def _contract_terms() -> list[str]:
    return [
        _(
            "Le stagiaire peut se rétracter, sans motif ni frais, par lettre recommandée pendant "
            "%(letter)s jours (L. 6353-5). Conclu à distance, ce contrat lui laisse %(distance)s "
            "jours, et toute déclaration claire suffit : le formulaire ci-dessous, un courriel, ou "
            "le bouton de ce dossier (Code de la consommation, L. 221-18 et L. 221-21)."
        )
        % {
            "letter": withdrawal.WITHDRAWAL_DAYS,
            "distance": withdrawal.WITHDRAWAL_DAYS_AT_A_DISTANCE,
        },
        _(
            "Rien n’est payé avant la fin de ce délai ; ensuite %(percent)s %% au plus avant le "
            "début, et le reste au fur et à mesure de la formation."
        )
        % {"percent": withdrawal.MOST_BEFORE_START_PERCENT},
        _(
            "En cas de force majeure reconnue, le contrat est rompu et seules les heures suivies "
            "sont dues, au prorata."
        ),
    ]


def convocation(trainee: Trainee) -> Paper:
    """Return the convocation of a trainee."""
    own = trainee.enrolment.training_session
    halves = own.half_days.order_by("starts_at", "pk")
    return Paper(
        title=_("Convocation"),
        reference=f"{own.pk}-convocation-{trainee.pk}",
        intro=_("%(name)s, vous êtes attendu à la formation « %(title)s ».")
        % {"name": trainee.registration.full_name, "title": own.training.title},
        facts=_facts(own),
        sections=[
            Section(title=_("Horaires"), points=[span(half) for half in halves]),
            Section(title=_("À savoir"), points=[
                _("Signez chaque demi-journée pendant qu’elle dure : un lien arrive au début."),
                _("Le règlement intérieur est sur la page de la formation."),
            ]),
            Section(title=_("Accessibilité"), points=lines(own.training.accessibility)),
        ],
    )  # fmt: skip


def positioning(trainee: Trainee) -> Paper:
    """Return what the trainee said beforehand."""
    said = trainee.positioning
    own = trainee.enrolment.training_session
    levels = said.get("levels", {})
    rows = [
        [row.text, str(levels.get(str(row.pk), "–"))] for row in _objectives(own.training)
    ]  # fmt: skip
    return Paper(
        title=_("Positionnement avant la formation"),
        reference=f"{own.pk}-positionnement-{trainee.pk}",
        facts=[(_("Stagiaire"), trainee.registration.full_name), *_facts(own)],
        sections=[
            Section(
                title=_("Ce que le stagiaire sait faire, de 0 à 3"),
                header=[_("Objectif"), _("Niveau")],
                rows=rows,
            ),
            Section(title=_("Attentes"), points=lines(said.get("expectations", "")) or ["–"]),
        ],
    )


def evaluation(trainee: Trainee, rows: Iterable[SkillEvaluation]) -> Paper:
    """Return the evaluation of a trainee, objective by objective."""
    own = trainee.enrolment.training_session
    return Paper(
        title=_("Évaluation des acquis"),
        reference=f"{own.pk}-evaluation-{trainee.pk}",
        facts=[(_("Stagiaire"), trainee.registration.full_name), *_facts(own)],
        sections=[_evaluated(rows)],
    )


def _evaluated(rows: Iterable[SkillEvaluation]) -> Section:
    return Section(
        title=_("Acquis, objectif par objectif"),
        header=[_("Objectif"), _("Niveau"), _("Évalué par")],
        rows=[[row.objective.text, row.get_level_display(), row.trainer.name] for row in rows],
    )


def certificate(
    trainee: Trainee, signatures: Sequence[Signature], *, in_part: bool = False
) -> Paper:
    """Return the certificat de réalisation: its hours are the half-days signed (R4.06).

    `in_part`: of some half-days only, one of them at least; the days are those of these.
    """
    own = trainee.enrolment.training_session
    session = own.session
    present = [row for row in signatures if row.is_presence]
    start, end = session.starts_at, session.ends_at
    if in_part:
        start, end = present[0].half_day.starts_at, present[-1].half_day.ends_at
    with timezone.override(session.clock):
        first, last = day(start), day(end)
    when = _("Le %(first)s") if first == last else _("Du %(first)s au %(last)s")
    late = sum(row.method == SignatureMethod.LATE for row in signatures)
    points = [
        _("Stagiaire : %(name)s") % {"name": trainee.registration.full_name},
        _("Entreprise : %(name)s") % {"name": trainee.enrolment.order.buyer_name},
        _("Action de formation : « %(title)s »") % {"title": own.training.title},
        when % {"first": first, "last": last},
        ngettext(
            "Heures réalisées : %(hours)s, en %(count)s demi-journée émargée",
            "Heures réalisées : %(hours)s, en %(count)s demi-journées émargées",
            len(present),
        )
        % {"hours": hours(minutes_signed(signatures)), "count": len(present)},
    ]
    if late:
        points.append(
            _("Dont notées par le formateur, avec leur motif : %(count)s") % {"count": late}
        )
    return Paper(
        title=_("Certificat de réalisation"),
        reference=f"{own.pk}-certificat-{trainee.pk}",
        intro=(
            _("%(centre)s atteste que l’action de formation ci-dessous a été réalisée en partie.")
            if in_part
            else _("%(centre)s atteste que l’action de formation ci-dessous a été réalisée.")
        )
        % {"centre": settings.CENTRE_NAME},
        sections=[
            Section(title=_("Action réalisée"), points=points),
            Section(
                title=_("Demi-journées"),
                header=[_("Demi-journée"), _("Durée"), _("Émargement")],
                rows=[
                    [span(row.half_day), hours(row.half_day.minutes), row.get_method_display()]
                    for row in signatures
                ],
            ),
        ],
        signatures=[
            Signed(who=_("Pour l’organisme de formation"), name=settings.CENTRE_NAME, note="")
        ],
    )


def attestation(
    trainee: Trainee, signatures: Sequence[Signature], rows: Iterable[SkillEvaluation]
) -> Paper:
    """Return the attestation de fin de formation (art. L6353-1): objectives, length, results."""
    own = trainee.enrolment.training_session
    return Paper(
        title=_("Attestation de fin de formation"),
        reference=f"{own.pk}-attestation-{trainee.pk}",
        intro=_("%(name)s a suivi %(hours)s de la formation « %(title)s ».")
        % {
            "name": trainee.registration.full_name,
            "hours": hours(minutes_signed(signatures)),
            "title": own.training.title,
        },
        facts=_facts(own),
        sections=[_evaluated(rows)],
        signatures=[
            Signed(who=_("Pour l’organisme de formation"), name=settings.CENTRE_NAME, note="")
        ],
    )


def sheet(own: TrainingSession, half_day_rows: Iterable[HalfDay]) -> Paper:
    """Return the sheet: each half-day with who signed, how and when; its signatures are loaded."""
    sections, drawn = [], []
    for half in half_day_rows:
        rows = sorted(half.signatures.all(), key=lambda row: (row.trainee_id is None, row.pk))
        sections.append(
            {
                "title": span(half),
                "rows": [
                    {
                        "name": row.full_name,
                        "who": _("Formateur") if row.trainer_id else _("Stagiaire"),
                        "how": _how(row),
                        "svg": drawings.svg(row.drawing) if row.drawing else "",
                        "typed": row.full_name if row.method == SignatureMethod.TYPED else "",
                        "sha": row.sha256[:16],
                    }
                    for row in rows
                ],
                "connections": [
                    _("%(name)s, connecté à %(hour)s")
                    % {"name": entry.trainee.registration.full_name,
                       "hour": clock(entry.joined_at)}
                    for entry in half.connections.all()
                ],
            }
        )  # fmt: skip
        drawn += rows
    return Paper(
        title=_("Feuille d’émargement"),
        reference=f"{own.pk}-emargement",
        intro=_("Une signature par personne et par demi-journée, donnée pendant qu’elle dure."),
        facts=_facts(own),
        extra={"half_days": sections},
        proof=_("%(count)s émargements. Chacun a son empreinte SHA-256, dont le début est imprimé.")
        % {"count": len(drawn)},
    )


def satisfaction(
    own: TrainingSession, figures: Sequence[Sequence[str]], said: Sequence[str]
) -> Paper:
    """Return the answers of a session: each mean with its number of answers (R4.08)."""
    return Paper(
        title=_("Satisfaction"),
        reference=f"{own.pk}-satisfaction",
        facts=_facts(own),
        sections=[
            Section(
                title=_("Réponses"),
                header=[_("Moment"), _("Moyenne sur 5"), _("Utilité sur 5"), _("Réponses")],
                rows=figures,
            ),
            Section(title=_("Remarques"), points=list(said) or ["–"]),
        ],
    )


def _how(row: Signature) -> str:
    said = f"{row.get_method_display()}, {_moment(row.signed_at)}"
    return f"{said} : {row.reason}" if row.reason else said


def _moment(at: datetime) -> str:
    return f"{date_format(timezone.localtime(at), 'DATE_FORMAT')}, {clock(at)}"


def _facts(own: TrainingSession) -> list[tuple[str, str]]:
    return [
        (_("Formation"), own.training.title),
        (_("Dates"), wording.when(own.session)),
        (_("Lieu"), wording.place(own.session)),
        (_("Durée prévue"), hours(int(own.training.hours * 60))),
        (_("Formateurs"), ", ".join(row.name for row in own.trainers.order_by("pk"))),
    ]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
