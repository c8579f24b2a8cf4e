"""What the people of a company say beside what the company says, in the words of a language."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from diagnostics.models import Diagnostic, VoiceLink
from diagnostics.services.reference import referential_of
from diagnostics.services.voices import link_near
from diagnostics.voices import HIGH, LOW, WIDE, topics
from emn.questionnaires.services import definition_of


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """One axis: what the company comes to, and its people, in words."""

    title: str
    own: int | None
    theirs: str


@dataclass(frozen=True, slots=True)
class VoiceReport:
    """Both voices, and what they are far enough apart on to be talked about."""

    count: int
    lines: tuple[VoiceLine, ...]
    topics: tuple[str, ...]

    @property
    def basis(self) -> str:
        """Say what it rests upon."""
        return ngettext(
            "%(count)s réponse anonyme.", "%(count)s réponses anonymes.", self.count
        ) % {"count": self.count}


def score_words(score: int | None) -> str:
    """Say a score of the people; the ends by their band alone."""
    if score is None:
        return _("trop peu d’avis")
    if score == 0:
        return _("moins de %(limit)s") % {"limit": LOW}
    return _("%(limit)s ou plus") % {"limit": HIGH} if score == HIGH else str(score)


def voices_of(diagnostic: Diagnostic) -> VoiceReport | None:
    """Return both voices of a finished diagnostic, None while nobody, or under three, answered."""
    link = link_near(diagnostic)
    if link is None:
        return None
    referential, language = referential_of(diagnostic.referential_id), get_language() or "fr"
    result: Mapping[str, Any] = diagnostic.result
    own = {code: entry["shown"] for code, entry in result["axes"].items()}
    titles = {code: axis.title.say(language) for code, axis in referential.axes.items()}
    shown: Mapping[str, int | None] = link.shown["axes"]
    return VoiceReport(
        count=link.shown["count"],
        lines=tuple(
            VoiceLine(titles[code], own.get(code), score_words(shown.get(code)))
            for code in referential.axes
            if code in shown
        ),
        topics=tuple(_topic(titles[axis], better) for axis, better in topics(shown, own)
                     if axis in titles),
    )  # fmt: skip


def lines_of(link: VoiceLink) -> list[VoiceLine]:
    """Return what a company sees of a link, without any diagnostic."""
    language = get_language() or "fr"
    axes = link.shown["axes"] if link.shown else {}
    return [
        VoiceLine(section.title.say(language), None, score_words(axes.get(section.code)))
        for section in definition_of(link.version_id).sections
        if axes
    ]


def _topic(title: str, is_better: bool) -> str:  # noqa: FBT001 -- of a pair
    words = (
        _("%(title)s : vos équipes le voient bien mieux que vous (plus de %(wide)s points).")
        if is_better
        else _(
            "%(title)s : vos équipes le voient bien moins bien que vous (plus de %(wide)s points)."
        )
    )
    return words % {"title": title, "wide": WIDE}


def frozen_voices(found: VoiceReport | None) -> dict[str, Any] | None:
    """Return it as JSON, for what is signed and for the PDF."""
    if found is None:
        return None
    return {
        "basis": found.basis,
        "lines": [
            {"title": line.title, "own": line.own, "theirs": line.theirs} for line in found.lines
        ],
        "topics": list(found.topics),
    }


def voice_headings() -> dict[str, str]:
    """Return the headings of the PDF."""
    return {
        "voices": _("Deux voix"),
        "ours": _("Vous"),
        "theirs": _("Vos équipes"),
        "topics": _("À en parler ensemble"),
    }
