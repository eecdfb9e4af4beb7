"""Fetching, measured in CPU: pages per CPU-second and peak memory at 100 connections on loopback.

    python -m benchmarks.fetch [--pages 3000] [--nginx nginx] [--peers PYTHON] [--saved FOLDER] [--repeat 3]

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
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.contenders import HEAD, Cost, cost, medians, row
from benchmarks.pages import load_pages
from benchmarks.ports import await_port, free_port

if TYPE_CHECKING:
    from pipeline.records import Discovered

CONNECTIONS = 100
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
    port = free_port()
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
            await_port(port)
            yield port
        finally:
            server.terminate()
            server.wait()


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


FETCHERS: dict[str, Callable[[int, int], int]] = {
    "ours": fetch_ours,
    "stage": fetch_stage,
    "aiohttp": fetch_aiohttp,
    "httpx": fetch_httpx,
    "scrapy": fetch_scrapy,
}
PEERS = ("httpx", "scrapy")  # run by the interpreter of --peers


def measure(name: str, port: int, count: int) -> Cost:
    """Run one contender in this process."""
    if name == "scrapy":  # its reactor runs once a process
        import scrapy.crawler  # noqa: F401
    else:
        FETCHERS[name](port, CONNECTIONS)  # imports and first connections are not what is measured
    return cost(lambda: _fetched(FETCHERS[name](port, count), count))


def _fetched(found: int, count: int) -> None:
    if found != count:
        raise SystemExit(f"{found} of {count} pages came")


def main() -> None:
    """Run every contender in processes of its own and print the table; the ratio is that of ours to it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
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
    print(HEAD)
    nginx = shutil.which(options.nginx) if options.nginx else None
    server = nginx_server(nginx, options.saved, options.pages) if nginx else own_server(options.saved)
    base = 0.0
    with server as port:
        for name in FETCHERS:
            if name in PEERS and not options.peers:
                continue
            python = options.peers if name in PEERS else sys.executable
            command = [python, "-m", "benchmarks.fetch", "--only", name, "--port", str(port), "--pages", str(options.pages)]
            spent = medians(command, options.repeat)
            base = base or options.pages / spent["cpu"]
            print(row(name + (": fetch, inflate, hash, WARC" if name == "ours" else ""), options.pages, spent, base), flush=True)


if __name__ == "__main__":
    main()
