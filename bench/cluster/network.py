"""A network of namespaces on one bridge: each host has its address, and can be cut off."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

NET = "10.231.57"
SERVICES, FRONT = f"{NET}.1", f"{NET}.2"  # PostgreSQL and Redis; the balancer and the relay
_BRIDGE, _PREFIX = "emnbench", "emnb-"
_NOBODY = "02:00:00:00:00:99"


def _ip(*words: str, check: bool = True) -> None:
    subprocess.run(["ip", *words], check=check, capture_output=not check)


@dataclass
class Network:
    """The hosts that joined, by name."""

    addresses: dict[str, str] = field(default_factory=dict)

    def join(self, name: str) -> str:
        """Make a host and return its address."""
        number = len(self.addresses) + 10
        space, outside, address = _PREFIX + name, f"emnb{number}", f"{NET}.{number}"
        _ip("netns", "add", space)
        _ip("link", "add", outside, "type", "veth", "peer", "name", "eth0", "netns", space)
        _ip("link", "set", outside, "master", _BRIDGE, "up")
        _ip("-n", space, "addr", "add", f"{address}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", space, "link", "set", device, "up")
        self.addresses[name] = address
        return address

    def inside(self, name: str) -> list[str]:
        """Return what to put before a command to run it on that host."""
        return ["ip", "netns", "exec", _PREFIX + name]

    def cut(self, name: str) -> None:
        """Let nothing that the host sends reach PostgreSQL and Redis any more; nobody is told."""
        _ip("-n", _PREFIX + name, "neigh", "replace", SERVICES, "lladdr", _NOBODY,
            "nud", "permanent", "dev", "eth0")  # fmt: skip

    def mend(self, name: str) -> None:
        """Undo `cut`."""
        _ip("-n", _PREFIX + name, "neigh", "del", SERVICES, "dev", "eth0")

    def unplug(self, name: str) -> None:
        """Take the host off the network altogether."""
        _ip("-n", _PREFIX + name, "link", "set", "eth0", "down")

    def plug(self, name: str) -> None:
        """Undo `unplug`."""
        _ip("-n", _PREFIX + name, "link", "set", "eth0", "up")


@contextmanager
def network() -> Iterator[Network]:
    """Make the bridge, and take everything away at the end."""
    _take_away(30)
    _ip("link", "add", _BRIDGE, "type", "bridge")
    for address in (SERVICES, FRONT):
        _ip("addr", "add", f"{address}/24", "dev", _BRIDGE)
    _ip("link", "set", _BRIDGE, "up")
    lan = Network()
    try:
        yield lan
    finally:
        _take_away(30)


def _take_away(most: int) -> None:
    said = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True)
    for line in said.stdout.splitlines():
        if line.startswith(_PREFIX):
            _ip("netns", "del", line.split()[0])
    for number in range(10, 10 + most):
        _ip("link", "del", f"emnb{number}", check=False)
    _ip("link", "del", _BRIDGE, check=False)
