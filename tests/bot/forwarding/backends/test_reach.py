"""Where a backend may be: no address of the inside unless the profile names it, and the one that was checked is used."""

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from bot.forwarding.backends.http import mapped, new_client
from bot.forwarding.backends.profiles import Timeouts, parse_profile
from bot.forwarding.backends.reach import Guard, NotAllowed, is_allowed, networks_of
from bot.forwarding.backends.webhook.profile import Profile
from bot.forwarding.errors import Shut, Temporary
from bot.intake.errors import CityError

INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.100.100.200",
    "168.63.129.16",
    "0.0.0.0",
    "224.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("text", INSIDE)
def test_the_inside_is_refused(text: str) -> None:
    assert not is_allowed(ipaddress.ip_address(text), ())


@pytest.mark.parametrize("text", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "::ffff:8.8.8.8"])
def test_public_addresses_need_no_leave(text: str) -> None:
    assert is_allowed(ipaddress.ip_address(text), ())


@pytest.mark.parametrize(
    ("text", "networks", "allowed"),
    [
        ("127.0.0.1", ["loopback"], True),
        ("10.1.2.3", ["loopback"], False),
        ("10.1.2.3", ["private"], True),
        ("10.1.2.3", ["10.1.0.0/16"], True),
        ("10.2.2.3", ["10.1.0.0/16"], False),
        ("169.254.169.254", ["private", "169.254.0.0/16"], False),
        ("fd00:ec2::254", ["private"], False),
        ("169.254.169.254", ["169.254.169.254/32"], True),
    ],
)
def test_a_profile_names_what_it_needs(text: str, networks: list[str], allowed: bool) -> None:
    assert is_allowed(ipaddress.ip_address(text), networks_of(networks)) is allowed


@given(st.ip_addresses(v=4))
def test_wrapping_an_address_changes_nothing(address: ipaddress.IPv4Address) -> None:
    plain = is_allowed(address, ())
    assert is_allowed(ipaddress.IPv6Address(f"::ffff:{address}"), ()) is plain
    assert is_allowed(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) | int(address)), ()) is plain


def test_a_network_that_is_none_is_refused_by_name() -> None:
    document = {"kind": "webhook", "base_url": "https://x.test", "secrets_env": "X", "networks": ["intranet"]}
    with pytest.raises(CityError, match="'intranet' is no network"):
        parse_profile(Profile, document, Path("hook.yml"))


class Noted(httpcore.AsyncNetworkBackend):
    """Notes where it is told to connect to, and connects to nothing."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def connect_tcp(self, host: str, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        self.asked.append(host)
        raise httpcore.ConnectError("planned")


def answers(monkeypatch: pytest.MonkeyPatch, *rounds: Iterable[str]) -> list[int]:
    """The name server says something else every time."""
    left, calls = [list(one) for one in rounds], []

    async def getaddrinfo(*_: Any, **__: Any) -> list[Any]:
        calls.append(1)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in left.pop(0)]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)
    return calls


async def test_the_address_that_was_checked_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is public when looked at and inside when connected to gains nothing: it is asked for once."""
    calls = answers(monkeypatch, ["8.8.8.8"], ["127.0.0.1"])
    noted = Noted()
    with pytest.raises(httpcore.ConnectError, match="planned"):
        await Guard((), noted).connect_tcp("rebind.test", 443)
    assert noted.asked == ["8.8.8.8"] and len(calls) == 1


async def test_of_several_addresses_only_allowed_ones_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["10.0.0.1", "8.8.8.8", "169.254.169.254", "8.8.4.4"])
    noted = Noted()
    with pytest.raises(httpcore.ConnectError):
        await Guard((), noted).connect_tcp("mixed.test", 443)
    assert noted.asked == ["8.8.8.8", "8.8.4.4"]


async def test_a_name_without_an_allowed_address_is_not_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ["10.0.0.1"])
    noted = Noted()
    with pytest.raises(NotAllowed):
        await Guard((), noted).connect_tcp("inside.test", 443)
    assert noted.asked == []


@asynccontextmanager
async def server(answer: bytes, context: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    heard: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        yield listening.sockets[0].getsockname()[1], heard


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "127.1", "[::ffff:127.0.0.1]"])
async def test_a_client_reaches_nothing_inside_however_it_is_written(host: str) -> None:
    async with server(OK) as (port, heard), new_client(Timeouts(), 1, ()) as client:
        with pytest.raises(Shut, match="networks"):
            async with mapped(Timeouts().total, acts=True):
                await client.post(f"http://{host}:{port}/", content=b"x")
        assert heard == []


async def test_with_leave_it_does_and_follows_no_redirect() -> None:
    away = b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    async with server(away) as (port, heard), new_client(Timeouts(), 1, ["loopback"]) as client:
        response = await client.post(f"http://127.0.0.1:{port}/", content=b"x")
    assert response.status_code == 302 and len(heard) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path / "pair.pem"))
    async with server(OK, context) as (port, heard), new_client(Timeouts(), 1, ["loopback"]) as client:
        with pytest.raises(Temporary, match="ConnectError"):
            async with mapped(Timeouts().total, acts=True):
                await client.post(f"https://127.0.0.1:{port}/", content=b"x")
        assert heard == []


def self_signed(file: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return file
