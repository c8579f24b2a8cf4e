"""Reading one line of a file of people: the person it names, or what is wrong with it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import timezone
from django.utils.translation import gettext as _

from emn.lib.tables import Cells, Unreadable
from emn.lib.text import fold
from emn.mailings import territories
from emn.mailings.addresses import is_generic, is_personal, mailbox_hash
from emn.mailings.enums import Basis
from emn.mailings.models import JobFunction, Subscriber, Topic

EMAIL, LANGUAGE, PLACE, TOPICS, FUNCTION, DAY, PROOF = COLUMNS = (
    "courriel",
    "langue",
    "territoire",
    "themes",
    "fonction",
    "date du consentement",
    "preuve",
)
OLDEST: Final = timedelta(days=3 * 365)  # R2.05: what was collected before is not kept
LONGEST_PROOF: Final = 150  # signs: with its day, it fits the register
_FRENCH_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\b")
_LANGUAGES = {
    "fr": ("fr", "francais"),
    "de": ("de", "allemand", "deutsch"),
    "en": ("en", "anglais", "english"),
}


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to write to. `since`: the day of the consent, or of the collection.

    `source`: what proves it, as the register of consents will say it.
    """

    number: int
    email: str
    mailbox_hash: str
    language: str
    epci_code: str
    topics: list[str]
    function: str
    basis: str
    since: datetime
    source: str


