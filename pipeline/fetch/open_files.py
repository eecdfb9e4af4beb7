"""How many connections a process may have: to the system each is an open file, and so is a look-up of a name."""

from __future__ import annotations

import logging
import resource
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

logger = logging.getLogger(__name__)

ENOUGH = 16_384  # files; of more hosts than that no connection is kept
SPARE = 16  # for what else is opened meanwhile: a segment of the archive, a library, a log
BUSY = 2  # files of a connection that is made: its socket and the look-up of its name, or those to two addresses


class Room(NamedTuple):
    """How many connections may be at work at once, and how many may be kept for the next request to their hosts."""

    busy: int
    idle: int


def room_for(connections: int) -> Room:
    """Raise this process's limit of open files as far as it may, and return the room that it leaves.

    The usual limit of 1,024 is less than a night has hosts, each with a connection that waits for its next turn.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = ENOUGH if soft == resource.RLIM_INFINITY else soft
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if limit < wanted:
        with suppress(OSError, ValueError):  # macOS allows less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
            limit = wanted
    left = limit - _open_now() - SPARE
    busy = max(1, min(connections, left // (BUSY + 1)))
    if busy < connections:
        told = "%d connections at once in place of %d: this process may open no more than %d files (ulimit -n)"
        logger.warning(told, busy, connections, limit)
    return Room(busy, max(0, left - BUSY * busy))


def _open_now() -> int:
    try:
        return sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:  # no /proc
        return SPARE
