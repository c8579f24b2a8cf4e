"""A crowd of invented cards, to see the portal at a size it will never have."""

import random
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from django.db import connection, transaction

from directory.enums import ClientSector, ClientSize, ProviderStatus, SpokenLanguage
from directory.models import Company, Offer, Provider, Service
from directory.services.search import reindex_published
from emn.territory.models import Commune

BATCH = 5_000
_SIRET_START = 1_000_000_000_000  # beyond those of the demonstration, which start with 00
_KINDS = (
    "Atelier", "Studio", "Agence", "Cabinet", "Maison", "Comptoir", "Bureau", "Fabrique", "Groupe",
    "Services", "Conseil", "Réseau",
)  # fmt: skip
_SYLLABLES = (
    "ba", "be", "bo", "bri", "cal", "car", "co", "da", "del", "do", "fa", "fer", "fi", "flo", "ga",
    "gri", "har", "i", "ju", "ka", "ko", "la", "lin", "lo", "lu", "ma", "mer", "mi", "mo", "na",
    "nel", "no", "or", "pa", "per", "pi", "po", "ra", "ri", "ro", "sa", "sel", "si", "so", "ta",
    "tel", "ti", "to", "tri", "u", "va", "vel", "vi", "vo", "wa", "wen", "yo", "za",
)  # fmt: skip
_SENTENCES = (
    "Nous travaillons pour les commerces et les artisans de la vallée.",
    "Un interlocuteur unique suit votre projet du premier rendez-vous à la livraison.",
    "Le devis détaille chaque poste et reste valable trois mois.",
    "Nos formations se tiennent chez vous ou dans nos locaux, par petits groupes.",
    "Vos données restent en Europe et vous pouvez les reprendre à tout moment.",
    "Nous répondons le jour même, et venons sur place quand il le faut.",
    "Notre équipe parle français et allemand, et connaît les deux côtés de la frontière.",
    "Une visite de contrôle a lieu chaque année, sans supplément.",
)


def write_crowd(*, count: int, now: datetime, seed: int = 57) -> int:
    """Bring the invented cards up to `count`, published, and index all cards; return how many new.

    The same seed gives the same crowd. Written in bulk: the services, one card at a time, would
    take a day for a million; the constraints of the tables hold all the same.
    """
    known = Company.objects.filter(siret__gte=f"{_SIRET_START:014d}", is_demo=True).count()
    crowd = islice(_cards(seed=seed, now=now), known, count)
    written = 0
    while rows := list(islice(crowd, BATCH)):
        written += _write(rows)
    if written:
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE directory_provider, directory_company, directory_offer")
        reindex_published()
    return written


@transaction.atomic(durable=True)
def _write(rows: list[tuple[Company, Provider, list[int]]]) -> int:
    Company.objects.bulk_create(company for company, _provider, _services in rows)
    Provider.objects.bulk_create(provider for _company, provider, _services in rows)
    Offer.objects.bulk_create(
        Offer(provider=provider, service_id=pk) for _company, provider, pks in rows for pk in pks
    )
    return len(rows)


def _cards(*, seed: int, now: datetime) -> Iterator[tuple[Company, Provider, list[int]]]:
    """Yield cards without end: a few services are on many, most on few, as in life."""
    draw = random.Random(seed)  # noqa: S311 -- a crowd, not a secret
    communes = list(Commune.objects.filter(population__gt=0).order_by("pk"))
    weights = [commune.population for commune in communes]
    services = list(Service.objects.in_order().values_list("pk", flat=True))
    shares = [0.3 / (1 + rank / 6) for rank in range(len(services))]
    number = _SIRET_START
    while True:
        name = f"{draw.choice(_KINDS)} {_word(draw)} {_word(draw)}"
        company = Company(
            siret=f"{number:014d}",
            name=name.upper(),
            commune=draw.choices(communes, weights)[0],
            checked_at=now,
            is_demo=True,
        )
        confirmed_at = now - timedelta(days=draw.randrange(500))
        provider = Provider(
            company=company,
            slug=f"foule-{number - _SIRET_START}",
            name=name,
            tagline=draw.choice(_SENTENCES),
            description=" ".join(draw.sample(_SENTENCES, 5)),
            email="contact@foule.example",
            languages=["fr", *_some(draw, SpokenLanguage.values[1:], 0.15)],
            client_sizes=_some(draw, ClientSize.values, 0.5),
            sectors=_some(draw, ClientSector.values, 0.25),
            status=ProviderStatus.PUBLISHED,
            created_at=confirmed_at,
            edited_at=confirmed_at,
            submitted_at=confirmed_at,
            reviewed_at=confirmed_at,
            published_at=confirmed_at,
            confirmed_at=confirmed_at,
        )
        offered = [
            pk for pk, share in zip(services, shares, strict=True) if draw.random() < share / 2
        ]
        yield company, provider, offered or [draw.choice(services)]
        number += 1


def _word(draw: random.Random) -> str:
    return "".join(draw.choices(_SYLLABLES, k=draw.randrange(2, 5))).capitalize()


def _some(draw: random.Random, values: Iterable[str], share: float) -> list[str]:
    return [value for value in values if draw.random() < share]
