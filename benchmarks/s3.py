"""The archive on S3: PUTs per million pages, and what happens when the server refuses, stumbles or goes away.

    python -m benchmarks.s3 --rclone RCLONE [--pages 8000]

Runs against moto's server and against `rclone serve s3`, both over a socket. A proxy between us and the server counts the
requests and plays the faults: it answers 503 SlowDown, or cuts the connection in the middle of an upload.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import logging
import math
import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.ports import await_port, free_port

if TYPE_CHECKING:
    from pipeline.store import Store

KEY, SECRET = "bench-key", "bench-secret"
BUCKET = "copydesk-bench"
PAGE_BYTES = 27_600  # with gzip: a news page of 126 KB
SHARDS = 8
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"


@dataclass
class Proxy:
    """Passes requests on and counts them; the next `slow` uploads get 503, the next `cut` lose their connection half-way."""

    target: tuple[str, int]
    slow: int = 0
    cut: int = 0
    log: Counter[str] = field(default_factory=Counter)

    def start(self) -> int:
        """Listen on loopback; returns the port."""
        listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    def _accept(self, listener: socket.socket) -> None:
        while True:
            client = listener.accept()[0]
            threading.Thread(target=self._talk, args=(client,), daemon=True).start()

    def _talk(self, client: socket.socket) -> None:
        with client, socket.create_connection(self.target) as server:
            try:
                while self._one(client, server):
                    pass
            except OSError:
                pass

    def _one(self, client: socket.socket, server: socket.socket) -> bool:
        head, rest = _read_head(client)
        if not head:
            return False
        method, length = head.split(b" ", 1)[0].decode(), _content_length(head)
        self.log[method] += 1
        if b"expect: 100-continue" in head.lower():
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            head = head.replace(b"Expect: 100-continue\r\n", b"")
        if method == "PUT" and self.slow:
            self.slow -= 1
            _pass_on(client, None, length, rest)
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Length: %d\r\n\r\n" % len(SLOW_DOWN) + SLOW_DOWN)
            return True
        server.sendall(head)
        if method == "PUT" and self.cut:
            self.cut -= 1
            _pass_on(client, server, length // 2, rest)
            return False
        _pass_on(client, server, length, rest)
        answer, rest = _read_head(server)
        client.sendall(answer)
        if method != "HEAD":
            _answer_body(client, server, answer, rest)
        return b"connection: close" not in answer.lower()


def _read_head(source: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        part = source.recv(65536)
        if not part:
            return b"", b""
        data += part
    head, mark, rest = data.partition(b"\r\n\r\n")
    return head + mark, rest


def _content_length(head: bytes) -> int:
    fields = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:] if b":" in line)
    return int(fields.get(b"content-length", 0))


def _pass_on(source: socket.socket, target: socket.socket | None, length: int, begun: bytes) -> None:
    part = begun[:length]
    while True:
        length -= len(part)
        if target is not None:
            target.sendall(part)
        if length <= 0:
            return
        part = source.recv(min(length, 1 << 20))
        if not part:
            raise ConnectionError


def _answer_body(client: socket.socket, server: socket.socket, head: bytes, begun: bytes) -> None:
    if b"transfer-encoding: chunked" not in head.lower():
        _pass_on(server, client, _content_length(head), begun)
        return
    data = begun
    client.sendall(begun)
    while not data.endswith(b"0\r\n\r\n"):
        part = server.recv(65536)
        client.sendall(part)
        data = (data + part)[-8:]


@contextmanager
def moto() -> Iterator[int]:
    """Run moto's server; yields its port."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    yield server.get_host_and_port()[1]
    server.stop()


