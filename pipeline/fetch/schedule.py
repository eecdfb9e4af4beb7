"""Which job runs next: a heap of hosts by the time of their next turn, and a heap of jobs in each host.

A waiting host costs an entry in a heap and nothing else, so a retry in ten seconds or a host that asked for a minute of rest
holds up nobody.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field

from pipeline.captures import LEFT_OVER
from pipeline.errors import Transient
from pipeline.fetch.pacing import Host, Pacer, host_key
from pipeline.records import Discovered


@dataclass(slots=True)
class Job:
    """One item on its way, numbered by its place among the items."""

    number: int
    item: Discovered
    attempts: int = 0


@dataclass(slots=True)
class _Queue:
    host: Host
    jobs: list[tuple[float, int, Job]] = field(default_factory=list)

    @property
    def ready(self) -> float:
        return max(self.host.next_allowed, self.jobs[0][0])


class Schedule:
    """Runs jobs, at most one of a host at a time and in the order given where nothing makes them wait."""

    def __init__(self, jobs: Iterable[Job], pacer: Pacer, connections: int) -> None:
        self._clock = time.monotonic  # the pacer's clock
        self._connections = connections
        self._running: dict[asyncio.Task[float | None], tuple[_Queue, Job]] = {}
        self._done: deque[asyncio.Task[float | None]] = deque()
        self._wake = asyncio.Event()
        queues: dict[str, _Queue] = {}
        for job in jobs:
            key = host_key(job.item.url)
            if key not in queues:
                queues[key] = _Queue(pacer.host(key))
            queues[key].jobs.append((0.0, job.number, job))
        self._heap = [(0.0, queue.jobs[0][1], queue) for queue in queues.values()]
        heapq.heapify(self._heap)

    async def run(
        self, work: Callable[[Job], Awaitable[float | None]], give_up: Callable[[Job, Transient], None], seconds: float
    ) -> None:
        """Run `work` on every job; it returns None when done, or the seconds after which the job wants another attempt.

        Jobs of hosts that are left alone, and what is unfinished after `seconds`, go to `give_up`.
        """
        end = self._clock() + seconds
        try:
            while (self._heap or self._running) and self._clock() < end:
                self._start(work, give_up)
                await self._wait(end)
                self._collect()
        finally:
            await self._stop(give_up)

    def _start(self, work: Callable[[Job], Awaitable[float | None]], give_up: Callable[[Job, Transient], None]) -> None:
        now = self._clock()
        while self._heap and len(self._running) < self._connections and self._heap[0][0] <= now:
            queue = heapq.heappop(self._heap)[2]
            if queue.host.left_alone is not None:
                for _, _, job in sorted(queue.jobs, key=lambda entry: entry[1]):
                    give_up(job, queue.host.left_alone)
            elif queue.ready > now:
                self._push(queue)  # a redirect from another host took the turn meanwhile
            else:
                job = heapq.heappop(queue.jobs)[2]
                task = asyncio.ensure_future(work(job))
                self._running[task] = (queue, job)
                task.add_done_callback(self._finished)

    def _push(self, queue: _Queue) -> None:
        heapq.heappush(self._heap, (queue.ready, queue.jobs[0][1], queue))

    def _finished(self, task: asyncio.Task[float | None]) -> None:
        self._done.append(task)
        self._wake.set()

    async def _wait(self, end: float) -> None:
        """Wait until a job ends, a host's turn comes, or the time is up."""
        if self._done or not (self._heap or self._running):
            return
        until = end
        if self._heap and len(self._running) < self._connections:
            until = min(end, self._heap[0][0])
        self._wake.clear()
        timer = asyncio.get_running_loop().call_later(max(0.0, until - self._clock()), self._wake.set)
        await self._wake.wait()
        timer.cancel()

    def _collect(self) -> None:
        while self._done:
            task = self._done.popleft()
            queue, job = self._running.pop(task)
            delay = task.result()
            if delay is not None:
                heapq.heappush(queue.jobs, (self._clock() + delay, job.number, job))
            if queue.jobs:
                self._push(queue)

    async def _stop(self, give_up: Callable[[Job, Transient], None]) -> None:
        running, self._running = dict(self._running), {}
        for task in running:
            task.cancel()
        results = await asyncio.gather(*running, return_exceptions=True)
        late = Transient(LEFT_OVER, "the time for this run was over")
        for (queue, job), result in zip(running.values(), results, strict=True):
            if result is not None:
                give_up(job, late)
            for entry in queue.jobs:
                give_up(entry[2], late)
        for _, _, queue in self._heap:
            for entry in queue.jobs:
                give_up(entry[2], late)
