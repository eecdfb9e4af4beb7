"""The address guard: Copydesk reads other people's URLs, so it must never be led into the network that it runs in.

An address is judged when a socket is made for it, after DNS and on every redirect, so that a name which resolves to
something else the second time (DNS rebinding) meets the same judge.
"""

from __future__ import annotations

import errno
import ipaddress
import socket
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

MEND = "for a server of your own set COPYDESK_ALLOW_PRIVATE_HOSTS=1"  # told where the user has named the address

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Prefixes that carry an IPv4 address inside, and the number of bits to its right. `ipaddress` calls most of them global.
EMBEDDING = (
    (ipaddress.IPv6Network("::ffff:0:0/96"), 0),  # IPv4-mapped
    (ipaddress.IPv6Network("::ffff:0:0:0/96"), 0),  # IPv4-translated (SIIT)
    (ipaddress.IPv6Network("::/96"), 0),  # IPv4-compatible, obsolete
    (ipaddress.IPv6Network("64:ff9b::/96"), 0),  # NAT64
    (ipaddress.IPv6Network("2002::/16"), 80),  # 6to4
)
# Never a web site, though some Pythons call them global: NAT64 for local use, Teredo, site-local (deprecated), documentation,
# segment routing, IETF protocol assignments, 6to4 relays, and two cloud metadata addresses in the midst of public space.
REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "64:ff9b:1::/48",
        "2001::/32",
        "fec0::/10",
        "3fff::/20",
        "5f00::/16",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "168.63.129.16/32",
        "100.100.100.200/32",
    )
)
WEB_PORTS = (80, 443)


class ForbiddenAddress(OSError):
    """The guard refused an address or a port.

    Its errno is EACCES, which survives where the failures of several addresses of a host are joined to one error.
    """


def refusal(address: str) -> str | None:
    """Say why an IP address (any textual form) may not be connected to, or None when it may."""
    try:
        ip = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return f"{address} is not an IP address"
    for candidate in (ip, *_embedded(ip)):
        if reason := _kind(candidate):
            return f"{address} is {reason}" if candidate == ip else f"{address} stands for {candidate}, which is {reason}"
    return None


def _embedded(ip: Address) -> list[Address]:
    if ip.version == 4:
        return []
    return [ipaddress.IPv4Address((int(ip) >> shift) & 0xFFFFFFFF) for network, shift in EMBEDDING if ip in network]


def _kind(ip: Address) -> str | None:
    if ip.is_unspecified:
        return "the unspecified address"
    if ip.is_loopback:
        return "a loopback address"
    if ip.is_link_local:
        return "a link-local address (cloud metadata lives there)"
    if ip.is_multicast:
        return "a multicast address"
    if any(ip in network for network in REFUSED if network.version == ip.version):
        return "in a special-purpose network"
    if ip.version == 6 and any(ip in network for network, _ in EMBEDDING):
        return None  # judged by the IPv4 address inside
    return None if ip.is_global else "a private or reserved address"


def socket_factory(info: tuple[Any, ...]) -> socket.socket:
    """Make the socket for an address that is about to be connected to; raises `ForbiddenAddress`."""
    family, kind, protocol, _, address = info
    if reason := refusal(str(address[0])):
        raise ForbiddenAddress(errno.EACCES, reason)
    return socket.socket(family=family, type=kind, proto=protocol)


def check_target(host: str, port: int) -> None:
    """Refuse a port that is not the web's, and a host that is written as a forbidden address."""
    if port not in WEB_PORTS:
        raise ForbiddenAddress(errno.EACCES, f"port {port} is not a port of the web")
    try:
        ipaddress.ip_address(host.split("%", 1)[0])
    except ValueError:
        return
    if reason := refusal(host):
        raise ForbiddenAddress(errno.EACCES, reason)


class Resolver(AbstractResolver):
    """The system's DNS, but for `.localhost`: RFC 6761 makes these names loopback, whatever a name server says."""

    def __init__(self, inner: AbstractResolver | None = None) -> None:
        self._inner = inner or ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        name = host.lower().rstrip(".")
        if name == "localhost" or name.endswith(".localhost"):
            numeric = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
            return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=numeric)]
        return await self._inner.resolve(host, port, family)

    async def close(self) -> None:
        await self._inner.close()
