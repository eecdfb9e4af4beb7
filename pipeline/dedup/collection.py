"""The documents that are decided on together: oldest first, equal texts once, dates that can be believed."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.dedup.canonical import parse_time, trusted_times
from pipeline.dedup.textfile import TextFile

if TYPE_CHECKING:
    from pipeline.dedup import Document

_SEPARATOR = "\x1f"
Times = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """A document's date as it stands there, in seconds since 1970, and the number and the digest of its text."""

    time: float | None
    text: int
    digest: bytes


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents by number, oldest first, and their distinct texts by number, in the order of the first document of each.

    The documents are without their texts: these stand in a file.
    """

    documents: Sequence[Document]
    times: Sequence[float | None]  # seconds since 1970, None where there is no date or none that can be believed
    first: Sequence[int]  # number of the first document with each text
    text_of: Sequence[int]  # number of each document's text
    lengths: Sequence[int]  # characters of each text
    seen: Sequence[Seen] = ()  # of each document; wanted for keys, texts and what is counted of sites

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """The key of each document."""
        pairs = zip(self.documents, self.seen, strict=True)
        return np.array([document_key(document.id, seen.digest) for document, seen in pairs], np.uint64)

    @property
    def places(self) -> npt.NDArray[np.int64]:
        """The number of each text in the file of texts."""
        return np.array([self.seen[number].text for number in self.first], np.int64)

    @property
    def text_times(self) -> list[float | None]:
        """The earliest time of each text."""
        earliest: list[float | None] = [None] * len(self.first)
        for number, text in enumerate(self.text_of):
            time, known = self.times[number], earliest[text]
            if time is not None and (known is None or time < known):
                earliest[text] = time
        return earliest

    def part(self, numbers: Sequence[int]) -> Collection:
        """Return the documents with these numbers, which are in order and all that have their texts."""
        text_of: list[int] = []
        first: list[int] = []
        places: dict[int, int] = {}
        for place, number in enumerate(numbers):
            text = places.setdefault(self.text_of[number], len(places))
            if text == len(first):
                first.append(place)
            text_of.append(text)
        return Collection(
            [self.documents[number] for number in numbers],
            [self.times[number] for number in numbers],
            first,
            text_of,
            [self.lengths[text] for text in places],
        )


def take(documents: Iterable[Document], texts: TextFile) -> Iterator[tuple[Document, Seen]]:
    """Put the texts of documents into a file; yield the documents without them, and what was seen of each."""
    from pipeline.dedup import Document

    for d in documents:
        bare = Document(d.id, d.url, d.site, d.title, "", d.published_at, d.canonical_url, d.wire_credit)
        yield bare, Seen(parse_time(d.published_at), *texts.add(d.text))


def collect(
    taken: Iterable[tuple[Document, Seen]], texts: TextFile, times: Times | None = None, beyond: Container[str] = ()
) -> Collection:
    """Order documents and find equal texts; `times` say what date can be believed, those of the documents where none are given.

    They say nothing of documents (by id) from `beyond` the nights that they are of: these are believed.
    """
    looked = sorted(taken, key=_age)
    numbers: dict[int, int] = {}
    first: list[int] = []
    text_of: list[int] = []
    for number, (_, seen) in enumerate(looked):
        text = numbers.setdefault(seen.text, len(numbers))
        if text == len(first):
            first.append(number)
        text_of.append(text)
    doubted = trusted_times([seen.time for _, seen in looked], times_of(looked) if times is None else times)
    trusted = [seen.time if document.id in beyond else time for (document, seen), time in zip(looked, doubted, strict=True)]
    lengths = [texts.lengths[text] for text in numbers]
    return Collection([document for document, _ in looked], trusted, first, text_of, lengths, [seen for _, seen in looked])


def times_of(taken: Iterable[tuple[Document, Seen]]) -> Times:
    """Return the times of the documents that have one."""
    return np.array([seen.time for _, seen in taken if seen.time is not None], np.float64)


def _age(taken: tuple[Document, Seen]) -> tuple[float, str]:
    time = taken[1].time
    return (float("inf") if time is None else time, taken[0].id)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python's collector from going over records without a cycle, all of them again for each few thousand that are made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def document_key(identity: str, digest: bytes) -> int:
    """Return a 64-bit number of the document in the text of that digest: another text of the same id has another."""
    content = identity.encode(errors="surrogatepass") + digest
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def story_id(first: str) -> str:
    """Return the id of a story from the id of its earliest document: later copies do not change it."""
    return hashlib.sha256(f"story{_SEPARATOR}{first}".encode(errors="surrogatepass")).hexdigest()[:32]


def story_key(first: str) -> int:
    """Return the first 64 bits of a story's id."""
    return int(story_id(first)[:16], 16)


def contains(values: npt.NDArray[Any], wanted: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Say which of the wanted are among the sorted values (numpy's own `isin` hashes both, which takes far longer)."""
    if not len(values):
        return np.zeros(wanted.shape, np.bool_)
    found: npt.NDArray[np.bool_] = values[np.minimum(np.searchsorted(values, wanted), len(values) - 1)] == wanted
    return found


def look_up(keys: npt.NDArray[Any], values: npt.NDArray[np.int64], wanted: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the values of the wanted keys; -1 for those that are not among the `keys`, which are sorted."""
    if not len(keys):
        return np.full(wanted.shape, -1, np.int64)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], -1)


def with_others(keys: npt.NDArray[np.uint64], others: Mapping[int, int]) -> npt.NDArray[np.uint64]:
    """Return keys of documents, in whatever shape, with some replaced by those of others."""
    if not others:
        return keys
    old = np.sort(np.fromiter(others, np.uint64))
    new = np.array([others[key] for key in old.tolist()], np.uint64)
    place = np.minimum(np.searchsorted(old, keys), len(old) - 1)
    return np.where(old[place] == keys, new[place], keys)


class TextNumbers:
    """The number of a text in a collection by the key of a document that has it, -1 where none has."""

    def __init__(self, keys: npt.NDArray[np.uint64], text_of: Sequence[int]) -> None:
        """Both are by document."""
        self.keys = keys
        order = np.argsort(keys)
        self._keys, self._texts = keys[order], np.asarray(text_of, np.int64)[order]

    def __call__(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        return look_up(self._keys, self._texts, keys)
