"""Answers of functions of a text that are kept for the next time, of short texts alone.

A line of a site's template is asked for again and again, a text of a million characters is not; some thousands of such texts,
which one publisher can send in a night, would fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

Answer = TypeVar("Answer")

SHORT = 2000  # characters; few paragraphs are longer


def remember_short(size: int) -> Callable[[Callable[[str], Answer]], Callable[[str], Answer]]:
    """Keep the last `size` answers of a function of a text, of those of at most `SHORT` characters."""

    def decorate(function: Callable[[str], Answer]) -> Callable[[str], Answer]:
        remembered = lru_cache(maxsize=size)(function)

        @wraps(function)
        def answer(text: str) -> Answer:
            return remembered(text) if len(text) <= SHORT else function(text)

        return answer

    return decorate
