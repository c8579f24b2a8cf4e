"""The lines of one file together, in a temporary table of this connection: compare, then write.

However long the file, each step is a few statements, and nothing of it stays in memory.
"""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import datetime

from django.db.backends.utils import CursorWrapper
from django.utils.translation import gettext as _

from emn.mailings.enums import ActMethod, Basis, ConsentAct, SubscriptionStatus
from emn.mailings.imports.lines import Person
from emn.mailings.models.imports import INFORM_WITHIN


def create(cursor: CursorWrapper) -> None:
    """Make the empty table, whatever an import that broke off left behind."""
    cursor.execute(
        """
        DROP TABLE IF EXISTS mailings_staged;
        CREATE TEMPORARY TABLE mailings_staged (
            number integer, email text, mailbox_hash text, language text, epci_code text,
            topics text[], function text, basis text, since timestamptz, source text
        )
        """
    )


def add(cursor: CursorWrapper, people: Iterable[Person]) -> None:
    """Add lines without fault of their own. No topic holds a comma: codes are slugs."""
    rows = [astuple(person) for person in people]
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        columns[5] = [",".join(codes) for codes in columns[5]]
        cursor.execute(
            """
            INSERT INTO mailings_staged
            SELECT number, email, mailbox_hash, language, epci_code, string_to_array(topics, ','),
                   function, basis, since, source
            FROM unnest(%s::integer[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                        %s::text[], %s::text[], %s::timestamptz[], %s::text[])
                 AS line (number, email, mailbox_hash, language, epci_code, topics,
                          function, basis, since, source)
            """,
            columns,
        )


def faults(cursor: CursorWrapper, *, list_id: int, limit: int) -> tuple[list[tuple[int, str]], int]:
    """Return the first lines that may not be written, with the reason, and how many there are.

    Named twice, blocked, or gone from the list: its last act in the register is a withdrawal.
    """
    cursor.execute("ANALYZE mailings_staged")
    cursor.execute(
        """
        WITH last_act AS (  -- by whole sets: an index by date would be read once a line
            SELECT DISTINCT ON (mailbox_hash) mailbox_hash, r.act
            FROM mailings_consentrecord r JOIN mailings_staged USING (mailbox_hash)
            WHERE r.list_id = %(list)s AND r.act <> %(requested)s
            ORDER BY mailbox_hash, r.at DESC, r.id DESC
        )
        SELECT number, first_number, is_blocked, count(*) OVER () FROM (
            SELECT number,
                   min(number) OVER (PARTITION BY mailbox_hash) AS first_number,
                   block.id IS NOT NULL AS is_blocked,
                   coalesce(last_act.act = %(withdrawn)s, false) AS has_left
            FROM mailings_staged
            LEFT JOIN last_act USING (mailbox_hash)
            LEFT JOIN (SELECT id, mailbox_hash FROM mailings_suppression WHERE lifted_at IS NULL)
                 block USING (mailbox_hash)
        ) line
        WHERE first_number < number OR is_blocked OR has_left
        ORDER BY number LIMIT %(limit)s
        """,
        {
            "list": list_id,
            "requested": ConsentAct.REQUESTED,
            "withdrawn": ConsentAct.WITHDRAWN,
            "limit": limit,
        },
    )
    rows = cursor.fetchall()
    found = [(number, _said(number, first, blocked)) for number, first, blocked, _count in rows]
    return found, rows[0][3] if rows else 0


def _said(number: int, first: int, is_blocked: bool) -> str:  # noqa: FBT001 -- a row's columns
    if first < number:
        return _("Même personne que la ligne %(number)s.") % {"number": first}
    if is_blocked:
        return _("Cette adresse est bloquée : aucune liste ne lui écrit.")
    return _("Cette personne a quitté cette liste : elle seule peut s’y inscrire à nouveau.")


def counts(cursor: CursorWrapper, *, list_id: int) -> tuple[int, int]:
    """Return how many people are new to the portal, and how many new to the list."""
    cursor.execute(
        """
        SELECT count(*) FILTER (WHERE person.id IS NULL),
               count(*) FILTER (WHERE entry.status IS DISTINCT FROM %s)
        FROM mailings_staged
        LEFT JOIN mailings_subscriber person USING (mailbox_hash)
        LEFT JOIN mailings_subscription entry
               ON entry.subscriber_id = person.id AND entry.list_id = %s
        """,
        [SubscriptionStatus.CONFIRMED, list_id],
    )
    new, added = cursor.fetchone()
    return new, added


def write(cursor: CursorWrapper, *, list_id: int, import_number: int, now: datetime) -> None:
    """Write every line: people, subscriptions, proofs.

    Nobody is brought lower: what a known person chose stays, a confirmed subscription too, but
    that consent takes the place of a professional relation. Who is new to the list has to be
    informed (R2.10).
    """
    cursor.execute(
        """
        INSERT INTO mailings_subscriber AS person
            (email, mailbox_hash, language, epci_code, topics, function, created_at,
             last_contact_at)
        SELECT email, mailbox_hash, language, epci_code, topics, function, %s, since
        FROM mailings_staged ORDER BY mailbox_hash
        ON CONFLICT (mailbox_hash) DO UPDATE SET
            function = coalesce(nullif(person.function, ''), excluded.function),
            last_contact_at = greatest(person.last_contact_at, excluded.last_contact_at)
        """,
        [now],
    )
    cursor.execute(
        """
        WITH written AS (
            INSERT INTO mailings_subscription AS entry
                (subscriber_id, list_id, status, basis, requested_at, confirmed_at, inform_by)
            SELECT person.id, %(list)s, %(confirmed)s, basis, since, since, %(inform_by)s
            FROM mailings_staged JOIN mailings_subscriber person USING (mailbox_hash)
            ORDER BY mailbox_hash
            ON CONFLICT (subscriber_id, list_id) DO UPDATE SET
                status = excluded.status, basis = excluded.basis,
                confirmed_at = coalesce(entry.confirmed_at, excluded.confirmed_at),
                inform_by = CASE WHEN entry.status = %(pending)s THEN excluded.inform_by
                            ELSE entry.inform_by END
            WHERE entry.status = %(pending)s
               OR entry.status = %(confirmed)s AND entry.basis <> %(consent)s
                  AND excluded.basis = %(consent)s
            RETURNING subscriber_id
        )
        INSERT INTO mailings_consentrecord
            (mailbox_hash, list_id, act, method, form_url, source, import_number, at)
        SELECT mailbox_hash, %(list)s, %(imported)s, %(import)s, '', source, %(number)s, %(now)s
        FROM written
        JOIN mailings_subscriber person ON person.id = written.subscriber_id
        JOIN mailings_staged USING (mailbox_hash)
        """,
        {
            "list": list_id,
            "number": import_number,
            "inform_by": now + INFORM_WITHIN,
            "consent": Basis.CONSENT,
            "pending": SubscriptionStatus.PENDING,
            "confirmed": SubscriptionStatus.CONFIRMED,
            "imported": ConsentAct.IMPORTED,
            "import": ActMethod.IMPORT,
            "now": now,
        },
    )
