"""Text to a tree that can be walked, whatever stands in it."""

from __future__ import annotations

import codecs
import logging
import re
from collections.abc import Iterable

import lxml.html
from bs4 import BeautifulSoup
from bs4.element import CData, NavigableString, Script, Stylesheet, Tag, TemplateString
from lxml import etree

from pipeline.errors import Reject
from pipeline.extract.class_words import POST
from pipeline.extract.decode import sanitise

logger = logging.getLogger(__name__)

# How files that are no pages begin, as bytes and, after decoding, as text.
MAGIC = (
    ("PDF", b"%PDF-"),
    ("JPEG image", b"\xff\xd8\xff"),
    ("PNG image", b"\x89PNG"),
    ("GIF image", b"GIF8"),
    ("ZIP or Office file", b"PK\x03\x04"),
    ("gzip file", b"\x1f\x8b"),
    ("RIFF media", b"RIFF"),
    ("Ogg media", b"OggS"),
    ("MP3 audio", b"ID3"),
    ("RTF document", b"{\\rtf"),
    ("Office document", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
    ("7z archive", b"7z\xbc\xaf\x27\x1c"),
    ("PostScript", b"%!PS"),
    ("TIFF image", b"II*\0"),
    ("WebAssembly", b"\0asm"),
    ("font", b"wOF"),
    ("program", b"\x7fELF"),
)
MPEG4 = re.compile(rb"....ftyp", re.DOTALL)
BINARY_WINDOW = 4096
BINARY_SHARE = 0.05  # of control bytes but NUL, which UTF-16 has: of what is packed or encrypted a tenth, of a page none
UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
CONTROL_BYTES = bytes(b for b in range(0x20) if b not in b"\t\n\f\r\x1b")
# One class for all elements: lxml.html's own lookup calls Python for each element that is touched, a tenth of all time.
CLASSES = etree.ElementDefaultClassLookup(
    element=lxml.html.HtmlElement, comment=lxml.html.HtmlComment, pi=lxml.html.HtmlProcessingInstruction
)
TAG = re.compile(r"<[a-zA-Z!?/]")
FIRST_ELEMENT = re.compile(
    r"\s*+(?:(?><\?.*?\?>|<!--.*?-->|<!doctype[^>]*>)\s*+)*+<(?:[\w.-]+:)?([a-z][\w.-]*)", re.IGNORECASE | re.DOTALL
)
NO_PAGES = frozenset(("feed", "opml", "rdf", "rss", "sitemapindex", "urlset"))  # what lists pages, whatever type it is sent as
TAG_NAME = re.compile(r"[a-z][a-z0-9]*")
ATTRIBUTE_NAME = re.compile(r"[a-zA-Z_][\w.-]*", re.ASCII)
TEXT_NODES = (NavigableString, CData, Script, Stylesheet, TemplateString)  # not comments, doctypes and declarations
HEAD_TAGS = frozenset({"base", "basefont", "bgsound", "link", "meta", "noscript", "object", "script", "style", "template", "title"})
# libxml2 reads an unclosed <title> to the end of the page: a title with markup of its own.
SWALLOWED = re.compile(r"<(?:body|div|p|h1|article)\b", re.IGNORECASE)
HONEST_DEPTH = 100  # pages that people made stay below
MAX_READING = 60  # characters of the reading of a word, which stands above it in small letters; more is a tag left open
MAX_DEPTH = 250  # of a tree that lxml refused (its limit is 2048)
INLINE_DEPTH = 20  # levels more for what stands inside a line, so that the line is not torn
INLINE = frozenset({"a", "abbr", "b", "cite", "code", "em", "font", "i", "mark", "q", "small", "span", "strong", "sub", "sup", "u"})
WRAPPERS = frozenset({"b", "blockquote", "center", "div", "font", "i", "section", "span"})


def reject_binary(body: bytes) -> None:
    """Raise Reject("empty") or Reject("not_html") for bytes that can be no page."""
    start = body[:BINARY_WINDOW].lstrip() or body.lstrip()[:BINARY_WINDOW]  # templates leave blank lines, kilobytes of them
    if not start.strip(b"\0"):
        raise Reject("empty", f"{len(body)} bytes, none of them text")
    for name, magic in MAGIC:
        if start.startswith(magic):
            raise Reject("not_html", name)
    if MPEG4.match(start):
        raise Reject("not_html", "MPEG-4 media")
    if start.startswith(UTF16_MARKS):  # where half of each Cyrillic or Greek letter is a control byte
        start = start.decode("utf-16", "ignore").encode("utf-8", "ignore")
    controls = len(start) - len(start.translate(None, CONTROL_BYTES))
    nuls = start.count(0)
    if controls - nuls > BINARY_SHARE * len(start):
        raise Reject("not_html", f"{controls} control bytes in the first {len(start)}")


def is_markup(text: str) -> bool:
    """Say whether text is a page or a feed for all that its type says: some servers send every file as text."""
    return _first_element(text) in ("html", *NO_PAGES)


def _first_element(text: str) -> str | None:
    found = FIRST_ELEMENT.match(text[:BINARY_WINDOW])
    return found[1].lower() if found else None


def parse_html(text: str) -> lxml.html.HtmlElement:
    """Return the root of a page as it came; see `parse_text`."""
    return parse_text(sanitise(text))


def parse_text(text: str) -> lxml.html.HtmlElement:
    """Return the root of a page, by lxml, or by BeautifulSoup where lxml gives up; raises Reject("empty" or "not_html").

    `text` is sanitised already.
    """
    _reject_no_page(text)
    root = _by_lxml(text)
    if root is None:
        logger.debug("lxml gave up, reading %d characters with BeautifulSoup", len(text))
        root = _by_soup(text)
    if len(root) == 0 and not (root.text or "").strip():
        raise Reject("empty", "no element in the page")
    if "shadowroot" in text:
        _open_shadow_roots(root)
    if "<ruby" in text:
        _empty(element for element in root.iter("rt", "rp") if not len(element) and len(element.text or "") <= MAX_READING)
    if "<amp-" in text:
        _empty(element for element in root.iter() if _stands_in(element))
    return root


def _empty(elements: Iterable[lxml.html.HtmlElement]) -> None:
    """Take out of a page what stands in some elements; what stands behind them stays."""
    for element in list(elements):
        element.clear(keep_tail=True)


def _stands_in(element: lxml.html.HtmlElement) -> bool:
    """Say whether AMP shows an element only while, or where, there is nothing else to show."""
    if element.get("placeholder") is None and element.get("fallback") is None:
        return False
    parent = element.getparent()
    return parent is not None and parent.tag.startswith("amp-") and POST.search(parent.tag) is None


def _open_shadow_roots(root: lxml.html.HtmlElement) -> None:
    """Make shadow roots declared in the page part of it, as browsers do; any other <template> is not shown."""
    for template in list(root.iter("template")):
        if template.get("shadowrootmode", template.get("shadowroot")) in ("open", "closed"):
            template.tag = "div"


def _reject_no_page(text: str) -> None:
    """Raise Reject for a feed or sitemap, and for text that was decoded from bytes which are no page."""
    start = text[:BINARY_WINDOW].lstrip() or text.lstrip()[:BINARY_WINDOW]
    if (name := _first_element(start)) in NO_PAGES:
        raise Reject("not_html", f"its element is <{name}>: a list of pages")
    if not start:
        raise Reject("empty", "no text")
    if TAG.search(start) is None:
        reject_binary(start[:16].encode("cp1252", "replace"))


def _by_lxml(text: str) -> lxml.html.HtmlElement | None:
    """Return lxml's tree; None when it has none, stopped at a limit, or took the page for a title."""
    parser = lxml.html.HTMLParser(
        huge_tree=True, remove_comments=True, remove_pis=True, collect_ids=False, default_doctype=False, encoding="utf-8"
    )
    parser.set_element_class_lookup(CLASSES)
    try:
        # As bytes: a declaration of another charset inside the text is then not obeyed.
        root = lxml.html.document_fromstring(text.encode(), parser=parser)
    except (etree.LxmlError, ValueError):
        return None
    if parser.error_log.filter_types(etree.ErrorTypes.ERR_RESOURCE_LIMIT):
        return None
    title = root.find(".//title")
    if title is not None and SWALLOWED.search(title.text or ""):
        return None
    return _clear_head(_join_roots(root))


def _clear_head(root: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """Move what can stand in no head to the start of the body: with an unknown tag before <body>, libxml2 leaves the page there."""
    head = root.find("head")
    strays = [] if head is None else [child for child in head if isinstance(child.tag, str) and child.tag not in HEAD_TAGS]
    if not strays:
        return root
    body = root.find("body")
    if body is None:
        body = etree.SubElement(root, "body")
    for position, stray in enumerate(strays):
        body.insert(position, stray)
    return root


def _join_roots(root: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """Move what stands after a premature </html> into the body: libxml2 makes it a second document beside the first."""
    for other in list(root.itersiblings(tag="html")):
        body = root.find("body")
        (root if body is None else body).extend(list(other.iterchildren()) if other.find("body") is None else other.find("body"))
    return root


def _by_soup(text: str) -> lxml.html.HtmlElement:
    """Return BeautifulSoup's tree as an lxml tree: wrappers of a single wrapper left out, what is still too deep laid flat."""
    soup = BeautifulSoup(text, "html.parser")
    root = lxml.html.Element("html")
    copies: dict[int, tuple[lxml.html.HtmlElement, int]] = {id(soup): (root, 0)}
    for node in soup.descendants:
        assert node.parent is not None
        parent, depth = copies[id(node.parent)]
        if isinstance(node, Tag):
            wraps = _only_wraps(node) and (depth > HONEST_DEPTH or not node.attrs)
            copies[id(node)] = (parent, depth) if wraps else _copy_tag(node, parent, depth)
        elif type(node) in TEXT_NODES:
            _append_text(_standing_last(parent, depth), str(node))
    return root


def _only_wraps(tag: Tag) -> bool:
    """Say whether an element holds nothing but one element of its own name: of such a chain the innermost says it all."""
    return len(tag.contents) == 1 and isinstance(tag.contents[0], Tag) and tag.contents[0].name == tag.name and tag.name in WRAPPERS


def _copy_tag(tag: Tag, parent: lxml.html.HtmlElement, depth: int) -> tuple[lxml.html.HtmlElement, int]:
    """Copy a tag into its parent, or beside it when that stands at the deepest level; return the copy and its level."""
    if tag.name == "html" and depth == 0:
        copy, depth = parent, -1
    else:
        name = tag.name if TAG_NAME.fullmatch(tag.name) else "div"
        copy = lxml.html.Element(name)
        if depth >= MAX_DEPTH + (INLINE_DEPTH if name in INLINE else 0):
            holder = parent.getparent()
            assert holder is not None
            holder.append(copy)
            depth -= 1
        else:
            parent.append(copy)
    for key, value in tag.attrs.items():
        if ATTRIBUTE_NAME.fullmatch(key):
            copy.set(key, " ".join(value) if isinstance(value, list) else value)
    return copy, depth + 1


def _standing_last(parent: lxml.html.HtmlElement, depth: int) -> lxml.html.HtmlElement:
    """Return where text of an element goes: behind what was laid flat beside it, into a new element of its name."""
    holder = parent.getparent()
    if depth < MAX_DEPTH or holder is None or holder[-1] is parent:
        return parent
    again = lxml.html.Element(parent.tag)
    holder.append(again)
    return again


def _append_text(parent: lxml.html.HtmlElement, text: str) -> None:
    text = sanitise(text)
    if len(parent):
        parent[-1].tail = (parent[-1].tail or "") + text
    else:
        parent.text = (parent.text or "") + text
