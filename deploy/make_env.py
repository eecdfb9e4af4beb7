"""Write `.env` for docker-compose.yml: a random value for every secret, and the settings that are yours to choose.

`make env` for your own sources, `make env DEMO=1` for the sample newsroom. A file that is there already is left alone: the
passwords in it are also in the volumes. What PostgreSQL reads in this clone it is let read, whatever the umask was.
"""

from __future__ import annotations

import argparse
import base64
import difflib
import os
import re
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

COMPOSE = Path(__file__).resolve().parents[1] / "docker-compose.yml"
SOURCES = Path("sources")
FIRST_START = COMPOSE.parent / "deploy" / "postgres"  # what PostgreSQL runs then
ASSIGNED = re.compile(r"^\s*(?:export\s+)?(\w+)\s*[=:]", re.MULTILINE)
# What Compose itself reads, and what tells it how to reach Docker.
COMPOSES_OWN = re.compile(r"COMPOSE_|DOCKER_|BUILDKIT_")

TEMPLATE = """\
# Made by `make env`. Secrets: keep this file out of version control and back it up with the data: without
# AIRFLOW_FERNET_KEY the connections in Airflow's database cannot be read, without the passwords nothing can. Those of databases and
# broker stand in addresses: letters and digits only, should you choose your own.
POSTGRES_PASSWORD={password}
AIRFLOW_DB_PASSWORD={password}
WAREHOUSE_DB_PASSWORD={password}
BROKER_PASSWORD={password}
S3_ACCESS_KEY={password}
S3_SECRET_KEY={password}
AIRFLOW_FERNET_KEY={fernet}
AIRFLOW_JWT_SECRET={jwt}
AIRFLOW_SECRET_KEY={password}

# The first administrator; changing these later changes nothing, use the UI.
ADMIN_USER=admin
ADMIN_PASSWORD={password}

# The UI is published on loopback only: put a reverse proxy with TLS before it, and name its address here.
UI_PORT=8080
UI_URL=http://localhost:8080

# What to read. SOURCES_DIR is a folder with a sources.toml (docs/settings.md), or the volume that the sample newsroom writes to.
SOURCES_DIR={sources_dir}
COPYDESK_SOURCES={sources}
# An address of yours, for the User-Agent: https://… or mailto:…
COPYDESK_CONTACT=
COPYDESK_ALLOW_PRIVATE_HOSTS={private}
COPYDESK_TOTAL_TIMEOUT={timeout}
# When a night runs by itself: five fields of cron (empty: 0 2 * * *), in a zone such as Europe/Berlin (empty: UTC).
COPYDESK_SCHEDULE=
COPYDESK_TIMEZONE=
# Any other setting of docs/settings.md may stand here as COPYDESK_<NAME>=…, and AIRFLOW_CONN_SMTP_DEFAULT and
# AIRFLOW_CONN_COPYDESK_ALERTS, which alerts are sent through (docs/operations.md#alerts).

# Tasks that a worker does at a time, those of all workers together, and processes that extract pages in each task.
WORKER_CONCURRENCY=2
PARALLELISM=4
COPYDESK_WORKERS=1
"""
OWN = {"sources_dir": "./sources", "sources": "/sources/sources.toml", "private": "0", "timeout": ""}
DEMO = {"sources_dir": "sources", "sources": "/sources/newsroom.toml", "private": "1", "timeout": "8"}


def content(*, demo: bool) -> str:
    """Return the file's text with fresh secrets; hex digits, so that they need no escaping in a URL."""
    settings = DEMO if demo else OWN
    fernet = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return (
        "\n".join(
            line.format(password=secrets.token_hex(24), jwt=secrets.token_hex(32), fernet=fernet, **settings)
            for line in TEMPLATE.splitlines()
        )
        + "\n"
    )


def unread(file: Path) -> Iterator[str]:
    """Yield a line for each name in the file that docker-compose.yml does not ask for: Compose passes it over in silence."""
    read = sorted(set(re.findall(r"\$\{(\w+)", COMPOSE.read_text(encoding="utf-8"))))
    for name in dict.fromkeys(ASSIGNED.findall(file.read_text(encoding="utf-8", errors="replace"))):
        if name not in read and not COMPOSES_OWN.match(name):
            near = difflib.get_close_matches(name, read, n=1, cutoff=0.8)
            meant = f"; did you mean {near[0]}?" if near else ""
            yield f"{file}: {name} changes nothing: docker-compose.yml does not read it{meant}"


def let_read(paths: Iterable[Path]) -> None:
    """Let everybody read the files and enter the folders: the containers run as users that this machine may not have."""
    for path in paths:
        mode = path.stat().st_mode
        with suppress(PermissionError):  # another user's
            path.chmod(mode | 0o444 | (0o111 if mode & 0o100 else 0))


def main() -> int:
    """Write the file, readable by its owner alone; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--demo", action="store_true", help="read the sample newsroom of the profile `demo`")
    parser.add_argument("--output", type=Path, default=Path(".env"), metavar="FILE", help="default: %(default)s")
    options = parser.parse_args()
    let_read([FIRST_START, *FIRST_START.iterdir()])
    if not options.demo and not SOURCES.exists():  # one that is there may hold the passwords of feeds
        SOURCES.mkdir()
        let_read([SOURCES])
    try:
        descriptor = os.open(options.output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        print(f"{options.output} is there already and stays: the volumes know its passwords", file=sys.stderr)
        for line in unread(options.output):
            print(line, file=sys.stderr)
        return 2
    with os.fdopen(descriptor, "w") as file:
        file.write(content(demo=options.demo))
    what = "docker compose --profile demo up" if options.demo else "write sources/sources.toml, then docker compose up"
    print(f"{options.output} is written; next: {what}. The user is admin, the password is ADMIN_PASSWORD in it.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
