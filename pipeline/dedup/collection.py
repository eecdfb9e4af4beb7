"""The documents that are decided on together: oldest first, equal texts once, dates that can be believed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from pipeline.dedup.canonical import parse_time, trusted_times

if TYPE_CHECKING:
    from pipeline.dedup import Document

_SEPARATOR = "\x1f"
Times = npt.NDArray[np.float64]
NO_TIMES: Times = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents by number, oldest first, and their distinct texts by number, in the order of the first document of each."""

    documents: Sequence[Document]
    times: Sequence[float | None]  # seconds since 1970, None where there is no date or none that can be believed
    first: Sequence[int]  # number of the first document with each text
    text_of: Sequence[int]  # number of each document's text

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return [self.documents[number].text for number in self.first]

    @property
    def text_times(self) -> list[float | None]:
        """The earliest time of each text."""
        earliest: list[float | None] = [None] * len(self.first)
        for number, text in enumerate(self.text_of):
            time, known = self.times[number], earliest[text]
            if time is not None and (known is None or time < known):
                earliest[text] = time
        return earliest


def collect(documents: Iterable[Document], around: Times = NO_TIMES) -> Collection:
    """Order documents and find equal texts; `around` are times of others, which also say what date can be believed."""
    ordered = sorted(documents, key=_age)
    first, text_of = _distinct_texts(ordered)
    times = trusted_times([parse_time(document.published_at) for document in ordered], around)
    return Collection(ordered, times, first, text_of)


def _age(document: Document) -> tuple[float, str]:
    time = parse_time(document.published_at)
    return (float("inf") if time is None else time, document.id)


def _distinct_texts(documents: Sequence[Document]) -> tuple[list[int], list[int]]:
    """Return the number of the first document with each text, and for each document the number of its text."""
    seen: dict[bytes, int] = {}
    first: list[int] = []
    text_of: list[int] = []
    for number, document in enumerate(documents):
        digest = hashlib.blake2b(document.text.encode(errors="surrogatepass"), digest_size=16).digest()
        text = seen.setdefault(digest, len(seen))
        if text == len(first):
            first.append(number)
        text_of.append(text)
    return first, text_of


def document_key(document: Document) -> int:
    """Return a 64-bit number of the document in this text: another text of the same id has another."""
    content = f"{document.id}{_SEPARATOR}{document.text}".encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def story_id(first: str) -> str:
    """Return the id of a story from the id of its earliest document: later copies do not change it."""
    return hashlib.sha256(f"story{_SEPARATOR}{first}".encode(errors="surrogatepass")).hexdigest()[:32]


def story_key(first: str) -> int:
    """Return the first 64 bits of a story's id."""
    return int(story_id(first)[:16], 16)


class TextNumbers:
    """The number of a text in a collection by the key of a document that has it, -1 where none has."""

    def __init__(self, collection: Collection) -> None:
        keys = np.array([document_key(document) for document in collection.documents], np.uint64)
        order = np.argsort(keys)
        self._keys, self._texts = keys[order], np.asarray(collection.text_of, np.int64)[order]

    def __call__(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        place = np.minimum(np.searchsorted(self._keys, keys), max(0, len(self._keys) - 1))
        if not len(self._keys):
            return np.full(keys.shape, -1, np.int64)
        return np.where(self._keys[place] == keys, self._texts[place], -1)
