"""The S3 store against a real S3 API over a socket."""

from __future__ import annotations

import contextlib
import http.server
import itertools
import logging
import socket
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from pipeline.config import Settings
from pipeline.errors import ConfigError, Transient
from pipeline.fetch.archive import gc
from pipeline.fetch.discover import discover
from pipeline.fetch.fetch import fetch
from pipeline.fetch.local import find_files
from pipeline.fetch.notes import rows_noted
from pipeline.records import Discovered, StageReport
from pipeline.sources import Source
from pipeline.store import LocalStore, Partition, PartitionWriter, Store, open_store, read_records
from tests.fetch.conftest import PAGE, Web, read_pages

# moto and the AWS SDK leave sockets for the collector to close.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def aws(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    settings = {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.delenv("AWS_PROFILE", raising=False)


@pytest.fixture
def s3(request: pytest.FixtureRequest) -> Store:
    bucket = f"bucket-{zlib.crc32(request.node.name.encode())}"
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket=bucket)
    return open_store(f"s3://{bucket}/some/prefix")


def test_a_store_like_any_other(s3: Store, tmp_path: Path) -> None:
    s3.put("a/b", b"0123456789")
    (tmp_path / "file").write_bytes(b"moved")
    s3.put_file("a/c d#é", tmp_path / "file")
    assert not (tmp_path / "file").exists()
    assert (s3.get("a/b"), s3.get_range("a/b", 2, 3), s3.get("a/c d#é")) == (b"0123456789", b"234", b"moved")
    assert s3.get_range("a/b", -3, 3) == b"789"
    assert (s3.get_range("a/b", 8, 5), s3.get_range("a/b", 20, 5)) == (b"89", b"")
    assert list(s3.list("a/")) == ["a/b", "a/c d#é"]
    s3.delete("a/b")
    s3.delete("a/b")
    for read in (lambda: s3.get("a/b"), lambda: s3.get_range("a/b", 0, 1)):
        with pytest.raises(KeyError):
            read()
    with s3.lock("stage/x"):
        pass


def test_lists_are_read_to_the_end(s3: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.s3.LIST_PAGE", 10)
    for n in range(25):
        s3.put(f"many/{n:02}", b"")
    assert list(s3.list("many/")) == [f"many/{n:02}" for n in range(25)]


def test_a_partition_is_committed_and_read(s3: Store) -> None:
    partition = Partition("discover", "2026-11-23", "000")
    item = Discovered("http://example.org/", "s", "example.org", "list")
    writer = PartitionWriter(s3, partition)
    writer.write("part", Discovered, [item])
    writer.commit(StageReport("discover", "2026-11-23", "000", 1, {"new": 1}))
    assert list(read_records(s3, partition, Discovered)) == [item]


def test_pages_are_archived_and_read_back(web: Web, settings: Settings, s3: Store) -> None:
    rows = fetch([web.item(f"/?{n}") for n in range(30)], settings=settings, store=s3, archive_prefix="raw/dt=2026-11-23/shard=000")
    assert [page.body for page in read_pages(s3, rows)] == [PAGE] * 30
    assert len(list(s3.list("raw/"))) == 1
    assert {row for key in s3.list("raw/") for row in rows_noted(s3, key)} == set(rows)
    assert len(gc(s3, ())) == 1


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("in", ["in/1.html", "in/a/2.html", "in/a/b/3.html"]),  # and not what lies beside it
        ("in/", ["in/1.html", "in/a/2.html", "in/a/b/3.html"]),
        ("in/1.html", ["in/1.html"]),
        ("in/*.html", ["in/1.html"]),
        ("in/*/*.html", ["in/a/2.html"]),
        ("in/**/*.html", ["in/1.html", "in/a/2.html", "in/a/b/3.html"]),
        ("in/**", ["in/1.html", "in/a/2.html", "in/a/b/3.html"]),
        ("in/a/.p*/*.html", ["in/a/.part/6.html"]),
        ("in*/[45].html", ["in-old/4.html", "inner/5.html"]),
        ("i?/1.html", ["in/1.html"]),
    ],
)
def test_folders_and_globs_in_a_bucket_name_what_they_name_on_a_disk(s3: Store, pattern: str, found: list[str]) -> None:
    for key in ("in/1.html", "in/a/2.html", "in/a/b/3.html", "in/a/.part/6.html", "in-old/4.html", "inner/5.html"):
        s3.put(key, PAGE)
    assert [url.removeprefix(f"{s3.url}/") for url in find_files(f"{s3.url}/{pattern}").urls] == found


