"""A small IMAP server for the tests: it speaks what RFC 3501 asks of the commands that we send."""

import ipaddress
import re
import socketserver
import ssl
import threading
from base64 import b64decode
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "retours@emn.example", 'mot "de" passe'


def certificate(folder):
    """Write a certificate of 127.0.0.1 and its key; return both files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(here, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    return cert_file, key_file


class ImapServer(socketserver.ThreadingTCPServer):
    """A mailbox of raw messages by UID. `marks`: UID → what it carries; `breaks_on`: commands.

    `breaks_on` holds («FETCH», uid): the connection is cut instead of the answer. `refuses` holds
    UIDs whose FETCH is answered NO. `log` keeps each command, without what it says of passwords.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self, tls, *, is_tls=True, keywords=True, plain=True):
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.tls, self.is_tls, self.keywords, self.plain = tls, is_tls, keywords, plain
        self.messages, self.marks = {}, {}
        self.breaks_on, self.refuses, self.log = set(), set(), []
        self.connections = 0

    @property
    def port(self):
        return self.server_address[1]

    def put(self, *raws):
        for raw in raws:
            self.messages[len(self.messages) + 101] = raw

    def handle_error(self, request, client_address):
        """Say nothing: clients that distrust the certificate, or are cut off, are the tests'."""
        request.close()

    def start(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self


class _Conversation(socketserver.StreamRequestHandler):
    def setup(self):
        self.server.connections += 1
        if self.server.is_tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        self.send("* OK ready")
        while line := self.rfile.readline():
            tag, _space, rest = line.decode().strip().partition(" ")
            command, _space, words = rest.partition(" ")
            if command.upper() == "UID":
                command, _space, words = words.partition(" ")
            secret = command.upper() in {"LOGIN", "AUTHENTICATE"}
            self.server.log.append(command if secret else f"{command} {words}".strip())
            uid = words.partition(" ")[0]
            if (command, uid) in self.server.breaks_on:
                self.server.breaks_on.discard((command, uid))
                return
            answer = getattr(self, f"do_{command.lower()}")(words)
            self.send(f"{tag} {answer}")
            if command.upper() == "STARTTLS":
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                super().setup()
            if command.upper() == "LOGOUT":
                return

    def send(self, line):
        self.wfile.write(f"{line}\r\n".encode())

    def finish(self):
        with suppress(OSError, ValueError):
            super().finish()
        self.request.close()

    def do_capability(self, _words):
        plain = " AUTH=PLAIN" if self.server.plain else ""
        start = "" if isinstance(self.request, ssl.SSLSocket) else " STARTTLS LOGINDISABLED"
        self.send(f"* CAPABILITY IMAP4rev1{start}{plain}")
        return "OK done"

    def do_starttls(self, _words):
        return "OK begin"

    def do_authenticate(self, _words):
        self.send("+ ")
        given = b64decode(self.rfile.readline()).decode().split("\0")[1:]
        return self._let_in(given == [USER, PASSWORD])

    def do_login(self, words):
        found = re.fullmatch(r'"?([^" ]+)"? "((?:[^"\\]|\\.)*)"', words)
        given = [found[1], re.sub(r"\\(.)", r"\1", found[2])] if found else []
        return self._let_in(given == [USER, PASSWORD])

    def _let_in(self, known):
        assert isinstance(self.request, ssl.SSLSocket), "a password came in clear"
        return "OK welcome" if known else "NO who are you"

    def do_select(self, words):
        if words != '"INBOX"':
            return "NO no such folder"
        self.send(f"* {len(self.server.messages)} EXISTS")
        flags = r"\Seen \*" if self.server.keywords else r"\Seen"
        self.send(f"* OK [PERMANENTFLAGS ({flags})] flags")
        return "OK [READ-WRITE] selected"

    def do_search(self, words):
        wanted = {"UNSEEN": "\\Seen", "UNKEYWORD EmnRead": "EmnRead"}[words]
        new = [
            str(uid)
            for uid in self.server.messages
            if wanted not in self.server.marks.get(uid, set())
        ]
        self.send(" ".join(["* SEARCH", *new]))
        return "OK done"

    def do_fetch(self, words):
        found = re.fullmatch(r"(\d+) \(BODY\.PEEK\[\]<0\.(\d+)>\)", words)
        uid, size = int(found[1]), int(found[2])
        if uid in self.server.refuses:
            return "NO cannot read it"
        content = self.server.messages.get(uid)
        if content is None:
            return "OK gone"
        self.send("* 1 FETCH (FLAGS (\\Recent))")  # servers say what was not asked
        if len(content) < 20 and b"\n" not in content:
            self.send(f'* 1 FETCH (UID {uid} BODY[]<0> "{content.decode()}")')
            return "OK done"
        self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(content[:size])}}}\r\n".encode())
        self.wfile.write(content[:size])
        self.send(")")
        return "OK done"

    def do_store(self, words):
        uid, _flags, mark = words.split()
        self.server.marks.setdefault(int(uid), set()).add(mark.strip("()"))
        return "OK done"

    def do_logout(self, _words):
        self.send("* BYE")
        return "OK bye"
