"""An iterable in lists: of so many items, as `itertools.batched` of Python 3.12 gives it in tuples, or of so much."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def batched(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Cut an iterable into lists of `size`, the last of which may be shorter."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch


def batched_within(items: Iterable[tuple[int, T]], limit: int) -> Iterator[list[T]]:
    """Cut sizes and their items into lists of items whose sizes come to no more than `limit`; a greater one stands alone."""
    held: list[T] = []
    total = 0
    for size, item in items:
        if held and total + size > limit:
            yield held
            held, total = [], 0
        held.append(item)
        total += size
    if held:
        yield held
