"""Articles in Arrow batches, as the stages store them: what the load compares, and the rows that go into the warehouse.

Everything that is done to every article is done to a whole column at once: an object for each article and block would cost
more than the database does.
"""

from __future__ import annotations

import dataclasses
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import partial
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.errors import Transient
from pipeline.records import BLOCK_SEPARATOR, Article, to_batch
from pipeline.warehouse.batches import as_batches, as_rows, claims, texts_as_json, url_keys, utf8, without_nul
from pipeline.warehouse.bulk import arrow_schema
from pipeline.warehouse.night import ArticleKey, KeyedBatch
from pipeline.warehouse.tables import article_versions, articles, dropped_blocks

AT_ONCE = 1 << 16  # bytes of texts whose words are counted together
START = np.zeros(1, np.int32)
SPACE = 32  # the code of a space: below it stand tab, line feed and the other control characters
# Bytes from which on a letter of UTF-8 may be of a script without spaces; the other one begins quotation marks and dashes.
LEADS_WIDE, LEADS_SIGNS = 0xE0, 0xE2
# Ranges of letters: Thai and Lao, Burmese, Khmer, kana, Han; and of the signs that stand between them.
UNSPACED = np.array(
    (0xE00, 0xF00, 0x1000, 0x10A0, 0x1780, 0x1800, 0x3040, 0x3100, 0x3400, 0x4DC0, 0x4E00, 0xA000, 0xF900, 0xFB00), np.uint32
)
WIDE_SIGNS = np.array((0x2000, 0x2070, 0x3000, 0x3040, 0xFF00, 0xFF10, 0xFF1A, 0xFF21, 0xFF3B, 0xFF41, 0xFF5B, 0xFF66), np.uint32)
NOTHING = "\x1e"  # stands for null in what is hashed
BETWEEN = "\x1f"  # stands between the parts of what is hashed

METADATA = ("source_id", "site", "url", "canonical_url", "title", "published_at", "published_basis", "modified_at", "language")
MORE_METADATA = ("section", "image", "wire_credit", "source_link", "extractor")

# What makes one fetch of an article newer than another, the same on every run: its time; ties go by URL, then by place.
Order = tuple[datetime, str, str]


@dataclasses.dataclass(frozen=True, slots=True)
class Keys:
    """Of each article of a batch what the load compares, column by column; `fetched` is naive UTC."""

    article_ids: list[str]
    page_ids: list[str | None]
    content_hashes: list[str]
    row_hashes: list[str]
    fetched: list[datetime | None]
    urls: list[str | None]
    raw_refs: list[str | None]

    def __len__(self) -> int:
        return len(self.article_ids)

    def order(self, place: int) -> Order:
        return order(self.fetched[place], self.urls[place], self.raw_refs[place])


@dataclasses.dataclass(frozen=True, slots=True)
class ArticleBatch:
    """A batch of articles: the Arrow columns of `Article`, and the keys."""

    columns: pa.RecordBatch
    keys: Keys


# A batch's keys, how many pages it has that are no articles, and how to get the rest of it.
Source = tuple[Keys, int, Callable[[], ArticleBatch]]


def order(fetched_at: datetime | None, url: str | None, raw_ref: str | None) -> Order:
    """Return the key by which the fetches of one article are put in order; `fetched_at` is naive UTC."""
    return (fetched_at or datetime.min, url or "", raw_ref or "")


def sources(given: Iterable[Article] | Iterable[pa.RecordBatch] | Iterable[KeyedBatch]) -> Iterator[Source]:
    """Yield a night's articles in batches, whatever they are given as; a batch with keys is not read before it is needed."""
    iterator = iter(given)
    first = next(iterator, None)
    if first is None:
        return
    whole: Iterator[Any] = chain([first], iterator)
    if isinstance(first, KeyedBatch):
        for keyed in whole:
            keys = _listed(keyed.keys)
            yield keys, 0, partial(_read_keyed, keyed, keys)
        return
    for columns in as_batches(whole, Article):
        batch = read_batch(columns)
        yield batch.keys, len(columns) - len(batch.keys), partial(_same, batch)


