"""A process may open only so many files; of hosts there may be more."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fetch.conftest import Web

ROOT = Path(__file__).parents[2]
SCRIPT = """
import resource, sys, tempfile
from collections import Counter
from pathlib import Path
soft, hard, port = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from pipeline.config import Settings
from pipeline.fetch.fetch import fetch
from pipeline.records import Discovered
from pipeline.store import LocalStore
items = [Discovered(f"http://h{n}.localhost:{port}/{page}", "s", "s", "list") for n in range(120) for page in ("", "?2")]
settings = Settings(allow_private_hosts=True, delay=1.0)
with tempfile.TemporaryDirectory() as folder:
    rows = fetch(items, settings=settings, store=LocalStore(Path(folder)), archive_prefix="raw/dt=2026-11-23/shard=000")
print(Counter(row.outcome for row in rows))
"""


@pytest.mark.parametrize(("soft", "hard"), [(64, 64), (64, 128), (128, 128)])
def test_more_hosts_than_files_may_be_open(web: Web, soft: int, hard: int) -> None:
    """Each host keeps its connection for the next request: of a thousand sources the last were `unreachable`."""
    command = [sys.executable, "-c", SCRIPT, str(soft), str(hard), str(web.port)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert (done.returncode, done.stdout.strip()) == (0, "Counter({'fetched': 240})"), done.stderr
