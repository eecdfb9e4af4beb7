"""Extraction in child processes that can be killed: a page that hangs, eats memory or crashes its worker costs itself alone.

The children are plain subprocesses, not `multiprocessing` ones: they start the same from a daemonic Celery worker, from a
thread and from an Airflow task, and never import the caller's `__main__`.
"""

from __future__ import annotations

import logging
import os
import selectors
import signal
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, cast

from pipeline.errors import Fatal, Reject
from pipeline.extract.page import PageInput, extract, warm_up
from pipeline.extract.worker import Job, receive, send
from pipeline.records import Article

logger = logging.getLogger(__name__)

START_TIMEOUT = 120.0  # seconds for a child to import its libraries, on a machine that is busy
# The timeout is of CPU time, by the child's own timer. The parent kills a child that waits for something, which no page has a
# reason to do, when even an eighth of a core would have been enough.
PATIENCE = 8
GRACE = 5.0  # seconds
WINDOW = 32  # pages a worker may be ahead of the oldest page that is not done
STOP_TIMEOUT = 5.0
COMMAND = (sys.executable, "-c", "from pipeline.extract.worker import main; main()")
# One thread a worker: the pool is the parallelism.
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


@dataclass(slots=True)
class _Slot:
    """One page on its way: its result once there is one."""

    url: str | None
    result: Article | Reject | None = None


@dataclass(slots=True)
class _Worker:
    process: subprocess.Popen[bytes]
    deadline: float
    slot: _Slot | None = None
    ready: bool = False
    pages: int = 0

    @property
    def requests(self) -> BinaryIO:
        return cast("BinaryIO", self.process.stdin)

    @property
    def results(self) -> BinaryIO:
        return cast("BinaryIO", self.process.stdout)


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
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()

    def __enter__(self) -> ExtractPool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End every child process; nothing stays behind."""
        for worker in list(self._workers):
            self._discard(worker, kill=True)
        self._selector.close()

    def map(self, pages: Iterable[PageInput]) -> Iterator[Article | Reject]:
        """Yield the article of each page, or the `Reject` it became, in the order of the pages; reads `pages` as it goes."""
        waiting = iter(pages)
        window: deque[_Slot] = deque()
        exhausted = False
        try:
            while not exhausted or window:
                while not exhausted and len(window) < WINDOW * self._size and (worker := self._idle_worker()) is not None:
                    page = next(waiting, None)
                    exhausted = page is None
                    if page is not None:
                        window.append(_Slot(page.url))
                        self._give(worker, page, window[-1])
                if (window and window[0].result is None) or (not window and not exhausted):
                    self._wait()
                while window and window[0].result is not None:
                    yield window[0].result
                    window.popleft()
        finally:
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
        environment = os.environ | dict.fromkeys(THREAD_VARIABLES, "1")
        environment["PYTHONPATH"] = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
        process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)
        worker = _Worker(process, time.monotonic() + START_TIMEOUT)
        self._workers.append(worker)
        self._selector.register(worker.results, selectors.EVENT_READ, worker)
        with suppress(OSError):  # a child that is dead already shows at its results
            send(worker.requests, self._job)

    def _give(self, worker: _Worker, page: PageInput, slot: _Slot) -> None:
        worker.slot = slot
        worker.pages += 1
        worker.deadline = time.monotonic() + PATIENCE * self._job.timeout + GRACE
        with suppress(OSError):  # as above
            send(worker.requests, page)

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
            worker.ready = True
            return
        slot, worker.slot = worker.slot, None
        if slot is not None:
            slot.result = result
        if isinstance(result, Reject) and result.code == "extract_memory":
            self._discard(worker, kill=True)  # what is left of its heap is of no use

    def _bury(self, worker: _Worker, *, timed_out: bool = False) -> None:
        """Record what a dead worker's page came to; raises `Fatal` for a worker that never started."""
        status = self._discard(worker, kill=timed_out)
        if not worker.ready:
            raise Fatal(f"an extraction worker did not start (exit status {status}); its own message stands above")
        if worker.slot is None:
            return  # died between two pages: none is lost, the next page starts another
        if timed_out or status == -signal.SIGPROF:
            worker.slot.result = Reject("extract_timeout", f"more than {self._job.timeout:g} CPU seconds")
        else:
            worker.slot.result = Reject("extract_crashed", f"the worker ended with status {status}")
        logger.warning("%s: %s", worker.slot.url, worker.slot.result)

    def _discard(self, worker: _Worker, *, kill: bool = False) -> int:
        """End one child and return its exit status."""
        self._workers.remove(worker)
        self._selector.unregister(worker.results)
        if kill:
            worker.process.kill()
        with suppress(OSError):
            worker.requests.close()
        try:
            status = worker.process.wait(STOP_TIMEOUT)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            status = worker.process.wait()
        worker.results.close()
        return status
