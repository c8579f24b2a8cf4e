"""Series taken as published: the files of observatory/data, each value with its source."""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import date, datetime

from django.conf import settings

from emn.territory.models import Commune, CommuneAlias
from observatory.indicator_enums import Level
from observatory.indicators.registry import DATA, Words
from observatory.services.cube import Built, Row

MOSELLE = "57"  # these files are about Moselle: another centre brings its own
EXCERPT, COPY, SECONDARY, COMPUTED = "extrait de la page", "copie", "secondaire", "calcul"
EUROSTAT = "Eurostat, isoc_e_dii (base complète 2023)"
COMPARATOR = "INSEE, base du comparateur de territoires (27/06/2024)"
ARCEP = "Arcep, observatoire des déploiements, 1er trimestre 2018"


def read(name: str) -> Iterator[dict[str, str]]:
    """Read the lines of a file of observatory/data."""
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Series:
    """Rows in the making; a source that comes again keeps its place."""

    def __init__(self, *, as_of: date) -> None:
        """Start empty."""
        self.built = Built(as_of=as_of, sources=[])

    def source(self, *, name: str, url: str = "", on: str = "", proof: str) -> int:
        """Return the place of a source in the release's list."""
        told = {"name": name, "url": url, "on": on, "proof": proof}
        if told not in self.built.sources:
            self.built.sources.append(told)
        return self.built.sources.index(told)

    def source_of(self, line: dict[str, str]) -> int:
        """Return the place of the source that a line names."""
        return self.source(
            name=line["source"],
            url=line["url"] if line["url"].startswith("http") else "",
            on=line["date_publication"],
            proof=line["niveau_preuve"],
        )

    def add(
        self, *, value: str | float, period: str, source: int, item: str = "",
        label: Words | None = None, level: str = Level.OTHER, territory: str = "FR",
    ) -> None:  # fmt: skip
        """Add a value."""
        if label:
            self.built.labels[item] = label
        self.built.rows.append(
            Row(level=level, territory=territory, period=period, value=float(value), item=item,
                source=source)
        )  # fmt: skip


def _is_ours() -> bool:
    return settings.DEPARTEMENT == MOSELLE


def _words(fr: str, de: str, en: str) -> Words:
    return {"fr": fr, "de": de, "en": en}


_PLACES = {
    "FR": _words("France", "Frankreich", "France"),
    "UE27": _words("Union européenne", "Europäische Union", "European Union"),
}
_BANDS = {
    "10+": _words("10 personnes ou plus", "ab 10 Personen", "10 people or more"),
    "10-49": _words("10 à 49 personnes", "10 bis 49 Personen", "10 to 49 people"),
    "50-249": _words("50 à 249 personnes", "50 bis 249 Personen", "50 to 249 people"),
    "250+": _words("250 personnes ou plus", "ab 250 Personen", "250 people or more"),
}


def ai(_now: datetime) -> Built:
    """Companies that use AI: France and the Union, by size, two years."""
    series = Series(as_of=date(2024, 12, 31))
    for line in read("benchmarks_tic_entreprises.csv"):
        wanted = line["indicateur"] == "utilise au moins une technologie d'IA"
        if not wanted or not line["champ"].startswith("entreprises de 10 personnes ou plus"):
            continue
        place, band = line["geo"], line["classe_effectif"]
        label = {
            language: f"{_PLACES[place][language]}, {_BANDS[band][language]}"
            for language in ("fr", "de", "en")
        }
        series.add(
            value=line["valeur"], period=line["annee"], item=f"{place}-{band}", label=label,
            source=series.source_of(line), territory=place,
        )  # fmt: skip
    return series.built


_COUNTRIES = {
    "FI": ("Finlande", "Finnland"), "SE": ("Suède", "Schweden"), "NL": ("Pays-Bas", "Niederlande"),
    "MT": ("Malte", "Malta"), "DK": ("Danemark", "Dänemark"), "BE": ("Belgique", "Belgien"),
    "CY": ("Chypre", "Zypern"), "IE": ("Irlande", "Irland"), "DE": ("Allemagne", "Deutschland"),
    "ES": ("Espagne", "Spanien"), "IT": ("Italie", "Italien"), "LT": ("Lituanie", "Litauen"),
    "LU": ("Luxembourg", "Luxemburg"), "AT": ("Autriche", "Österreich"),
    "EU27_2020": ("Union européenne", "Europäische Union"), "HR": ("Croatie", "Kroatien"),
    "EE": ("Estonie", "Estland"), "PT": ("Portugal", "Portugal"), "HU": ("Hongrie", "Ungarn"),
    "FR": ("France", "Frankreich"), "SI": ("Slovénie", "Slowenien"), "PL": ("Pologne", "Polen"),
    "CZ": ("Tchéquie", "Tschechien"), "LV": ("Lettonie", "Lettland"),
    "SK": ("Slovaquie", "Slowakei"), "EL": ("Grèce", "Griechenland"),
    "BG": ("Bulgarie", "Bulgarien"), "RO": ("Roumanie", "Rumänien"),
}  # fmt: skip


