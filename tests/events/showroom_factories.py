"""Showrooms, what stands in them, visits and calls, for the tests of the events."""

from datetime import date, timedelta
from uuid import uuid4

import factory

from emn.accounts.models import User
from events.enums import Scenario
from events.models import (
    Demonstration,
    DemonstrationSupplier,
    RightsCall,
    RightsCriterion,
    Showroom,
    Station,
    VisitNotebook,
)
from events.services import doors, greetings, notebooks, registrations, visits
from events.services import rights as rights_services
from tests.directory.factories import ServiceFactory
from tests.events.factories import NOW, START, RoomFactory

TODAY = NOW.date()
DAY = timedelta(days=1)


class ShowroomFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Showroom
        django_get_or_create = ("slug",)

    room = factory.SubFactory(RoomFactory, slug="showroom-1", name_fr="Showroom 1")
    slug = "vendre"
    name_fr = "Showroom 1 : vendre"
    name_de = "Showroom 1: verkaufen"
    name_en = "Showroom 1: sell"
    summary_fr = "Une boutique en vraie grandeur."
    touched_fr = "Encaisser un panier"
    scenarios = ["shop", "craft"]


class StationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Station

    showroom = factory.SubFactory(ShowroomFactory)
    number = factory.Sequence(lambda n: n % 1000 + 1)
    name_fr = "La caisse"
    x = 40
    y = 30


class DemonstrationFactory(factory.django.DjangoModelFactory):
    """In place on the day of the tests, on a station of its own."""

    class Meta:
        model = Demonstration

    showroom = factory.SubFactory(ShowroomFactory)
    station = factory.SubFactory(StationFactory, showroom=factory.SelfAttribute("..showroom"))
    slug = factory.Sequence(lambda n: f"caisse-{n}")
    title_fr = factory.Sequence(lambda n: f"La caisse qui compte {n}")
    usage_fr = "Encaisser et compter."
    problem_fr = "Les stocks se comptent à la main."
    theme = "sales"
    scenarios = ["shop"]
    service = factory.SubFactory(ServiceFactory)
    entered_on = date(2026, 11, 1)
    leaves_on = date(2027, 4, 30)
    published_at = NOW


def supplied(demonstration, *cards):
    for card in cards:
        DemonstrationSupplier.objects.create(demonstration=demonstration, provider=card)
    return demonstration


def host(email="hote@emn.example"):
    return User.objects.get_or_create(
        email=email, defaults={"is_staff": True, "full_name": "Nora Klein"}
    )[0]


def visit(*, starts=START, scenarios=(Scenario.SHOP, Scenario.CRAFT), seats=8, **fields):
    showroom = fields.pop("showroom", None) or ShowroomFactory()
    (made,) = visits.open_visits(
        showroom_id=showroom.pk, scenarios=scenarios, starts=[starts], length=timedelta(hours=1),
        seats=seats, group_limit=fields.pop("group_limit", 4),
        host_id=fields.pop("host", None) or host().pk, invited=fields.pop("invited", {}),
        now=fields.pop("now", NOW),
    )  # fmt: skip
    return made


def booked(slot, number=1, *, scenario=Scenario.SHOP, now=NOW, email=None, language="fr"):
    """Book and confirm; return the notebook."""
    email = email or f"visiteur{number}@entreprise.example"
    visits.book(
        visit=slot, scenario=scenario, full_name=f"Visiteur {number}", email=email,
        company_name="Boulangerie Meyer", siret="", people=1, language=language, now=now,
    )  # fmt: skip
    greetings.greet_all(now=now)  # as the task does
    notebook = VisitNotebook.objects.get(registration__email=email, visit=slot)
    registrations.take_seat(registration_id=notebook.registration_id, now=now)
    return VisitNotebook.objects.select_related("registration", "visit__session").get(
        pk=notebook.pk
    )


def come(notebook, *, now=START):
    """Let the visitor in."""
    doors.check_in(
        session_id=notebook.visit.session_id, registration_id=notebook.registration_id,
        client_id=uuid4(), by_id=host().pk,
        scanned_at=now, now=now,
    )  # fmt: skip
    notebook.registration.refresh_from_db()
    return notebook


def keep(notebook, *demonstrations, now=START):
    return [
        notebooks.add_favourite(notebook_id=notebook.pk, demonstration_id=row.pk, now=now)
        for row in demonstrations
    ]


def call(*, weights=(60, 40), publish=True, now=NOW, **fields):
    values = {
        "title": "Appel du printemps", "text": "Montrez ce qui s’essaie.", "places": 1,
        "asks_charter": False, "opens_at": now, "closes_at": now + 10 * DAY,
        "starts_on": date(2027, 1, 1), "ends_on": date(2027, 6, 30),
    }  # fmt: skip
    made = RightsCall.objects.create(
        showroom=fields.pop("showroom", None) or ShowroomFactory(), **(values | fields)
    )
    for rank, weight in enumerate(weights):
        RightsCriterion.objects.create(
            call=made, label=f"Critère {rank + 1}", weight=weight, position=rank
        )
    if publish:
        rights_services.publish_call(call_id=made.pk, now=now)
        made.refresh_from_db()
    return made
