"""What flows through the pipeline: frozen records, and the Arrow schema that each has on disk.

Times are of two kinds. An instant that we measured (`fetched_at`) is an aware `datetime` in UTC. A time that a page
claims (`published_at`, `modified_at`) is ISO 8601 text exactly as precise as the page was: a day, or a day and time.
"""

from __future__ import annotations

import dataclasses
import hashlib
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pipeline.errors import CopydeskError

if TYPE_CHECKING:
    import pyarrow as pa  # 37 MB and a tenth of a second: only who reads or writes tables pays for it

PageKind = Literal["article", "index", "consent", "paywall", "blocked", "error", "other"]
DateBasis = Literal["jsonld", "meta", "time", "url", "text", "source"]
BlockKind = Literal["paragraph", "heading", "list_item", "quote", "caption", "table", "code"]
Relation = Literal["unique", "canonical", "copy"]

BLOCK_SEPARATOR = "\n\n"


@dataclass(frozen=True, slots=True)
class Discovered:
    """One page or document to fetch. `url` is http(s), or `file:///path#N` for record N of a local file."""

    url: str
    source_id: str
    site: str
    via: Literal["feed", "sitemap", "list", "file", "warc"]
    language: str | None = None
    title: str | None = None
    published_at: str | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """What became of one discovered URL: one row of the `fetch` stage.

    `outcome` is `fetched`, `not_modified`, or the code of the error. `warc_*` locate the response record when there is one.
    """

    url: str
    final_url: str
    source_id: str
    site: str
    via: str
    outcome: str
    fetched_at: datetime
    language: str | None = None
    status: int | None = None
    content_type: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    body_bytes: int | None = None
    redirects: tuple[str, ...] = ()
    attempts: int = 1
    retryable: bool = False
    detail: str | None = None
    warc_filename: str | None = None
    warc_offset: int | None = None
    warc_length: int | None = None
    published_at: str | None = None  # as its source says

    @property
    def raw_ref(self) -> str | None:
        """`file#offset+length` inside the store: one page is one ranged read."""
        if self.warc_filename is None:
            return None
        return f"{self.warc_filename}#{self.warc_offset}+{self.warc_length}"


@dataclass(frozen=True, slots=True)
class Block:
    """A run of text between block tags, or a line of a text document.

    `dropped_by` is the id of the rule that took it out of the clean text. `link_density` is the share of its characters
    inside links (0 to 1). `path` is where it stood in the page, without positions: `article>div.story>p`.
    """

    index: int
    kind: BlockKind
    text: str
    dropped_by: str | None = None
    link_density: float = 0.0
    path: str = ""

    def __reduce__(self) -> tuple[type[Block], tuple[Any, ...]]:
        # What dataclasses with slots do of themselves takes four times as long, and a page has a hundred blocks.
        return Block, (self.index, self.kind, self.text, self.dropped_by, self.link_density, self.path)

    def drop(self, rule: str) -> Block:
        """Return the block labelled by `rule`; a label once given stays."""
        return self if self.dropped_by else Block(self.index, self.kind, self.text, rule, self.link_density, self.path)


@dataclass(frozen=True, slots=True)
class Article:
    """One article as extracted and cleaned. The clean text is derived from the blocks without a label."""

    article_id: str
    source_id: str
    site: str
    url: str | None
    canonical_url: str | None
    title: str | None
    authors: tuple[str, ...]
    published_at: str | None
    published_basis: DateBasis | None
    modified_at: str | None
    language: str | None
    page_kind: PageKind
    kind_reason: str | None
    section: str | None
    image: str | None
    paywalled: bool
    wire_credit: str | None
    source_link: str | None
    blocks: tuple[Block, ...]
    extractor: str
    raw_ref: str | None = None
    fetched_at: datetime | None = None

    def __reduce__(self) -> tuple[type[Article], tuple[Any, ...]]:
        return Article, tuple([getattr(self, item.name) for item in dataclasses.fields(self)])

    @property
    def text(self) -> str:
        """The clean text: kept blocks joined by one blank line; empty when the page is not an article."""
        if self.page_kind != "article":
            return ""
        return BLOCK_SEPARATOR.join(block.text for block in self.blocks if block.dropped_by is None)

    @property
    def content_hash(self) -> str:
        """sha256 of title and clean text: what decides whether an article has changed."""
        return hashlib.sha256(f"{self.title or ''}\n{self.text}".encode(errors="surrogatepass")).hexdigest()


@dataclass(frozen=True, slots=True)
class StoryMember:
    """Where an article stands among its copies. `proof` is JSON: the numbers that decided, by name."""

    article_id: str
    story_id: str
    canonical_article_id: str
    relation: Relation
    score: float | None
    canonical_reason: str
    matched_article_id: str | None = None
    proof: str | None = None


