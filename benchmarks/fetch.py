"""Fetch and archive, measured in CPU: pages per CPU-second and peak memory at 100 connections on loopback.

    python benchmarks/fetch.py [--pages 3000] [--nginx nginx] [--peers PYTHON] [--saved FOLDER] [--repeat 3]

Ours fetches, inflates, hashes and writes WARC; the others only fetch and inflate. Each contender runs in a process of its
own against the same server: a small one of this script's with ready-made answers, or nginx. The pages are made up (103 KB of
HTML, 31 KB with gzip) unless a folder of saved ones is given. `--peers` is an interpreter that has httpx and scrapy. CPU is
that of the client's process, which holds on a busy machine where wall time does not; the median of the repeats is shown.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import gzip
import io
import json
import multiprocessing
import os
import random
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.records import Discovered

CONNECTIONS = 100
PAGE_BYTES = 126_000
VARIANTS = 50
SAVED = 500  # saved pages that are used at most
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ROBOTS = b"User-agent: *\nDisallow: /private\n"
NGINX = """
daemon off; worker_processes 1; pid nginx.pid;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; keepalive_requests 1000000; default_type "text/html; charset=utf-8";
  client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {{ listen 127.0.0.1:{port} backlog=1024; root {folder};
    location /story/ {{ gzip_static always; }} location = /robots.txt {{ types {{ }} default_type text/plain; }} }}
}}
"""


def make_pages() -> list[bytes]:
    """Return pages whose size and compression are those of a real news page: a story in a lot of furniture."""
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(6000)]
    furniture = "".join(
        f'<li class="card card--{n % 7}"><a href="/{n}/{rng.randrange(10**9)}">{" ".join(rng.choices(words, k=9))}</a></li>\n'
        for n in range(400)
    )
    pages = []
    for _ in range(VARIANTS):
        story = "".join(f"<p>{' '.join(rng.choices(words, k=60))}.</p>\n" for _ in range(30))
        script = "".join(f"window.q.push({{'id':{rng.randrange(10**6)},'slot':'top','size':[300,250]}});\n" for _ in range(700))
        pages.append(f"<!doctype html><html><body>{furniture}{story}<script>{script}</script></body></html>".encode()[:PAGE_BYTES])
    return pages


def load_pages(saved: str | None) -> list[bytes]:
    """Return the pages to serve: made up, or the files of a folder (HTML, plain or with gzip)."""
    if not saved:
        return make_pages()
    files = sorted(path for path in Path(saved).rglob("*.html*") if path.is_file())[:SAVED]
    return [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]


def serve(port: multiprocessing.Queue[int], saved: str | None) -> None:
    """Serve the pages until killed."""
    answers = [
        _answer(gzip.compress(page, 6), "text/html; charset=utf-8", "Content-Encoding: gzip\r\n") for page in load_pages(saved)
    ]
    robots = _answer(ROBOTS, "text/plain", "")

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                writer.write(robots if path == b"/robots.txt" else answers[zlib.crc32(path) % len(answers)])
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def _answer(body: bytes, kind: str, more: str) -> bytes:
    return f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


@contextmanager
def own_server(saved: str | None) -> Iterator[int]:
    """Run the server of this script; yields its port."""
    queue: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(queue, saved), daemon=True)
    server.start()
    yield queue.get()
    server.terminate()
    server.join()


@contextmanager
def nginx_server(binary: str, saved: str | None, count: int) -> Iterator[int]:
    """Run nginx with one worker on the pages, packed beforehand; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "story").mkdir()
        (folder / "robots.txt").write_bytes(ROBOTS)
        pages = load_pages(saved)
        for number, page in enumerate(pages):
            (folder / f"{number}.gz").write_bytes(gzip.compress(page, 6))
        for number in range(max(count, CONNECTIONS)):
            os.link(folder / f"{number % len(pages)}.gz", folder / "story" / f"{number}.gz")
        (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
        server = subprocess.Popen([binary, "-p", name, "-c", "nginx.conf", "-e", "error.log"])
        try:
            _await_port(port)
            yield port
        finally:
            server.terminate()
            server.wait()


def _await_port(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the server does not start")


def _items(port: int, count: int) -> list[Discovered]:
    from pipeline.records import Discovered

    hosts = [f"h{n % CONNECTIONS}.localhost" for n in range(count)]
    return [Discovered(f"http://{host}:{port}/story/{n}", "bench", host, "list") for n, host in enumerate(hosts)]


def fetch_ours(port: int, count: int) -> int:
    """Fetch, inflate, hash and archive."""
    from pipeline.config import Settings
    from pipeline.fetch.fetch import fetch
    from pipeline.store import LocalStore

    settings = Settings(allow_private_hosts=True, delay=0.0, connections=CONNECTIONS)
    with tempfile.TemporaryDirectory() as folder:
        rows = fetch(_items(port, count), settings=settings, store=LocalStore(Path(folder)), archive_prefix="raw/bench")
    return sum(row.outcome == "fetched" for row in rows)


def fetch_stage(port: int, count: int) -> int:
    """Run the whole stage as a task does: look the URLs up in the warehouse, fetch, archive, write index and rows."""
    from pipeline import stages
    from pipeline.config import Settings
    from pipeline.records import Discovered, StageReport
    from pipeline.runs import Run
    from pipeline.store import Partition, PartitionWriter

    settings = Settings(allow_private_hosts=True, delay=0.0, connections=CONNECTIONS)
    with tempfile.TemporaryDirectory() as folder:
        own = dataclasses.replace(settings, store=f"{folder}/store", warehouse_url=f"sqlite:///{folder}/warehouse.db")
        run = Run(run_date="2026-01-01", settings=own)
        writer = PartitionWriter(run.store(), Partition("discover", run.run_date, "000"))
        writer.write("part", Discovered, _items(port, count))
        writer.commit(StageReport("discover", run.run_date, "000", count, {"new": count}))
        return stages.fetch(run, "000").outcomes["fetched"]


def fetch_httpx(port: int, count: int) -> int:
    """Fetch and inflate with httpx."""
    import httpx

    async def main() -> int:
        gate = asyncio.Semaphore(CONNECTIONS)
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        async with httpx.AsyncClient(limits=limits, trust_env=False, timeout=60) as client:

            async def one(n: int) -> bool:
                async with gate:
                    return len((await client.get(f"http://127.0.0.1:{port}/story/{n}")).content) > 0

            return sum(await asyncio.gather(*(one(n) for n in range(count))))

    return asyncio.run(main())


def fetch_aiohttp(port: int, count: int) -> int:
    """Fetch and inflate with bare aiohttp."""
    import aiohttp

    async def main() -> int:
        gate = asyncio.Semaphore(CONNECTIONS)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS)) as session:

            async def one(n: int) -> bool:
                async with gate, session.get(f"http://127.0.0.1:{port}/story/{n}") as response:
                    return len(await response.read()) > 0

            return sum(await asyncio.gather(*(one(n) for n in range(count))))

    return asyncio.run(main())


