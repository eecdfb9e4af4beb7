"""What a hostile server costs: seconds and memory of one fetch of each attack, in a process of its own.

    python -m benchmarks.hostile_servers

The limits are the default settings, but for the time limits, which are 1 s without a byte and 2 s for an answer. Memory is the
peak above that of the same process after a fetch of a small page.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import multiprocessing
import resource
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Awaitable, Callable
from pathlib import Path

HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
Attack = Callable[[asyncio.StreamWriter], Awaitable[None]]


def bomb(size: int = 2 * 2**30) -> bytes:
    """Return gzip that inflates to so many zeros."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(bytes(2**24)) for _ in range(size // 2**24)) + packer.flush()


def _sized(body: bytes, more: bytes = b"") -> bytes:
    return HTML + more + b"Content-Length: %d\r\n\r\n" % len(body) + body


def _once(data: bytes) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return send


def _forever(head: bytes, part: bytes, pause: float = 0.0) -> Attack:
    async def send(writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause)

    return send


def attacks() -> dict[str, Attack]:
    """Return the attacks by the path that they are served at."""
    chunked = HTML + b"Transfer-Encoding: chunked\r\n\r\n"
    return {
        "small-page": _once(_sized(b"<p>A page.</p>")),
        "gzip-bomb": _once(_sized(bomb(), b"Content-Encoding: gzip\r\n")),
        "gzip-in-gzip-bomb": _once(_sized(gzip.compress(bomb()), b"Content-Encoding: gzip, gzip\r\n")),
        "slow-loris": _forever(HTML + b"Content-Length: 100000\r\n\r\n", b"x", 0.05),
        "slow-headers": _forever(b"HTTP/1.1 200 OK\r\nX-A: ", b"a", 0.05),
        "endless-body": _forever(chunked, b"10000\r\n" + b"x" * 65536 + b"\r\n"),
        "endless-chunk-header": _forever(chunked, b"0" * 65536),
        "header-bomb-one-line": _forever(b"HTTP/1.1 200 OK\r\nX-Bomb: ", b"a" * 65536),
        "header-bomb-many-lines": _forever(b"HTTP/1.1 200 OK\r\n", b"".join(b"X-%d: 1\r\n" % n for n in range(5000))),
        "redirect-loop": _once(b"HTTP/1.1 302 Found\r\nLocation: /redirect-loop?\r\nContent-Length: 0\r\n\r\n"),
        "ten-gigabytes": _forever(HTML + b"Content-Length: 10000000000\r\n\r\n", b"x" * 65536),
    }


def serve(port: multiprocessing.Queue[int]) -> None:
    """Serve the attacks until killed."""
    served = attacks()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1].decode().strip("/?")
                gone = _once(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                await served.get(path, gone)(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def main() -> None:
        server = await asyncio.start_server(talk, "127.0.0.1", 0)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(main())


def measure(name: str, port: int) -> dict[str, object]:
    """Fetch one attack in this process; returns its outcome, its seconds and the memory in MB that it took."""
    from pipeline.config import Settings
    from pipeline.fetch.fetch import fetch
    from pipeline.records import Discovered
    from pipeline.store import LocalStore

    settings = Settings(allow_private_hosts=True, delay=0.0, attempts=1, read_timeout=1.0, total_timeout=2.0)
    with tempfile.TemporaryDirectory() as folder:
        for path in ("small-page", name):
            before, cpu, begin = _peak(), time.process_time(), time.monotonic()
            item = Discovered(f"http://evil.localhost:{port}/{path}", "bench", "evil.localhost", "list")
            (row,) = fetch([item], settings=settings, store=LocalStore(Path(folder)), archive_prefix="raw/bench")
    seconds = time.monotonic() - begin
    return {"outcome": row.outcome, "wall": seconds, "cpu": time.process_time() - cpu, "mb": _peak() - before, "peak": _peak()}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Run each attack and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--only", help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measure(options.only, options.port)))
        return
    queue: multiprocessing.Queue[int] = multiprocessing.Queue()
    server = multiprocessing.Process(target=serve, args=(queue,), daemon=True)
    server.start()
    port = queue.get()
    print(f"| {'attack':<24} | {'outcome':<18} | wall s | CPU s | MB more | peak MB |")
    for name in attacks():
        command = [sys.executable, __file__, "--only", name, "--port", str(port)]
        r = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        print(
            f"| {name:<24} | {r['outcome']:<18} | {r['wall']:6.2f} | {r['cpu']:5.2f} | {r['mb']:7.1f} | {r['peak']:7.0f} |",
            flush=True,
        )
    server.terminate()


if __name__ == "__main__":
    main()
