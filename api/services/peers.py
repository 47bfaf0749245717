"""Whom a webhook may reach: the public Internet, never a machine behind our own door."""

import ipaddress
import socket
from typing import Any, Final

from api.config import LOOPBACK_HOSTS

_CARRIERS: Final = tuple(
    map(
        ipaddress.ip_network,
        (
            "64:ff9b::/96",  # NAT64 (RFC 6052): an IPv4 address inside
            "64:ff9b:1::/48",  # its local prefix (RFC 8215)
            "2002::/16",  # 6to4 (RFC 3056), same
            "2001::/32",  # Teredo (RFC 4380), same
            "::/96",  # IPv4-compatible, same
        ),
    )
)
"""IPv6 addresses that lead to an IPv4 one, which may be private: refused whole, nobody serves there."""


class NotAllowed(Exception):  # noqa: N818 (a fact about the address)
    """The address is not one that a webhook may reach."""


def is_public(address: str) -> bool:
    """Tell whether an IP address is one of the public Internet.

    Parameters
    ----------
    address : str
        IPv4 or IPv6, without a zone.
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in network for network in _CARRIERS):
            return False
    return ip.is_global and not ip.is_multicast


def resolve(host: str, port: int, *, in_clear: bool, loopback: bool) -> tuple[int, Any]:
    """Look a host up once, and return the address to connect to.

    Parameters
    ----------
    host : str
        Name or address.
    port : int
        Of the service.
    in_clear : bool
        Without TLS: for this machine alone.
    loopback : bool
        This machine may be reached.

    Returns
    -------
    tuple
        Address family, and the address as `socket.connect` takes it.

    Raises
    ------
    NotAllowed
        One of its addresses is private, or the connection would be in clear.
    OSError
        The name is unknown.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [entry[4] for entry in found]
    if loopback and host in LOOPBACK_HOSTS:
        allowed = all(ipaddress.ip_address(str(address[0])).is_loopback for address in addresses)
    else:
        # All of them: one private address among public ones is a trap.
        allowed = not in_clear and all(is_public(str(address[0]).partition("%")[0]) for address in addresses)
    if not allowed:
        raise NotAllowed
    return found[0][0], addresses[0]
