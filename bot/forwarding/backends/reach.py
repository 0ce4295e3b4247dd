"""Which addresses a backend may have. A name is resolved here and the checked address itself is connected to, so that a
second, different answer of the name server changes nothing.

Public addresses are always allowed. `loopback`, `private` and networks such as 10.20.0.0/16 are what a profile allows
beside them. A cloud's metadata service is reached only where its own address is named.
"""

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Annotated

import httpcore
import httpx
from pydantic import AfterValidator

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NAMED = {
    "loopback": ("127.0.0.0/8", "::1/128"),
    "private": ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"),
}
METADATA = frozenset(
    ipaddress.ip_address(text) for text in ("169.254.169.254", "100.100.100.200", "168.63.129.16", "fd00:ec2::254")
)
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _known(texts: tuple[str, ...]) -> tuple[str, ...]:
    for text in texts:
        try:
            networks_of([text])
        except ValueError as error:
            raise ValueError(f"'{text}' is no network; use loopback, private, or one such as 10.20.0.0/16") from error
    return texts


Networks = Annotated[tuple[str, ...], AfterValidator(_known)]


class NotAllowed(httpcore.ConnectError):
    """The name leads to no address that the profile allows."""


def networks_of(texts: Iterable[str]) -> tuple[Network, ...]:
    """Raises ValueError."""
    return tuple(ipaddress.ip_network(net) for text in texts for net in NAMED.get(text, (text,)))


def is_allowed(address: Address, networks: Iterable[Network]) -> bool:
    """Whether a connection may go there. An IPv4 address that is wrapped in an IPv6 one is judged by itself. Pure."""
    inner = _unwrapped(address)
    if inner != address:
        return is_allowed(inner, networks)
    if address in METADATA:
        return any(net.num_addresses == 1 and address in net for net in networks)
    return (address.is_global and not address.is_multicast) or any(address in net for net in networks)


def guarded_transport(connections: int, keepalive: float, networks: Iterable[str]) -> httpx.AsyncHTTPTransport:
    """TLS is verified against the system's authorities; nothing is taken from the environment."""
    return _Transport(connections, keepalive, networks_of(networks))


class _Transport(httpx.AsyncHTTPTransport):
    def __init__(self, connections: int, keepalive: float, networks: tuple[Network, ...]) -> None:
        super().__init__(trust_env=False)
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=httpx.create_ssl_context(verify=True, trust_env=False),
            max_connections=connections,
            keepalive_expiry=keepalive,
            network_backend=Guard(networks),
        )


class Guard(httpcore.AsyncNetworkBackend):
    """Resolves, checks, connects to what was checked."""

    def __init__(self, networks: tuple[Network, ...], inner: httpcore.AsyncNetworkBackend | None = None) -> None:
        self._networks = networks
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await _resolve(host, port, timeout)
        allowed = [address for address in found if is_allowed(address, self._networks)]
        if not allowed:
            raise NotAllowed(f"{host} is no public address; name its network under 'networks' in the profile")
        failure: httpcore.ConnectError | None = None
        for address in allowed:
            try:
                return await self._inner.connect_tcp(str(address), port, timeout, local_address, socket_options)
            except httpcore.ConnectError as error:
                failure = error
        raise failure or httpcore.ConnectError(f"no address of {host} answers")

    async def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None
    ) -> httpcore.AsyncNetworkStream:
        raise NotAllowed("a backend is no file of this machine")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


async def _resolve(host: str, port: int, timeout: float | None) -> list[Address]:
    try:
        async with asyncio.timeout(timeout):
            rows = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except TimeoutError as error:
        raise httpcore.ConnectTimeout(f"the name {host} was not resolved in time") from error
    except OSError as error:
        raise httpcore.ConnectError(f"the name {host} cannot be resolved") from error
    return list(dict.fromkeys(ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in rows))


def _unwrapped(address: Address) -> Address:
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