def with_keys(batch: pa.RecordBatch) -> KeyedBatch:
    """Return the articles of a batch with their keys, made now."""
    read = read_batch(batch)
    return KeyedBatch(to_batch(_records(read.keys), ArticleKey), lambda: read.columns)


def article_keys(articles: Iterable[Article]) -> Iterator[ArticleKey]:
    """Yield the keys of articles, to be stored beside them: the load then reads only the row groups that changed."""
    for columns in as_batches(articles, Article):
        yield from _records(read_batch(columns).keys)


def _records(keys: Keys) -> Iterator[ArticleKey]:
    return map(ArticleKey, *(getattr(keys, f.name) for f in dataclasses.fields(keys)))


def read_batch(batch: pa.RecordBatch) -> ArticleBatch:
    """Take the articles of a batch apart for comparison with what is stored; pages of another kind are left out."""
    columns = without_nul(batch.filter(pc.equal(batch["page_kind"], "article")))
    text = _clean_texts(columns["blocks"])
    content_hashes = _content_hashes(columns["title"], text)
    keys = Keys(
        article_ids=columns["article_id"].to_pylist(),
        page_ids=_page_ids(columns),
        content_hashes=content_hashes,
        row_hashes=_row_hashes(columns, content_hashes),
        fetched=columns["fetched_at"].cast(pa.timestamp("us")).to_pylist(),  # the naive ones are read five times as fast
        urls=columns["url"].to_pylist(),
        raw_refs=columns["raw_ref"].to_pylist(),
    )
    return ArticleBatch(columns, keys)


def _listed(keys: pa.RecordBatch) -> Keys:
    fetched = keys["fetched_at"].cast(pa.timestamp("us")).to_pylist()
    ids, pages, contents, rows, urls, refs = (
        keys[name].to_pylist() for name in ("article_id", "page_id", "content_hash", "row_hash", "url", "raw_ref")
    )
    return Keys(ids, pages, contents, rows, fetched, urls, refs)


def _read_keyed(keyed: KeyedBatch, keys: Keys) -> ArticleBatch:
    columns = keyed.read()
    if columns["article_id"].to_pylist() != keys.article_ids:
        raise Transient("partition_changing", "the articles were written again during the load: nothing was loaded, run again")
    return ArticleBatch(columns, keys)


def _same(batch: ArticleBatch) -> ArticleBatch:
    return batch


def chosen(batch: ArticleBatch, places: Sequence[int]) -> ArticleBatch:
    """Return the articles at `places`, storable, as a batch of their own."""
    if list(places) == list(range(len(batch.keys))):
        return ArticleBatch(without_nul(batch.columns), batch.keys)
    keys = Keys(*([getattr(batch.keys, f.name)[place] for place in places] for f in dataclasses.fields(Keys)))
    return ArticleBatch(without_nul(batch.columns.take(pa.array(places, pa.int64()))), keys)


def joined(batches: Sequence[ArticleBatch]) -> ArticleBatch:
    """Return the articles of several batches as one."""
    keys = Keys(*(list(chain(*(getattr(b.keys, f.name) for b in batches))) for f in dataclasses.fields(Keys)))
    return ArticleBatch(pa.concat_batches([batch.columns for batch in batches]), keys)


def article_rows(batch: ArticleBatch, run_id: str, run_date: str) -> pa.RecordBatch:
    """Return the rows of the table `articles` for chosen articles."""
    columns, keys = batch.columns, batch.keys
    text = _clean_texts(columns["blocks"])
    published_at, precision = claims(columns["published_at"])
    derived: dict[str, Any] = {
        "url_id": keys.page_ids,
        "authors": texts_as_json(columns["authors"]),
        "published_at": published_at,
        "published_precision": precision,
        "published_text": columns["published_at"],
        "modified_at": claims(columns["modified_at"])[0],
        "text": text,
        "word_count": word_counts(text),
        "content_hash": keys.content_hashes,
        "row_hash": keys.row_hashes,
        "first_run_id": pa.repeat(run_id, len(keys)),
        "first_run_date": pa.repeat(date.fromisoformat(run_date), len(keys)),
        "last_run_id": pa.repeat(run_id, len(keys)),
    }
    return as_rows(articles, columns, derived)