class LineReader:
    """Reads the lines of one file. Raises Unreadable when its columns are not the right ones."""

    def __init__(self, header: Iterable[str], *, basis: str, now: datetime) -> None:
        named = [name for name in header if name]
        self._names = {fold(name.replace("_", " ")): name for name in named}
        if len(self._names) < len(named):
            raise Unreadable(_("Deux colonnes portent le même nom."))
        self._basis, self._now = basis, now
        self._refuse_columns()
        self._place_of = territories.make_finder()
        self._languages = {word: code for code, words in _LANGUAGES.items() for word in words}
        self._topics = {
            fold(word): topic.code
            for topic in Topic.objects.in_order()
            for word in (topic.code, *(getattr(topic, f"name_{code}") for code in _LANGUAGES))
            if word
        }
        self._functions: dict[str, str] = {}
        self._touched: dict[str, set[str]] = {}  # function → topics, by codes
        for function in JobFunction.objects.in_order().prefetch_related("topics"):
            names = (getattr(function, f"name_{code}") for code in _LANGUAGES)
            for word in (function.code, *names, *function.words):
                self._functions.setdefault(fold(word or ""), function.code)
            self._touched[function.code] = {topic.code for topic in function.topics.all()}

    def read(self, number: int, cells: Cells) -> Person | list[str]:
        """Return the person, or every fault of the line in French. No fault quotes an address."""
        faults: list[str] = []

        def value_of(column: str, reader: Callable[[str], Any]) -> Any:
            try:
                return reader(cells.get(self._names.get(column, ""), ""))
            except ValueError as fault:
                faults.append(f"{column} : {fault}")

        email = value_of(EMAIL, self._email)
        basis = self._basis
        if basis == Basis.PROFESSION and email and is_generic(email):
            basis = Basis.GENERIC
        day, proof = value_of(DAY, self._day), value_of(PROOF, self._proof)
        since = day and timezone.make_aware(datetime.combine(day, time()))
        said = "" if basis == Basis.CONSENT else str(Basis(basis).label)
        topics, function = value_of(TOPICS, self._topic_codes), value_of(FUNCTION, self._function)
        if basis == Basis.PROFESSION and topics is not None and function is not None:
            faults.extend(self._without_relation(function, topics))
        person = Person(
            number=number,
            email=email,
            mailbox_hash=mailbox_hash(email or ""),
            language=value_of(LANGUAGE, self._language),
            epci_code=value_of(PLACE, self._place),
            topics=topics,
            function=function,
            basis=basis,
            since=since or self._now,
            source=" · ".join(
                part for part in (said, f"{day:%d/%m/%Y}" if day else "", proof) if part
            ),
        )
        return faults or person

    def _refuse_columns(self) -> None:
        compulsory = {EMAIL, PROOF, DAY if self._basis == Basis.CONSENT else FUNCTION}
        if missing := [name for name in COLUMNS if name in compulsory - set(self._names)]:
            raise Unreadable(
                _("Il manque ces colonnes à la première ligne : %(names)s.")
                % {"names": ", ".join(missing)}
            )
        if unknown := sorted(set(self._names) - set(COLUMNS)):
            raise Unreadable(
                _(
                    "Colonnes inconnues : %(names)s. Supprimez-les du fichier : le portail ne "
                    "garde que ce qui sert à écrire."
                )
                % {"names": ", ".join(name[:40] for name in unknown[:10])}
            )

    def _email(self, text: str) -> str:
        email = text.strip().lower()
        try:
            validate_email(email)
        except ValidationError:
            raise ValueError(_("ce n’est pas une adresse.")) from None
        if len(email) > _longest("email"):
            raise ValueError(_("adresse trop longue."))
        if self._basis == Basis.PROFESSION and is_personal(email):
            raise ValueError(_("une adresse privée demande un consentement (gmail, orange…)."))
        return email

    def _language(self, text: str) -> str:
        if not text:
            return settings.LANGUAGE_CODE
        if fold(text) not in self._languages:
            raise ValueError(_("écrivez fr, de ou en."))
        return self._languages[fold(text)]

    def _place(self, text: str) -> str:
        code = self._place_of(text) if text else ""
        if text and not code:
            raise ValueError(
                _("« %(text)s » n’est ni un EPCI ni une commune connus.") % {"text": text[:60]}
            )
        return code

    def _topic_codes(self, text: str) -> list[str]:
        wanted = [word.strip() for word in text.split(",") if word.strip()]
        if unknown := [word for word in wanted if fold(word) not in self._topics]:
            raise ValueError(
                _("« %(names)s » n’est pas dans la liste.") % {"names": ", ".join(unknown)[:100]}
            )
        return list(dict.fromkeys(self._topics[fold(word)] for word in wanted))

    def _function(self, text: str) -> str:
        if text and fold(text) not in self._functions:
            raise ValueError(
                _(
                    "« %(text)s » n’est pas une fonction connue : corrigez-la, ou complétez les "
                    "fonctions."
                )
                % {"text": text[:60]}
            )
        return self._functions[fold(text)] if text else ""

    def _without_relation(self, function: str, topics: list[str]) -> Iterator[str]:
        """Say why a professional may not be written to without a consent (R2.02)."""
        touched = self._touched.get(function, set())
        if not function:
            yield f"{FUNCTION} : " + _("indispensable pour écrire à un professionnel.")
        elif not touched:
            yield f"{FUNCTION} : " + _("aucun thème ne touche cette fonction : choisissez-les.")
        elif topics and touched.isdisjoint(topics):
            yield f"{TOPICS} : " + _("aucun ne touche cette fonction.")

    def _day(self, text: str) -> date | None:
        if not text and self._basis == Basis.PROFESSION:
            return None
        try:
            day = _day_of(text)
        except ValueError:
            raise ValueError(_("écrivez un jour, comme 31/12/2025.")) from None
        today = timezone.localdate(self._now)
        if day > today:
            raise ValueError(_("ce jour est à venir."))
        if day < today - OLDEST:
            raise ValueError(_("il y a plus de trois ans : demandez à la personne à nouveau."))
        return day

    def _proof(self, text: str) -> str:
        if not text and self._basis == Basis.CONSENT:
            raise ValueError(
                _("dites où est la preuve : adresse du formulaire, nom d’un document, cote…")
            )
        if not text:
            raise ValueError(_("dites d’où vient l’adresse : la personne le lira."))
        if len(text) > LONGEST_PROOF:
            raise ValueError(_("150 signes au plus."))
        return text


def _longest(field: str) -> int:
    return int(getattr(Subscriber._meta.get_field(field), "max_length", 0))


def _day_of(text: str) -> date:
    if french := _FRENCH_DAY.match(text):
        day, month, year = map(int, french.groups())
        return date(year, month, day)
    return date.fromisoformat(text[:10])
