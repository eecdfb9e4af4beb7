"""What hostile bytes are fed to. A target takes any bytes; it may raise errors of ours and nothing else."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pipeline.clean import label
from pipeline.clean.rules import match_line
from pipeline.config import Settings, load_settings
from pipeline.dedup import Document, find_duplicates
from pipeline.errors import ConfigError, Reject, Transient
from pipeline.extract.decode import decode
from pipeline.extract.page import PageInput, extract
from pipeline.fetch.entries import Entry
from pipeline.fetch.feeds import parse_feed
from pipeline.fetch.guard import refusal
from pipeline.fetch.importer import read_warc
from pipeline.fetch.inflate import inflate
from pipeline.fetch.local import parse_record as parse_json_record
from pipeline.fetch.notes import read_notes
from pipeline.fetch.pacing import host_key, retry_after
from pipeline.fetch.robots import rules_from
from pipeline.fetch.rows import CONTROL, clean_url
from pipeline.fetch.sitemaps import parse_sitemap
from pipeline.fetch.warc import parse_http, parse_record, record
from pipeline.json_lines import open_lines
from pipeline.records import Article
from pipeline.sources import load_sources
from pipeline.store import LocalStore
from pipeline.urls import normalise_url, site_of, url_id

OURS = (Reject, Transient, ConfigError)
LIMIT = 1 << 20
URL = "https://news.example.org/2026/11/20/story.html"
ENCODINGS = ("gzip", "deflate", "br", "zstd", "gzip, br", "x-gzip", "identity", "gzip, gzip, gzip, gzip")
CONTENT_TYPES = (None, "text/html", "text/html; charset=utf-8", "text/html; charset=utf-16", "text/html; charset=iso-2022-jp")
SETTINGS = Settings()
SEPARATOR, MAX_TEXTS = "\x1e", 6  # of the texts that are compared
TITLE = b"Library stays open until nine"
STORY = (
    b"<h1>" + TITLE + b"</h1>" + b"<p>The council voted on Friday to keep the library open until nine, its chairwoman said.</p>" * 3
)
FOLDER = Path(tempfile.mkdtemp(prefix="copydesk-fuzz-"))


def fuzz_inflate(data: bytes) -> None:
    """Undo any content encoding: never more than the limit."""
    assert len(inflate(data[1:], _pick(ENCODINGS, data), LIMIT)) <= LIMIT


def fuzz_decode(data: bytes) -> None:
    """Decode: always text that can be stored."""
    decode(data[1:], _pick(CONTENT_TYPES, data)).encode()


def fuzz_page(data: bytes) -> None:
    """Extract and label a page."""
    _labelled(PageInput(URL, "fuzz", "example.org", data[1:], _pick(CONTENT_TYPES, data), kind="html"))


def fuzz_linked(data: bytes) -> None:
    """Extract and label a page whose JSON-LD this is."""
    _labelled(_page_around(b'<script type="application/ld+json">' + data + b"</script>", STORY))


def fuzz_state(data: bytes) -> None:
    """Extract and label a page that is drawn in the browser, from a script of any kind or an attribute."""
    tag = _pick((b"<script>%b</script>", b'<script type="application/json">%b</script>', b"<div data-page='%b'></div>"), data)
    _labelled(_page_around(b"", b'<div id="app"></div>' + tag % data[1:]))


def _page_around(head: bytes, body: bytes) -> PageInput:
    content = b"<!doctype html><title>%b</title>%b<body>%b</body>" % (TITLE, head, body)
    return PageInput(URL, "fuzz", "example.org", content, "text/html; charset=utf-8", kind="html")


def fuzz_text(data: bytes) -> None:
    """Extract and label a text document."""
    _labelled(PageInput(None, "fuzz", "", data, "text/plain", kind="text"))


def _labelled(page: PageInput) -> None:
    article = extract(page)
    assert article == extract(page)
    labelled = label(article)
    assert [(b.index, b.kind, b.text) for b in labelled.blocks] == [(b.index, b.kind, b.text) for b in article.blocks]
    assert label(labelled) == labelled
    _storable(labelled)


def _storable(article: Article) -> None:
    for text in (article.text, article.title, article.canonical_url, *article.authors):
        assert text is None or "\0" not in text
        (text or "").encode()


def fuzz_rules(data: bytes) -> None:
    """Match one line against every rule."""
    language = _pick((None, "en", "de", "fr", "ru", "ja", "ar", "pl"), data)
    match_line(data[1:].decode("utf-8", "replace"), language)


def fuzz_copies(data: bytes) -> None:
    """Find the copies and the reused passages among texts that one separator keeps apart: the same ones in any order."""
    texts = data.decode("utf-8", "replace").split(SEPARATOR)[:MAX_TEXTS]
    documents = [
        Document(str(n), f"https://site{n}.example/", f"site{n}.example", text[:40], text, None) for n, text in enumerate(texts)
    ]
    found = find_duplicates(documents)
    assert found == find_duplicates(documents[::-1])
    assert [member.article_id for member in found.members] == [document.id for document in documents]
    for passage in found.reuse:
        assert 0 <= passage.start < passage.end <= len(texts[int(passage.article_id)])
        assert passage.article_id != passage.source_article_id


def fuzz_feed(data: bytes) -> None:
    """Read a feed, and take its URLs as discovery does."""
    _take(parse_feed(data, URL).entries)


def fuzz_sitemap(data: bytes) -> None:
    """Read a sitemap."""
    sitemap = parse_sitemap(data, URL)
    _take(sitemap.entries)
    for url, _ in sitemap.children:
        _take_url(url)


def fuzz_url(data: bytes) -> None:
    """Take one URL, and a host and a header that came with it."""
    text = data.decode("utf-8", "surrogateescape")
    _take_url(text)
    refusal(text)
    retry_after(text)


def _take(entries: list[Entry]) -> None:
    for entry in entries:
        _take_url(entry.url)


def _take_url(text: str) -> None:
    normal = normalise_url(text)
    assert normalise_url(normal) == normal
    site_of(text)
    url = clean_url(text)
    if url is not None:
        assert clean_url(url) == url
        assert not CONTROL.search(url)
        host_key(url)
        url_id(url)


def fuzz_robots(data: bytes) -> None:
    """Read a robots.txt and ask it."""
    rules = rules_from(200, data)
    delay = rules.crawl_delay
    assert delay is None or delay >= 0 or delay != delay
    rules.check(URL)


def fuzz_warc(data: bytes) -> None:
    """Read an archive: as it is, as one gzip member, as members of which one is ours."""
    content = (data[1:], gzip.compress(data[1:], 1, mtime=0), record("response", [("WARC-Target-URI", URL)], data[1:]) * 2)
    path = FOLDER / "fuzz.warc"
    path.write_bytes(_pick(content, data))
    for row, _ in read_warc(str(path), SETTINGS):
        (row.detail or "").encode()
    _, block = parse_record(content[2][: len(content[2]) // 2])
    parse_http(block)


def fuzz_notes(data: bytes) -> None:
    """Read what a segment says of itself."""
    store = LocalStore(FOLDER)
    store.put("segment", data)
    read_notes(store, "segment")
    store.put("segment", record("metadata", [], data))
    read_notes(store, "segment")


def fuzz_sources(data: bytes) -> None:
    """Read a sources file and a settings file."""
    path = FOLDER / "sources.toml"
    path.write_bytes(data)
    try:
        load_settings({}, path)
    except ConfigError:
        load_sources(path)


def fuzz_json_lines(data: bytes) -> None:
    """Read JSON Lines, for the bulk commands and as local documents."""
    path = FOLDER / "lines.jsonl"
    path.write_bytes(data)
    with open_lines(str(path)) as lines:
        assert len(list(lines)) == data.count(b"\n") + (data[-1:] not in (b"", b"\n"))
    parse_json_record(data)


def _pick(choices: tuple, data: bytes):  # type: ignore[type-arg, no-untyped-def]
    return choices[data[0] % len(choices)] if data else choices[0]


TARGETS: dict[str, Callable[[bytes], None]] = {
    name.removeprefix("fuzz_"): value for name, value in list(globals().items()) if name.startswith("fuzz_")
}


def run(name: str, data: bytes) -> None:
    """Feed one input; an error of ours is an answer, anything else is a finding."""
    with suppress(*OURS):
        TARGETS[name](data)
