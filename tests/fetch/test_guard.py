"""The address guard: nothing inside our own network is ever connected to, in whatever form it is written."""

from __future__ import annotations

import asyncio
import dataclasses
import ipaddress
import socket

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch import client as client_module
from pipeline.fetch.client import Client
from pipeline.fetch.fetch import fetch
from pipeline.fetch.guard import ForbiddenAddress, Resolver, check_target, refusal, socket_factory
from pipeline.records import Discovered
from pipeline.store import LocalStore
from tests.fetch.conftest import Web, redirect

FORBIDDEN = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
    "169.254.169.254", "169.254.170.2", "100.100.100.200", "168.63.129.16", "192.0.0.192", "192.0.2.1", "198.18.0.1",
    "198.51.100.1", "203.0.113.9", "192.88.99.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255", "::",
    "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "::ffff:0:127.0.0.1", "fe80::1", "fe80::1%eth0", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::",
    "2002:c0a8:101::1", "2001:db8::1", "2001::1", "100::1",
]  # fmt: skip
ALLOWED = [
    "93.184.216.34", "1.1.1.1", "8.8.8.8", "2606:4700::1111", "2a00:1450:4001::200e", "64:ff9b::101:101", "2002:101:101::1",
    "::ffff:8.8.8.8",
]  # fmt: skip
# What a URL may be written as and still mean an address inside.
URLS = [
    "http://127.0.0.1/", "http://localhost/", "http://a.b.localhost/", "http://LOCALHOST./", "http://2130706433/",
    "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/", "http://0/", "http://[::1]/", "http://[::]/",
    "http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", "http://[fe80::1]/", "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "http://192.168.0.1/",
    "http://user:secret@127.0.0.1/", "https://127.0.0.1/", "http://127.0.0.1:22/", "http://example.org:6379/",
    "http://①②⑦.⓪.⓪.①/", "http://127。0。0。1/", "http://0.0.0.0/",
]  # fmt: skip


@pytest.fixture
def guarded(settings: Settings) -> Settings:
    return dataclasses.replace(settings, allow_private_hosts=False, attempts=1)


@pytest.mark.parametrize("address", FORBIDDEN)
def test_forbidden_addresses(address: str) -> None:
    assert refusal(address)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(ForbiddenAddress):
        socket_factory((family, socket.SOCK_STREAM, 0, "", (address, 80)))


@pytest.mark.parametrize("address", ALLOWED)
def test_addresses_of_the_web(address: str) -> None:
    assert refusal(address) is None


@given(st.ip_addresses(v=4))
@hypothesis_settings(max_examples=200)
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_by_itself(address: ipaddress.IPv4Address) -> None:
    for form in (f"::ffff:{address}", f"64:ff9b::{address}"):
        assert bool(refusal(form)) == bool(refusal(str(address)))


def test_only_the_ports_of_the_web() -> None:
    check_target("example.org", 443)
    with pytest.raises(ForbiddenAddress, match="port 22"):
        check_target("example.org", 22)


def test_no_form_of_a_forbidden_url_gets_through(guarded: Settings, store: LocalStore) -> None:
    items = [Discovered(url, "s", "s", "list") for url in URLS]
    rows = fetch(items, settings=guarded, store=store, archive_prefix="raw/x")
    outcomes = {row.url: row.outcome for row in rows}
    assert {url for url, outcome in outcomes.items() if outcome not in ("forbidden_address", "bad_url", "dns")} == set()
    assert sum(outcome == "forbidden_address" for outcome in outcomes.values()) >= 20
    assert not any(row.retryable for row in rows if row.outcome == "forbidden_address")


class Rebinding(AbstractResolver):
    """Answers with a public address first, and with loopback from then on."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        address = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=socket.AI_NUMERICHOST)]

    async def close(self) -> None:
        pass


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "169.254.169.254"])
def test_a_name_that_resolves_inside_is_refused(guarded: Settings, store: LocalStore, address: str) -> None:
    items = [Discovered("http://innocent.example/", "s", "s", "list")]
    (row,) = fetch(items, settings=guarded, store=store, archive_prefix="raw/x", resolver=Rebinding(address))
    assert row.outcome == "forbidden_address"


def test_rebinding_meets_the_guard_at_the_second_connection(web: Web, guarded: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answer of the DNS is let through to our server, as a public address would be; the second is not."""
    made: list[str] = []

    def first_time_only(info: tuple[object, ...]) -> socket.socket:
        made.append(str(info[4]))
        if len(made) == 1:
            return socket.socket(info[0], info[1], info[2])  # type: ignore[call-overload, no-any-return]
        return socket_factory(info)

    monkeypatch.setattr(client_module, "socket_factory", first_time_only)
    monkeypatch.setattr(client_module, "check_target", lambda host, port: None)
    web.add("/", redirect("/next"))

    async def main() -> None:
        async with Client(guarded, Rebinding("127.0.0.1")) as client:
            client._session.connector._force_close = True  # type: ignore[union-attr]  # a new connection for every request
            with pytest.raises(Reject, match="forbidden_address"):
                await client.get(f"http://innocent.example:{web.port}/")

    asyncio.run(main())
    assert web.paths() == ["/robots.txt"]
    assert len(made) == 2


def test_a_redirect_into_the_network_is_refused(web: Web, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    guarded = dataclasses.replace(settings, allow_private_hosts=False)
    real = check_target
    monkeypatch.setattr(client_module, "check_target", lambda host, port: None if host == "public.example" else real(host, port))
    monkeypatch.setattr(client_module, "socket_factory", lambda info: socket.socket(*info[:3]))
    for number, target in enumerate(
        ["http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/", f"http://localhost:{web.port}/"]
    ):
        web.add(f"/{number}", redirect(target))

    async def main() -> None:
        async with Client(guarded, Rebinding("127.0.0.1")) as client:
            for number in range(4):
                with pytest.raises(Reject, match="forbidden_address"):
                    await client.get(f"http://public.example:{web.port}/{number}")

    asyncio.run(main())
    assert web.paths("localhost") == []


def test_localhost_names_need_no_dns() -> None:
    class Silent(Rebinding):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
            raise AssertionError(f"asked for {host}")

    async def main() -> list[ResolveResult]:
        return await Resolver(Silent("")).resolve("any.name.localhost.", 80)

    assert asyncio.run(main())[0]["host"] == "127.0.0.1"


def test_a_name_that_does_not_exist_may_exist_tomorrow(guarded: Settings, store: LocalStore) -> None:
    class Missing(Rebinding):
        async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
            raise OSError(None, "name or service not known")

    items = [Discovered("http://nowhere.example/", "s", "s", "list")]
    (row,) = fetch(items, settings=guarded, store=store, archive_prefix="raw/x", resolver=Missing(""))
    assert (row.outcome, row.retryable) == ("dns", True)