def fetch_scrapy(port: int, count: int) -> int:
    """Fetch and inflate with Scrapy; its reactor runs once a process."""
    import scrapy
    from scrapy.crawler import CrawlerProcess

    class Spider(scrapy.Spider):  # type: ignore[misc]
        name = "bench"
        start_urls = tuple(f"http://127.0.0.1:{port}/story/{n}" for n in range(count))
        got = 0

        def parse(self, response: object) -> None:
            Spider.got += len(response.body) > 0  # type: ignore[attr-defined]

    unlimited = {"CONCURRENT_REQUESTS": CONNECTIONS, "CONCURRENT_REQUESTS_PER_DOMAIN": CONNECTIONS, "DOWNLOAD_DELAY": 0}
    quiet = {"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "ROBOTSTXT_OBEY": False, "AUTOTHROTTLE_ENABLED": False}
    process = CrawlerProcess(settings=unlimited | quiet)
    process.crawl(Spider)
    process.start()
    return Spider.got


def _wire(packed: bool) -> tuple[list[bytes], tuple[tuple[str, str], ...]]:
    """Return pages as a server sends them, with gzip or without, and their headers."""
    pages = make_pages()
    if not packed:
        return pages, (("Content-Type", "text/html"),)
    return [gzip.compress(page, 6) for page in pages], (("Content-Type", "text/html"), ("Content-Encoding", "gzip"))


def write_ours(count: int, packed: bool) -> Iterator[None]:
    """Write response and request records; yields between preparing and writing, and after writing."""
    import pyarrow.parquet  # noqa: F401  imports are not what is measured

    from pipeline.fetch.client import Exchange
    from pipeline.fetch.segments import ArchiveWriter
    from pipeline.store import LocalStore

    bodies, headers = _wire(packed)
    asked = (("Host", "example.org"),)
    exchanges = [
        Exchange(f"http://example.org/{n}", 200, "HTTP/1.1", "OK", headers, bodies[n % VARIANTS], asked, None, NOW)
        for n in range(count)
    ]
    with tempfile.TemporaryDirectory() as folder, ArchiveWriter(LocalStore(Path(folder)), "raw/bench") as archive:
        yield
        for exchange in exchanges:
            archive.add_response(exchange)
        archive.finish()
        yield


def write_warcio(count: int, packed: bool) -> Iterator[None]:
    """Write the same records with warcio."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    bodies, headers = _wire(packed)
    with tempfile.TemporaryFile() as handle:
        writer = WARCWriter(handle, gzip=True)
        yield
        for n in range(count):
            url = f"http://example.org/{n}"
            head = StatusAndHeaders("200 OK", list(headers), protocol="HTTP/1.1")
            body = io.BytesIO(bodies[n % VARIANTS])
            response = writer.create_warc_record(url, "response", payload=body, http_headers=head)
            asked = StatusAndHeaders("GET / HTTP/1.1", [("Host", "example.org")], is_http_request=True)
            writer.write_request_response_pair(writer.create_warc_record(url, "request", http_headers=asked), response)
        yield


def read_ours(count: int, packed: bool) -> Iterator[None]:
    """Read pages back, decoded."""
    from pipeline.fetch.archive import read_pages
    from pipeline.records import Fetch
    from pipeline.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        places = _archive(store, count, packed)
        rows = [
            Fetch("u", "u", "s", "e", "list", "fetched", NOW, warc_filename=key, warc_offset=at, warc_length=size)
            for key, at, size in places
        ]
        yield
        assert sum(len(page.body) > 0 for page in read_pages(store, rows)) == count
        yield


def read_warcio(count: int, packed: bool) -> Iterator[None]:
    """Read the same file with warcio, decoded."""
    from warcio.archiveiterator import ArchiveIterator

    from pipeline.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        names = sorted({key for key, _, _ in _archive(store, count, packed)})
        yield
        found = 0
        for name in names:
            with (Path(folder) / name).open("rb") as handle:
                for record in ArchiveIterator(handle):
                    found += record.rec_type == "response" and len(record.content_stream().read()) > 0
        assert found == count
        yield


def _archive(store: object, count: int, packed: bool) -> list[tuple[str, int, int]]:
    from pipeline.fetch.client import Exchange
    from pipeline.fetch.segments import ArchiveWriter

    bodies, headers = _wire(packed)
    with ArchiveWriter(store, "raw/bench") as archive:  # type: ignore[arg-type]
        places = [
            archive.add_response(
                Exchange(f"http://example.org/{n}", 200, "HTTP/1.1", "OK", headers, bodies[n % VARIANTS], (), None, NOW)
            )
            for n in range(count)
        ]
        archive.finish()
    return [(place.segment.key, place.offset, place.length) for place in places]


def read_raw(count: int, packed: bool) -> Iterator[None]:
    """Read the wire bytes of pages back, their content encoding left in place."""
    from pipeline.fetch.warc import parse_http, parse_record
    from pipeline.store import LocalStore

    with tempfile.TemporaryDirectory() as folder:
        store = LocalStore(Path(folder))
        places = _archive(store, count, packed)
        yield
        found = 0
        for key, at, size in places:
            _, block = parse_record(store.get_range(key, at, size))
            found += len(parse_http(block)[2]) > 0
        assert found == count
        yield


FETCHERS: dict[str, Callable[[int, int], int]] = {
    "ours": fetch_ours,
    "stage": fetch_stage,
    "aiohttp": fetch_aiohttp,
    "httpx": fetch_httpx,
    "scrapy": fetch_scrapy,
}
PEERS = ("httpx", "scrapy")  # run by the interpreter of --peers
WARCS: dict[str, Callable[[int], Iterator[None]]] = {
    "write ours": partial(write_ours, packed=True),
    "write warcio": partial(write_warcio, packed=True),
    "write-plain ours": partial(write_ours, packed=False),
    "write-plain warcio": partial(write_warcio, packed=False),
    "read ours, decoded": partial(read_ours, packed=True),
    "read warcio, decoded": partial(read_warcio, packed=True),
    "read-plain ours": partial(read_ours, packed=False),
    "read-plain warcio": partial(read_warcio, packed=False),
    "read-wire ours, gzip left in place": partial(read_raw, packed=True),
}


def measure(name: str, port: int, count: int) -> dict[str, float]:
    """Run one contender in this process; returns its CPU and wall seconds and its peak memory in MB."""
    if name == "scrapy":
        import scrapy.crawler  # noqa: F401

        before, begin = _cpu(), time.monotonic()
        assert fetch_scrapy(port, count) == count
    elif name in FETCHERS:
        FETCHERS[name](port, CONNECTIONS)  # imports and first connections are not what is measured
        before, begin = _cpu(), time.monotonic()
        assert FETCHERS[name](port, count) == count
    else:
        stages = WARCS[name](count)
        next(stages)
        before, begin = _cpu(), time.monotonic()
        next(stages)
    used, wall = _cpu() - before, time.monotonic() - begin
    return {"cpu": used, "wall": wall, "rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _run(name: str, port: int, options: argparse.Namespace) -> dict[str, float]:
    """Return the medians of some runs of one contender."""
    python = options.peers if name in PEERS else sys.executable
    command = [python, __file__, "--only", name, "--port", str(port), "--pages", str(options.pages)]
    results = [json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout) for _ in range(options.repeat)]
    return {key: statistics.median(result[key] for result in results) for key in results[0]}


def main() -> None:
    """Run every contender in processes of its own and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--pages", type=int, default=3000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--nginx", help="path of an nginx to serve the pages")
    parser.add_argument("--saved", help="folder of saved pages, .html or .html.gz")
    parser.add_argument("--peers", help="Python that has httpx and scrapy; without it they are left out")
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.port, options.pages)))
        return
    print(f"| {'contender':<34} | pages/CPU-s | ms CPU/page | wall s | peak MB | ratio |")
    nginx = shutil.which(options.nginx) if options.nginx else None
    server = nginx_server(nginx, options.saved, options.pages) if nginx else own_server(options.saved)
    with server as port:
        _table("fetch", [name for name in FETCHERS if options.peers or name not in PEERS], port, options)
    _table("WARC", list(WARCS), 0, options)


def _table(does: str, names: list[str], port: int, options: argparse.Namespace) -> None:
    """Print a row for each contender; the ratio is that of the first of its kind to it."""
    base: dict[str, float] = {}
    for name in names:
        result = _run(name, port, options)
        rate = options.pages / result["cpu"]
        kind = name.split()[0] if does == "WARC" else does
        base.setdefault(kind, rate)
        label = f"{does} {name}" + (" + inflate, hash, WARC" if name == "ours" else "")
        figures = (
            f"{rate:11,.0f} | {1000 / rate:11.2f} | {result['wall']:6.1f} | {result['rss']:7.0f} | {base[kind] / rate:4.1f}x |"
        )
        print(f"| {label:<34} | {figures}", flush=True)


if __name__ == "__main__":
    main()
