"""Write files in the exact layout of INSEE's stock of 2025, for measures only.

Nothing in them is real: numbers are drawn, names are made of common words. Communes are drawn by
population, activities and states in plausible proportions. The same seed gives the same file.
"""

import csv
import random
from collections.abc import Iterator
from pathlib import Path

# Header of StockEtablissement as INSEE wrote it in January 2025.
ESTABLISHMENT_COLUMNS = [
    "siren",
    "nic",
    "siret",
    "statutDiffusionEtablissement",
    "dateCreationEtablissement",
    "trancheEffectifsEtablissement",
    "anneeEffectifsEtablissement",
    "activitePrincipaleRegistreMetiersEtablissement",
    "dateDernierTraitementEtablissement",
    "etablissementSiege",
    "nombrePeriodesEtablissement",
    "complementAdresseEtablissement",
    "numeroVoieEtablissement",
    "indiceRepetitionEtablissement",
    "dernierNumeroVoieEtablissement",
    "indiceRepetitionDernierNumeroVoieEtablissement",
    "typeVoieEtablissement",
    "libelleVoieEtablissement",
    "codePostalEtablissement",
    "libelleCommuneEtablissement",
    "libelleCommuneEtrangerEtablissement",
    "distributionSpecialeEtablissement",
    "codeCommuneEtablissement",
    "codeCedexEtablissement",
    "libelleCedexEtablissement",
    "codePaysEtrangerEtablissement",
    "libellePaysEtrangerEtablissement",
    "identifiantAdresseEtablissement",
    "coordonneeLambertAbscisseEtablissement",
    "coordonneeLambertOrdonneeEtablissement",
    "complementAdresse2Etablissement",
    "numeroVoie2Etablissement",
    "indiceRepetition2Etablissement",
    "typeVoie2Etablissement",
    "libelleVoie2Etablissement",
    "codePostal2Etablissement",
    "libelleCommune2Etablissement",
    "libelleCommuneEtranger2Etablissement",
    "distributionSpeciale2Etablissement",
    "codeCommune2Etablissement",
    "codeCedex2Etablissement",
    "libelleCedex2Etablissement",
    "codePaysEtranger2Etablissement",
    "libellePaysEtranger2Etablissement",
    "dateDebut",
    "etatAdministratifEtablissement",
    "enseigne1Etablissement",
    "enseigne2Etablissement",
    "enseigne3Etablissement",
    "denominationUsuelleEtablissement",
    "activitePrincipaleEtablissement",
    "nomenclatureActivitePrincipaleEtablissement",
    "caractereEmployeurEtablissement",
]
LEGAL_UNIT_COLUMNS = [
    "siren",
    "statutDiffusionUniteLegale",
    "unitePurgeeUniteLegale",
    "dateCreationUniteLegale",
    "sigleUniteLegale",
    "sexeUniteLegale",
    "prenom1UniteLegale",
    "prenom2UniteLegale",
    "prenom3UniteLegale",
    "prenom4UniteLegale",
    "prenomUsuelUniteLegale",
    "pseudonymeUniteLegale",
    "identifiantAssociationUniteLegale",
    "trancheEffectifsUniteLegale",
    "anneeEffectifsUniteLegale",
    "dateDernierTraitementUniteLegale",
    "nombrePeriodesUniteLegale",
    "categorieEntreprise",
    "anneeCategorieEntreprise",
    "dateDebut",
    "etatAdministratifUniteLegale",
    "nomUniteLegale",
    "nomUsageUniteLegale",
    "denominationUniteLegale",
    "denominationUsuelle1UniteLegale",
    "denominationUsuelle2UniteLegale",
    "denominationUsuelle3UniteLegale",
    "categorieJuridiqueUniteLegale",
    "activitePrincipaleUniteLegale",
    "nomenclatureActivitePrincipaleUniteLegale",
    "nicSiegeUniteLegale",
    "economieSocialeSolidaireUniteLegale",
    "caractereEmployeurUniteLegale",
]

