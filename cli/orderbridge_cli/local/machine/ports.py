"""Ports on loopback that belong to one state directory.

Queue addresses and the base URLs of sandbox channels hold their ports, so a port is chosen once and kept.
"""

from __future__ import annotations

import json
import random
import socket
from pathlib import Path

from orderbridge_cli.local.machine.files import write_atomically
from orderbridge_cli.local.machine.problems import PortTaken

HOST = "127.0.0.1"


# Below the ranges from which systems take the ports of outgoing connections (Linux 32768, macOS and IANA 49152): there
# a connection of any program may hold, at the moment of a restart, the very port that this state is bound to.
_CHOICE = range(20_000, 30_000)


def kept_ports(path: Path, roles: tuple[str, ...]) -> dict[str, int]:
    """The port of each role: the ones written down earlier, and free ones for roles that are new."""
    try:
        written = json.loads(path.read_text())
        ports = {role: int(port) for role, port in written.items()}
    except (OSError, ValueError, AttributeError):
        ports = {}
    candidates = iter(random.SystemRandom().sample(_CHOICE, 200))
    for role in roles:
        if role not in ports:
            ports[role] = next(port for port in candidates if port not in ports.values() and is_free(port))
    write_atomically(path, json.dumps(ports))
    return ports


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose old connections are still timing out is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def claim_kept(port: int, role: str, state_dir: Path) -> None:
    """Checks that a kept port is still ours to take.

    Raises:
        PortTaken: another program listens there.
    """
    if not is_free(port):
        raise PortTaken(
            f"Port {port}, which the {role} of the state in {state_dir} is bound to, is taken by another program. "
            "End that program, or start with another --state directory."
        )
