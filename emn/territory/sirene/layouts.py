"""What a stock file holds, told by the names in its header and never by position.

Source: the layouts of StockEtablissement and StockUniteLegale from 2021 to 2025, geocoded or not.
"""

import csv
from dataclasses import dataclass
from enum import StrEnum

from emn.territory.sirene.errors import FileRefused


class Kind(StrEnum):
    """The two stock files that the portal reads."""

    ESTABLISHMENTS = "StockEtablissement"
    LEGAL_UNITS = "StockUniteLegale"


@dataclass(frozen=True)
class Columns:
    """The columns that the portal reads, in the order in which `Layout.pick` gives them.

    `private` ones name or locate; they are blanked when the unit is not diffusible (R6.10).
    `optional` ones are not in every edition.
    """

    public: tuple[str, ...]
    private: tuple[str, ...]
    optional: frozenset[str]


COLUMNS = {
    Kind.ESTABLISHMENTS: Columns(
        public=(
            "siret",
            "statutDiffusionEtablissement",
            "siren",
            "etatAdministratifEtablissement",
            "etablissementSiege",
            "dateCreationEtablissement",
            "dateDebut",
            "dateDernierTraitementEtablissement",
            "trancheEffectifsEtablissement",
            "anneeEffectifsEtablissement",
            "activitePrincipaleEtablissement",
            "nomenclatureActivitePrincipaleEtablissement",
            "activitePrincipaleNAF25Etablissement",
            "codePostalEtablissement",
            "libelleCommuneEtablissement",
            "codeCommuneEtablissement",
        ),
        private=(
            "enseigne1Etablissement",
            "enseigne2Etablissement",
            "enseigne3Etablissement",
            "denominationUsuelleEtablissement",
            "complementAdresseEtablissement",
            "numeroVoieEtablissement",
            "indiceRepetitionEtablissement",
            "typeVoieEtablissement",
            "libelleVoieEtablissement",
            "coordonneeLambertAbscisseEtablissement",
            "coordonneeLambertOrdonneeEtablissement",
            "latitude",
            "longitude",
            "geo_score",
        ),
        optional=frozenset(
            {
                "activitePrincipaleNAF25Etablissement",
                "coordonneeLambertAbscisseEtablissement",
                "coordonneeLambertOrdonneeEtablissement",
                "latitude",
                "longitude",
                "geo_score",
            }
        ),
    ),
    Kind.LEGAL_UNITS: Columns(
        public=(
            "siren",
            "statutDiffusionUniteLegale",
            "etatAdministratifUniteLegale",
            "dateCreationUniteLegale",
            "dateDernierTraitementUniteLegale",
            "categorieJuridiqueUniteLegale",
            "activitePrincipaleUniteLegale",
            "nomenclatureActivitePrincipaleUniteLegale",
            "activitePrincipaleNAF25UniteLegale",
            "trancheEffectifsUniteLegale",
            "anneeEffectifsUniteLegale",
            "nicSiegeUniteLegale",
        ),
        private=(
            "denominationUniteLegale",
            "prenomUsuelUniteLegale",
            "prenom1UniteLegale",
            "nomUsageUniteLegale",
            "nomUniteLegale",
            "sigleUniteLegale",
            "denominationUsuelle1UniteLegale",
            "denominationUsuelle2UniteLegale",
            "denominationUsuelle3UniteLegale",
        ),
        optional=frozenset({"activitePrincipaleNAF25UniteLegale"}),
    ),
}


@dataclass(frozen=True)
class Layout:
    """Where the columns of one file are.

    `places` are those of `COLUMNS[kind]`, public then private, -1 for what the edition lacks; `key`
    is the place of the row's number, `selector` of what decides whether the row matters.
    """

    kind: Kind
    width: int
    key: int
    selector: int
    places: tuple[int, ...]


def recognise(line: str) -> Layout:
    """Tell the file from its first line.

    Raises FileRefused, naming the columns that are missing.
    """
    header = [name.strip() for name in next(csv.reader([line]), [""])]
    if len(header) == 1 and (";" in line or "\t" in line):
        raise FileRefused(
            "les colonnes sont séparées par des points-virgules ou des tabulations. L’INSEE livre "
            "des virgules : reprenez le fichier d’origine, sans passer par un tableur."
        )
    kind = Kind.ESTABLISHMENTS if "siret" in header else Kind.LEGAL_UNITS
    columns = COLUMNS[kind]
    wanted = (*columns.public, *columns.private)
    missing = [name for name in wanted if name not in header and name not in columns.optional]
    if missing:
        raise FileRefused(
            "ce n’est pas un fichier stock connu de l’INSEE (StockEtablissement ou "
            f"StockUniteLegale). Lu comme {kind}, il lui manque : {', '.join(missing)}."
        )
    places = {name: index for index, name in enumerate(header)}
    return Layout(
        kind=kind,
        width=len(header),
        key=places[columns.public[0]],
        selector=places["codeCommuneEtablissement" if "siret" in places else "siren"],
        places=tuple(places.get(name, -1) for name in wanted),
    )
