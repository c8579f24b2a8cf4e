"""Where returns arrive, read from one address of the settings. Pure: no Django.

| address | what |
|---|---|
| `imaps://user:password@host:993/INBOX` | IMAP over TLS (RFC 8314) |
| `imap+starttls://user:password@host:143/INBOX` | IMAP that turns to TLS before the password |
| `maildir:///path` | the folder of a Maildir |
| `mbox:///path` | a file |

User, password and folder are percent-encoded. A password is never sent in clear: `imap://` is
refused.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

_IMAP_PORTS: Final = {"imaps": 993, "imap+starttls": 143}


@dataclass(frozen=True)
class Imap:
    """A folder of an IMAP server; `is_tls`: from the first byte, else by STARTTLS."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str
    is_tls: bool


@dataclass(frozen=True)
class Maildir:
    """A folder that holds `new`, `cur` and `tmp`."""

    path: Path


@dataclass(frozen=True)
class Mbox:
    """One file."""

    path: Path


MailboxAddress = Imap | Maildir | Mbox


def parse(url: str) -> MailboxAddress:
    """Read an address. Raises ValueError with a French sentence that never quotes the password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError("l’adresse est illisible.") from None
    if parts.scheme in _IMAP_PORTS:
        return _imap(parts, port or _IMAP_PORTS[parts.scheme])
    if parts.scheme in {"maildir", "mbox"}:
        path = Path(unquote(parts.path))
        if parts.netloc or not path.is_absolute() or path == Path("/"):
            raise ValueError(f"écrivez {parts.scheme}:///chemin/absolu.")
        return Maildir(path) if parts.scheme == "maildir" else Mbox(path)
    if parts.scheme == "imap":
        raise ValueError(
            "imap:// enverrait le mot de passe en clair : imaps:// ou imap+starttls://."
        )
    raise ValueError("elle commence par imaps://, imap+starttls://, maildir:// ou mbox://.")


def _imap(parts: SplitResult, port: int) -> Imap:
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if not (parts.hostname and user and password):
        raise ValueError("écrivez imaps://utilisateur:mot-de-passe@serveur/dossier.")
    folder = unquote(parts.path.strip("/")) or "INBOX"
    if not (folder.isascii() and folder.isprintable()):
        raise ValueError("le nom du dossier ne porte ni accent ni signe de commande.")
    return Imap(parts.hostname, port, user, password, folder, is_tls=parts.scheme == "imaps")