@contextmanager
def rclone(binary: str) -> Iterator[int]:
    """Run `rclone serve s3` on an empty folder, with credentials; yields its port."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        command = [binary, "serve", "s3", "--auth-key", f"{KEY},{SECRET}", "--addr", f"127.0.0.1:{port}", folder]
        server = subprocess.Popen([*command, "--config", "/dev/null", "--log-level", "CRITICAL"])
        try:
            await_port(port)
            yield port
        finally:
            server.terminate()
            server.wait()


def archive_pages(prefix: str, count: int) -> tuple[int, int]:
    """Archive pages as one shard of a night does, its partition with it; returns the number of segments and their bytes."""
    from pipeline.fetch.archive import index_segments
    from pipeline.fetch.exchange import Exchange
    from pipeline.fetch.rows import located, page_row
    from pipeline.fetch.segments import ArchiveWriter
    from pipeline.filing import file_rows
    from pipeline.records import Discovered
    from pipeline.store import Partition, open_store

    store = open_store(f"s3://{BUCKET}/store")
    body = random.Random(1).randbytes(PAGE_BYTES)
    sent = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("Date", "x" * 29), ("Server", "nginx"))
    asked = (("Host", "www.example.org"), ("User-Agent", "Copydesk/0.1 (+https://example.org/bot)"), ("Accept", "text/html"))
    results = []
    with ArchiveWriter(store, prefix) as archive:
        for n in range(count):
            url = f"https://www.example.org/news/2026/01/01/story-{n}.html"
            exchange = Exchange(url, 200, "HTTP/1.1", "OK", sent, body, asked, "192.0.2.1", NOW)
            row = page_row(Discovered(url, "bench", "example.org", "list"), exchange)
            row = dataclasses.replace(row, digest=hashlib.sha256(url.encode()).hexdigest(), body_bytes=126_000)
            results.append((row, archive.add_response(exchange, row)))
        keys = archive.finish()
    index_segments(store, prefix, keys)
    file_rows(store, Partition("fetch", "2026-01-01", "000"), [located(row, place) for row, place in results])
    sizes = [len(store.get(key)) for key in keys]
    return len(sizes), sum(sizes)


def faults(proxy: Proxy, restricted: bool) -> Iterator[tuple[str, str]]:
    """Yield what each fault comes to."""
    from pipeline.store import open_store

    yield "503 SlowDown, 3 times", _uploaded(proxy, slow=3)
    yield "connection cut in an upload, 2 times", _uploaded(proxy, cut=2)
    yield "connection cut in every upload", _uploaded(proxy, cut=1000)
    yield "missing bucket", _told(lambda: open_store("s3://no-such-bucket/x").put("k", b"x"))
    if restricted:
        os.environ["AWS_SECRET_ACCESS_KEY"] = "wrong"
        yield "wrong secret", _told(lambda: open_store(f"s3://{BUCKET}/x").put("k", b"x"))
        os.environ["AWS_SECRET_ACCESS_KEY"] = SECRET


def _uploaded(proxy: Proxy, *, slow: int = 0, cut: int = 0) -> str:
    from pipeline.store import open_store

    store, key = open_store(f"s3://{BUCKET}/faults"), f"seg-{slow}-{cut}"
    before, content = proxy.log["PUT"], random.Random(2).randbytes(5_000_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "segment")
        path.write_bytes(content)
        proxy.slow, proxy.cut = slow, cut
        told = _told(lambda: store.put_file(key, path))
        proxy.slow = proxy.cut = 0
        kept = "kept" if path.exists() else "gone"
    seen = _seen(store, key, content)
    return f"{told}; {proxy.log['PUT'] - before} PUTs; the store shows {seen}; the local file is {kept}"


def _seen(store: Store, key: str, content: bytes) -> str:
    """Say what a reader finds at the key."""
    try:
        return "the whole segment" if store.get(key) == content else "A PART OF THE SEGMENT"
    except KeyError:
        return "nothing"


def _told(work: Callable[[], None]) -> str:
    from pipeline.errors import CopydeskError

    try:
        work()
    except CopydeskError as error:
        return f"{type(error).__name__}: {error}"[:160]
    return "done"


def run(name: str, port: int, pages: int) -> None:
    """Print PUTs and faults of one server."""
    import boto3

    from pipeline.fetch.segments import SEGMENT_BYTES

    proxy = Proxy(("127.0.0.1", port))
    os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{proxy.start()}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=BUCKET)
    print(f"\n{name}")
    proxy.log.clear()
    begin = time.process_time()
    segments, size = archive_pages("raw/dt=2026-01-01/shard=000", pages)
    used, puts = time.process_time() - begin, proxy.log["PUT"]
    each = math.ceil(size / pages * 1e6 / SHARDS / SEGMENT_BYTES)
    more = puts - segments  # index, table of rows, manifest
    print(f"  {pages} pages of {size // pages} bytes: {dict(proxy.log)}, {segments} segments; {used:.1f} CPU-s")
    total = SHARDS * (each + more)
    print(f"  per million pages on {SHARDS} shards: {total} PUTs, {each} segments and {more} other files a shard")
    for fault, outcome in faults(proxy, restricted=name.startswith("rclone")):
        print(f"  {fault}: {outcome}")


def main() -> None:
    """Run the servers one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--rclone", help="path of an rclone that has `serve s3`")
    parser.add_argument("--pages", type=int, default=8000)
    options = parser.parse_args()
    os.environ |= {"AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_EC2_METADATA_DISABLED": "true"}
    with ExitStack() as stack:
        run("moto", stack.enter_context(moto()), options.pages)
        if options.rclone:
            run("rclone serve s3", stack.enter_context(rclone(options.rclone)), options.pages)


if __name__ == "__main__":
    main()
