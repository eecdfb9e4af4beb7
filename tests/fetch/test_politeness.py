"""Politeness, proven from the server's own log."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import tracemalloc
from contextlib import nullcontext
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from pipeline.config import Settings
from pipeline.errors import Reject
from pipeline.fetch.client import jitter
from pipeline.fetch.fetch import fetch
from pipeline.fetch.pacing import FIRST_PENALTY, Pacer, host_key, retry_after
from pipeline.fetch.robots import MAX_ROBOTS_BYTES, rules_from
from pipeline.records import Fetch
from pipeline.store import LocalStore
from tests.fetch.conftest import PAGE, Reply, Request, Web, redirect

PREFIX = "raw/dt=2026-11-23/shard=000"
TEXT = {"Content-Type": "text/plain"}


def robots(text: str) -> Reply:
    return Reply(text.encode(), headers=TEXT)


def run(
    web: Web, settings: Settings, store: LocalStore, *paths: str, host: str = "news.localhost", **options: object
) -> list[Fetch]:
    return fetch([web.item(p, host) for p in paths], settings=settings, store=store, archive_prefix=PREFIX, **options)  # type: ignore[arg-type]


def gaps(web: Web, host: str) -> list[float]:
    times = [request.time for request in web.log if request.host == host]
    return [later - earlier for earlier, later in itertools.pairwise(times)]


def test_a_host_is_never_asked_faster_than_the_delay_nor_twice_at_once(web: Web, settings: Settings, store: LocalStore) -> None:
    async def slowly(request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.03)
        writer.write(Reply().raw())

    web.add("/slow", slowly)
    hosts = ["a.localhost", "b.localhost", "c.localhost"]
    items = [web.item(path, host) for host in hosts for path in ("/", "/slow", "/?2", "/slow?2", "/gone")]
    rows = fetch(items, settings=dataclasses.replace(settings, delay=0.1), store=store, archive_prefix=PREFIX)
    assert len(rows) == len(items)
    for host in hosts:
        assert len(web.paths(host)) == 6  # robots.txt and five pages
        assert min(gaps(web, host)) >= 0.1
        assert web.most_open[host] == 1


def test_hosts_do_not_wait_for_each_other(web: Web, settings: Settings, store: LocalStore) -> None:
    waiting: list[Request] = []

    async def together(request: Request, writer: asyncio.StreamWriter) -> None:
        waiting.append(request)
        while len(waiting) < 20:  # answers only when all twenty have asked
            await asyncio.sleep(0.01)
        writer.write(Reply().raw())

    web.add("/", together)
    rows = fetch([web.item("/", f"h{n}.localhost") for n in range(20)], settings=settings, store=store, archive_prefix=PREFIX)
    assert {row.outcome for row in rows} == {"fetched"}


def test_a_redirect_takes_its_turn_at_the_host_it_leads_to(web: Web, settings: Settings, store: LocalStore) -> None:
    for n in range(4):
        web.add(f"/from{n}", redirect(web.url(f"/?{n}", "goal.localhost")))
    items = [web.item(f"/from{n}", f"h{n}.localhost") for n in range(4)] + [web.item("/?own", "goal.localhost")]
    rows = fetch(items, settings=dataclasses.replace(settings, delay=0.1), store=store, archive_prefix=PREFIX)
    assert {row.outcome for row in rows} == {"fetched"}
    assert min(gaps(web, "goal.localhost")) >= 0.1
    assert web.most_open["goal.localhost"] == 1


def test_crawl_delay_is_kept(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/robots.txt", robots("User-agent: *\nCrawl-delay: 0.3\n"))
    run(web, settings, store, "/", "/?2", "/?3")
    assert min(gaps(web, "news.localhost")[1:]) >= 0.3


def test_a_crawl_delay_beyond_the_limit_is_cut_to_it(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/robots.txt", robots("User-agent: *\nCrawl-delay: 86400\n"))
    rows = run(web, dataclasses.replace(settings, max_delay=0.2), store, "/", "/?2")
    assert [row.outcome for row in rows] == ["fetched", "fetched"]


def test_a_source_may_ask_for_its_own_delay(web: Web, settings: Settings, store: LocalStore) -> None:
    run(web, settings, store, "/", "/?2", delays={"source": 0.25})
    assert min(gaps(web, "news.localhost")) >= 0.25


def test_forbidden_paths_are_never_asked_for(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/robots.txt", robots("User-agent: Copydesk\nDisallow: /private/\nAllow: /private/open\nDisallow: /*?print=\n"))
    web.add("/away", redirect("/private/b"))
    web.add("/private/open", Reply())
    rows = run(web, settings, store, "/private/a", "/?print=1", "/away", "/private/open", "/")
    assert [row.outcome for row in rows] == ["robots", "robots", "robots", "fetched", "fetched"]
    assert not any(row.retryable for row in rows)
    assert web.paths() == ["/robots.txt", "/away", "/private/open", "/"]


@pytest.mark.parametrize("path", ["/a/../private", "/a/%2e%2E/private", "/./private", "/%70rivate"])
def test_robots_is_asked_for_the_path_that_will_be_sent(web: Web, settings: Settings, store: LocalStore, path: str) -> None:
    web.add("/robots.txt", robots("User-agent: *\nDisallow: /private\n"))
    web.add("/away", redirect(path))
    rows = run(web, settings, store, path, "/away")
    assert [row.outcome for row in rows] == ["robots", "robots"]
    assert web.paths() == ["/robots.txt", "/away"]


def test_a_default_port_and_a_name_in_its_own_script_have_one_robots(web: Web, settings: Settings, store: LocalStore) -> None:
    items = [web.item("/", host) for host in ("münchen.localhost", "xn--mnchen-3ya.localhost", "MÜNCHEN.localhost")]
    fetch(items, settings=settings, store=store, archive_prefix=PREFIX)
    assert web.paths().count("/robots.txt") == 1


def test_each_hop_of_a_redirect_asks_the_robots_of_its_host(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/robots.txt", robots("User-agent: *\nDisallow: /\n"), host="closed.localhost")
    web.add("/away", redirect(web.url("/page", "closed.localhost")))
    (row,) = run(web, settings, store, "/away")
    assert row.outcome == "robots"
    assert web.paths("closed.localhost") == ["/robots.txt"]


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(b"", 404), "fetched"),
        (Reply(b"", 403), "fetched"),
        (Reply(b"", 500), "robots_unavailable"),
        (Reply(b"", 503), "robots_unavailable"),
        (Reply(b"", 429), "robots_unavailable"),
        (Reply(b"User-agent: *\nDisallow: /\n"), "robots"),
        (Reply(b"\xef\xbb\xbfUser-agent: *\nDisallow: /\n"), "robots"),
        (Reply("User-agent: *\nDisallow: /\n".encode("utf-16")), "robots"),
        (robots("User-agent: *\nAllow: /\n\nUser-agent: Copydesk/1.0 (+https://example.org) # no\nDisallow: /\n"), "robots"),
        (robots("User-agent: *\nAllow: /\n\nUser-agent: copydesk-images\nDisallow: /\n"), "fetched"),
        (Reply(PAGE), "fetched"),
        (redirect("/robots.txt"), "fetched"),
        (redirect("/other-robots.txt"), "robots"),
    ],
)
def test_robots_by_the_standard(web: Web, settings: Settings, store: LocalStore, reply: Reply, outcome: str) -> None:
    web.add("/robots.txt", reply)
    web.add("/other-robots.txt", robots("User-agent: *\nDisallow: /"))
    (row,) = run(web, settings, store, "/")
    assert (row.outcome, row.retryable) == (outcome, outcome == "robots_unavailable")


def test_robots_is_asked_for_once_and_again_after_a_failure(web: Web, settings: Settings, store: LocalStore) -> None:
    web.add("/robots.txt", Reply(b"", 500))
    run(web, settings, store, "/", "/?2", "/?3")
    assert web.paths() == ["/robots.txt"] * settings.attempts


def test_rules_beyond_500_kib_are_not_seen() -> None:
    body = b"User-agent: *\n" + b"# filler\n" * 60_000 + b"Disallow: /\n"
    rules_from(200, body).check("http://example.org/page")
    head, last = b"User-agent: *\nDisallow: /x\n", b"Disallow: /private\n"
    filler = b"#" * (MAX_ROBOTS_BYTES - len(head) - len(b"\nDisallow: /")) + b"\n"
    cut = rules_from(200, head + filler + last)
    cut.check("http://example.org/page")
    with pytest.raises(Reject, match="robots"):
        cut.check("http://example.org/x")


def test_a_robots_txt_of_many_agents_and_rules_takes_no_more_than_it_is_long() -> None:
    """A rule is kept for each agent of its group: of half a megabyte the parser makes some forty gigabytes."""
    agents = "".join(f"{label}{n:x}\n" for n in range(500) for label in ("User-agent: ", "useragent ", "User Agent :"))
    body = f"User-agent: *\n{agents}" + "Disallow: /private\n" * 1000
    tracemalloc.start()
    rules = rules_from(200, body.encode())
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 5 * 2**20
    with pytest.raises(Reject, match="robots"):
        rules.check("http://example.org/private")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("User-agent: other\nUser-agent: third\nDisallow: /\n", True),
        ("User-agent: *\nAllow: /\nUser-agent: other\nUser-agent: Copydesk\nUser-agent: third\nDisallow: /\n", False),
        ("User-agent: copydesk\nAllow: /\nUser-agent: *\nDisallow: /\n", True),
        ("User-agent: *\nDisallow: /\nUser-agent: other\nAllow: /\n", False),
        ("user agent: Copydesk/2\nDisallow: /\n", False),
        ("useragent copydesk # ours\nDisallow: /\n", False),
        ("User-agent: co*py*\nDisallow: /\n", False),
    ],
)
def test_rules_are_those_of_our_group(text: str, allowed: bool) -> None:
    with nullcontext() if allowed else pytest.raises(Reject, match="robots"):
        rules_from(200, text.encode()).check("http://example.org/page")


def test_retry_after_is_read_as_seconds_or_date() -> None:
    now = datetime(2026, 11, 23, 8, 0, 0, tzinfo=UTC)
    assert retry_after("120", now) == 120.0
    assert retry_after("Mon, 23 Nov 2026 08:01:00 GMT", now) == 60.0
    assert retry_after("Mon, 23 Nov 2026 07:00:00 GMT", now) == 0.0
    for nonsense in (None, "", "soon", "-5", "1e9", "²"):
        assert retry_after(nonsense, now) is None
    for endless in ("Mon, 23 Nov 20261123080000 08:01:00 GMT", "Mon, 23 Nov 2026 08:01:00 +20261123080000000000"):
        assert retry_after(endless, now) is None


@given(st.text(max_size=40))
@hypothesis_settings(max_examples=100)
def test_retry_after_takes_any_text(text: str) -> None:
    seconds = retry_after(text)
    assert seconds is None or seconds >= 0


def test_a_busy_host_is_slowed_down_and_forgiven() -> None:
    pacer = Pacer(delay=0.1, max_delay=30.0, rest=60.0, clock=lambda: 0.0)
    host = pacer.host("h")
    pacer.judge(host, 503, None)
    assert host.wait == FIRST_PENALTY
    for _ in range(10):
        pacer.judge(host, 429, None)
    assert host.wait == 30.0
    for _ in range(12):
        pacer.judge(host, 200, None)
    assert host.wait == 0.1


def test_the_same_host_has_one_key() -> None:
    assert host_key("http://Example.org/a") == host_key("https://example.org:443/b") == host_key("http://example.org.:80/")
    assert host_key("http://example.org:8080/") != host_key("http://example.org/")
    assert host_key("http://MÜNCHEN.example/") == host_key("http://xn--mnchen-3ya.example/")


def test_jitter_is_seeded_and_bounded() -> None:
    waits = [jitter(f"http://example.org/{n}", 1) for n in range(100)]
    assert waits == [jitter(f"http://example.org/{n}", 1) for n in range(100)]
    assert 0 <= min(waits) < 0.1
    assert 0.4 < max(waits) <= 0.5
