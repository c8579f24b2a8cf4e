"""Where a bucket of S3's protocol is, and what speaks to it.

The library loads with the first call: a portal that keeps its files in folders never pays for it.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

_HERE = {"127.0.0.1", "localhost"}
_DEFAULT_REGION = "us-east-1"  # what a store that has no regions is told


@dataclass(frozen=True)
class Bucket:
    """A bucket, how to reach it, and the folder of it that is the portal's («» or «a/b»)."""

    endpoint: str
    name: str
    folder: str
    key: str
    secret: str = field(repr=False)
    region: str = _DEFAULT_REGION

    def within(self, folder: str) -> str:
        """Return the name of a folder inside the portal's."""
        return f"{self.folder}/{folder}" if self.folder else folder


def parse(url: str) -> Bucket:
    """Read an address. Raises ValueError with a French sentence that never quotes the secret."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise ValueError("l’adresse est illisible.") from None
    if parts.scheme not in {"s3", "s3+http"}:
        raise ValueError("elle commence par s3://.")
    if parts.scheme == "s3+http" and parts.hostname not in _HERE:
        raise ValueError("s3+http:// enverrait tout en clair : s3://.")
    name, _slash, folder = unquote(parts.path).strip("/").partition("/")
    key, secret = unquote(parts.username or ""), unquote(parts.password or "")
    if not (parts.hostname and key and secret and name):
        raise ValueError("écrivez s3://clé:secret@serveur/bac, ou s3://clé:secret@serveur/bac/a/b.")
    scheme = "https" if parts.scheme == "s3" else "http"
    endpoint = f"{scheme}://{parts.hostname}{port}"
    return Bucket(endpoint, name, folder.strip("/"), key, secret, _region(parts))


def _region(parts: SplitResult) -> str:
    return parse_qs(parts.query).get("region", [_DEFAULT_REGION])[0]


def config() -> Any:
    """Return how a store is spoken to: not only Amazon's, and never without end."""
    from botocore.config import Config  # noqa: PLC0415 -- a second, that folders never need

    return Config(
        signature_version="s3v4",
        s3={"addressing_style": "path"},  # every store of this protocol knows it
        # Newer sums in trailers are Amazon's own.
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        connect_timeout=3,
        read_timeout=20,
        retries={"total_max_attempts": 3, "mode": "standard"},
    )


@cache
def client(bucket: Bucket) -> Any:
    """Return what speaks to the store, for all threads."""
    import boto3  # noqa: PLC0415 -- the same

    return boto3.session.Session().client(
        "s3",
        endpoint_url=bucket.endpoint,
        aws_access_key_id=bucket.key,
        aws_secret_access_key=bucket.secret,
        region_name=bucket.region,
        config=config(),
    )
