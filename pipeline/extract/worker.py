"""The child process of `ExtractPool`: reads pages from standard input, writes results to standard output, one at a time.

A frame is 8 bytes of length and a pickle. The first frame is a `Job`; each later one is a page. The process ends at the end of
its input. It is its own executioner: the default action of a timer of its CPU time ends it even inside C code that never
comes back, and the kernel refuses it memory beyond its limit. CPU time, since a busy machine must not decide what a page is.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import resource
import signal
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from pipeline.errors import Reject

logger = logging.getLogger(__name__)

LENGTH = struct.Struct("!Q")
GC_THRESHOLDS = (50_000, 20, 50)  # a page makes many objects but few cycles: looking for them took a tenth of its time


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker is started with: the function of a page, what to import for it, CPU seconds a page, bytes beyond the start."""

    function: Callable[[Any], Any]
    warm_up: Callable[[], None] | None
    timeout: float
    memory: int
    log_level: int


def send(stream: BinaryIO, value: object) -> None:
    """Write one frame."""
    data = pickle.dumps(value, protocol=pickle.HIGHEST_PROTOCOL)
    stream.write(LENGTH.pack(len(data)))
    stream.write(data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one frame; raises `EOFError` when the other side is gone."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    data = stream.read(LENGTH.unpack(header)[0])
    return pickle.loads(data)  # noqa: S301 (our own parent or child, over a pipe)


def run_one(function: Callable[[Any], Any], page: object) -> Any:
    """Return the function's result for a page, or the `Reject` that stands for its failure."""
    try:
        return function(page)
    except Reject as reject:
        return reject
    except MemoryError:
        return Reject("extract_memory", "the page needs more memory than a worker may take")
    except Exception as error:
        logger.warning("extraction failed on %s: %r", getattr(page, "url", None), error)
        logger.debug("the trace", exc_info=True)
        return Reject("extract_error", f"{type(error).__name__}: {error}"[:500])


def settle() -> None:
    """Let the garbage collector pass over what the start made, and look seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)


def main() -> None:
    """Serve pages until the input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    requests = sys.stdin.buffer
    results = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not stand between the frames
    job: Job = receive(requests)
    logging.basicConfig(level=job.log_level)
    try:
        if job.warm_up is not None:
            job.warm_up()
    except OSError as error:  # a full disk, a file that cannot be read: not a bug, so no trace
        sys.exit(f"an extraction worker cannot start: {error}")
    settle()
    _limit_memory(job.memory)
    with suppress(EOFError, BrokenPipeError):  # the parent is done, or was killed
        _serve(job, requests, results)


def _serve(job: Job, requests: BinaryIO, results: BinaryIO) -> None:
    send(results, "ready")
    while True:
        page = receive(requests)
        signal.setitimer(signal.ITIMER_PROF, job.timeout)
        result = run_one(job.function, page)
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(results, result)


def _limit_memory(beyond: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + beyond
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
