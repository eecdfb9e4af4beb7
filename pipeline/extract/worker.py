"""The child processes of `ExtractPool`: a fork server that imports everything once, and the workers that it forks.

The server's standard input is a socket. A `Job` comes first, then messages of 8 bytes: 0 with two pipes asks for a worker that
reads pages from one and writes results to the other; a process id asks for that worker's exit status. It ends with the socket.

A frame of the pipes is 8 bytes of length and a pickle. A worker says its process id when it is ready, and ends with its pages. It
is its own executioner: the default action of a timer of its CPU time ends it even inside C code that never comes back, and the
kernel refuses it memory beyond its limit. CPU time, since a busy machine must not decide what a page is.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

from pipeline.errors import Reject, of_os_error
from pipeline.terminal import Shown

logger = logging.getLogger(__name__)

LENGTH = struct.Struct("!Q")  # of a frame; a process id
STATUS = struct.Struct("!q")
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


def _run_one(function: Callable[[Any], Any], page: object) -> Any:
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
    """Fork workers until the socket ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the pool's to handle
    control = socket.socket(fileno=0)
    os.dup2(2, 1)  # whatever prints must not be lost, nor stand where something is read
    size = LENGTH.unpack(control.recv(LENGTH.size, socket.MSG_WAITALL))[0]
    job: Job = pickle.loads(control.recv(size, socket.MSG_WAITALL))  # noqa: S301 (our own parent)
    terminal = logging.StreamHandler()
    terminal.setFormatter(Shown(logging.BASIC_FORMAT))
    logging.basicConfig(level=job.log_level, handlers=[terminal])
    try:
        if job.warm_up is not None:
            job.warm_up()
    except OSError as error:  # a full disk, a file that cannot be read: not a bug, so no trace
        sys.exit(f"the extraction workers cannot start: {of_os_error(error)}")
    settle()
    with suppress(ConnectionError):  # the pool was killed
        _answer(control, job)


def _answer(control: socket.socket, job: Job) -> None:
    while True:
        message, pipes, _, _ = socket.recv_fds(control, LENGTH.size, 2)
        if not message:
            return
        if not pipes:
            status = os.waitpid(LENGTH.unpack(message)[0], 0)[1]
            control.sendall(STATUS.pack(os.waitstatus_to_exitcode(status)))
            continue
        if os.fork() == 0:
            control.close()
            _work(job, *pipes)
        for pipe in pipes:
            os.close(pipe)


def _work(job: Job, requests: int, results: int) -> NoReturn:
    """Be a worker, and never return into the server's code."""
    try:
        _limit_memory(job.memory)
        with suppress(EOFError, BrokenPipeError):  # the pool is done, or was killed
            _serve(job, os.fdopen(requests, "rb"), os.fdopen(results, "wb"))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(1)


def _serve(job: Job, requests: BinaryIO, results: BinaryIO) -> None:
    send(results, os.getpid())
    while True:
        page = receive(requests)
        signal.setitimer(signal.ITIMER_PROF, job.timeout)
        result = _run_one(job.function, page)
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(results, result)


def _limit_memory(beyond: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if Path("/proc/self/statm").exists() else 0
    limit = pages * resource.getpagesize() + beyond
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))
