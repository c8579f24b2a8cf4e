"""Small stock files in INSEE's layouts, for the tests."""

import csv
from pathlib import Path

from bench.sirene_generator import ESTABLISHMENT_COLUMNS, LEGAL_UNIT_COLUMNS, with_key

ESTABLISHMENT_COLUMNS_2021 = [
    name
    for name in ESTABLISHMENT_COLUMNS
    if name
    not in {
        "dernierNumeroVoieEtablissement",
        "indiceRepetitionDernierNumeroVoieEtablissement",
        "identifiantAdresseEtablissement",
        "coordonneeLambertAbscisseEtablissement",
        "coordonneeLambertOrdonneeEtablissement",
    }
]
GEOCODED = ["longitude", "latitude", "geo_score", "geo_type", "geo_adresse"]


def siren_number(rank):
    return with_key(f"{80_000_000 + rank}")


def siret_number(rank, nic=1):
    return with_key(f"{siren_number(rank)}{nic:04}")


def establishment(rank=0, nic=1, **values):
    """One row as a dictionary; keywords are INSEE's names without «Etablissement»."""
    siret = siret_number(rank, nic)
    row = {
        "siret": siret,
        "siren": siret[:9],
        "nic": siret[9:],
        "statutDiffusionEtablissement": "O",
        "etatAdministratifEtablissement": "A",
        "etablissementSiege": "true",
        "dateCreationEtablissement": "2010-05-01",
        "dateDebut": "2015-01-01",
        "dateDernierTraitementEtablissement": "2024-03-22T15:40:57",
        "trancheEffectifsEtablissement": "01",
        "anneeEffectifsEtablissement": "2022",
        "activitePrincipaleEtablissement": "62.01Z",
        "nomenclatureActivitePrincipaleEtablissement": "NAFRev2",
        "enseigne1Etablissement": "ATELIER DU CODE",
        "numeroVoieEtablissement": "12",
        "typeVoieEtablissement": "RUE",
        "libelleVoieEtablissement": "DES CLERCS",
        "codePostalEtablissement": "57000",
        "libelleCommuneEtablissement": "METZ",
        "codeCommuneEtablissement": "57463",
    }
    known = set(row) | set(ESTABLISHMENT_COLUMNS) | set(GEOCODED)
    for name, value in values.items():
        row[name if name in known else f"{name}Etablissement"] = value
    return row


def legal_unit(rank=0, **values):
    row = {
        "siren": siren_number(rank),
        "statutDiffusionUniteLegale": "O",
        "etatAdministratifUniteLegale": "A",
        "dateCreationUniteLegale": "2010-05-01",
        "denominationUniteLegale": "MOSELLE LOGICIELS",
        "categorieJuridiqueUniteLegale": "5710",
        "activitePrincipaleUniteLegale": "62.01Z",
        "nomenclatureActivitePrincipaleUniteLegale": "NAFRev2",
        "nicSiegeUniteLegale": siret_number(rank)[9:],
    }
    for name, value in values.items():
        row[name if name in LEGAL_UNIT_COLUMNS else f"{name}UniteLegale"] = value
    return row


def write(path: Path, rows, columns=None, **options):
    """Write the rows as INSEE does; `columns` default to those of the first row's kind, 2025."""
    if columns is None:
        columns = ESTABLISHMENT_COLUMNS if "siret" in rows[0] else LEGAL_UNIT_COLUMNS
    with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n", **options)
        writer.writeheader()
        writer.writerows(rows)
    return path
