"""The facts of a centre, in the folder that EMN_CENTRE_DIR names. No Django but its refusals.

The folder: `centre.toml` (below), `communes.csv`, `epci.csv` and, where there are,
`anciens_codes.csv` in the formats of emn/territory/data; `static/` holds what goes before the portal's own files.
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from emn.lib import colours

FILE = "centre.toml"
COLOURS = "css/centre.css"  # in `static/`
MODES = {"light": "le jour", "dark": "la nuit"}
# Table and key → the variable it stands in for; and the question that asks for it.
FACTS = {
    ("identity", "name"): ("EMN_CENTRE_NAME", "Nom du centre"),
    ("identity", "short_name"): ("EMN_CENTRE_SHORT_NAME", "Nom court"),
    ("identity", "address"): ("EMN_CENTRE_ADDRESS", "Adresse postale"),
    ("territory", "departement"): ("EMN_DEPARTEMENT", "Code du département"),
    ("territory", "name"): ("EMN_DEPARTEMENT_NAME", "Nom du département"),
    ("territory", "region"): (
        "EMN_REGION_DEPARTEMENTS",
        "Départements de la région, par des virgules",
    ),
    ("mail", "contact"): ("EMN_CONTACT_EMAIL", "Adresse de contact"),
    ("legal", "publisher"): ("EMN_PUBLISHER", "Éditeur du portail"),
    ("legal", "director"): ("EMN_PUBLICATION_DIRECTOR", "Directeur de la publication"),
    ("legal", "hosting"): ("EMN_HOSTING_COMPANY", "Hébergeur : nom, adresse, téléphone"),
}
# May be left out: each then has the portal's default.
MORE = {
    ("mail", "sender"): "EMN_FROM_EMAIL",
    ("mail", "list_sender"): "EMN_LIST_FROM_EMAIL",
    ("mail", "security"): "EMN_SECURITY_EMAIL",
    ("mail", "dpo"): "EMN_DPO_EMAIL",
}
Facts = dict[str, dict[str, Any]]


def environment(folder: Path) -> dict[str, str]:
    """Return the variables that the facts of a folder stand in for.

    Raises ImproperlyConfigured when the file is away, unreadable or incomplete.
    """
    try:
        facts = read(folder / FILE)
    except ValueError as error:
        raise ImproperlyConfigured(f"EMN_CENTRE_DIR : {error}") from None
    if missing := missing_facts(facts):
        raise ImproperlyConfigured(f"EMN_CENTRE_DIR : {FILE} ne dit pas {', '.join(missing)}.")
    names = {key: name for key, (name, _question) in FACTS.items()} | MORE
    given = {name: facts.get(table, {}).get(key, "") for (table, key), name in names.items()}
    return {name: ",".join(v) if isinstance(v, list) else str(v) for name, v in given.items() if v}


def read(path: Path) -> Facts:
    """Return the tables of a file. Raises ValueError, a French sentence."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path} ne se lit pas ({error.strerror}).") from None
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path} n’est pas un fichier TOML : {error}.") from None


def missing_facts(facts: Facts) -> list[str]:
    """Return «table.key» of each fact that a centre cannot do without."""
    return [f"{table}.{key}" for table, key in FACTS if not facts.get(table, {}).get(key)]


def faults_of_colours(facts: Facts, *, sheet: str) -> list[str]:
    """Say in French which colours are unknown, unreadable or too close, by light and by dark.

    `sheet`: the portal's tokens, which the centre's colours go over.
    """
    faults = []
    for mode, defaults in zip(MODES, colours.tokens(sheet), strict=True):
        chosen: Mapping[str, str] = facts.get("colours", {}).get(mode, {})
        for name, value in chosen.items():
            if name not in defaults:
                faults.append(f"« {name} » n’est pas une couleur du portail.")
            elif not colours.COLOUR.fullmatch(str(value)):
                faults.append(f"« {value} » n’est pas une couleur : écrivez #rrggbb.")
        if faults:
            continue
        values = defaults | {name: value[1:] for name, value in chosen.items()}
        faults += [
            f"{sign} sur {ground}, {MODES[mode]} : contraste de {ratio:.1f}, il en faut {least}."
            for sign, ground, ratio, least in colours.faint(values)
        ]
    return faults


def style_sheet(facts: Facts) -> str:
    """Return the sheet of the centre's colours; empty when it keeps the portal's."""
    chosen = facts.get("colours", {})
    light, dark = (
        "\n".join(f"    --{name}: {value};" for name, value in chosen.get(mode, {}).items())
        for mode in MODES
    )
    parts = []
    if light:
        parts.append(f"  :root {{\n{light}\n  }}")
    if dark:
        parts.append(
            f"  @media screen and (prefers-color-scheme: dark) {{\n  :root {{\n{dark}\n  }}\n  }}"
        )
    if not parts:
        return ""
    return "@layer tokens {\n" + "\n".join(parts) + "\n}\n"


def written(facts: Facts) -> str:
    """Return the facts as TOML."""
    lines: list[str] = []
    for table, values in facts.items():
        if table == "colours":
            for mode, chosen in values.items():
                lines += ["", f"[colours.{mode}]", *_pairs(chosen)]
        else:
            lines += ["", f"[{table}]", *_pairs(values)]
    return "\n".join(lines).lstrip() + "\n"


def _pairs(values: Mapping[str, Any]) -> list[str]:
    return [f"{key} = {_toml(value)}" for key, value in values.items()]


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
