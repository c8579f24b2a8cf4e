"""Records of BODACC in the shape of the API v2.1, of invented companies; and a server of them."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SIREN = "909770001"


def record(place, on, nature="", *, siren=SIREN, kind="annonce", before=None, **judgment):
    """A record as the API gives it: what is nested comes as JSON in a string."""
    issue = on.replace("-", "")[:4] + "0176"
    spaced = f"{siren[:3]} {siren[3:6]} {siren[6:]}"
    said = {"famille": "Jugement prononçant", "nature": nature, "date": on} | judgment
    return {
        "id": f"A{issue}{place}",
        "publicationavis": "A",
        "publicationavis_facette": "Bodacc A",
        "parution": issue,
        "dateparution": on,
        "numeroannonce": place,
        "typeavis": kind,
        "typeavis_lib": {"annonce": "Avis initial", "annulation": "Avis d'annulation"}.get(
            kind, "Avis rectificatif"
        ),
        "familleavis": "collective",
        "familleavis_lib": "Procédures collectives",
        "numerodepartement": "57",
        "tribunal": "Chambre commerciale du tribunal judiciaire de Metz",
        "commercant": "ATELIER INVENTE",
        "ville": "Metz",
        "registre": [spaced, siren],
        "cp": "57000",
        "listepersonnes": json.dumps({"personne": {"typePersonne": "pm", "denomination": "X"}}),
        "jugement": json.dumps(said) if nature or judgment else None,
        "acte": None,
        "parutionavisprecedent": json.dumps(before) if before else None,
        "url_complete": f"https://www.bodacc.fr/pages/annonces-commerciales-detail/?q.id=id:A{place}",
    }


def naming(row):
    """How a later notice names this one."""
    return {
        "nomPublication": "BODACC A",
        "numeroParution": row["parution"],
        "dateParution": row["dateparution"],
        "numeroAnnonce": str(row["numeroannonce"]),
    }


@contextmanager
def api(settings, *, rows=(), status=200, body=None, failures=0, page=None):
    """A server on this machine that answers from `rows`; yields the questions that it got."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            question = {
                key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()
            }
            asked.append(question | {"path": urlsplit(self.path).path})
            failing = len(asked) <= failures
            found = [row for row in rows if f'"{row["registre"][1]}"' in question["where"]]
            start = int(question["offset"])
            shown = found[start : start + (page or int(question["limit"]))]
            content = body or json.dumps({"total_count": len(found), "results": shown})
            self.send_response(503 if failing else status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content.encode())

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.BODACC_URL = f"http://127.0.0.1:{server.server_port}/api/explore/v2.1"
    try:
        yield asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
