"""An SMTP server that takes everything as fast as one process can, and counts.

`python -m bench.smtp_sink PORT FILE`: at SIGTERM it writes to FILE, as JSON, the recipients served
and the instant of each thousandth message. `--drop` and `--refuse`: shares of the addresses whose
connection is cut before the message is given (once each), or that are refused for good.
`--pause`: seconds before a message is said to be taken. `--identifiers`: the Message-ID of each
message is kept too.
"""

import argparse
import asyncio
import json
import re
import signal
import time
from pathlib import Path
from zlib import crc32

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


class Sink:
    """What all connections share."""

    def __init__(
        self, *, drop: float, refuse: float, keeps_identifiers: bool, pause: float
    ) -> None:
        self.drop, self.refuse, self.pause = drop, refuse, pause
        self.keeps_identifiers = keeps_identifiers
        self.identifiers: list[str] = []
        self.served: dict[str, int] = {}
        self.dropped: set[str] = set()
        self.count, self.instants = 0, [time.time()]

    def fate(self, address: str) -> str:
        """Say what becomes of an address: the same in every run."""
        share = crc32(address.encode()) / 2**32
        if share < self.refuse:
            return "refuse"
        if share < self.refuse + self.drop and address not in self.dropped:
            self.dropped.add(address)
            return "drop"
        return "take"

    def take(self, address: str, content: bytes) -> None:
        """Count one message."""
        if self.keeps_identifiers and (found := _MESSAGE_ID.search(content)):
            self.identifiers.append(found[1].decode())
        self.served[address] = self.served.get(address, 0) + 1
        self.count += 1
        if self.count % 1_000 == 0:
            self.instants.append(time.time())


class Conversation(asyncio.Protocol):
    """One connection: commands by line, a message until its final dot."""

    def __init__(self, sink: Sink) -> None:
        self.sink, self.buffer, self.recipient, self.in_data = sink, b"", "", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.say(b"220 sink")

    def say(self, line: bytes) -> None:
        """Answer."""
        self.transport.write(line + b"\r\n")

    def data_received(self, data: bytes) -> None:
        """Read what is whole."""
        self.buffer += data
        while not self.transport.is_closing():
            if self.in_data:
                end = self.buffer.find(b"\r\n.\r\n")
                if end < 0:
                    return
                content, self.buffer = self.buffer[:end], self.buffer[end + 5 :]
                self.in_data = False
                self.sink.take(self.recipient, content)
                self.take_time()
            else:
                line, found, rest = self.buffer.partition(b"\r\n")
                if not found:
                    return
                self.buffer = rest
                self.command(line)

    def take_time(self) -> None:
        """Say that the message is taken, at once or after the pause."""
        if self.sink.pause:
            loop = asyncio.get_running_loop()
            loop.call_later(self.sink.pause, self.say, b"250 2.0.0 taken")
        else:
            self.say(b"250 2.0.0 taken")

    def command(self, line: bytes) -> None:
        """Answer one command."""
        verb = line[:4].upper()
        if verb == b"EHLO":
            self.say(b"250-sink\r\n250 PIPELINING")
        elif verb == b"RCPT":
            self.recipient = line[line.find(b"<") + 1 : line.rfind(b">")].decode()
            fate = self.sink.fate(self.recipient)
            if fate == "drop":
                self.transport.abort()
                return
            if fate == "refuse":
                self.recipient = ""
                self.say(b"550 5.7.1 not here")
            else:
                self.say(b"250 2.1.5 fine")
        elif verb == b"DATA":
            self.in_data = bool(self.recipient)
            self.say(b"354 go on" if self.in_data else b"503 5.5.1 for whom")
        elif verb == b"QUIT":
            self.say(b"221 bye")
            self.transport.close()
        else:
            self.say(b"250 2.0.0 fine")


async def serve(host: str, port: int, sink: Sink) -> None:
    """Listen until SIGTERM."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    server = await loop.create_server(lambda: Conversation(sink), host, port)
    async with server:
        await stop.wait()


def main() -> None:
    """Serve, then write what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("file", type=Path)
    parser.add_argument("--drop", type=float, default=0)
    parser.add_argument("--refuse", type=float, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--identifiers", action="store_true")
    options = parser.parse_args()
    sink = Sink(
        drop=options.drop,
        refuse=options.refuse,
        keeps_identifiers=options.identifiers,
        pause=options.pause,
    )
    asyncio.run(serve(options.host, options.port, sink))
    seen = {
        "served": sink.served, "count": sink.count, "instants": [*sink.instants, time.time()],
        "identifiers": sink.identifiers,
    }  # fmt: skip
    options.file.write_text(json.dumps(seen))


if __name__ == "__main__":
    main()
