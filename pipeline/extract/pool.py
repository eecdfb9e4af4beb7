"""Extraction in child processes that can be killed: a page that hangs, eats memory or crashes its worker costs itself alone.

A page whose worker died is given to another once: the machine may have killed the first one for reasons of its own.

One plain subprocess, no `multiprocessing` one, imports the extractors and forks the workers: it starts the same from a daemonic
Celery worker, from a thread and from an Airflow task, and never imports the caller's `__main__`. The libraries and their models
(a second of CPU time, 100 MB) are then there once, however many workers there are and however often one is replaced.
"""

from __future__ import annotations

import logging
import os
import pickle
import select
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self, cast

from pipeline.errors import Fatal, Reject
from pipeline.extract.page import PageInput, extract, warm_up
from pipeline.extract.worker import LENGTH, STATUS, Job, receive, send
from pipeline.records import Article

logger = logging.getLogger(__name__)

START_TIMEOUT = 120.0  # seconds for a child to import its libraries, on a machine that is busy
# The timeout is of CPU time, by the child's own timer. The parent kills a child that waits for something, which no page has a
# reason to do, when even an eighth of a core would have been enough.
PATIENCE = 8
GRACE = 5.0  # seconds
WINDOW = 32  # pages a worker may be ahead of the oldest page that is not done
STOP_TIMEOUT = 5.0
MAX_DEATHS = 2  # workers a page may cost
COMMAND = (sys.executable, "-c", "from pipeline.extract.worker import main; main()")
# One thread a worker: the pool is the parallelism.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(slots=True)
class _Slot:
    """One page on its way, until there is a result in its place, and how many workers died of it."""

    url: str | None
    page: PageInput | None
    result: Article | Reject | None = None
    deaths: int = 0

    def done(self, result: Article | Reject) -> None:
        self.result, self.page = result, None  # results wait for those of older pages, and need not hold their own page


class _ForkServer:
    """The process that has imported the extractors, and becomes a worker as often as it is asked."""

    def __init__(self, job: Job) -> None:
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
        environment["PYTHONPATH"] = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        self.has_started = False  # shown by its first worker
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(COMMAND, stdin=theirs.fileno(), env=environment)
        data = pickle.dumps(job)
        with suppress(OSError):  # a server that is dead already shows at its workers
            self._control.sendall(LENGTH.pack(len(data)) + data)

    def fork(self) -> tuple[BinaryIO, BinaryIO]:
        """Ask for a worker; returns where it will read pages, and where it will write that it is ready, and results."""
        (theirs_in, requests), (results, theirs_out) = os.pipe(), os.pipe()
        with suppress(OSError):  # as above
            socket.send_fds(self._control, [LENGTH.pack(0)], [theirs_in, theirs_out])
        os.close(theirs_in)
        os.close(theirs_out)
        return os.fdopen(requests, "wb"), os.fdopen(results, "rb")

    def status_of(self, pid: int) -> int | None:
        """Return the exit status of a worker that has ended; None when the server has ended too."""
        try:
            self._control.sendall(LENGTH.pack(pid))
            answer = self._control.recv(STATUS.size, socket.MSG_WAITALL)
        except OSError:
            return None
        return int(STATUS.unpack(answer)[0]) if answer else None

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def close(self, *, kill: bool = False) -> int:
        """End the server and return its exit status."""
        self._control.close()
        if kill:
            self._process.kill()
        try:
            return self._process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


@dataclass(slots=True, eq=False)
class _Worker:
    """A worker: its process id once it is ready, and the page that it has."""

    server: _ForkServer
    requests: BinaryIO
    results: BinaryIO
    deadline: float
    pid: int | None = None
    slot: _Slot | None = None
    pages: int = 0

    @classmethod
    def start(cls, server: _ForkServer) -> Self:
        return cls(server, *server.fork(), deadline=time.monotonic() + START_TIMEOUT)

    @property
    def ready(self) -> bool:
        return self.pid is not None

    def end(self, *, kill: bool) -> int | None:
        """End the worker and return its exit status, None when nobody knows it."""
        if kill and self.pid is not None:
            _kill(self.pid)
        with suppress(OSError):
            self.requests.close()
        if self.pid is None:  # not forked yet, or dead: it finds its pipes closed
            self.results.close()
            return None
        # Only the worker holds the other end: when it is gone, there is an end to read.
        while select.select([self.results], [], [], STOP_TIMEOUT)[0]:
            if not os.read(self.results.fileno(), 2**16):
                break
        else:
            _kill(self.pid)
        self.results.close()
        return self.server.status_of(self.pid)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