def dii(_now: datetime) -> Built:
    """Companies at the basic level of digital intensity, by country, 2023."""
    series = Series(as_of=date(2023, 12, 31))
    source = series.source(name=EUROSTAT, on="2024-07", proof=COPY)
    for line in read("dii_2023_pays.csv"):
        french, german = _COUNTRIES[line["geo"]]
        english = line["pays"].partition(" - ")[0]
        series.add(
            value=line["entreprises_10p_dii_base_pct"], period=line["annee"], item=line["geo"],
            label=_words(french, german, english), source=source, territory=line["geo"],
        )  # fmt: skip
    return series.built


_SECTORS = {
    "secteur : Industrie": ("industrie", _words("Industrie", "Industrie", "Manufacturing")),
    "secteur : Construction": ("construction", _words("Construction", "Bau", "Construction")),
    "secteur : Commerce ; réparation d'automobiles": (
        "commerce",
        _words("Commerce ; réparation d’automobiles", "Handel; Kfz-Reparatur",
               "Trade; car repair"),
    ),
    "secteur : Transports et entreposage": (
        "transports", _words("Transports et entreposage", "Verkehr und Lagerei",
                             "Transport and storage"),
    ),
    "secteur : Hébergement et restauration": (
        "hebergement", _words("Hébergement et restauration", "Gastgewerbe",
                              "Accommodation and food"),
    ),
    "secteur : Information et communication ; réparation d'ordinateurs": (
        "information",
        _words("Information et communication ; réparation d’ordinateurs",
               "Information und Kommunikation; Computerreparatur",
               "Information and communication; computer repair"),
    ),
}  # fmt: skip


def internet(_now: datetime) -> Built:
    """Internet access of firms of 1 to 9 people, by sector, 2012 and 2016."""
    series = Series(as_of=date(2016, 12, 31))
    for line in read("benchmarks_tic_entreprises.csv"):
        known = _SECTORS.get(line["champ"])
        if line["indicateur"] == "possède un accès à internet" and known:
            if line["classe_effectif"] != "1-9":
                continue
            series.add(
                value=line["valeur"], period=line["annee"], item=known[0], label=known[1],
                source=series.source_of(line),
            )  # fmt: skip
    return series.built


_SENTENCES = {
    "estiment que le numérique apporte un bénéfice": (
        "benefice", _words("Le numérique apporte un bénéfice", "Digitales bringt Nutzen",
                           "Digital tools bring a benefit"),
    ),
    "utilisent des outils d'IA": (
        "ia", _words("Utilisent des outils d’IA", "Nutzen KI-Werkzeuge", "Use AI tools"),
    ),
    "craignent le piratage de données": (
        "piratage", _words("Craignent le piratage de données", "Fürchten Datendiebstahl",
                           "Fear data theft"),
    ),
}  # fmt: skip


def france_num(_now: datetime) -> Built:
    """The sentences of the France Num barometer that were asked more than once."""
    series = Series(as_of=date(2025, 12, 31))
    for line in read("france_num_barometre.csv"):
        if known := _SENTENCES.get(line["indicateur"]):
            source = series.source(
                name=f"DGE et Crédoc, baromètre France Num {line['edition']}",
                url=line["url"], on=line["edition"], proof=SECONDARY,
            )  # fmt: skip
            series.add(
                value=line["valeur"], period=line["edition"], item=known[0], label=known[1],
                source=source,
            )  # fmt: skip
    return series.built


_JOB_PLACES = {
    "Grand Est": ("grand-est", _words("Grand Est", "Grand Est", "Grand Est")),
    "France de province": (
        "province", _words("France hors Île-de-France", "Frankreich ohne Île-de-France",
                           "France outside Île-de-France"),
    ),
}  # fmt: skip


