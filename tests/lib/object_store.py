"""A store of S3's protocol for tests: one bucket in memory, each request's signature checked."""

import hashlib
import re
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET, BUCKET, REGION = "clé", "secret/de+test", "bac", "test-1"
_SIGNED = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/\d{8}/([\w-]+)/s3/aws4_request, "
    r"SignedHeaders=([\w;-]+), Signature=(\w+)"
)
_PAGE = 2  # names a list gives at once


class Store(ThreadingHTTPServer):
    """`objects` by key; `refused` counts requests that were not signed as they should.

    `answers`: the status that is given for a key, whatever is asked of it.
    """

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.answers: dict[str, int] = {}
        self.refused = 0

    def url(self, folder="", *, secret=SECRET):
        where = f"127.0.0.1:{self.server_port}/{BUCKET}/{folder}"
        return f"s3+http://{quote(KEY)}:{quote(secret, safe='')}@{where}?region={REGION}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}).start()
        return self

    def __exit__(self, *_error):
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, *_words):
        pass

    def parse_request(self):
        if not super().parse_request():
            return False
        self.body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._is_signed():
            self.server.refused += 1
            self._answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
            return False
        parts = urlsplit(self.path)
        _empty, bucket, *rest = unquote(parts.path).split("/", 2)
        self.key, self.query = "".join(rest), parse_qs(parts.query)
        if bucket != BUCKET:
            self._answer(404, b"<Error><Code>NoSuchBucket</Code></Error>")
            return False
        if status := self.server.answers.get(self.key):
            self._answer(status, b"<Error><Code>Told</Code></Error>")
            return False
        return True

    def _is_signed(self):
        found = _SIGNED.fullmatch(self.headers.get("Authorization", ""))
        told = self.headers.get("x-amz-content-sha256", "")
        if not found or told != hashlib.sha256(self.body).hexdigest():
            return False
        _key, region, names, signature = found.groups()
        signed = {name: self.headers[name] for name in names.split(";")}
        request = AWSRequest(
            self.command, f"http://{self.headers['Host']}{self.path}", headers=signed
        )
        request.context["timestamp"] = self.headers["X-Amz-Date"]
        auth = S3SigV4Auth(Credentials(KEY, SECRET), "s3", region)
        words = auth.string_to_sign(request, auth.canonical_request(request))
        return region == REGION and auth.signature(words, request) == signature

    def _answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self):
        source = self.headers.get("x-amz-copy-source")
        if source:
            self.body = self.server.objects[unquote(source).lstrip("/").partition("/")[2]]
        self.server.objects[self.key] = self.body
        self._answer(200, b"<CopyObjectResult/>" if source else b"", ETag='"1"')

    def do_DELETE(self):
        self.server.objects.pop(self.key, None)
        self._answer(204)

    def do_GET(self):
        if not self.key:
            self._list()
        elif self.key not in self.server.objects:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        else:
            self._answer(
                200, self.server.objects[self.key], ETag='"1"',
                Last_Modified="Sun, 29 Nov 2026 03:00:00 GMT",
            )  # fmt: skip

    do_HEAD = do_GET  # noqa: N815 -- named by the library

    def _list(self):
        prefix = self.query.get("prefix", [""])[0]
        after = self.query.get("continuation-token", [""])[0]
        names = sorted(name for name in self.server.objects if name.startswith(prefix))
        names = [name for name in names if name > after]
        page, more = names[:_PAGE], len(names) > _PAGE
        at = datetime(2026, 11, 29, 3, tzinfo=UTC).isoformat()
        rows = "".join(
            f"<Contents><Key>{escape(name)}</Key><LastModified>{at}</LastModified></Contents>"
            for name in page
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        self._answer(
            200,
            f"<ListBucketResult><IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}"
            "</ListBucketResult>".encode(),
        )