class ExtractPool:
    """`workers` child processes, each with `timeout` CPU seconds and `memory` bytes for a page, replaced after `recycle` pages."""

    def __init__(
        self,
        workers: int = 1,
        timeout: float = 20.0,
        memory: int = 2 * 2**30,
        recycle: int = 2000,
        *,
        function: Callable[[PageInput], Article] = extract,
        warm_up: Callable[[], None] | None = warm_up,
    ) -> None:
        self._size = workers
        self._recycle = recycle
        self._job = Job(function, warm_up, timeout, memory, logger.getEffectiveLevel())
        self._server: _ForkServer | None = None
        self._workers: list[_Worker] = []
        self._next: deque[_Slot] = deque()  # pages for the next idle workers
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> ExtractPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every child process; nothing stays behind."""
        for worker in list(self._workers):
            self._discard(worker, kill=True)
        if self._server is not None:
            self._server.close(kill=True)
            self._server = None
        self._selector.close()

    def map(self, pages: Iterable[PageInput]) -> Iterator[Article | Reject]:
        """Yield the article of each page, or the `Reject` it became, in the order of the pages; reads `pages` as it goes."""
        waiting = iter(pages)
        window: deque[_Slot] = deque()
        page = next(waiting, None)  # without one no worker is started
        try:
            while page is not None or window:
                while (self._next or (page is not None and len(window) < WINDOW * self._size)) and (worker := self._idle_worker()):
                    if not self._next and page is not None:
                        window.append(_Slot(page.url, page))
                        self._next.append(window[-1])
                        page = next(waiting, None)
                    self._give(worker, self._next.popleft())
                if not window or window[0].result is None:
                    self._wait()
                while window and window[0].result is not None:
                    yield window[0].result
                    window.popleft()
        finally:
            self._next.clear()
            for worker in [w for w in self._workers if w.slot is not None]:
                self._discard(worker, kill=True)

    def _idle_worker(self) -> _Worker | None:
        """Return a worker that waits for a page; starts one, to be ready later, where there may be more."""
        for worker in list(self._workers):
            if worker.ready and worker.slot is None:
                if worker.pages < self._recycle:
                    return worker
                self._discard(worker)
        if len(self._workers) < self._size:
            self._start()
        return None

    def _start(self) -> None:
        if self._server is not None and not self._server.is_alive():
            self._server.close()  # somebody killed it; its workers live on
            self._server = None
        if self._server is None:
            self._server = _ForkServer(self._job)
        worker = _Worker.start(self._server)
        self._workers.append(worker)
        self._selector.register(worker.results, selectors.EVENT_READ, worker)

    def _give(self, worker: _Worker, slot: _Slot) -> None:
        worker.slot = slot
        worker.pages += 1
        worker.deadline = time.monotonic() + PATIENCE * self._job.timeout + GRACE
        with suppress(OSError):  # as above
            send(worker.requests, slot.page)

    def _wait(self) -> None:
        """Wait for a result, or for the first deadline."""
        busy = [worker for worker in self._workers if worker.slot is not None or not worker.ready]
        patience = max(0.0, min(worker.deadline for worker in busy) - time.monotonic())
        for key, _ in self._selector.select(patience):
            self._collect(cast("_Worker", key.data))
        now = time.monotonic()
        for worker in busy:
            if worker in self._workers and worker.deadline < now and (worker.slot is not None or not worker.ready):
                self._bury(worker, timed_out=True)

    def _collect(self, worker: _Worker) -> None:
        try:
            result = receive(worker.results)
        except (EOFError, OSError):
            self._bury(worker)
            return
        if not worker.ready:
            worker.pid, worker.server.has_started = result, True
            return
        slot, worker.slot = worker.slot, None
        if slot is not None:
            slot.done(result)
        if isinstance(result, Reject) and result.code == "extract_memory":
            self._discard(worker, kill=True)  # what is left of its heap is of no use

    def _bury(self, worker: _Worker, *, timed_out: bool = False) -> None:
        """Record what a dead worker's page came to; raises `Fatal` for a worker that never started."""
        status = self._discard(worker, kill=timed_out)
        if not worker.ready:
            status = worker.server.close(kill=timed_out)
            if worker.server.has_started:  # somebody killed it since; the next worker gets another
                return
            raise Fatal(f"an extraction worker did not start (exit status {status}); its own message stands above")
        if worker.slot is None:
            return  # died between two pages: none is lost, the next page starts another
        slot = worker.slot
        slot.deaths += 1
        if timed_out or status == -signal.SIGPROF:
            slot.done(Reject("extract_timeout", f"more than {self._job.timeout:g} CPU seconds"))
        elif slot.deaths < MAX_DEATHS:
            self._next.append(slot)
            return
        else:
            told = "unknown" if status is None else status
            slot.done(Reject("extract_crashed", f"{slot.deaths} workers died of it, the last one with status {told}"))
        logger.warning("%s: %s", slot.url, slot.result)

    def _discard(self, worker: _Worker, *, kill: bool = False) -> int | None:
        """End one worker and return its exit status."""
        self._workers.remove(worker)
        self._selector.unregister(worker.results)
        return worker.end(kill=kill)
