"""The text that collectors of metrics read; pure.

Source: Prometheus, « Exposition formats », text format 0.0.4.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """The samples of one name. `kind`: counter, gauge or histogram."""

    name: str
    help: str
    kind: str
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)

    def add(self, value: float, *labels: tuple[str, str], suffix: str = "") -> None:
        """Add a sample."""
        self.samples.append((self.name + suffix, labels, value))


def written(families: Iterable[Family]) -> str:
    """Return the families as text."""
    lines = []
    for family in families:
        lines += [f"# HELP {family.name} {family.help}", f"# TYPE {family.name} {family.kind}"]
        lines += [
            f"{name}{_labels(labels)} {_number(value)}" for name, labels, value in family.samples
        ]
    return "\n".join(lines) + "\n"


def _labels(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