def version_rows(rows: pa.RecordBatch, places: Sequence[int], numbers: Sequence[int]) -> pa.RecordBatch:
    """Return rows of `article_versions` for those at `places` of rows of `articles`, with their version numbers."""
    kept = rows.take(pa.array(places, pa.int64()))
    derived: dict[str, Any] = {"version_no": list(numbers), "seen_at": kept["fetched_at"], "run_id": kept["last_run_id"]}
    return as_rows(article_versions, kept, derived)


def dropped_rows(batch: ArticleBatch) -> pa.RecordBatch:
    """Return the rows of `dropped_blocks` for chosen articles; the place in the page is unique, an index may not be."""
    columns = batch.columns
    flat, dropped, parents, positions = _dropped(columns["blocks"])
    values = [
        columns["article_id"].take(parents),
        positions,
        *(flat.field(n).take(dropped) for n in ("kind", "text", "dropped_by")),
    ]
    return pa.record_batch(values, schema=arrow_schema(dropped_blocks))


def _clean_texts(blocks: pa.ListArray) -> pa.StringArray:
    """Return the clean text of each list of blocks: those without a label, joined."""
    flat, offsets = _flat(blocks)
    kept = flat.field("dropped_by").is_null()
    before = np.concatenate(([0], np.cumsum(kept.to_numpy(zero_copy_only=False))))
    lists = pa.ListArray.from_arrays(pa.array(before[offsets], pa.int32()), flat.field("text").filter(kept))
    return pc.binary_join(lists, BLOCK_SEPARATOR)


def word_counts(texts: pa.StringArray) -> pa.Int32Array:
    """Return the number of words of each text, divided by ASCII white space.

    Of scripts without spaces each letter counts, as it does in a passage.
    """
    offsets, data = utf8(texts)
    bounds = offsets.tolist()
    counts: list[int] = []
    # Some texts at a time: what is made of them stays in the processor's cache, what is made of a batch takes new memory each time.
    while len(counts) < len(texts):
        first = len(counts)
        last = max(first + 1, bisect_right(bounds, bounds[first] + AT_ONCE) - 1)
        counts += _words_of_each(data[bounds[first] : bounds[last]], offsets[first : last + 1] - offsets[first])
    return pa.array(counts, pa.int32())


def _words_of_each(texts: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int32]) -> Iterator[int]:
    """Yield the number of words of each of some texts that stand one behind another."""
    bounds = pairwise(offsets.tolist())
    if _may_be_unspaced(texts):
        return (_words(texts[start:end]) for start, end in bounds)
    begins = _beginnings(texts <= SPACE, offsets)
    return (int(np.count_nonzero(begins[start:end])) for start, end in bounds)


def _may_be_unspaced(text: npt.NDArray[np.uint8]) -> bool:
    return len(text) > 0 and bool(text.max() >= LEADS_WIDE) and bool(np.any((text >= LEADS_WIDE) & (text != LEADS_SIGNS)))


def _words(text: npt.NDArray[np.uint8]) -> int:
    if not _may_be_unspaced(text):
        return int(np.count_nonzero(_beginnings(text <= SPACE)))
    letters = np.frombuffer(text.tobytes().decode().encode("utf-32-le"), np.uint32)
    unspaced = _between(UNSPACED, letters)
    words = int(np.count_nonzero(unspaced))
    blank = unspaced | (letters <= SPACE) | (_between(WIDE_SIGNS, letters) if words else False)
    return words + int(np.count_nonzero(_beginnings(blank)))