def test_documents_in_a_bucket_are_a_source(settings: Settings, s3: Store) -> None:
    s3.put("in/a page.html", PAGE)
    s3.put("in/rows.jsonl", b'{"text": "one"}\n{"text": "two"}\n')
    s3.put("in/picture.png", b"no")
    found = discover([Source(id="mine", files=(f"{s3.url}/in/", f"{s3.url}/none/"))], settings)
    assert [item.url.partition("/in/")[2] for item in found.items] == ["a%20page.html", "rows.jsonl#1", "rows.jsonl#2"]
    assert [r.reason for r in found.rejected] == ["no_such_file"]
    rows = fetch(found.items, settings=settings, store=s3, archive_prefix="raw/x")
    assert [page.body for page in read_pages(s3, rows)] == [PAGE, b'{"text": "one"}', b'{"text": "two"}']


@pytest.mark.usefixtures("fast_retries")
def test_a_bucket_that_cannot_be_read_costs_its_source_and_not_the_night(
    settings: Settings, s3: Store, store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put("in/page.html", PAGE)
    sources = [Source(id="mine", files=(f"{s3.url}/in/",)), Source(id="gone", files=("s3://no-such-bucket/in/",))]
    found = discover(sources, settings)
    assert [item.source_id for item in found.items] == ["mine"]
    assert [(r.source_id, r.reason, r.retryable) for r in found.rejected] == [("gone", "unreadable", False)]
    assert "there is no bucket 'no-such-bucket'" in (found.rejected[0].detail or "")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert [(r.source_id, r.reason, r.retryable) for r in discover(sources[:1], settings).rejected] == [
        ("mine", "unreachable", True)
    ]
    (row,) = fetch(found.items, settings=settings, store=store, archive_prefix="raw/x")
    assert (row.outcome, row.retryable) == ("unreachable", True)


def test_a_missing_bucket_is_named() -> None:
    with pytest.raises(ConfigError, match="there is no bucket 'no-such-bucket'"):
        open_store("s3://no-such-bucket/x").put("k", b"")
    with pytest.raises(ConfigError, match="names no bucket"):
        open_store("s3://")


def test_missing_credentials_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(ConfigError, match="AWS_ACCESS_KEY_ID"):
        open_store("s3://bucket/x").put("k", b"")


def serve(answers: list[int], cuts: int = 0) -> tuple[http.server.ThreadingHTTPServer, list[str]]:
    """Serve an S3 that answers PUTs with these statuses in turn, then with 200; those to GETs are at first cut off in their body.

    Returns it and the log of requests.
    """
    log: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            server.checksums |= {name for name in self.headers if "checksum" in name.lower()}  # type: ignore[attr-defined]
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            log.append(self.path)
            status = answers.pop(0) if answers else 200
            if status == 0:
                self.close_connection = True
                return
            codes = {503: "SlowDown", 403: "InvalidAccessKeyId", 500: "InternalError"}
            body = f"<Error><Code>{codes[status]}</Code></Error>".encode() if status != 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            log.append(self.path)
            self.send_response(206 if self.headers["Range"] else 200)
            self.send_header("Content-Length", "10")
            self.end_headers()
            self.close_connection = len(log) <= cuts
            self.wfile.write(b"0123456789"[: 4 if self.close_connection else 10])

        def do_DELETE(self) -> None:
            log.append(self.path)
            body = b"<Error><Code>NoSuchKey</Code></Error>"
            self.send_response(404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.checksums = set()  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, log


@pytest.fixture
def fast_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda self, context: 0.0)
    monkeypatch.setattr("pipeline.s3.LONGEST_PAUSE", 0.0)


@pytest.mark.usefixtures("fast_retries")
def test_a_busy_server_and_a_cut_connection_are_tried_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, log = serve([503, 500, 0])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    (tmp_path / "segment").write_bytes(b"x" * 100_000)
    open_store("s3://bucket/p").put_file("seg", tmp_path / "segment")
    server.shutdown()
    server.server_close()
    assert log == ["/bucket/p/seg"] * 4


@pytest.mark.usefixtures("fast_retries")
@pytest.mark.parametrize(("cuts", "requests"), [(2, 3), (100, 6)])
def test_an_answer_that_is_cut_off_as_it_comes_is_asked_for_again(
    cuts: int, requests: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for read in (lambda store: store.get("k"), lambda store: store.get_range("k", 5, 10)):
        server, log = serve([], cuts)
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        with contextlib.nullcontext() if cuts < requests else pytest.raises(Transient, match="cannot read k"):
            assert read(open_store("s3://bucket/p")) == b"0123456789"
        server.shutdown()
        server.server_close()
        assert log == ["/bucket/p/k"] * requests


@pytest.mark.usefixtures("fast_retries")
def test_failures_are_told_by_what_to_do_about_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server, _ = serve([403, 403] + [503] * 20)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    store = open_store("s3://bucket/p")
    (tmp_path / "segment").write_bytes(b"x")
    with pytest.raises(ConfigError, match="InvalidAccessKeyId"):
        store.put("k", b"")
    with pytest.raises(ConfigError, match="InvalidAccessKeyId"):
        store.put_file("k", tmp_path / "segment")
    assert (tmp_path / "segment").exists()
    with pytest.raises(Transient, match="SlowDown"):
        store.put("k", b"")
    server.shutdown()
    server.server_close()
    with pytest.raises(Transient, match=f"http://127.0.0.1:{server.server_port}"):
        open_store("s3://bucket/p").put_file("k", tmp_path / "segment")


def test_a_server_that_does_not_know_what_is_to_be_deleted_has_nothing_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    server, log = serve([])
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    open_store("s3://bucket/p").delete("k")
    server.shutdown()
    server.server_close()
    assert log == ["/bucket/p/k"]


@pytest.mark.usefixtures("fast_retries")
def test_a_server_that_a_profile_names_is_spoken_to_as_one_that_the_environment_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    server, log = serve([])
    endpoint = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "config").write_text(f"[profile desk]\nendpoint_url = {endpoint}\n")
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_PROFILE", "desk")
    open_store("s3://bucket/p").put("k", b"0123456789")
    server.shutdown()
    server.server_close()
    assert (log, server.checksums) == (["/bucket/p/k"], set())  # type: ignore[attr-defined]
    with pytest.raises(Transient, match=f"cannot write k at {endpoint}"):
        open_store("s3://bucket/p").put("k", b"")


def cutting_proxy(target: int, cuts: int) -> int:
    """Serve as a way to `target` that loses the first connections after 64 KB of what the client sends; returns the port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, goal: socket.socket, most: float) -> None:
        with contextlib.suppress(OSError):
            while most > 0 and (part := source.recv(16384)):
                goal.sendall(part)
                most -= len(part)
        for end in (source, goal):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        for number in itertools.count():
            client = listener.accept()[0]
            server = socket.create_connection(("127.0.0.1", target))
            most = 65536 if number < cuts else float("inf")
            threading.Thread(target=pump, args=(client, server, most), daemon=True).start()
            threading.Thread(target=pump, args=(server, client, float("inf")), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    port: int = listener.getsockname()[1]
    return port


@pytest.mark.usefixtures("fast_retries")
@pytest.mark.parametrize(("cuts", "whole"), [(2, True), (100, False)])
def test_a_segment_that_is_cut_off_in_its_upload_is_sent_again_or_never_seen(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, endpoint: str, s3: Store, cuts: int, whole: bool
) -> None:
    port = cutting_proxy(int(endpoint.rpartition(":")[2]), cuts)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
    store, segment = open_store(s3.url), tmp_path / "segment"
    segment.write_bytes(b"x" * 1_000_000)
    with contextlib.nullcontext() if whole else pytest.raises(Transient, match="cannot write raw/seg"):
        store.put_file("raw/seg", segment)
    assert list(s3.list("raw/")) == (["raw/seg"] if whole else [])
    assert segment.exists() != whole
    if whole:
        assert len(s3.get("raw/seg")) == 1_000_000


def test_a_segment_is_one_request() -> None:
    from pipeline.fetch.segments import SEGMENT_BYTES
    from pipeline.s3 import PART_BYTES

    assert SEGMENT_BYTES <= PART_BYTES


def test_an_endpoint_with_a_password_is_refused_before_anything_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://desk:hunter2@127.0.0.1:1")
    with pytest.raises(ConfigError, match="AWS_SECRET_ACCESS_KEY") as told:
        open_store("s3://bucket/p")
    assert "hunter2" not in f"{told.value} {told.value.__cause__} {told.value.__context__}"
