"""schema.org descriptions of sessions."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.safestring import SafeString

from emn.lib.structured_data import json_ld
from events.enums import Availability, SessionKind, SessionMode
from events.models import Session, Training
from events.training_catalogue import Date

_MODES = {
    SessionMode.ON_SITE: "OfflineEventAttendanceMode",
    SessionMode.REMOTE: "OnlineEventAttendanceMode",
    SessionMode.HYBRID: "MixedEventAttendanceMode",
}
_COURSE_MODES = {
    SessionMode.ON_SITE: "Onsite",
    SessionMode.REMOTE: "Online",
    SessionMode.HYBRID: "Blended",
}
_SOLD_OUT = {Availability.WAITING, Availability.FULL}


def session_json_ld(session: Session) -> SafeString:
    """Return the session as a schema.org Event. Source: schema.org/Event.

    Only what the page shows: never where to connect.
    """
    url = settings.PUBLIC_URL + session.get_absolute_url()
    postal = {"@type": "PostalAddress", "streetAddress": session.elsewhere or
              settings.CENTRE_ADDRESS, "addressCountry": "FR"}  # fmt: skip
    here = {
        "@type": "Place",
        "name": session.room.name if session.room else session.elsewhere,
        "address": postal,
    }
    there = {"@type": "VirtualLocation", "url": url}
    places = {
        SessionMode.ON_SITE: here,
        SessionMode.REMOTE: there,
        SessionMode.HYBRID: [here, there],
    }
    state = "EventScheduled"
    if session.is_cancelled:
        state = "EventCancelled"
    elif session.moved_from_at:
        state = "EventRescheduled"
    organiser = {
        "@type": "Organization", "name": settings.CENTRE_NAME, "url": settings.PUBLIC_URL
    }  # fmt: skip
    pools = list(session.pools.all())
    sold_out = pools and all(pool.shown in _SOLD_OUT for pool in pools)
    return json_ld(
        {
            "@context": "https://schema.org",
            "@type": "Event",
            "@id": url,
            "url": url,
            "name": session.title,
            "description": session.summary or session.description[:300],
            "startDate": session.local_start.isoformat(),
            "endDate": session.local_end.isoformat(),
            "previousStartDate": session.moved_from_at
            and session.moved_from_at.astimezone(session.clock).isoformat(),
            "eventStatus": f"https://schema.org/{state}",
            "eventAttendanceMode": f"https://schema.org/{_MODES[SessionMode(session.mode)]}",
            "location": places[SessionMode(session.mode)],
            "inLanguage": session.language,
            "organizer": organiser,
            "performer": [
                {"@type": "Person", "name": speaker.name} for speaker in session.speakers.all()
            ],
            "maximumAttendeeCapacity": sum(pool.size for pool in pools),
            "offers": pools
            and session.kind != SessionKind.TRAINING  # paid: its price comes with the trainings
            and {
                "@type": "Offer",
                "url": url,
                "price": "0",
                "priceCurrency": "EUR",
                "availability": "https://schema.org/" + ("SoldOut" if sold_out else "InStock"),
            },
        }
    )


def training_json_ld(training: Training, dates: Sequence[Date]) -> SafeString:
    """Return a training as a schema.org Course with its instances. Source: schema.org/Course."""
    url = settings.PUBLIC_URL + training.get_absolute_url()
    product = training.product
    offer = product and {
        "@type": "Offer",
        "url": url,
        "category": "Paid",
        "price": f"{product.unit_price_cents / 100:.2f}",
        "priceCurrency": "EUR",
    }
    return json_ld(
        {
            "@context": "https://schema.org",
            "@type": "Course",
            "@id": url,
            "url": url,
            "name": training.title,
            "description": training.summary,
            "coursePrerequisites": training.prerequisites,
            "teaches": [row.text for row in training.objectives.all()],
            "provider": {
                "@type": "Organization",
                "name": settings.CENTRE_NAME,
                "url": settings.PUBLIC_URL,
            },
            "offers": offer,
            "hasCourseInstance": [
                {
                    "@type": "CourseInstance",
                    "name": date.own.session.title,
                    "startDate": date.own.session.local_start.isoformat(),
                    "endDate": date.own.session.local_end.isoformat(),
                    "courseMode": _COURSE_MODES[SessionMode(date.own.session.mode)],
                    "courseWorkload": f"PT{int(training.hours * 60)}M",
                    "inLanguage": date.own.session.language,
                    "location": date.own.session.room.name
                    if date.own.session.room
                    else date.own.session.elsewhere,
                    "instructor": [
                        {"@type": "Person", "name": trainer.name}
                        for trainer in training.trainers.all()
                    ],
                }
                for date in dates
            ],
        }
    )
