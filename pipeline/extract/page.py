"""One page to one Article: decode, parse, metadata, blocks, main content, page kind. Pure: the page decides, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pipeline.errors import Reject
from pipeline.records import BLOCK_SEPARATOR, Article, DateBasis
from pipeline.urls import WEB, article_id

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from pipeline.extract.content import Content
    from pipeline.extract.metadata import Metadata
    from pipeline.extract.scorer import BlockModel

MAX_HTML = 16_000_000  # characters of a page that are read: the rest of so long a page is no article, and time
MORE = 2  # times the words that a page shows must stand elsewhere in it to be taken instead
# A local time that is given out as UTC, or a clock that is off, puts a time some hours after the fetch; more is an error.
WRONG_CLOCK = timedelta(hours=36)
TEXT_TYPES = ("text/plain", "text/markdown")


@dataclass(frozen=True, slots=True)
class PageInput:
    """A page or a text document to extract.

    `language`, `title` and `published_at` are what its source says, used where it says nothing itself.
    """

    url: str | None
    source_id: str
    site: str
    body: bytes | str
    content_type: str | None = None
    language: str | None = None
    raw_ref: str | None = None
    fetched_at: datetime | None = None
    kind: Literal["html", "text"] | None = None
    title: str | None = None
    published_at: str | None = None


def warm_up() -> None:
    """Import what `extract` needs, so that the first page of a worker does not pay for it."""
    from pipeline.extract import language

    language.warm_up()
    extract(PageInput("https://www.example.org/", "", "", "<html><body><p>.</p></body></html>"))  # which needs the public suffixes


def extract(page: PageInput, model: BlockModel | None = None) -> Article:
    """Return the article of a page; raises `Reject` for what can never be one (nothing in it, or no text at all).

    A page that is no article comes back with its `page_kind` and the reason; its text is empty, its blocks are there.
    `model`: a block model other than the shipped one.
    """
    from pipeline.extract.decode import decode, sanitise
    from pipeline.extract.parse import is_markup, reject_binary

    if isinstance(page.body, bytes):
        reject_binary(page.body)
        text = decode(page.body, page.content_type)
    else:
        text = sanitise(page.body)
    is_text = page.kind == "text" or (page.kind is None and _is_sent_as_text(page) and not is_markup(text))
    return _extract_text(page, text) if is_text else _extract_html(page, text, model)


def _is_sent_as_text(page: PageInput) -> bool:
    return (page.content_type or "").partition(";")[0].strip().lower() in TEXT_TYPES


def _extract_html(page: PageInput, html: str, model: BlockModel | None) -> Article:
    from pipeline.extract.content import main_content
    from pipeline.extract.language import detect_language, language_code
    from pipeline.extract.metadata import read_metadata
    from pipeline.extract.page_kind import page_kind
    from pipeline.extract.parse import parse_text

    cut = f"; of the first {MAX_HTML} characters" if len(html) > MAX_HTML else ""
    html = html[:MAX_HTML]
    root = parse_text(html)
    elements = list(root.iter())  # held, or lxml would make each element anew for each walk over the tree
    metadata = read_metadata(root, page.url, html, not_after=_latest(page))
    published_at, published_basis = (
        (metadata.published_at, metadata.published_basis) if metadata.published_at else _said_by_source(page)
    )
    content = _or_unshown(main_content(root, html, metadata, model), root, metadata, page.url, model)
    kept = BLOCK_SEPARATOR.join(block.text for block in content.blocks if block.dropped_by is None)
    kind, reason = page_kind(root, metadata, kept, content.link_density, page.url, teased=content.teased)
    del elements
    return Article(
        article_id=_identity(metadata.canonical_url or page.url, html),
        source_id=page.source_id,
        site=page.site,
        url=page.url,
        canonical_url=metadata.canonical_url,
        title=content.headline or metadata.title or page.title,
        authors=tuple(metadata.authors),
        published_at=published_at,
        published_basis=published_basis,
        modified_at=metadata.modified_at,
        language=detect_language(kept, metadata.language or language_code(page.language)),
        page_kind=kind,
        kind_reason=reason,
        section=metadata.section,
        image=metadata.image,
        paywalled=metadata.paywalled,
        wire_credit=metadata.wire_credit,
        source_link=metadata.source_link,
        blocks=content.blocks,
        extractor=content.extractor + cut,
        raw_ref=page.raw_ref,
        fetched_at=page.fetched_at,
    )


def _or_unshown(content: Content, root: HtmlElement, metadata: Metadata, url: str | None, model: BlockModel | None) -> Content:
    """Return the content, or where the page shows next to nothing the article that it holds elsewhere.

    What a paywall hides is not taken.
    """
    from pipeline.extract.content import FEW_WORDS, main_content
    from pipeline.extract.page_text import count_words
    from pipeline.extract.parse import parse_text
    from pipeline.extract.unshown import unshown_article

    shown = sum(count_words(block.text) for block in content.blocks if block.dropped_by is None)
    if shown >= FEW_WORDS or metadata.paywalled:
        return content
    article = unshown_article(root, metadata.title, metadata.canonical_url or url)
    if article is None or article.words < MORE * shown:
        return content
    found = main_content(parse_text(article.html), article.html, metadata, model)
    extractor = f"{article.where}: the page shows {shown} words; {found.extractor}"
    return replace(found, extractor=extractor, headline=article.title or found.headline)


def _extract_text(page: PageInput, text: str) -> Article:
    from pipeline.extract.language import detect_language, language_code
    from pipeline.extract.text import read_text

    title, blocks = read_text(text)
    if not blocks and not title:
        raise Reject("empty", "the document holds no text")
    published_at, published_basis = _said_by_source(page)
    return Article(
        article_id=_identity(page.url, text),
        source_id=page.source_id,
        site=page.site,
        url=page.url,
        canonical_url=None,
        title=title or page.title,
        authors=(),
        published_at=published_at,
        published_basis=published_basis,
        modified_at=None,
        language=detect_language(text, language_code(page.language)),
        page_kind="article",
        kind_reason=None,
        section=None,
        image=None,
        paywalled=False,
        wire_credit=None,
        source_link=None,
        blocks=blocks,
        extractor="text",
        raw_ref=page.raw_ref,
        fetched_at=page.fetched_at,
    )


def _said_by_source(page: PageInput) -> tuple[str | None, DateBasis | None]:
    """Return when a page was published by what its feed, sitemap or record says, where that can be true."""
    from pipeline.extract.dates import parse_date

    stated = parse_date(page.published_at, page.language) if page.published_at else None
    latest = _latest(page)
    if stated is None or (latest is not None and stated.is_after(latest)):
        return None, None
    return stated.iso(), "source"


def _latest(page: PageInput) -> datetime | None:
    """Return the latest time that a page may tell of its article; None where nobody knows when it was fetched."""
    return page.fetched_at + WRONG_CLOCK if page.fetched_at else None


def _identity(url: str | None, content: str) -> str:
    """Return the article's id; a local file's place is no identity, its content is."""
    return article_id(url if url and url.startswith(WEB) else None, content)
