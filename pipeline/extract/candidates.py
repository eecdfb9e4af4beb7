"""What other extractors think the article is: texts that vote on the blocks, and stand in when in doubt."""

from __future__ import annotations

import logging
import re

from lxml.html import HtmlElement, tostring

logger = logging.getLogger(__name__)

# They log each page they cannot read as an error of theirs; here that is one missing vote.
for _name in ("trafilatura", "readability.readability"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# Beyond these sizes the extractors below take seconds, then minutes: each is quadratic somewhere. Such a page is decided without.
MAX_TAGS = 40_000  # start and end tags, as they stand in the source
MAX_DEPTH = 200
MAX_CHARS = 1_000_000
MAX_STEPS = 8_000_000  # up from elements: resiliparse takes a second or two for so many
MIN_SLOW = 4_000  # tags of a page that may have as many
MAX_KEPT = 20_000  # characters of a line; trafilatura keeps the last thousand lines that it has read
MAX_EASY = 2_000_000  # characters of resiliparse's text that are compared with the page
TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "path", "rect")
)


def trafilatura_text(root: HtmlElement) -> str:
    """Return trafilatura's text of the page; empty when it finds none. The tree is left as it was.

    `fast`: without its own second opinions, of which readability is asked here anyway.

    Never with `deduplicate`: its memory is the process's, so that a page's result would depend on the pages before it.
    """
    import trafilatura
    from trafilatura.utils import line_processing, return_printables_and_spaces, trim

    try:
        return trafilatura.extract(root, include_comments=False, fast=True) or ""
    except Exception as error:  # a library's bug must not cost the page: the other candidates decide
        logger.debug("trafilatura failed: %r", error)
        return ""
    finally:
        if any(len(text) > MAX_KEPT for text in root.itertext()):
            for function in (line_processing, return_printables_and_spaces, trim):
                function.cache_clear()


def readability_text(root: HtmlElement) -> str:
    """Return the text of what readability-lxml takes for the article; empty when it finds none. The tree is left as it was."""
    from lxml.html import document_fromstring

    from pipeline.extract.blocks import read_blocks
    from pipeline.extract.readable import TreeDocument

    try:
        summary = TreeDocument(root).summary()
        return "\n".join(run.text for run in read_blocks(document_fromstring(summary)).runs)
    except Exception as error:  # as above
        logger.debug("readability failed: %r", error)
        return ""


def resiliparse_text(html: str, root: HtmlElement) -> str:
    """Return the main content as resiliparse sees it: a millisecond, high recall.

    It takes all steps up from each element (50,000 levels take a minute): of a page that may have very many it reads the tree,
    which is not so deep, and nothing where that has as many.
    """
    from resiliparse.extract.html2text import extract_plain_text

    source = tostring(root, encoding="unicode") if _is_slow(html) else html
    if source is not html and _is_slow(source):
        return ""
    try:
        return str(extract_plain_text(source, main_content=True, alt_texts=False, list_bullets=False))[:MAX_EASY]
    except Exception as error:  # as above
        logger.debug("resiliparse failed: %r", error)
        return ""


def _is_slow(source: str) -> bool:
    """Say whether more than `MAX_STEPS` levels are above all elements together, one that nobody closes counted as open for good."""
    if source.count("<") < MIN_SLOW:
        return False
    depth = steps = 0
    for tag in TAG.finditer(source):
        if tag[2].lower() not in VOID:
            depth = max(0, depth - 1) if tag[1] else depth + 1
            steps += depth
            if steps > MAX_STEPS:
                return True
    return False
