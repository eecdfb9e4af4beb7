"""What a page says about its article: headline, authors, dates, language, canonical address, and the rest."""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice, tee
from urllib.parse import urljoin, urlsplit

import lxml.html

from pipeline.extract.agencies import agency_in
from pipeline.extract.authors import read_authors
from pipeline.extract.class_words import own_names
from pipeline.extract.decode import sanitise
from pipeline.extract.headline import headline_of
from pipeline.extract.language import declared_language
from pipeline.extract.marked import read_marked
from pipeline.extract.markup import Markup, read_markup
from pipeline.extract.site_names import site_names
from pipeline.extract.strings import TAG, one_line
from pipeline.extract.textlines import text_nodes
from pipeline.extract.timestamps import read_dates
from pipeline.extract.titles import read_title
from pipeline.records import DateBasis
from pipeline.urls import site_of, without_userinfo

URL_LIMIT = 2000  # characters
BODY_LIMIT = 2_000_000
BLOCK_END = re.compile(r"</(?:p|div|li|h\d|blockquote|tr)\s*>|<br\s*/?>", re.IGNORECASE)
META_SECTIONS = ("article:section", "parsely-section", "og:section", "section", "sailthru.section", "articlesection")
META_IMAGES = ("twitter:image", "image", "thumbnailurl", "parsely-image-url", "sailthru.image.full")
FALSE = frozenset({"false", "no", "0", "http://schema.org/false", "https://schema.org/false"})
DEFAULT_LOCALES = frozenset({"en", "en-us"})
LOCKED_TIERS = frozenset({"locked", "premium", "paid", "subscriber", "subscribers", "subscription"})
HEADLINE = re.compile(r"(?:[^\W_]+[-_]){2}[^\W_]")  # the words of one in an address
HOME_PATHS = re.compile(r"/?(?:index\.\w{2,5}|home|default\.aspx?|[a-z]{2}(?:[-_][a-zA-Z]{2})?)?/?")
MAX_LINES = 20_000  # of the page that are looked at for bylines, dates and the title; an article has its own among the first


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says about its article. A value that the page does not give, or gives in two ways, is None."""

    title: str | None = None
    authors: tuple[str, ...] = ()
    published_at: str | None = None
    published_basis: DateBasis | None = None
    modified_at: str | None = None
    language: str | None = None
    canonical_url: str | None = None
    section: str | None = None
    image: str | None = None
    description: str | None = None
    paywalled: bool = False
    wire_credit: str | None = None
    source_link: str | None = None
    article_body: str | None = None
    page_types: frozenset[str] = frozenset()  # JSON-LD types of the page and `og:<type>`, in lower case
    word_count: int | None = None  # of the whole article, as JSON-LD states it


def read_metadata(tree: lxml.html.HtmlElement, url: str | None, html: str, *, not_after: datetime | None = None) -> Metadata:
    """Return what the page says about its article. A date later than `not_after`, the time of the fetch, is not believed."""
    url = _absolute(url or "", None)
    markup = read_markup(tree, url)
    names = site_names(markup, url)
    # Only pages without JSON-LD and <meta> pay for these two; of the lines no more are read than are looked at.
    marked = cache(lambda: read_marked(tree, headline, own_names(html)))
    (lines,) = tee(islice(text_nodes(tree), MAX_LINES), 1)
    title = read_title(tree, markup, lambda: copy(lines), names)
    headline = headline_of(tree, markup.headings, markup.title, title, lambda: copy(lines))
    authors, agency = read_authors(tree, url, markup, marked, lambda: copy(lines), names, headline)
    published_at, basis, modified_at = read_dates(markup, marked, lambda: copy(lines), url, _locale(markup), not_after, headline)
    canonical, elsewhere = _canonical(markup, url)
    return Metadata(
        title=title,
        authors=authors,
        published_at=published_at,
        published_basis=basis,
        modified_at=modified_at,
        language=declared_language(markup),
        canonical_url=canonical,
        section=_section(markup),
        image=_image(markup, url),
        description=markup.first("og:description", "description", "twitter:description")
        or one_line(markup.jsonld.get("description"))
        or None,
        paywalled=_is_paywalled(markup),
        wire_credit=agency or _source_credit(markup),
        source_link=_absolute(markup.first("syndication-source", "original-source"), url) or elsewhere,
        article_body=_body_text(markup.jsonld.get("articleBody")),
        page_types=markup.jsonld.types | {f"og:{kind.lower()}" for kind in markup.every("og:type")},
        word_count=_word_count(markup),
    )


def _locale(markup: Markup) -> str | None:
    """Return the most exact statement of language and country: it tells how 3/4/2021 is read.

    What themes and plug-ins say where nobody told them counts when nothing else is said.
    """
    given = [
        markup.language or "",
        *markup.every("og:locale", "content-language", "language"),
        one_line(markup.jsonld.get("inLanguage")),
    ]
    tags = [value.replace("_", "-").strip() for value in given if value]
    tags = [tag for tag in tags if tag.lower() not in DEFAULT_LOCALES] or tags
    return next((tag for tag in tags if "-" in tag), next(iter(tags), None))


def _absolute(address: str, base: str | None) -> str | None:
    """Return an http(s) URL with a host and without a password, joined to the page's; None for anything else."""
    if not address or len(address) > URL_LIMIT:
        return None
    try:
        joined = without_userinfo(urljoin(base or "", sanitise(address).strip()))
        parts = urlsplit(joined)
    except ValueError:
        return None
    return joined if parts.scheme in ("http", "https") and parts.hostname and not any(c.isspace() for c in joined) else None


