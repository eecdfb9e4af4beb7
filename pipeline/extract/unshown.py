"""The article that a page holds and does not show: in the data of its scripts, or for browsers that run none.

Next.js, Nuxt, Angular, Apollo, Redux, Inertia and what newsrooms write themselves leave the state of a page, which is drawn in
the browser, in a script or an attribute, as JSON; React's server components leave rows of it. The object that names the page's
headline or address is its article; the longest text in it is the body, as HTML, as plain paragraphs, or as the tree of an editor
(ProseMirror, Slate, Draft.js, Portable Text, Contentful, Editor.js).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

import lxml.html
from lxml import etree
from lxml.html import HtmlElement

from pipeline.extract.decode import sanitise
from pipeline.extract.embedded_json import MAX_DEPTH, MAX_VALUES, embedded_values, inner_value
from pipeline.extract.page_text import count_words
from pipeline.extract.strings import ENTITY, TAG, fold, one_line

MAX_MATCHES = 50  # objects that name the page; a site's menu may repeat it
OUTWARDS = 2  # levels around such an object in which the text may stand beside it: {"head": {"title": …}, "body": …}
MIN_TITLE = 12  # letters; a shorter headline or name in an address may be any label
MIN_WORDS = 60
MAX_URL = 2000  # characters
PROSE = 12  # words of a string under any key that is text

ESCAPED_TAG = re.compile(r"&lt;/?(?:p|div|br|h\d|span|strong|em|a)\b")
BLOCK_TAG = re.compile(r"<(?:p|div|br|h[1-6]|ul|ol|li|table|blockquote|section|article|figure)\b", re.IGNORECASE)
SUFFIX = re.compile(r"\.\w{2,5}$")
TOKEN = re.compile(r"(?:[!-~]*[\w/=&#-])?", re.ASCII)  # an address, a name, a number: no text

TITLES = ("title", "headline", "headlines", "name", "heading")
ADDRESSES = ("url", "slug", "href", "link", "path", "uri", "permalink", "canonical_url", "canonicalUrl", "website_url")
TEXTS = frozenset({"text", "value", "content", "html", "data", "rendered", "body", "paragraph", "paragraphs", "p", "copy", "raw"})
KINDS = ("type", "_type", "nodeType", "tag")
LINES = ("children", "content", "nodes", "spans")
# What stands in a block of these kinds is one line.
LINE_TYPE = re.compile(
    r"(?:p|para(?:graph)?|block|text-?block|head(?:ing|er)\b.*|h[1-6]|block-?quote|quote|list-?item|li)$", re.IGNORECASE
)
HEADING_TYPE = re.compile(r"(?:head(?:ing|er)\b.*|h[1-6])$", re.IGNORECASE)
# Parts of an article's object that are not its text.
OTHER_KEYS = re.compile(
    r"author|byline|bio(?:graphy)?$|caption|alt$|credit|description|summary|excerpt|teaser|abstract|comment|repl(?:y|ies)|related|recommend"
    r"|(?:^|_)(?:more|next|prev(?:ious)?)(?:$|_|[A-Z])|popular|trending|latest|seo|meta|schema|json_?ld|menu|navigation|footer|sidebar"
    r"|newsletter|config|translation|label|message|disclaimer|copyright|embed|script|style|title|headline|heading$|slug|url|keyword|tags?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class UnshownArticle:
    """An article and where it was found, its headline if that is named there, and its text as a page of its own."""

    where: str
    title: str | None
    html: str
    words: int


def unshown_article(root: HtmlElement, title: str | None, url: str | None) -> UnshownArticle | None:
    """Return the longest article in scripts and <noscript>, None where neither holds one."""
    found = [article for article in (_in_noscript(root), _in_scripts(root, title, url)) if article]
    return max(found, key=lambda article: article.words, default=None)


def _in_noscript(root: HtmlElement) -> UnshownArticle | None:
    texts = []
    walk = etree.iterwalk(root, events=("start",), tag="noscript")
    for _, element in walk:
        texts.append(lxml.html.tostring(element, encoding="unicode", with_tail=False))
        walk.skip_subtree()
    words = sum(map(_words, texts))
    body = "".join(texts).replace("<noscript", "<div").replace("</noscript", "</div")
    return UnshownArticle("noscript", None, f"<html><body>{body}</body></html>", words) if words >= MIN_WORDS else None


def _in_scripts(root: HtmlElement, title: str | None, url: str | None) -> UnshownArticle | None:
    """Return the article whose object names the page's headline or its address, None where no such object holds a text."""
    names = _Names.of(title, url)
    if url and not names.slug:  # a front page, whose state is other pages' stories
        return None
    best: UnshownArticle | None = None
    matches = 0
    for value in embedded_values(root):
        for found in _matches(value, names):
            matches += 1
            article = _article(found)
            if article and (best is None or article.words > best.words):
                best = article
            if matches >= MAX_MATCHES:
                return best
    return best


@dataclass(frozen=True, slots=True)
class _Names:
    """How an object names the page: its headline, and the last part of its address."""

    title: str
    slug: str

    @classmethod
    def of(cls, title: str | None, url: str | None) -> _Names:
        return cls(fold(title or ""), _last_part(url or ""))

    def name(self, key: str, value: str) -> bool:
        """Say whether a member of an object names the page."""
        if key in ADDRESSES:
            return len(self.slug) >= MIN_TITLE and _last_part(value) == self.slug
        return len(self.title) >= MIN_TITLE and len(value) <= 4 * len(self.title) and fold(one_line(value)) == self.title


