"""Rooms, sessions and registrations for the tests of the events."""

from datetime import UTC, datetime, timedelta

import factory

from emn.mailings.models import OutboundEmail
from events.models import CapacityPool, Registration, Room, Session, Theme
from events.services import greetings, registrations, sessions

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
START = datetime(2026, 12, 8, 17, 0, tzinfo=UTC)  # 18 h in Metz
HOUR = timedelta(hours=1)


class RoomFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Room
        django_get_or_create = ("slug",)

    slug = "conferences"
    name_fr = "Espace de conférence"
    name_de = "Konferenzraum"
    name_en = "Conference space"
    seats = 120


class ThemeFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Theme
        django_get_or_create = ("slug",)

    slug = "securite"
    name_fr = "Sécurité et données"
    name_de = "Sicherheit und Daten"
    name_en = "Security and data"


class SessionFactory(factory.django.DjangoModelFactory):
    """A draft, in a room of its own."""

    class Meta:
        model = Session
        skip_postgeneration_save = True

    kind = "conference"
    title_fr = "Que faire le jour où tout est bloqué ?"
    summary_fr = "Une entreprise raconte."
    room = factory.SubFactory(RoomFactory, slug=factory.Sequence(lambda n: f"salle-{n}"))
    starts_at = START
    ends_at = factory.LazyAttribute(lambda row: row.starts_at + 2 * HOUR)
    slug = factory.Sequence(lambda n: f"tout-est-bloque-{n}")
    created_at = NOW
    changed_at = NOW


def draft(*, seats=None, remote=None, waiting_limit=200, themes=(), **fields):
    session = SessionFactory(**fields)
    session.themes.set(themes)
    for mode, size in (("on_site", seats), ("remote", remote)):
        if size is not None:
            CapacityPool.objects.create(
                session=session, mode=mode, size=size, waiting_limit=waiting_limit
            )
    sessions.write_terms(session)
    return session


def published(*, now=NOW, **fields):
    return sessions.publish_session(session_id=draft(**fields).pk, now=now)


def register(session, number=1, *, now=NOW, email=None, **fields):
    """Ask for a seat; return the registration of that mailbox."""
    email = email or f"personne{number}@entreprise.example"
    mode = fields.pop("mode", "")
    registrations.register(
        session_id=session.pk,
        pool_id=session.pools.get(mode=mode).pk if mode else None,
        full_name=fields.pop("full_name", f"Personne {number}"),
        email=email,
        company_name=fields.pop("company_name", "Boulangerie Meyer"),
        language="fr",
        now=now,
        **fields,
    )
    greetings.greet_all(now=now)  # as the task does
    return Registration.objects.filter(email=registrations.fold_email(email)).latest("pk")


def seated(session, number=1, *, now=NOW, **fields):
    entry = register(session, number, now=now, **fields)
    return registrations.take_seat(registration_id=entry.pk, now=now)


def waiting(session, number=2, *, now=NOW, **fields):
    """Ask for a place in line, and keep it by the mailbox's word."""
    entry = register(session, number, now=now, **fields)
    return registrations.enter_line(registration_id=entry.pk, now=now)


def mails(kind):
    return OutboundEmail.objects.filter(kind=f"events/emails/{kind}").order_by("pk")
