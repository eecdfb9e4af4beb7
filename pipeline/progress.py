"""Progress of long work in the log of its task: one line every few seconds, with rate and time left."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

EVERY = 5.0  # seconds between two lines


def progress_log(what: str) -> Callable[[int, int], None]:
    """Return a function to be called with how many items are done and of how many, as often as one likes."""
    started = last = time.monotonic()

    def note(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < EVERY or not done:
            return
        last = now
        rate = done / (now - started)
        logger.info("%s: %d of %d done, %.1f a second, about %.0f s left", what, done, total, rate, (total - done) / rate)

    return note