def _last_part(url: str) -> str:
    """Return letters and digits of the last part of an address, "" of none that can be read."""
    try:
        path = unquote(urlsplit(url[:MAX_URL]).path)
    except ValueError:
        return ""
    return fold(SUFFIX.sub("", path.rstrip("/").rpartition("/")[2]))


def _matches(value: Any, names: _Names) -> Iterator[list[Mapping[str, Any]]]:
    """Yield each object that names the page, behind the objects around it, up to a list or `OUTWARDS` of them."""
    waiting: list[tuple[Any, tuple[Mapping[str, Any], ...]]] = [(value, ())]
    seen = 0
    while waiting and seen < MAX_VALUES:
        node, around = waiting.pop()
        seen += 1
        if isinstance(node, str):
            node = inner_value(node)
        if isinstance(node, dict):
            chain = (*around, node)[-1 - OUTWARDS :]
            if any(isinstance(member, str) and names.name(key, member) for key, member in node.items()):
                yield list(chain)
            waiting.extend((member, chain) for member in reversed(node.values()))
        elif isinstance(node, list):
            waiting.extend((member, ()) for member in reversed(node))


def _article(chain: list[Mapping[str, Any]]) -> UnshownArticle | None:
    """Return the article of the innermost object that holds a text."""
    for node in reversed(chain):
        bodies = (list(_pieces(member, key, 0)) for key, member in node.items() if not OTHER_KEYS.search(key))
        words, body = max(((sum(map(_words, pieces)), pieces) for pieces in bodies), key=lambda body: body[0], default=(0, []))
        if words >= MIN_WORDS:
            headline = next((line for key in TITLES if (line := one_line(chain[-1].get(key)))), None)
            text = sanitise("".join(body))  # JSON can name any character
            return UnshownArticle("script data", headline, f"<html><body><article>{text}</article></body></html>", words)
    return None


def _words(piece: str) -> int:
    return count_words(TAG.sub(" ", piece))


def _pieces(value: Any, key: str, depth: int) -> Iterator[str]:
    """Yield the text of a value as HTML, block by block, in its order; other stories in it are left out."""
    if depth > MAX_DEPTH:
        return
    if isinstance(value, str):
        if (inner := inner_value(value)) is not None:
            yield from _pieces(inner, key, depth + 1)
        elif TOKEN.fullmatch(value) is None and (key in TEXTS or _words(value) >= PROSE):
            yield _marked(value, "p")
    elif isinstance(value, list):
        lines = [member for member in value if isinstance(member, str)]
        are_text = lines and 2 * sum(_words(line) >= PROSE for line in lines) >= len(lines)
        for member in value:
            yield from _pieces(member, "text" if are_text else key, depth + 1)
    elif isinstance(value, dict):
        if depth and any(isinstance(value.get(name), str) for name in ADDRESSES) and any(name in value for name in TITLES):
            return
        kind = _kind(value)
        is_heading = any(isinstance(name, str) and HEADING_TYPE.fullmatch(name) for name in (kind, value.get("style")))
        spans = next((value[name] for name in LINES if isinstance(value.get(name), list)), None)
        # A quotation or an item of a list may hold paragraphs instead.
        if spans is not None and LINE_TYPE.fullmatch(kind) and not any(LINE_TYPE.fullmatch(_kind(span)) for span in spans):
            line = "".join(_line(spans, 0))
            if line.strip():
                yield _marked(line, "h2" if is_heading else "p")
            return
        for name, member in value.items():
            if is_heading and name == "text" and isinstance(member, str):
                yield _marked(member, "h2")
            elif not OTHER_KEYS.search(name):
                yield from _pieces(member, name, depth + 1)


def _kind(value: object) -> str:
    """Return what an editor calls a block or a span; empty where it says nothing."""
    named = (value.get(name) for name in KINDS) if isinstance(value, dict) else ()
    return next((kind for kind in named if isinstance(kind, str)), "")


def _line(value: Any, depth: int) -> Iterator[str]:
    """Yield the strings of the spans of one line."""
    if isinstance(value, list) and depth <= MAX_DEPTH:
        for member in value:
            yield from _line(member, depth + 1)
    elif isinstance(value, dict):
        own = next((value[name] for name in ("text", "value") if isinstance(value.get(name), str)), None)
        inside = (value[name] for name in LINES if isinstance(value.get(name), list))
        yield from [own] if own is not None else _line(next(inside, None), depth + 1)


def _marked(text: str, tag: str) -> str:
    """Return a string as HTML: as it is where it is that, else as one element for each of its lines."""
    if ESCAPED_TAG.search(text) and not TAG.search(text):
        text = html.unescape(text)
    if BLOCK_TAG.search(text):
        return text
    if TAG.search(text) or ENTITY.search(text):
        return f"<{tag}>{text}</{tag}>"
    return "".join(f"<{tag}>{html.escape(line, quote=False)}</{tag}>" for line in text.splitlines() if line.strip())
