"""A session of the demonstration that is at the door now: people to let in, names of all sorts."""

from datetime import datetime, timedelta

from events.enums import SessionKind, SessionMode
from events.models import CapacityPool, Registration, Room, Session, Theme
from events.services import doors, registrations, sessions

SLUG = "cafe-du-numerique"
PEOPLE = (
    ("Léa Müller", "Boulangerie de l’Œuf"), ("Paul Martin", "Garage Martin et fils"),
    ("Anne-Charlotte de La Rochefoucauld-Montmorency",
     "Société coopérative des artisans du bois et de la pierre du Pays de Bitche"),
    ("王小明", "上海智能设备有限公司"), ("佐藤 花子", "株式会社さくら"), ("김민수", "서울전자"),
    ("فاطمة الزهراء بن علي", "مؤسسة النور"), ("Zoé Klein", ""), ("Jörg Weiß", "Weiß Maschinenbau"),
    ("Idris Benali", "Épicerie Benali"), ("Nguyễn Thị Hương", "Restaurant Hương Sen"),
    ("Łukasz Wiśniewski", "Menuiserie W"), ("Maëlle O’Connor", "Fitness Maëlle"),
    ("Jean Petit", "Ferme du Saulnois"), ("Sarah Cohen", "Pharmacie de la Seille"),
)  # fmt: skip


def write_demo_door(*, now: datetime) -> int:
    """Write a session that begins within the hour, once; return how many people it expects."""
    if Session.objects.filter(slug=SLUG).exists():
        return 0
    start = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    session = Session.objects.create(
        kind=SessionKind.AWARENESS, mode=SessionMode.ON_SITE, slug=SLUG,
        title_fr="Le café du numérique", title_de="Digital-Café",
        title_en="Digital coffee", summary_fr="Deux heures, un café, une question chacun.",
        starts_at=start, ends_at=start + timedelta(hours=2), closes_at=start, group_limit=3,
        room=Room.objects.filter(slug="conferences").first(), created_at=now, changed_at=now,
    )  # fmt: skip
    session.themes.set(Theme.objects.filter(slug="gerer"))
    CapacityPool.objects.create(session=session, mode="on_site", size=len(PEOPLE) + 4)
    sessions.write_terms(session)
    sessions.publish_session(session_id=session.pk, now=now)
    for rank, (name, company) in enumerate(PEOPLE):
        registrations.register(
            session_id=session.pk, pool_id=None, full_name=name, company_name=company,
            email=f"porte{rank}@entreprises.example", language="fr", now=now,
            people=2 if rank == 1 else 1,
        )  # fmt: skip
    for held in Registration.objects.filter(session=session).order_by("pk"):
        registrations.take_seat(registration_id=held.pk, now=now)
    return doors.count(session)["on_site"].expected
