"""What was acknowledged against what the database and the relay hold."""

import time
from collections import Counter
from dataclasses import dataclass, field

from bench.cluster.hosts import SEATS, Cluster
from bench.cluster.visitors import Crowd

SETTLES_WITHIN_S = 150
SWEEPS = (
    "emn.mailings.tasks.sweep",
    "emn.mailings.tasks.sweep_campaigns",
    "events.tasks.greet",
)
_CALM = "20 seconds"
_SEATED = ("held", "offered", "registered", "confirmed")


@dataclass
class Ledger:
    """All that was promised to visitors since the start."""

    registered: set[str] = field(default_factory=set)
    subscribed: set[str] = field(default_factory=set)
    answered: set[str] = field(default_factory=set)
    headed: bool = False

    def check(self, crowd: Crowd, slug: str, cluster: Cluster) -> dict:
        """Count, for one crowd, what was lost, written twice, or seated beyond the chairs."""
        self.registered |= crowd.registered
        self.subscribed |= crowd.subscribed
        self.answered |= crowd.answered
        rows = cluster.query(
            """SELECT r.email, r.status, r.seats FROM events_registration r
               JOIN events_session s ON s.id = r.session_id WHERE s.slug = %s""",
            (slug,),
        )
        mailboxes = Counter(email for email, _status, _seats in rows)
        seated = sum(seats for _email, status, seats in rows if status in _SEATED)
        return {
            "lost": len(crowd.registered - set(mailboxes)),
            "twice": sum(count > 1 for count in mailboxes.values())
            + len(set(mailboxes) - crowd.attempted),
            "beyond": max(0, seated - SEATS),
        }

    def settle(self, cluster: Cluster) -> dict[str, int | str]:
        """Wait until all mail has left, then count. Lines with « ! » must be 0."""
        began, aged = time.monotonic(), 0
        while (left := _left(cluster)) and time.monotonic() - began < SETTLES_WITHIN_S:
            aged += _age(cluster)
            for sweep in SWEEPS:  # the clock’s, each minute
                cluster.broker.send_task(sweep, queue="transactional", ignore_result=True)
            time.sleep(5)
        given = cluster.given()
        copies = Counter(given["identifiers"])
        rows = cluster.query(
            """SELECT message_id, to_email, kind FROM mailings_outboundemail
               WHERE status = 'sent' AND stream = 'transactional' AND to_email <> ''
                 AND created_at > now() - interval '20 minutes'"""
        )
        mine = [row for row in rows if row[1] in self.registered | self.subscribed]
        first = Counter(to for _id, to, kind in mine if kind.endswith(("held", "waiting")))
        letters = cluster.query(
            """SELECT d.state, s.email FROM mailings_delivery d
               JOIN mailings_subscriber s ON s.id = d.subscriber_id WHERE d.campaign_id = %s""",
            (cluster.campaign,),
        )
        served, states = Counter(given["served"]), Counter(state for state, _email in letters)
        people = cluster.query("SELECT email FROM mailings_subscriber")
        kept = cluster.query(
            """SELECT r.key FROM questionnaires_run r JOIN questionnaires_answer a
                 ON a.run_id = r.id WHERE a.question = 'size'"""
        )
        all_rows = cluster.query("SELECT email FROM events_registration")
        return {
            "registrations acknowledged": len(self.registered),
            "! of which not in the database": len(self.registered - {row[0] for row in all_rows}),
            "subscriptions acknowledged": len(self.subscribed),
            "! of which not in the database ": len(self.subscribed - {row[0] for row in people}),
            "answers to a diagnostic acknowledged": len(self.answered),
            "! of which not in the database  ": len(self.answered - {row[0] for row in kept}),
            "! people or messages still waiting at the end": left,
            "seconds until all mail had left": round(time.monotonic() - began),
            "messages of dead workers (10 minutes of waiting made short)": aged,
            "service messages said sent": len(mine),
            "! of which the relay never saw": sum(not copies[row[0]] for row in mine),
            "! acknowledged people without a message": len(
                (self.registered | self.subscribed) - {row[1] for row in mine}
            ),
            "copies beyond the first, under the same Message-ID": sum(
                copies[row[0]] - 1 for row in mine if copies[row[0]] > 1
            ),
            "! people greeted by two messages": sum(count > 1 for count in first.values()),
            "letters: people of the audience": len(letters),
            **{f"letters: {state}": count for state, count in sorted(states.items())},
            "! letters given twice": sum(served[email] > 1 for _s, email in letters),
            "! letters said sent that the relay never saw": sum(
                state == "sent" and not served[email] for state, email in letters
            ),
            "letters in doubt that the relay had": sum(
                state == "unknown" and bool(served[email]) for state, email in letters
            ),
        }


def _left(cluster: Cluster) -> int:
    """Count who still waits for a message."""
    return cluster.query(
        """SELECT (SELECT count(*) FROM mailings_outboundemail
                   WHERE status IN ('queued', 'sending'))
                + (SELECT count(*) FROM events_registration WHERE greeting_due_at IS NOT NULL)
                + (SELECT count(*) FROM mailings_delivery
                   WHERE campaign_id = %s AND state IN ('waiting', 'sending'))""",
        (cluster.campaign,),
    )[0][0]


def _age(cluster: Cluster) -> int:
    """Make the ten minutes pass after which a message is taken back from a worker that died."""
    return len(
        cluster.query(
            f"""UPDATE mailings_outboundemail SET claimed_at = claimed_at - interval '1 hour'
                WHERE status = 'sending'
                  AND claimed_at BETWEEN now() - interval '30 minutes'
                                     AND now() - interval '{_CALM}' RETURNING id"""
        )
    )