@dataclass(frozen=True, slots=True)
class Reuse:
    """A passage that `article_id` shares with its source; `start` and `end` are code points in the clean text."""

    article_id: str
    source_article_id: str
    start: int
    end: int
    words: int


@dataclass(frozen=True, slots=True)
class IndexPart:
    """A part of what a night leaves behind for finding copies later. `documents` is how many it tells of."""

    kind: str
    part: int
    version: str
    documents: int
    data: bytes

    @property
    def digest(self) -> str:
        """sha256 of the data."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class SiteLine:
    """A line that recurs on different stories of a site, and so is the site's and not the article's.

    `pages` counts the stories (not copies) that carried it, decayed by half every 30 days since `last_seen`.
    """

    site: str
    line_hash: str
    text: str
    pages: float
    first_seen: str
    last_seen: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """One quarantined input: it keeps its reason, and its raw bytes stay where `raw_ref` says."""

    url: str
    source_id: str
    site: str
    stage: str
    reason: str
    detail: str | None = None
    retryable: bool = False
    raw_ref: str | None = None


@dataclass(frozen=True, slots=True)
class StageReport:
    """What one stage did with one partition: `seen` = the sum of `outcomes`, each item counted once."""

    stage: str
    run_date: str
    shard: str
    seen: int
    outcomes: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.seen != sum(self.outcomes.values()):
            raise CopydeskError(f"{self.stage} {self.run_date} {self.shard}: saw {self.seen}, accounts for {dict(self.outcomes)}")


R = TypeVar("R")


@cache
def _scalars() -> dict[object, pa.DataType]:
    import pyarrow as pa

    return {
        str: pa.string(),
        int: pa.int64(),
        float: pa.float64(),
        bool: pa.bool_(),
        bytes: pa.binary(),
        datetime: pa.timestamp("us", tz="UTC"),
    }


def _arrow_type(hint: Any) -> pa.DataType:
    import pyarrow as pa

    if hint in _scalars():
        return _scalars()[hint]
    if dataclasses.is_dataclass(hint):
        return pa.struct(list(schema_of(typing.cast(type, hint))))
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is Literal:
        return pa.string()
    if origin is tuple:
        return pa.list_(_arrow_type(arguments[0]))
    if origin in (types.UnionType, typing.Union):
        return _arrow_type(next(a for a in arguments if a is not type(None)))
    raise TypeError(f"no Arrow type for {hint!r}")


@cache
def schema_of(record: type) -> pa.Schema:
    """Return the Arrow schema of a record class: one column a field, in the order of the class."""
    import pyarrow as pa

    hints = typing.get_type_hints(record)
    return pa.schema([(f.name, _arrow_type(hints[f.name])) for f in dataclasses.fields(record)])


def to_batch(records: Iterable[Any], record: type) -> pa.RecordBatch:
    """Return the records as one Arrow batch."""
    import pyarrow as pa

    rows = list(records)
    schema = schema_of(record)
    return pa.record_batch([_column([getattr(row, f.name) for row in rows], f.type) for f in schema], schema=schema)


def _column(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Return values as a column; lists of records are laid out flat, which costs a tenth of a dict for each."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        fields = list(kind)
        return pa.StructArray.from_arrays([_column([getattr(v, f.name) for v in values], f.type) for f in fields], fields=fields)
    if pa.types.is_list(kind) and pa.types.is_struct(kind.value_type):
        offsets = pa.array([0, *accumulate(map(len, values))], pa.int32())
        return pa.ListArray.from_arrays(
            offsets, _column([one for several in values for one in several], kind.value_type), type=kind
        )
    return pa.array(values, kind)


def from_batches(batches: Iterable[pa.RecordBatch], record: type[R]) -> Iterator[R]:
    """Yield the records of Arrow batches that `to_batch` made; columns that the class no longer has are passed over."""
    build = _builder(typing.cast(type, record))
    for batch in batches:
        for row in batch.to_pylist():
            yield build(row)


@cache
def _builder(record: type) -> Any:
    """Return a function from a row (a dict of plain values) to the record, nested records and tuples made."""
    hints = typing.get_type_hints(record)
    converters: dict[str, Any] = {}
    for f in dataclasses.fields(record):
        hint = hints[f.name]
        if typing.get_origin(hint) is tuple:
            inner = typing.get_args(hint)[0]
            if dataclasses.is_dataclass(inner):
                nested = _builder(typing.cast(type, inner))
                converters[f.name] = lambda value, nested=nested: tuple(nested(v) for v in value)
            else:
                converters[f.name] = tuple

    def build(row: dict[str, Any]) -> Any:
        return record(**{k: converters[k](v) if k in converters else v for k, v in row.items() if k in hints})

    return build