def _beginnings(blank: npt.NDArray[np.bool_], starts: npt.NDArray[np.int32] = START) -> npt.NDArray[np.bool_]:
    """Say where words begin: behind a blank, or with the first letter of a text; `starts` are those of the texts."""
    begins = np.empty_like(blank)
    np.greater(blank[:-1], blank[1:], out=begins[1:])
    starts = starts[starts < len(blank)]  # behind the last letter only empty texts begin
    begins[starts] = ~blank[starts]
    return begins


def _between(bounds: npt.NDArray[np.uint32], letters: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Say which letters lie in one of the ranges: from the first bound to below the second, from the third on and so forth."""
    inside: npt.NDArray[np.bool_] = (np.searchsorted(bounds, letters, side="right") & 1).astype(bool)
    return inside


def _flat(blocks: pa.ListArray) -> tuple[pa.StructArray, np.ndarray[Any, Any]]:
    """Return the blocks of all articles in one array, and where each article's begin."""
    offsets = blocks.offsets.to_numpy()
    return blocks.flatten(), offsets - offsets[0]


def _dropped(blocks: pa.ListArray) -> tuple[pa.StructArray, pa.Array, pa.Array, pa.Array]:
    """Return all blocks, the indices among them of the dropped ones, and of each its article and its position there."""
    flat, offsets = _flat(blocks)
    dropped = np.flatnonzero(flat.field("dropped_by").is_valid().to_numpy(zero_copy_only=False))
    parents = np.searchsorted(offsets, dropped, side="right") - 1
    return flat, pa.array(dropped), pa.array(parents), pa.array(dropped - offsets[parents], pa.int32())


def _page_ids(columns: pa.RecordBatch) -> list[str | None]:
    """Return the url_id of each article's page; None for a document without a URL."""
    same = pc.fill_null(pc.equal(columns["url"], columns["canonical_url"]), True)  # the article_id is made of this URL
    found: list[str | None] = pc.if_else(columns["url"].is_valid(), columns["article_id"], None).to_pylist()
    others = np.flatnonzero(~same.to_numpy(zero_copy_only=False))
    for place, key in zip(others, url_keys(columns["url"].take(pa.array(others))), strict=True):
        found[place] = key
    return found


def _content_hashes(titles: pa.StringArray, texts: pa.StringArray) -> list[str]:
    """Return the sha256 of title, line feed and clean text: `Article.content_hash`, of what is stored."""
    offsets, data = utf8(texts)
    view, sha256 = data.data, hashlib.sha256
    hashes = []
    for title, (start, end) in zip(titles.to_pylist(), pairwise(offsets.tolist()), strict=True):
        digest = sha256(f"{title or ''}\n".encode())
        digest.update(view[start:end])
        hashes.append(digest.hexdigest())
    return hashes


def _row_hashes(columns: pa.RecordBatch, content_hashes: list[str]) -> list[str]:
    """Return a hash of everything of each article that is stored: content, metadata and dropped blocks."""
    flat, dropped, parents, positions = _dropped(columns["blocks"])
    each = [positions.cast(pa.string()), *(flat.field(name).take(dropped) for name in ("kind", "dropped_by", "text"))]
    told = pc.binary_join_element_wise(*each, BETWEEN)
    bounds = np.searchsorted(parents.to_numpy(), np.arange(len(columns) + 1))
    blocks = pc.binary_join(pa.ListArray.from_arrays(pa.array(bounds, pa.int32()), told), BETWEEN)
    metadata = [pc.fill_null(columns[name], NOTHING) for name in (*METADATA, *MORE_METADATA)]
    paid = columns["paywalled"].cast(pa.string())
    authors = pc.binary_join(columns["authors"], BETWEEN)
    whole = pc.binary_join_element_wise(pa.array(content_hashes, pa.string()), *metadata, paid, authors, blocks, BETWEEN)
    offsets, data = utf8(whole)
    view, sha256 = data.data, hashlib.sha256
    return [sha256(view[start:end]).hexdigest()[:32] for start, end in pairwise(offsets.tolist())]
