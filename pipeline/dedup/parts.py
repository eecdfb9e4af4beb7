"""Parts of the index: what one night leaves behind for the nights after it, as bytes that are read without being parsed.

`sketches` are the sketches of at most `CHUNK` distinct texts, `ties` the pairs that were compared and what is counted over
nights, `far` some bands of the texts that stood for themselves: all that a night sees beyond its window.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pipeline.batched import batched
from pipeline.dedup.collection import document_key, story_key
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import CHUNK, PARTS, Sketches, encode, sketch
from pipeline.dedup.textfile import digest_of

if TYPE_CHECKING:
    from pipeline.dedup import Document

Kind = Literal["sketches", "ties", "far"]

# Goes up when the words or the hashes of a text change: parts of another version are not read.
SKETCH_VERSION = 7


def version_of(params: DedupParams) -> str:
    """Return what must agree for sketches to be compared."""
    sketching = {name: asdict(params)[name] for name in ("bands", "rows", "fraction", "shared", "far")}
    return hashlib.sha256(repr((SKETCH_VERSION, sketching)).encode()).hexdigest()[:12]


def pack(**arrays: npt.NDArray[Any] | Sequence[str]) -> bytes:
    """Return arrays as one Arrow stream: a row with a list for each."""
    lists = [_list(array) for array in arrays.values()]
    batch = pa.RecordBatch.from_arrays(lists, names=list(arrays))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue())


def _list(array: npt.NDArray[Any] | Sequence[str]) -> pa.Array:
    values = pa.array(array.ravel()) if isinstance(array, np.ndarray) else pa.array(array, pa.large_string())
    return pa.LargeListArray.from_arrays(pa.array([0, len(values)], pa.int64()), values)


def unpack(data: bytes) -> dict[str, Any]:
    """Return the arrays of a part by name: numbers without a copy, texts as an Arrow array."""
    with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
        batch = reader.read_next_batch()
    values = {name: column.values for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    return {name: v if pa.types.is_large_string(v.type) else v.to_numpy() for name, v in values.items()}


@dataclass(frozen=True, slots=True)
class Segment:
    """Sketches of texts with the id and the key of the first document of each, and its `story_mark` (odd: stitched)."""

    ids: pa.Array | Sequence[str]
    keys: npt.NDArray[np.uint64]
    stories: npt.NDArray[np.uint64]
    sketches: Sketches

    def pack(self) -> bytes:
        """Return the segment as bytes."""
        sketches = self.sketches
        return pack(
            ids=self.ids,
            keys=self.keys,
            stories=self.stories,
            bands=sketches.bands,
            shingles=sketches.shingles,
            blocks=sketches.blocks,
        )


def unpack_segment(data: bytes) -> Segment:
    """Return a segment from its bytes."""
    found = unpack(data)
    count = len(found["keys"])
    sketches = Sketches(found["bands"].reshape(-1, count), found["shingles"], found["blocks"].reshape(PARTS, -1))
    return Segment(found["ids"], found["keys"], found["stories"], sketches)


def story_mark(first: str) -> int:
    """Return what a segment says of a text's story: its key, without the lowest bit, which is set of a text that is stitched."""
    return story_key(first) & ~1


def sketch_documents(documents: Iterable[Document]) -> Iterator[bytes]:
    """Yield segments of documents of which nothing is known but their texts: each counts as a story of its own."""
    for chunk in batched(documents, CHUNK):
        keys = np.array(
            [document_key(document.id, digest_of(document.text.encode(errors="surrogatepass"))) for document in chunk], np.uint64
        )
        marks = np.array([story_mark(document.id) for document in chunk], np.uint64)
        sketches = sketch(encode([document.text for document in chunk]), DedupParams())
        yield Segment([document.id for document in chunk], keys, marks, sketches).pack()
