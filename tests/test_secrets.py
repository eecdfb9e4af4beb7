"""Secrets that are marked beforehand are found nowhere afterwards: not in logs, messages, archive, warehouse or report."""

from __future__ import annotations

import gzip
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from pipeline.warehouse import open_warehouse
from pipeline.warehouse.tables import metadata
from tests.fetch.conftest import Reply, Web, web
from tests.warehouse.conftest import new_database, postgres_url

__all__ = ["new_database", "postgres_url", "web"]  # fixtures

ROOT = Path(__file__).parents[1]
MARK = "Xq7-marked-secret"
PARAGRAPHS = "".join(f"<p>Paragraph {n} of a story that says what happened, where, and to whom it happened.</p>" for n in range(6))
PAGE = f"<html><head><title>A story of the day</title></head><body><article>{PARAGRAPHS}</article></body></html>".encode()

# moto and the AWS SDK leave sockets for the collector to close.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::DeprecationWarning"),
]


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", "AWS_ACCESS_KEY_ID": "desk", "AWS_SECRET_ACCESS_KEY": MARK}
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="secrets")
    yield "secrets"
    server.stop()


@pytest.fixture
def database(new_database: Callable[[], str]) -> str:
    """The URL of a PostgreSQL database with a password in it, which a server that trusts loopback does not ask for."""
    return make_url(new_database()).set(password=MARK).render_as_string(hide_password=False)


def copydesk(folder: Path, *arguments: str, **environment: str) -> str:
    """Run the command line; returns everything that it said."""
    loopback = {"PYTHONPATH": str(ROOT), "COPYDESK_ALLOW_PRIVATE_HOSTS": "1", "COPYDESK_ATTEMPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", "-v", *arguments],
        cwd=folder,
        env={**os.environ, **loopback, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    return f"{done.stdout}{done.stderr}exit status {done.returncode}"


def contents(bucket: str, folder: Path, database: str) -> Iterator[tuple[str, str]]:
    """Yield everything that a night has left anywhere, unpacked, with where it was found."""
    client = boto3.client("s3", region_name="us-east-1")
    for entry in client.list_objects_v2(Bucket=bucket).get("Contents", ()):
        yield entry["Key"], _unpacked(entry["Key"], client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read())
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "sources.toml":
            yield str(path), _unpacked(path.name, path.read_bytes())
    with open_warehouse(database) as warehouse, warehouse.reading() as connection:
        for table in metadata.sorted_tables:
            yield table.name, str(connection.execute(sa.select(table)).all())


def _unpacked(name: str, data: bytes) -> str:
    if name.endswith(".gz"):
        data = gzip.decompress(data)
    if name.endswith(".parquet"):
        return str(pq.read_table(pa.BufferReader(data)).to_pylist())
    return data.decode("latin-1")


def test_a_night_leaves_no_secret_behind(web: Web, bucket: str, database: str, tmp_path: Path) -> None:
    address = f"http://reader:{MARK}@news.localhost:{web.port}"
    web.add("/story", Reply(PAGE))
    web.add("/moved", Reply(b"", 302, {"Location": f"{address}/missing"}))
    (tmp_path / "sources.toml").write_text(
        f'[[source]]\nid = "a"\ndelay = 0\nurls = ["{address}/story", "{address}/moved"]\nfeeds = ["{address}/no-feed"]\n'
    )
    settings = {"COPYDESK_STORE": f"s3://{bucket}/store", "COPYDESK_WAREHOUSE_URL": database}
    commands = (["run"], ["report"], ["quarantine", "list"], ["db", "status"], ["raw", "gc"])
    said = [copydesk(tmp_path, *command, **settings) for command in commands]
    assert [text[-13:] for text in said] == ["exit status 0"] * len(commands), said
    assert "/missing" not in said[2]  # a redirect is told by the URL that led there
    assert said[2].count("http_404") > 1
    kept = list(contents(bucket, tmp_path, database))
    assert {"articles", "fetches", "rejects"} <= {name for name, text in kept if text != "[]"}
    assert any("A story of the day" in text for name, text in kept if name.endswith(".warc.gz"))
    assert [name for name, text in [*zip(map(str, commands), said, strict=True), *kept] if MARK in text] == []
    # A feed that wants a password gets it; the pages are asked for without.
    assert {request.path for request in web.log if "authorization" in request.headers} == {"/no-feed"}


@pytest.mark.parametrize(
    "settings",
    [
        {"COPYDESK_WAREHOUSE_URL": f"postgresql://desk:{MARK}@127.0.0.1:1/news"},
        {"COPYDESK_WAREHOUSE_URL": f"postgresql://desk@127.0.0.1:1/news?password={MARK}"},
        {"COPYDESK_WAREHOUSE_URL": f"postgresql://desk:{MARK}@[broken/news"},
        {"COPYDESK_WAREHOUSE_URL": f"postgresql://desk:{MARK}@host:port/news"},
        {"COPYDESK_WAREHOUSE_URL": f"nosuchbase://desk:{MARK}@host/news"},
        {"COPYDESK_WAREHOUSE_URL": f"sqlite://desk:{MARK}@/"},
        {"COPYDESK_WAREHOUSE_URI": f"postgresql://desk:{MARK}@host/news"},
        {"COPYDESK_STORE": f"ftp://desk:{MARK}@host/news"},
        {"COPYDESK_STORE": f"https://desk:{MARK}@host/news"},
        {"AWS_ENDPOINT_URL": f"http://desk:{MARK}@127.0.0.1:1", "COPYDESK_STORE": "s3://secrets/store"},
    ],
)
def test_an_error_tells_no_secret(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text('[[source]]\nid = "a"\nfiles = ["."]\n')
    (tmp_path / "a.txt").write_text("A title\n\nSome text of a story that is told here.\n")
    secrets = {"AWS_ACCESS_KEY_ID": "desk", "AWS_SECRET_ACCESS_KEY": MARK, "AWS_EC2_METADATA_DISABLED": "true"}
    said = copydesk(tmp_path, "run", **secrets, **settings)
    assert said[-1] in "12", said
    assert "Traceback" not in said
    assert MARK not in said


@pytest.mark.parametrize("key", ["feeds", "sitemaps", "urls"])
def test_a_wrong_source_is_told_without_its_password(key: str, tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(f'[[source]]\nid = "a"\n{key} = ["ftp://desk:{MARK}@host/"]\n')
    said = copydesk(tmp_path, "run")
    assert said.endswith("exit status 2")
    assert MARK not in said
