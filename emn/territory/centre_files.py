"""What is wrong in the territory's files of a centre, before anything reads them. No Django."""

import csv
from collections.abc import Iterator
from pathlib import Path

COLUMNS = {
    "communes.csv": {
        "code_insee", "nom", "codes_postaux", "code_departement", "epci_siren",
        "population_municipale", "superficie_km2", "latitude", "longitude",
    },
    "epci.csv": {"siren", "nom", "nom_usage", "type"},
    "anciens_codes.csv": {"ancien_code", "ancien_nom", "type", "code_actuel"},
}  # fmt: skip
OPTIONAL = {"anciens_codes.csv"}


def faults(folder: Path, *, departement: str) -> list[str]:
    """Return French sentences, the line said; empty when the territory can be loaded."""
    found: list[str] = []
    rows: dict[str, list[dict[str, str]]] = {}
    for name, columns in COLUMNS.items():
        path = folder / name
        if not path.is_file():
            if name not in OPTIONAL:
                found.append(f"{path} manque.")
            continue
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows[name] = list(reader)
        if missing := sorted(columns - set(reader.fieldnames or [])):
            found.append(f"{name} n’a pas les colonnes {', '.join(missing)}.")
    if found:
        return found
    sirens = {row["siren"] for row in rows["epci.csv"]}
    found = list(_faults_of_communes(rows["communes.csv"], sirens))
    if all(row["code_departement"] != departement for row in rows["communes.csv"]):
        found.append(f"communes.csv n’a aucune commune du département {departement}.")
    return found


def _faults_of_communes(rows: list[dict[str, str]], sirens: set[str]) -> Iterator[str]:
    for line, row in enumerate(rows, start=2):
        if row["epci_siren"] and row["epci_siren"] not in sirens:
            siren = row["epci_siren"]
            yield f"communes.csv, ligne {line} : l’EPCI {siren} n’est pas dans epci.csv."
        try:
            int(row["population_municipale"])
            numbers = [float(row[name]) for name in ("superficie_km2", "latitude", "longitude")]
        except ValueError:
            yield f"communes.csv, ligne {line} : un nombre ne se lit pas."
            continue
        if abs(numbers[1]) > 90 or abs(numbers[2]) > 180:  # noqa: PLR2004 -- degrees of the Earth
            yield f"communes.csv, ligne {line} : ces coordonnées ne sont pas sur la Terre."
