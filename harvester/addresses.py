"""Which addresses a source may reach: public ones, and the loopback or private ones that it names."""

import contextlib
import ipaddress
import re
import socket
import threading
from collections.abc import Callable, Iterable, Sequence
from queue import Empty, SimpleQueue
from typing import Any

import httpx

from harvester.veil import fault

Resolve = Callable[[str, int], Iterable[Any]]
"""Answers as ``socket.getaddrinfo`` does."""

_METADATA = {ipaddress.ip_address(text) for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200")}
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def look_up(host: str, port: int) -> Iterable[Any]:
    """The addresses of a host as the machine resolves names."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class HostError(Exception):
    """A host that has no address or may not be reached; becomes a PortalError where the request is known."""

    def __init__(self, code: str, message: str, mend: str) -> None:
        super().__init__(message)
        self.code = code
        self.mend = mend


class Addresses:
    """Names to addresses for one source, every address checked; one that is refused refuses the name.

    Args:
        allow_hosts: ``host:port`` that may be loopback or private.
        resolve: Asked for a name's addresses.
        longest: Seconds after which a name counts as not known.
    """

    def __init__(self, allow_hosts: Iterable[str], resolve: Resolve, longest: float) -> None:
        self._allowed = frozenset(_host_and_port(value) for value in allow_hosts)
        self._resolve = resolve
        self._longest = longest

    def of(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host; raises HostError ``unreachable``, ``no-such-host`` or ``host-refused``."""
        host = one_spelling(host)
        code = "unreachable"
        try:
            found = tuple(dict.fromkeys(one_spelling(str(entry[4][0])) for entry in self._resolved(host, port)))
        except (OSError, UnicodeError, ValueError, Empty) as error:
            found = ()
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_NONAME:
                code = "no-such-host"
        if not found:
            raise HostError(code, f"The name {host} is not known", "Check the source's url and the network.")
        allowed = (host, port) in self._allowed
        for address in found:
            if not may_reach(address, allowed=allowed):
                raise HostError(
                    "host-refused",
                    f"{host} is no public address"
                    if host == address
                    else f"{host} leads to {address}, which is no public address",
                    "Link-local and reserved addresses are never read."
                    if allowed
                    else f'If this is meant, add "{host}:{port}" to the source\'s allow_hosts.',
                )
        return found

    def _resolved(self, host: str, port: int) -> Iterable[Any]:
        """The machine's own resolver knows no deadline: a name is asked for in a thread that can be left behind."""
        if is_literal(host):
            return self._resolve(host, port)
        answered: SimpleQueue[Iterable[Any] | Exception] = SimpleQueue()

        def ask() -> None:
            try:
                answered.put(self._resolve(host, port))
            except Exception as error:  # noqa: BLE001 - raised again where it was asked for
                answered.put(error)

        threading.Thread(target=ask, daemon=True, name="landmark-names").start()
        answer = answered.get(timeout=self._longest)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def allows(self, target: httpx.URL) -> bool:
        """Whether the source names this host and port itself."""
        return (target.raw_host.decode("ascii").strip("[]"), port_of(target)) in self._allowed


def parsed(url: str) -> httpx.URL:
    """The address as it will be asked: http or https, one spelling of the host, no userinfo, no fragment.

    Raises PortalError ``scheme-refused`` or ``address-refused``.
    """
    try:
        address = httpx.URL(url)
        if address.scheme not in {"http", "https"}:
            raise fault(
                "scheme-refused",
                f'An address must begin with http:// or https://, not "{address.scheme}:"',
                url,
                "Correct the source's url.",
            )
        host = one_spelling(address.raw_host.decode("ascii"))
        target = address.copy_with(host=host, userinfo=b"", fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise fault("address-refused", "This is not a web address", url, "Correct the source's url.") from None
    if not host:
        raise fault("address-refused", "The address names no host", url, "Correct the source's url.")
    return target


def port_of(target: httpx.URL) -> int:
    """The port asked, the scheme's own if none is named."""
    return target.port or (443 if target.scheme == "https" else 80)


def origin(target: httpx.URL) -> tuple[str, str, int]:
    """Scheme, host and port: what credentials belong to."""
    return target.scheme, target.host, port_of(target)


def may_reach(address: str, *, allowed: bool) -> bool:
    """Whether an IP address is public, or at most loopback or private where the source allows it."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1])
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner:
            return may_reach(str(inner), allowed=allowed)
        if ip.is_site_local:  # the standard library calls it global
            return False
    if ip in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return False
    if ip.is_reserved and not ip.is_loopback:  # the standard library calls ::1 reserved
        return False
    return ip.is_global or (allowed and (ip.is_loopback or ip.is_private))


def is_literal(host: str) -> bool:
    """Whether a host is written as an IP address."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def one_spelling(host: str) -> str:
    """Lower case, no brackets, no last dot, and the IPv4 address in its usual form however it was written."""
    host = host.strip("[]").rstrip(".").lower()
    with contextlib.suppress(ValueError):
        return str(ipaddress.ip_address(host))
    parts = host.split(".")
    if len(parts) > 4 or not re.fullmatch(r"0x[0-9a-f]*|[0-9]+", parts[-1]):  # noqa: PLR2004
        return host
    numbers = [_number(part) for part in parts]
    *front, last = numbers
    if any(number > 255 for number in front) or last >= 256 ** (5 - len(numbers)):  # noqa: PLR2004
        raise ValueError(host)
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(front))
    return str(ipaddress.IPv4Address(value))


def _number(part: str) -> int:
    if part.startswith("0x"):
        return int(part[2:] or "0", 16)
    return int(part, 8 if part.startswith("0") else 10) if part != "0" else 0


def _host_and_port(value: str) -> tuple[str, int]:
    host, _, port = value.rpartition(":")
    try:
        return one_spelling(host), int(port)
    except ValueError:
        raise fault(
            "address-refused",
            f'"{value}" in allow_hosts is no host:port',
            value,
            'Write it like "127.0.0.1:8080".',
        ) from None
