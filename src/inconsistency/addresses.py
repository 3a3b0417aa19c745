"""Host and port -> a socket that listens, the names that the page answers under, and what people are told."""

from __future__ import annotations

import errno
import ipaddress
import socket

from inconsistency.errors import InputError


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 takes a free one.

    Raises:
        InputError: the port is in use, not allowed or no port, or the host is no address of this computer.
    """
    if not 0 <= port <= 65535:
        raise InputError(f"--port is {port}; accepted are 0 to 65535, 0 for any free one")
    if not host.strip("[] "):  # to the system that is every address there is
        raise InputError(f"--host is {host!r}; accepted is an address or a name of this computer")
    address = _address(host)
    family = socket.AF_INET6 if address and address.version == 6 else socket.AF_INET
    # Else :: would leave out the addresses of version 4.
    both = family == socket.AF_INET6 and answers_under_any_name(host) and socket.has_dualstack_ipv6()
    try:
        return socket.create_server((host.strip("[]"), port), family=family, dualstack_ipv6=both)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use; try --port {port + 1 if port < 65535 else 0}") from error
        raise InputError(f"cannot listen on {host}, port {port}: {error.strerror}") from error


def greeting(host: str, port: int) -> str:
    """Where the page is, and who else can open it."""
    lines = [f"Open http://{_in_url(host)}:{port}/ and stop with Ctrl-C."]
    if answers_under_any_name(host):
        lines += [
            f"The page listens on all addresses of this computer ({host}) and answers under any name:",
            "everybody who can reach this computer can use it, without a password or encryption, and so can any",
            "website that somebody opens on a computer that can.",
        ]
    elif not is_local(host):
        lines += [f"{host} is not this computer alone: others can use the page, without a password or encryption."]
    return "".join(f"{line}\n" for line in lines)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address that a host is, None for a name."""
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def is_local(host: str) -> bool:
    """Whether this computer alone reaches the page there."""
    address = _address(host)
    return address.is_loopback if address else host == "localhost"


def answers_under_any_name(host: str) -> bool:
    """Whether the page there answers under every name: it listens on all addresses of this computer.

    Who opens it to others decides under which names. So any website can reach it through a name of its own that
    points here (DNS rebinding), and sends its forms as the page itself would. What it finds must keep nothing, and
    ask nobody.
    """
    address = _address(host)
    return address is not None and address.is_unspecified


def names(host: str) -> tuple[str, ...]:
    """Names under which the page answers when it listens on `host`."""
    return ("*",) if answers_under_any_name(host) else ("localhost", "127.0.0.1", "[::1]", _in_url(host))


def _in_url(host: str) -> str:
    """A host as it stands in a URL and in the header `Host`; this computer for "all addresses"."""
    address = _address(host)
    if address is None:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return str(address) if address.version == 4 else f"[{address}]"
