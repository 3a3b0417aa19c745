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
    address = _address(host)
    family = socket.AF_INET6 if address and address.version == 6 else socket.AF_INET
    try:
        return socket.create_server((host.strip("[]"), port), family=family)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"port {port} is in use; try --port {port + 1 if port < 65535 else 0}") from error
        raise InputError(f"cannot listen on {host}, port {port}: {error.strerror}") from error


def greeting(host: str, port: int) -> str:
    """Where the page is, and who else can open it."""
    address = _address(host)
    lines = [f"Open http://{_in_url(host)}:{port}/ and stop with Ctrl-C."]
    if address and address.is_unspecified:
        lines += [
            f"The page listens on all addresses of this computer ({host}) and answers under any name:",
            "everybody who can reach this computer can use it, without a password or encryption.",
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


def names(host: str) -> tuple[str, ...]:
    """Names under which the page answers when it listens on `host`."""
    address = _address(host)
    if address and address.is_unspecified:
        # 0.0.0.0 and :: are all addresses of this computer, and who opens it to others decides under which names.
        # That keeps no website from a name of its own for this computer; what it would find is a form that keeps
        # nothing and answers about what it is sent. Forms sent under another name are refused all the same.
        return ("*",)
    return ("localhost", "127.0.0.1", "[::1]", _in_url(host))


def _in_url(host: str) -> str:
    """A host as it stands in a URL and in the header `Host`; this computer for "all addresses"."""
    address = _address(host)
    if address is None:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return str(address) if address.version == 4 else f"[{address}]"