def _canonical(markup: Markup, url: str | None) -> tuple[str | None, str | None]:
    """Return the page's canonical URL on its own site, and the address on another site that it names as its original."""
    elsewhere = None
    for relation, addresses in (("canonical", markup.links.get("canonical", [])), ("og:url", markup.every("og:url"))):
        for address in addresses:
            joined = _absolute(address, url)
            if joined is None or _is_list(joined, url):
                continue
            if url is None or site_of(joined) == site_of(url):
                return joined, elsewhere
            if relation == "canonical":
                elsewhere = elsewhere or joined
    return None, elsewhere


def _is_list(address: str, url: str | None) -> bool:
    """Tell whether an address is that of the site, or of a folder above the page, which themes give out for the page's by mistake.

    Below its folder a page is called by its headline; below another page (`/ferry-sails-again/print`) it is a form of that.
    """
    parts = urlsplit(address)
    if parts.query:
        return False
    folder, _, name = urlsplit(url or "").path.rstrip("/").rpartition("/")
    path = parts.path.rstrip("/")
    above = f"{folder}/".startswith(f"{path}/") and not HEADLINE.search(path.rpartition("/")[2])
    return bool(HOME_PATHS.fullmatch(parts.path)) or (above and bool(HEADLINE.search(name)))


def _section(markup: Markup) -> str | None:
    value = markup.jsonld.get("articleSection")
    given = value if isinstance(value, list) else [value]
    names = [*map(one_line, given), markup.first(*META_SECTIONS)]
    return next((name for name in names if name and len(name) <= 100), None)


def _word_count(markup: Markup) -> int | None:
    value = markup.jsonld.get("wordCount")
    digits = str(value).strip() if isinstance(value, (str, int)) else ""
    return int(digits) if digits.isdecimal() and len(digits) < 7 else None


def _image(markup: Markup, url: str | None) -> str | None:
    addresses = [
        *markup.every("og:image", "og:image:url", "og:image:secure_url"),
        *_image_values(markup),
        *markup.every(*META_IMAGES),
        *markup.links.get("image_src", ()),
    ]
    return next((joined for address in addresses if (joined := _absolute(address, url))), None)


def _image_values(markup: Markup) -> Iterable[str]:
    values = _listed(markup.jsonld.get("image")) + _listed(markup.jsonld.get("thumbnailUrl"))
    for item in map(markup.jsonld.resolve, values):
        if isinstance(item, dict):
            item = item.get("url") or item.get("contentUrl")
        if isinstance(item, str):
            yield item


def _is_paywalled(markup: Markup) -> bool:
    """Tell whether the page says that its article is not free: all of it, or, where it says nothing about that, a part of it."""
    stated = markup.jsonld.article.get("isAccessibleForFree", markup.first("isaccessibleforfree") or None)
    parts = markup.jsonld.get("hasPart") if stated is None else stated
    if any(_is_no(part.get("isAccessibleForFree") if isinstance(part, dict) else part) for part in _listed(parts)):
        return True
    return markup.first("article:content_tier", "content_tier", "article:content-tier").lower() in LOCKED_TIERS


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def _is_no(value: object) -> bool:
    return value is False or (isinstance(value, str) and value.strip().lower() in FALSE)


def _source_credit(markup: Markup) -> str | None:
    """Return the agency that the page names as its source outside the byline."""
    given = [
        markup.jsonld.get("creditText"),
        markup.jsonld.get("sourceOrganization"),
        *markup.every("dc.source", "source", "article:source", "copyright", "dc.rights"),
    ]
    texts = [one_line(value.get("name") if isinstance(value, dict) else value) for value in given]
    return next((agency for text in texts if text and len(text) < 80 and (agency := agency_in(text))), None)


def _body_text(value: object) -> str | None:
    """Return JSON-LD's articleBody as plain text: paragraphs on lines of their own."""
    if isinstance(value, list):
        value = "\n".join(item for item in value if isinstance(item, str))
    if not isinstance(value, str):
        return None
    text = value[:BODY_LIMIT]
    if "&" in text:
        text = html_entities.unescape(text)
    if "<" in text:
        text = TAG.sub("", BLOCK_END.sub("\n", text))
    lines = (" ".join(line.split()) for line in sanitise(text).split("\n"))
    return "\n".join(line for line in lines if line) or None
