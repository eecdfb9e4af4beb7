"""What other extractors think the article is: texts that vote on the blocks, and stand in when in doubt."""

from __future__ import annotations

import logging
from copy import deepcopy

from lxml.html import HtmlElement

logger = logging.getLogger(__name__)

# They log each page they cannot read as an error of theirs; here that is one missing vote.
for _name in ("trafilatura", "readability.readability"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)

# Beyond this many elements the extractors below take minutes (each is quadratic somewhere); such a page is decided without them.
MAX_ELEMENTS = 30_000
MAX_DEPTH = 200
MAX_CHARS = 1_000_000


def trafilatura_text(root: HtmlElement, *, precision: bool = False) -> str:
    """Return trafilatura's text of the page; empty when it finds none. The tree is left as it was.

    Never with `deduplicate`: its memory is the process's, so that a page's result would depend on the pages before it.
    """
    import trafilatura

    try:
        return trafilatura.extract(root, include_comments=False, favor_precision=precision) or ""
    except Exception as error:  # a library's bug must not cost the page: the other candidates decide
        logger.debug("trafilatura failed: %r", error)
        return ""


def readability_text(root: HtmlElement) -> str:
    """Return the text of what readability-lxml takes for the article; empty when it finds none."""
    from lxml.html import document_fromstring
    from readability import Document

    from pipeline.extract.blocks import read_blocks

    try:
        summary = Document(deepcopy(root)).summary()
        return "\n".join(run.text for run in read_blocks(document_fromstring(summary)).runs)
    except Exception as error:  # as above
        logger.debug("readability failed: %r", error)
        return ""


def resiliparse_text(html: str) -> str:
    """Return the main content as resiliparse sees it: a millisecond, high recall."""
    from resiliparse.extract.html2text import extract_plain_text

    try:
        return str(extract_plain_text(html, main_content=True, alt_texts=False, list_bullets=False))
    except Exception as error:  # as above
        logger.debug("resiliparse failed: %r", error)
        return ""
