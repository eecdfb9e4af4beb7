"""What Airflow needs to work on more than one machine, each a real server that ends with the test: PostgreSQL and Redis on
sockets in a folder of their own, an S3 API on a free port."""

from __future__ import annotations

import logging
import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from deploy.airflow_api import wait_for

PATIENCE = 900.0  # seconds; a machine that is busy with other things takes long to start anything
INSTALL = "apt-get install --no-install-recommends postgresql redis-server"
UNSAFE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")  # the data goes with the test


@contextmanager
def process(command: Sequence[str], log: Path, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command while the block runs; then end it with all that it started."""
    with log.open("ab") as output:
        running = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **options)
    try:
        yield running
    finally:
        kill(running)


def kill(running: subprocess.Popen[bytes]) -> None:
    """End a process and everything below it at once, as a machine that loses its power does."""
    if running.poll() is None:
        family = [psutil.Process(running.pid), *psutil.Process(running.pid).children(recursive=True)]
        for member in family:
            member.kill()
        psutil.wait_procs(family, timeout=PATIENCE)
    running.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def program(name: str, *folders: str) -> str:
    """Return the path of a program; the message of its absence says what brings it."""
    path = os.pathsep.join([*folders, os.environ["PATH"], "/usr/sbin"])
    found = shutil.which(name, path=path)
    assert found, f"{name} is not installed; {INSTALL}"
    return found


@dataclass(frozen=True, slots=True)
class Postgres:
    folder: Path

    def url(self, database: str, driver: str = "postgresql") -> str:
        return f"{driver}://postgres@/{database}?host={self.folder}"

    def create(self, database: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {database}".encode())


@contextmanager
def postgres(folder: Path) -> Iterator[Postgres]:
    """Serve a new cluster; PostgreSQL refuses to run as root, so root lends it to the user that Debian's package made."""
    binaries = map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True))
    server = program("postgres", *binaries)
    folder.mkdir(mode=0o700)
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    if user:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
    initdb = [str(Path(server).with_name("initdb")), "-D", folder / "data", "--username=postgres", "--auth=trust", "--no-sync"]
    subprocess.run(initdb, check=True, stdout=subprocess.DEVNULL, cwd=folder, **user)
    settings = [f"-c{setting}" for setting in (*UNSAFE, "listen_addresses=", f"unix_socket_directories={folder}")]
    with process([server, "-D", str(folder / "data"), *settings], folder / "log", cwd=folder, **user):
        running = Postgres(folder)
        wait_for("postgres", lambda: _answers(running), PATIENCE, pause=0.1)
        yield running


def _answers(server: Postgres) -> bool:
    import psycopg

    try:
        psycopg.connect(server.url("postgres")).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Serve a broker; yields its URL for Celery."""
    folder.mkdir()
    path = folder / "redis.sock"
    command = [program("redis-server"), "--port", "0", "--unixsocket", str(path), "--save", "", "--dir", str(folder)]
    with process(command, folder / "log"):
        wait_for("redis", path.exists, PATIENCE, pause=0.1)
        yield f"redis+socket://{path}?virtual_host=0"


@contextmanager
def s3() -> Iterator[dict[str, str]]:
    """Serve an S3 API with an empty bucket; yields the variables that lead there."""
    import boto3
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    endpoint, key, secret = f"http://{host}:{port}", "key", "secret"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret)
    client.create_bucket(Bucket="copydesk")
    client.close()
    try:
        yield {
            "COPYDESK_STORE": "s3://copydesk/store",
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": key,
            "AWS_SECRET_ACCESS_KEY": secret,
            "AWS_EC2_METADATA_DISABLED": "true",
        }
    finally:
        server.stop()
