"""The page as it was fetched, made inert: no script, no form, no frame, no address that a browser would follow or load."""

from __future__ import annotations

import html
import json
import re
from datetime import UTC, datetime

from lxml import etree
from lxml import html as lxml_html

from pipeline.captures import FETCHED
from pipeline.errors import Reject
from pipeline.extract.decode import decode
from pipeline.extract.page import TEXT_TYPES
from pipeline.extract.parse import is_markup
from pipeline.fetch.archive import RawPage, read_page
from pipeline.records import Fetch
from pipeline.store import Store

LONGEST_PAGE = 4 * 2**20  # bytes that are shown; a page may have 64 MB
_REF = re.compile(r"(?P<file>.+)#(?P<offset>\d+)\+(?P<length>\d+)")

# What may stay of an element: how it reads and how it is styled. Nothing with an address in it.
ATTRIBUTES = frozenset(
    (
        "abbr", "align", "alt", "aria-label", "bgcolor", "border", "class", "color", "colspan", "datetime", "dir",
        "headers", "height", "hidden", "id", "label", "lang", "open", "role", "rowspan", "scope", "span", "start",
        "style", "summary", "title", "type", "valign", "value", "width",
    )
)  # fmt: skip
REMOVED = frozenset(
    (
        "applet", "audio", "base", "button", "embed", "frame", "frameset", "input", "link", "math", "meta", "noembed", "noframes",
        "param", "script", "select", "svg", "template", "textarea", "title", "video",
    )
)  # fmt: skip
UNWRAPPED = frozenset(  # what they hold stays
    ("blink", "body", "form", "head", "html", "iframe", "layer", "listing", "marquee", "noscript", "object", "plaintext", "xmp")
)
HAS_WORDS = "boolean(//text()[not(parent::style)][normalize-space()])"
ACTS = re.compile(r"@import|javascript:|(?:expression|url)\(", re.IGNORECASE)  # in a style

# The parser is quadratic in the attributes of a tag: a page with more is shown as text.
MOST_ATTRIBUTES = 500
_VALUE = r"""=\s*+(?:"[^"]*+"?|'[^']*+'?|[^\s>]*+)"""
TAG = re.compile(rf"<[a-zA-Z](?:[^>=]++|{_VALUE})*+")
BETWEEN_ATTRIBUTES = re.compile(rf"(?:{_VALUE}|[\s/])++")

# A page that hides itself whole until a script has run, as every AMP page does for eight seconds, would be an empty frame.
# `:root` twice, so that it counts for more than what the page says of itself.
SHOWN = """:root:root,:root:root>body{
visibility:visible!important;opacity:1!important;animation:none!important;display:block!important}"""

# The page is shown in a frame without any permission. The same is said in its own header, for whoever opens it alone.
POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"

HEAD = f"""<!doctype html><html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Page as fetched</title><style>
:root{{color-scheme:light}}
body{{margin:1rem;font:15px/1.5 Georgia,serif;background:#fff;color:#111;overflow-wrap:break-word}}
*{{position:static!important;max-width:100%!important}}img,svg,video{{display:none}}pre{{white-space:pre-wrap}}
{SHOWN}
</style></head><body tabindex="0">"""


def inert_page(store: Store, raw_ref: str, url: str) -> str:
    """Return the archived page as one inert HTML document; raises `Reject` when the archive does not have it."""
    page = read_page(store, fetch_of(raw_ref, url))
    text, is_html = _content(page)
    body = _inert(text) if is_html else None
    return f"{HEAD}{body}</body></html>" if body is not None else inert_text(text)


def inert_text(text: str) -> str:
    """Return a text as a page of its own, such as why there is no other."""
    return f'{HEAD}<pre dir="auto">{html.escape(text)}</pre></body></html>'


def fetch_of(raw_ref: str, url: str) -> Fetch:
    """Return a fetch row that names an archived page; raises `Reject` for a reference that is none."""
    found = _REF.fullmatch(raw_ref)
    if not found:
        raise Reject("not_archived", f"{raw_ref!r} names no page of the archive")
    return Fetch(
        *(url, url, "", "", "", FETCHED, datetime(1970, 1, 1, tzinfo=UTC)),
        warc_filename=found["file"],
        warc_offset=int(found["offset"]),
        warc_length=int(found["length"]),
    )


def _content(page: RawPage) -> tuple[str, bool]:
    """Return the text of a page, and whether it is HTML."""
    kind = (page.header("content-type") or "").partition(";")[0].strip().lower()
    body = page.body[:LONGEST_PAGE]
    if kind == "application/json":
        record = _record(body)
        for name in ("html", "text"):
            if isinstance(record.get(name), str):
                return record[name][:LONGEST_PAGE], name == "html"
    text = decode(body, page.header("content-type"))
    if kind in TEXT_TYPES:
        return text, is_markup(text)
    return text, "html" in kind or "<" in text[:1000]


def _record(body: bytes) -> dict[str, str]:
    try:
        record = json.loads(body)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def _inert(text: str) -> str | None:
    """Return the body of a page without anything that acts; None for what cannot be read as HTML, or says nothing without a script.

    Ours, not lxml_html_clean's: that takes a minute for a hostile page of 200 KB, and one may have 4 MB.
    """
    if any(len(BETWEEN_ATTRIBUTES.findall(tag[0])) > MOST_ATTRIBUTES for tag in TAG.finditer(text)):
        return None
    parser = lxml_html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    try:
        tree = lxml_html.document_fromstring(text.replace("\0", "\ufffd").encode("utf-8", "replace"), parser=parser)
        for element in reversed(list(tree.iter(etree.Element))):  # what is inside first: else taking out is quadratic in the depth
            if element.tag in UNWRAPPED or (element.tag == "template" and "shadowrootmode" in element.attrib):
                element.tag = "div"
            elif element.tag in REMOVED:
                element.clear(keep_tail=True)
                element.tag = "span"
            for name, value in element.items():
                if name not in ATTRIBUTES or "<!--" in value:  # for each of these libxml2 looks in all that follows for its end
                    del element.attrib[name]
            if ACTS.search(element.get("style", "")):
                del element.attrib["style"]
            if element.tag == "style":
                element.text = ACTS.sub("_", element.text or "")
        return str(lxml_html.tostring(tree, encoding="unicode")) if tree.xpath(HAS_WORDS) else None
    except (etree.LxmlError, ValueError, AssertionError, RecursionError):
        return None