def digital_jobs(_now: datetime) -> Built:
    """The digital economy's share of jobs: the region beside the rest of the country."""
    series = Series(as_of=date(2020, 12, 31))
    for line in read("statistiques_moselle_grand_est.csv"):
        known = _JOB_PLACES.get(line["territoire"])
        if line["indicateur"] == "part de l'économie numérique dans l'emploi" and known:
            series.add(
                value=line["valeur"], period="2020", item=known[0], label=known[1],
                source=series.source_of(line), territory=line["territoire_code"] or known[0],
            )  # fmt: skip
    return series.built


_AGES = {
    "0 à 14 ans": ("00-14", _words("0 à 14 ans", "0 bis 14 Jahre", "0 to 14")),
    "15 à 29 ans": ("15-29", _words("15 à 29 ans", "15 bis 29 Jahre", "15 to 29")),
    "30 à 44 ans": ("30-44", _words("30 à 44 ans", "30 bis 44 Jahre", "30 to 44")),
    "45 à 59 ans": ("45-59", _words("45 à 59 ans", "45 bis 59 Jahre", "45 to 59")),
    "60 à 74 ans": ("60-74", _words("60 à 74 ans", "60 bis 74 Jahre", "60 to 74")),
    "75 ans ou plus": ("75+", _words("75 ans ou plus", "75 Jahre und mehr", "75 and over")),
}


def population(_now: datetime) -> Built:
    """Inhabitants: the département since 1968, by age; communes and EPCI for 2021."""
    series = Series(as_of=date(2022, 1, 1))
    if not _is_ours():
        return series.built
    for line in read("statistiques_moselle_grand_est.csv"):
        if (line["territoire_code"], line["indicateur"]) != (MOSELLE, "population"):
            continue
        item, label = _AGES.get(line["ventilation"], ("", None))
        series.add(
            value=line["valeur"], period=line["periode"], item=item, label=label,
            source=series.source_of(line), level=Level.DEPARTEMENT, territory=MOSELLE,
        )  # fmt: skip
    source = series.source(name=COMPARATOR, on="2024-06-27", proof=COPY)
    counts = {
        line["code_insee"]: float(line["population_2021"])
        for line in read("indicateurs_communes_57.csv")
    }
    _add_places(series, counts, period="2021", source=source)
    return series.built


def fibre(_now: datetime) -> Built:
    """Premises that could be connected for each hundred, three quarters, early 2018."""
    series = Series(as_of=date(2018, 3, 31))
    if not _is_ours():
        return series.built
    source = series.source(name=ARCEP, on="2018", proof=COPY)
    aliases = dict(CommuneAlias.objects.values_list("code", "commune_id"))
    groupings = dict(Commune.objects.values_list("pk", "epci_id"))
    ready: dict[tuple[str, str, str], float] = defaultdict(float)
    all_premises: dict[tuple[str, str], float] = defaultdict(float)
    quarters = ("2017t3", "2017t4", "2018t1")
    for line in read("ftth_communes_57_2018t1.csv"):
        code = aliases.get(line["code_insee_actuel"], line["code_insee_actuel"])
        places = [(Level.DEPARTEMENT, MOSELLE), (Level.COMMUNE, code)]
        if epci := groupings.get(code):
            places.append((Level.EPCI, epci))
        for level, territory in places:
            all_premises[level, territory] += float(line["logements"]) + float(
                line["etablissements"]
            )
            for quarter in quarters:
                ready[level, territory, quarter] += float(line[f"raccordables_{quarter}"])
    for (scale, territory, quarter), count in ready.items():
        if premises := all_premises[scale, territory]:
            series.add(
                value=round(min(100.0, 100 * count / premises), 2), level=scale,
                period=f"{quarter[:4]}-T{quarter[-1]}", source=source, territory=territory,
            )  # fmt: skip
    return series.built


def _add_places(series: Series, counts: dict[str, float], *, period: str, source: int) -> None:
    """Add the communes that the portal knows, and the sums of their groupings."""
    groupings = dict(
        Commune.objects.in_departement(settings.DEPARTEMENT).values_list("pk", "epci_id")
    )
    sums: dict[str, float] = defaultdict(float)
    for code, count in counts.items():
        if code not in groupings:
            continue
        series.add(value=count, period=period, source=source, level=Level.COMMUNE, territory=code)
        if epci := groupings[code]:
            sums[epci] += count
    for siren, total in sums.items():
        series.add(value=total, period=period, source=source, level=Level.EPCI, territory=siren)


SOURCED: dict[str, Callable[[datetime], Built]] = {
    "ai": ai,
    "dii": dii,
    "internet": internet,
    "france_num": france_num,
    "digital_jobs": digital_jobs,
    "population": population,
    "fibre": fibre,
}