_COMMUNES = Path(__file__).resolve().parent.parent / "emn/territory/data/communes.csv"
_ACTIVITIES = {  # code: weight, per thousand establishments
    "68.20B": 120, "01.50Z": 40, "94.99Z": 70, "47.91B": 35, "43.39Z": 30, "56.10A": 35,
    "86.90E": 30, "96.02A": 25, "70.22Z": 30, "81.21Z": 20, "49.41B": 10, "43.21A": 20,
    "43.22B": 18, "85.59A": 22, "62.01Z": 12, "62.02A": 12, "62.03Z": 3, "62.09Z": 4, "63.11Z": 4,
    "58.29C": 1, "61.10Z": 1, "46.51Z": 2, "26.51B": 1, "95.11Z": 4, "82.99Z": 18, "96.09Z": 25,
    "47.11F": 8, "10.71C": 15, "88.99B": 12, "84.11Z": 10, "45.20A": 20, "71.12B": 14,
}  # fmt: skip
_BANDS = {"": 300, "NN": 500, "00": 30, "01": 90, "02": 40, "03": 20, "11": 12, "12": 6, "21": 2}
_STREETS = (
    "DES ROMAINS", "DU MARECHAL FOCH", "DE LA GARE", "DE L'EGLISE", "DES JARDINS", "DE METZ",
    "PRINCIPALE", "SAINT-NICOLAS", "DE LA MOSELLE", "DES TILLEULS", "DU MOULIN",
)  # fmt: skip
_WORDS = (  # INSEE writes names in capitals without accents
    "ATELIER", "BOULANGERIE", "CONSEIL", "NUMERIQUE", "GARAGE", "MOSELLE", "LORRAINE", "SERVICES",
    "TRANSPORT", "COIFFURE", "INFORMATIQUE", "BATIMENT", "JARDIN", "ENERGIE", "ELECTRICITE",
    "STUDIO", "L'ATELIER", "SOLUTIONS", "RIVES", "VALLEE", "HABITAT", "WARNDT",
)  # fmt: skip
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def with_key(digits: str) -> str:
    """Return `digits` followed by the digit that makes the whole pass the Luhn test."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit)
        total += _DOUBLED[value] if position % 2 == 0 else value
    return digits + str(-total % 10)


def write_establishments(path: Path, *, rows: int, seed: int = 57) -> None:
    """Write `rows` establishments of département 57, one to four by legal unit."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(ESTABLISHMENT_COLUMNS)
        writer.writerows(_establishments(rows, random.Random(seed)))


def _sirens(establishments: int) -> Iterator[str]:
    """Give distinct valid SIREN, enough of them, in order as in INSEE's files."""
    units = establishments // 2 + 1
    step = 60_000_000 // units
    for index in range(units):
        yield with_key(f"{30_000_000 + index * step + index % step:08}")


def _establishments(rows: int, draw: random.Random) -> Iterator[list[str]]:
    with _COMMUNES.open(encoding="utf-8", newline="") as file:
        communes = [c for c in csv.DictReader(file) if c["code_departement"] == "57"]
    weights = [int(c["population_municipale"]) for c in communes]
    sirens = list(_sirens(rows))
    for start in range(0, rows, 10_000):
        size = min(10_000, rows - start)
        places = draw.choices(communes, weights, k=size)
        activities = draw.choices(list(_ACTIVITIES), list(_ACTIVITIES.values()), k=size)
        bands = draw.choices(list(_BANDS), list(_BANDS.values()), k=size)
        for offset in range(size):
            index = start + offset
            yield _row(
                sirens[index // 2],
                index % 2,
                places[offset],
                activities[offset],
                bands[offset],
                draw,
            )


def _row(  # noqa: PLR0917
    siren: str, rank: int, place: dict[str, str], naf: str, band: str, draw: random.Random
) -> list[str]:
    siret = with_key(f"{siren}{rank + 1:04}")
    closed = draw.random() < 0.5
    partial = draw.random() < 0.12
    old = closed and draw.random() < 0.3
    year = draw.randint(1985, 2024)
    day = f"{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
    located = not partial and draw.random() < 0.85
    named = not partial and draw.random() < 0.25
    row = dict.fromkeys(ESTABLISHMENT_COLUMNS, "")
    row |= {
        "siren": siren,
        "nic": siret[9:],
        "siret": siret,
        "statutDiffusionEtablissement": "P" if partial else "O",
        "dateCreationEtablissement": f"{year}-{day}",
        "trancheEffectifsEtablissement": band,
        "anneeEffectifsEtablissement": "2022" if band and band != "NN" else "",
        "dateDernierTraitementEtablissement": f"2024-{day}T15:40:57",
        "etablissementSiege": "true" if rank == 0 else "false",
        "nombrePeriodesEtablissement": str(draw.randint(1, 6)),
        "numeroVoieEtablissement": "[ND]" if partial else str(draw.randint(1, 180)),
        "typeVoieEtablissement": "[ND]" if partial else "RUE",
        "libelleVoieEtablissement": "[ND]" if partial else draw.choice(_STREETS),
        "codePostalEtablissement": place["codes_postaux"][:5],
        "libelleCommuneEtablissement": place["nom"].upper(),
        "codeCommuneEtablissement": place["code_insee"],
        "dateDebut": f"{min(year + 3, 2024)}-{day}",
        "etatAdministratifEtablissement": "F" if closed else "A",
        "enseigne1Etablissement": " ".join(draw.choices(_WORDS, k=2)) if named else "",
        "denominationUsuelleEtablissement": draw.choice(_WORDS) if named else "",
        "activitePrincipaleEtablissement": "72.2C" if old else naf,
        "nomenclatureActivitePrincipaleEtablissement": "NAF1993" if old else "NAFRev2",
        "caractereEmployeurEtablissement": "O" if band in {"01", "02", "03"} else "N",
    }
    if located:
        row["identifiantAdresseEtablissement"] = (
            f"{place['code_insee']}{draw.randint(0, 9999):04}_B"
        )
        row["coordonneeLambertAbscisseEtablissement"] = f"{draw.uniform(880_000, 1_010_000):.10f}"
        row["coordonneeLambertOrdonneeEtablissement"] = f"{draw.uniform(6_850_000, 6_940_000):.9f}"
    return list(row.values())
