"""The words of texts that stand in a file, a block at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from pipeline.dedup import blocks
from pipeline.dedup.collection import look_up
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.words import Words, read_words

Numbers = npt.NDArray[np.int64]
_SPARE = 2  # times the room of what is read that is left for what follows; what is never written takes no memory


class Shelf:
    """The words of the texts that were asked for last, by their numbers in the file."""

    def __init__(self, texts: TextFile) -> None:
        self._texts = texts
        self._held: Words | None = None
        self._numbers = np.zeros(0, np.int64)  # sorted
        self._places = np.zeros(0, np.int64)  # of each of these in what is held

    def sizes(self, numbers: Numbers) -> Numbers:
        """Return the bytes of texts."""
        return self._texts.sizes(numbers)

    def words(self, numbers: Numbers) -> Words:
        """Return the words of texts, by their place in `numbers` (distinct); the tallies of what is held already stay."""
        missing = numbers[self._find(numbers) < 0]
        if self._held is None or self._texts.sizes(np.concatenate([self._numbers, missing])).sum() > blocks.BLOCK:
            self._held = self._held.emptied() if self._held else None  # its room is used again
            self._numbers, self._places = self._numbers[:0], self._places[:0]
            missing = numbers
        if len(missing) or self._held is None:
            self._held = read_words(self._texts.read(missing), self._held, spare=_SPARE)
            known = np.concatenate([self._numbers[np.argsort(self._places)], missing])
            self._places = np.argsort(known)
            self._numbers = known[self._places]
        return self._held.of(self._find(numbers))

    def _find(self, numbers: Numbers) -> Numbers:
        """Return the places of texts in what is held, -1 where they are not."""
        return look_up(self._numbers, self._places, numbers)


class Reading:
    """A shelf whose texts have other numbers: those of a collection."""

    def __init__(self, shelf: Shelf, places: Numbers) -> None:
        """`places` are the numbers in the file by text."""
        self._shelf, self._places = shelf, places
        self.sizes = shelf.sizes(places)

    def words(self, texts: Numbers) -> Words:
        """Return the words of texts, by their place in `texts`."""
        return self._shelf.words(self._places[texts])

    def numbers(self, texts: Numbers) -> Numbers:
        """Return the numbers of texts in the file."""
        return self._places[texts]

    def blocks(self, texts: Numbers) -> Iterator[Numbers]:
        """Yield texts in blocks."""
        return blocks.text_blocks(texts, self.sizes)
