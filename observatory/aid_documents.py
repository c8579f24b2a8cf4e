"""The attestation of aids de minimis, as PDF/UA (R7.13): the same bytes each time."""

from datetime import date

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from emn.lib.pdf import render_pdf
from emn.lib.templatetags.french import euros
from observatory.models import AidAttestation

TEMPLATE = "observatory/aid_attestation.typ"


def attestation_pdf(row: AidAttestation) -> bytes:
    """Return the document of an attestation, in French."""
    content = row.content
    with override("fr"):
        as_of = date_format(row.as_of, "DATE_FORMAT")
        data = {
            "language": "fr",
            "centre": content["centre"],
            "title": _("Attestation d’aides de minimis"),
            "reference": f"AM-{row.pk}",
            "made": as_of,
            "name": content["name"],
            "siren": content["siren"],
            "lines": [
                [
                    date_format(date.fromisoformat(line["on"]), "SHORT_DATE_FORMAT"),
                    f"{line['label']} ({line['reference']})",
                    euros(line["aid_cents"]),
                ]
                for line in content["lines"]
            ],
            "sums": [
                [_("De notre centre, sur trois ans"), euros(content["own_cents"])],
                [_("De notre centre, aux autres entreprises du groupe"),
                 euros(content["group_cents"])],
                [_("D’autres financeurs, déclarées par l’entreprise"),
                 euros(content["declared_cents"])],
                [_("Reste sous le plafond de 300 000 €"), euros(content["left_cents"])],
            ],
            "note": _(
                "Ces aides sont accordées sous le règlement (UE) 2023/2831 de la Commission du "
                "13 décembre 2023 relatif aux aides de minimis, JO L, 2023/2831, 15.12.2023. Les "
                "montants sont des équivalents-subventions bruts. Les trois années se comptent en "
                "arrière depuis le jour de l’attestation, premier jour compris."
            ),
            "disclaimer": _(
                "Le reste est calculé sur les seuls montants déclarés : il ne vaut ni accord ni "
                "garantie d’une aide à venir. L’entreprise garde cette attestation dix ans et la "
                "joint à ses prochaines déclarations."
            ),
            "sha256": row.sha256,
            "words": {
                "page": _("page"), "of": _("sur"), "as_of": _("Au"), "on": _("Date d’octroi"),
                "what": _("Prestation"), "amount": _("Équivalent-subvention brut"),
                "sums": _("Le plafond"), "sha256": _("Empreinte SHA-256 du contenu"),
                "contact": _("Une question ? %(email)s") % {"email": settings.CONTACT_EMAIL},
            },
        }  # fmt: skip
    return render_pdf(TEMPLATE, data, at=row.issued_at)
