"""A lock file that one process of a machine at a time holds."""

from __future__ import annotations

import fcntl
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import IO

logger = logging.getLogger(__name__)


@contextmanager
def locked(handle: IO[str], what: str) -> Iterator[None]:
    """Hold the lock of a file that was opened with "a+" until the block ends, or the process does; says for whom it waits."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        handle.seek(0)
        logger.warning("%s is being worked on by process %s: waiting for it", what, handle.read().strip() or "?")
        fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        with suppress(OSError):  # a full disk costs no more than the number in that message
            os.ftruncate(handle.fileno(), 0)
            os.write(handle.fileno(), str(os.getpid()).encode())
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)
