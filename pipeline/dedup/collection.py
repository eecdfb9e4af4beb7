"""The documents that are decided on together: oldest first, equal texts once, dates that can be believed."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.dedup.canonical import parse_time, trusted_times

if TYPE_CHECKING:
    from pipeline.dedup import Document

_SEPARATOR = "\x1f"
Times = npt.NDArray[np.float64]
NO_TIMES: Times = np.zeros(0)


class Seen(NamedTuple):
    """What costs something to learn of a document: its date as it stands there, in seconds since 1970, and its text's digest."""

    time: float | None
    digest: bytes


@dataclass(frozen=True, slots=True)
class Collection:
    """Documents by number, oldest first, and their distinct texts by number, in the order of the first document of each."""

    documents: Sequence[Document]
    times: Sequence[float | None]  # seconds since 1970, None where there is no date or none that can be believed
    first: Sequence[int]  # number of the first document with each text
    text_of: Sequence[int]  # number of each document's text
    seen: Sequence[Seen] = ()  # of each document; wanted for keys alone

    @property
    def texts(self) -> list[str]:
        """The distinct texts."""
        return [self.documents[number].text for number in self.first]

    @property
    def keys(self) -> npt.NDArray[np.uint64]:
        """The key of each document."""
        pairs = zip(self.documents, self.seen, strict=True)
        return np.array([document_key(document.id, seen.digest) for document, seen in pairs], np.uint64)

    @property
    def text_times(self) -> list[float | None]:
        """The earliest time of each text."""
        earliest: list[float | None] = [None] * len(self.first)
        for number, text in enumerate(self.text_of):
            time, known = self.times[number], earliest[text]
            if time is not None and (known is None or time < known):
                earliest[text] = time
        return earliest


def collect(documents: Iterable[Document], around: Times = NO_TIMES, known: Mapping[str, Seen] | None = None) -> Collection:
    """Order documents and find equal texts; `around` are times of others, which also say what date can be believed.

    `known` holds by id what was seen of some of the documents before.
    """
    known = known or {}
    looked = [(known.get(document.id) or look(document), document) for document in documents]
    looked.sort(key=_age)
    numbers: dict[bytes, int] = {}
    first: list[int] = []
    text_of: list[int] = []
    for number, (seen, _) in enumerate(looked):
        text = numbers.setdefault(seen.digest, len(numbers))
        if text == len(first):
            first.append(number)
        text_of.append(text)
    times = trusted_times([seen.time for seen, _ in looked], around)
    return Collection([document for _, document in looked], times, first, text_of, [seen for seen, _ in looked])


def look(document: Document) -> Seen:
    """Read the date of a document and digest its text."""
    return Seen(parse_time(document.published_at), text_digest(document.text))


def _age(looked: tuple[Seen, Document]) -> tuple[float, str]:
    time = looked[0].time
    return (float("inf") if time is None else time, looked[1].id)


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


def text_digest(text: str) -> bytes:
    """Return a hash that tells equal texts."""
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=16).digest()


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


class TextNumbers:
    """The number of a text in a collection by the key of a document that has it, -1 where none has."""

    def __init__(self, keys: npt.NDArray[np.uint64], text_of: Sequence[int]) -> None:
        """Both are by document."""
        self.keys = keys
        order = np.argsort(keys)
        self._keys, self._texts = keys[order], np.asarray(text_of, np.int64)[order]

    def __call__(self, keys: npt.NDArray[np.uint64]) -> npt.NDArray[np.int64]:
        if not len(self._keys):
            return np.full(keys.shape, -1, np.int64)
        place = np.minimum(np.searchsorted(self._keys, keys), len(self._keys) - 1)
        return np.where(self._keys[place] == keys, self._texts[place], -1)
