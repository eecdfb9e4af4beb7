"""A parsed page read into runs of text between block tags, each with where it stood.

The walk is iterative (a page may nest 2,000 deep) and reads each element once.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from lxml import etree
from lxml.html import HtmlElement

from pipeline.clean.lines import UNSPACED, ends_with_stop
from pipeline.extract.class_words import MAX_NAMES, OWN_NAMES, POST, mask_of
from pipeline.extract.inline import is_apart, is_behind_heading, is_captioned, is_number_of_note
from pipeline.extract.layout import CELL_SEPARATOR, HEADINGS, Container, PageBlocks, Run
from pipeline.extract.strings import begins_small, visible
from pipeline.records import BlockKind

# Elements whose content is not on the page, or is no text of it.
SKIPPED = frozenset(
    {
        *("head", "script", "style", "template", "noscript", "svg", "iframe", "object", "embed", "audio", "video", "canvas"),
        *(
            "select",
            "datalist",
            "textarea",
            "map",
            "applet",
            "noframes",
            "noembed",
            "annotation",
            "annotation-xml",
            "progress",
            "meter",
        ),
    }
)
BLOCK_TAGS = frozenset(
    {
        *("html", "body", "div", "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol"),
        *("li", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption"),
        *("blockquote", "pre", "figure", "figcaption", "article", "section", "main", "header", "footer", "nav", "aside", "form"),
        *("fieldset", "legend", "address", "center", "details", "summary", "hr", "dialog", "menu", "dir", "button", "hgroup"),
        *("frameset", "frame", "optgroup", "option", "isindex", "marquee", "xmp", "listing", "plaintext", "search"),
    }
)
# Inline elements that stand apart on the screen though no white space is in the source.
SPACED = frozenset(("img", "input", "label", "time", "picture", "wbr"))
SPACED_BEHIND = frozenset(("label", "time"))
MEDIA = frozenset(("img", "picture", "video", "iframe", "audio", "object", "embed", "svg", "canvas"))
CAPTION_TAGS = frozenset(("span", "small", "em", "i", "cite"))  # inline, and yet a caption where they are named one
EMPHASIS = frozenset(("b", "strong", "em", "i"))
KIND_OF_TAG: dict[str, BlockKind] = {
    "li": "list_item",
    "dd": "list_item",
    "blockquote": "quote",
    "figcaption": "caption",
    "caption": "caption",
    "pre": "code",
    "xmp": "code",
    "listing": "code",
}
# A table is data when it has rows of several cells and none of them holds a paragraph; else it only lays out the page.
MAX_CELL = 250  # characters in a cell of a data table

HIDDEN_STYLE = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*hidden)", re.IGNORECASE)
BLOCK_STYLE = re.compile(r"(?:^|;)\s*display\s*:\s*(?:block|flex|grid|table)\b", re.IGNORECASE)
# Where a line that breaks is at the end of a sentence, as opposed to wrapped by hand.
SENTENCE_END = tuple(".!?…:;\"”»’')]。！？；：」』｡؟۔।|")
BLANK_LINES = re.compile(r"\n[^\S\n]*\n")
# A hidden element with so many paragraphs of such a length is an article that waits to be shown, not a menu or a dialog.
HIDDEN_PARAGRAPHS = 3
PROSE_CHARS = 100
MAX_STYLE = 500  # characters of a style attribute that are read
# No article has so many; the walk of a page that has ends there.
MAX_RUNS, MAX_CONTAINERS, MAX_CHARS, MAX_ELEMENTS = 20_000, 250_000, 2_000_000, 300_000


def read_blocks(root: HtmlElement, own: Sequence[str] = OWN_NAMES) -> PageBlocks:
    """Walk the tree once and return its runs of text; what is hidden is left out unless it reads like an article.

    `own`: attributes that name elements besides their classes.
    """
    page = _Walk(own).read(root)
    if any(run.hidden for run in page.runs):
        shown = _hidden_prose(page)
        page.runs = [run for run in page.runs if not run.hidden or page.hidden_name(run) in shown]
    return page


def _hidden_prose(page: PageBlocks) -> set[str]:
    """Return the names of hidden elements that hold several paragraphs: a paywall hides an article piece by piece.

    Where no paragraph is shown, sentences are enough: a page that a script shows when it is ready.
    """
    told = [run for run in page.runs if 3 * run.link_chars < len(run.text)]
    paragraphs = [run for run in told if _weight(run.text) >= PROSE_CHARS]
    if all(run.hidden for run in paragraphs):
        paragraphs = [run for run in told if ends_with_stop(run.text)]
    counts, sizes = Counter[str](), Counter[str]()
    for run in paragraphs:
        if run.hidden:
            counts[page.hidden_name(run)] += 1
            sizes[page.hidden_name(run)] += _weight(run.text)
    return {name for name, count in counts.items() if count >= HIDDEN_PARAGRAPHS <= sizes[name] / PROSE_CHARS}


def _weight(text: str) -> int:
    """Return the length of a text; in scripts that put no space between words, one letter says as much as three."""
    return len(text) if text.isascii() else len(text) + 2 * len(UNSPACED.findall(text))


class _Walk:
    """The state of one walk: the open elements, and the run that is being put together."""

    def __init__(self, own: Sequence[str]) -> None:
        self.page = PageBlocks()
        self.own_names = own
        self.stack = [0]  # open containers
        self.effects: list[str] = []  # of each open element: what its end has to undo
        self.pieces: list[str] = []
        self.begun = False  # whether the pieces hold more than white space
        self.link_chars = self.strong_chars = self.links = self.media = 0
        self.in_link = self.in_strong = self.in_pre = self.in_cell = 0
        self.after_break = False
        self.target: str | None = None  # of the run's first link
        self.chars = 0  # read so far, white space included
        self.data_tables: list[bool] = []

    def read(self, root: HtmlElement) -> PageBlocks:
        runs, containers, effects = self.page.runs, self.page.containers, self.effects
        containers.append(Container(-1, "root", "", 0, 0, 0, "paragraph", -1))
        events = etree.iterwalk(root, events=("start", "end"))
        seen = 0
        for event, element in events:
            if event == "start":
                seen += 1
                if self.chars > MAX_CHARS or len(runs) > MAX_RUNS or len(containers) > MAX_CONTAINERS or seen > MAX_ELEMENTS:
                    self.page.cut = True
                    break
                effect = self._open(element)
                effects.append(effect)
                if effect == "skip":
                    events.skip_subtree()
                elif text := element.text:
                    self._text(text)
            else:
                if effect := effects.pop():
                    self._close(effect)
                if (tail := element.tail) and element is not root:
                    self._text(tail)
        self._flush()
        return self.page

    def _text(self, text: str) -> None:
        self.chars += len(text)
        if self.chars > MAX_CHARS:
            text = text[: max(0, len(text) - self.chars + MAX_CHARS)]
        self.pieces.append(text)
        self.begun = self.begun or not text.isspace()
        if self.in_link:
            self.link_chars += len(text)
        if self.in_strong:
            self.strong_chars += len(text)

    def _open(self, element: HtmlElement) -> str:
        """Note that an element begins; returns what its end has to undo."""
        tag = element.tag
        if not isinstance(tag, str):
            return "skip"
        if tag in MEDIA:
            self.media += 1
        if tag in SKIPPED:
            return "skip"
        style = element.get("style")
        hides, is_block = _style_effects(style[:MAX_STYLE]) if style else (False, False)
        hidden = hides or element.get("hidden") is not None
        if is_block or tag in BLOCK_TAGS or "-" in tag:
            return self._open_block(element, tag, hidden=hidden)
        if hidden or (tag in ("a", "span") and self.begun and self._is_in_heading() and is_behind_heading(element)):
            return "skip"
        if self.media and not self.begun and tag in CAPTION_TAGS and is_captioned(element):
            return self._open_block(element, "figcaption", hidden=False)
        if tag == "br":
            self._line_break(element)
        elif tag == "a":
            return self._open_link(element)
        elif tag in EMPHASIS:
            self.in_strong += 1
            return "strong"
        elif tag in SPACED or (tag == "sup" and self._is_note(element)) or (tag == "span" and is_apart(element, self._before())):
            self.pieces.append(" ")
            return "space" if tag in SPACED_BEHIND else ""
        return ""

    def _is_in_heading(self) -> bool:
        return self.page.containers[self.stack[-1]].tag in HEADINGS

    def _is_note(self, element: HtmlElement) -> bool:
        return "".join(self.pieces[-2:])[-1:].isdigit() and is_number_of_note(element)

    def _before(self) -> str:
        """Return the text right before an element, as far as the piece begins that it ends."""
        return self.pieces[-1] if self.pieces else ""

    def _open_link(self, element: HtmlElement) -> str:
        if self._is_in_heading() and (element.get("href") or "").startswith("#"):
            return ""  # a heading's link to itself
        self.in_link += 1
        self.links += 1
        self.target = self.target or element.get("href")
        previous = element.getprevious()
        if (previous is not None and previous.tag == "a" and not previous.tail) or is_apart(element, self._before()):
            self.pieces.append(" ")  # a row of links is a row of words
        return "link"

    def _open_block(self, element: HtmlElement, tag: str, *, hidden: bool) -> str:
        if tag == "table":
            self.data_tables.append(not self.in_cell and _is_data_table(element))
        in_data = bool(self.data_tables) and self.data_tables[-1]
        effect = "block"
        if in_data and tag in ("td", "th"):
            if self.pieces:
                self.pieces.append(CELL_SEPARATOR)
            self.in_cell += 1
            effect = "cell"
        elif self.in_cell:
            self.pieces.append(" ")
        else:
            self._flush()
        if tag == "pre":
            self.in_pre += 1
            effect = "pre"
        elif tag == "table":
            effect = "table"
        self._push(element, tag, in_data=in_data, hidden=hidden)
        return effect

    def _push(self, element: HtmlElement, tag: str, *, in_data: bool, hidden: bool) -> None:
        containers = self.page.containers
        parent = containers[self.stack[-1]]
        class_name, identifier, role = element.get("class"), element.get("id"), element.get("role")
        own = next(filter(None, map(element.get, self.own_names)), None) if self.own_names else None
        name, mask = _names(tag, *(name and name[:MAX_NAMES] for name in (class_name, identifier, role, own)))
        if tag in HEADINGS:
            kind: BlockKind = "heading"
        elif in_data and tag == "tr":
            kind = "table"
        else:
            kind = KIND_OF_TAG.get(tag, parent.kind)
        index = len(containers)
        hidden_by = index if hidden and parent.hidden_by < 0 else parent.hidden_by
        above = parent.mask | parent.mask_above
        containers.append(Container(self.stack[-1], tag, name, mask, above, parent.depth + 1, kind, hidden_by))
        self.stack.append(index)

    def _close(self, effect: str) -> None:
        if effect == "link":
            self.in_link -= 1
        elif effect == "strong":
            self.in_strong -= 1
        elif effect == "space":
            self.pieces.append(" ")
        elif effect in ("block", "cell", "pre", "table"):
            self._close_block(effect)

    def _close_block(self, effect: str) -> None:
        if effect == "cell":
            self.in_cell -= 1
        elif self.in_cell:
            self.pieces.append(" ")
        else:
            self._flush()
        if effect == "pre":
            self.in_pre -= 1
        elif effect == "table":
            self.data_tables.pop()
        self.stack.pop()

    def _line_break(self, element: HtmlElement) -> None:
        """End the run at a <br>, except where a sentence goes on in lower case behind it: that line was wrapped by hand."""
        if self.in_cell or self.in_pre:
            self.pieces.append("\n")
            return
        following = (element.tail or "").lstrip()[:1]
        before = next((piece.rstrip() for piece in reversed(self.pieces) if not piece.isspace()), "")
        if begins_small(following) and before and not before.endswith(SENTENCE_END):
            self.pieces.append(" ")
            return
        self._flush()
        self.after_break = True

    def _flush(self) -> None:
        """Make a run of the pieces gathered since the last block tag."""
        if self.pieces:
            text = "".join(self.pieces)
            if not text.isspace():
                self._add_text(text, self.page.containers[self.stack[-1]])
            self.pieces.clear()
            self.begun = False
            self.link_chars = self.strong_chars = 0
        self.links, self.after_break, self.target = 0, False, None

    def _add_text(self, text: str, container: Container) -> None:
        if self.in_pre:
            texts = ["\n".join(filter(None, map(_one_line, part.splitlines()))) for part in BLANK_LINES.split(text)]
        else:
            texts = [_one_line(text)]
        for clean in texts:
            if clean.strip(CELL_SEPARATOR):
                self._add(clean, container)

    def _add(self, text: str, container: Container) -> None:
        size = len(text)
        self.page.runs.append(
            Run(
                text,
                container.kind,
                self.stack[-1],
                self._tag(container),
                min(self.link_chars, size),
                min(self.strong_chars, size),
                self.links,
                container.hidden_by >= 0,
                self.after_break,
                self.media,
                self.target,
            )
        )
        self.media = 0

    def _tag(self, container: Container) -> str:
        """Return the tag of the block that a run stands in; of one that only lays out a heading, the heading's: <h1><div>."""
        inner = container
        while inner.kind == "heading" and inner.tag not in HEADINGS and inner.parent > 0:
            inner = self.page.containers[inner.parent]
        return inner.tag if inner.tag in HEADINGS else container.tag


@lru_cache(maxsize=16384)  # a page's elements are of few kinds
def _names(tag: str, class_name: str | None, identifier: str | None, role: str | None, own: str | None) -> tuple[str, int]:
    """Return a container's name, its first class or that of an embedded post, and the groups that its tag and names name."""
    words = class_name.split() if class_name else ()
    name = f"{tag}.{next(filter(POST.search, words), words[0])}"[:80] if words else tag
    return name, 0 if tag in ("html", "body") else mask_of(tag, class_name, identifier, role, own)


@lru_cache(maxsize=4096)
def _style_effects(style: str) -> tuple[bool, bool]:
    """Say whether a style attribute hides its element, and whether it makes it a block."""
    return HIDDEN_STYLE.search(style) is not None, BLOCK_STYLE.search(style) is not None


def _one_line(text: str) -> str:
    return " ".join(text.split()) if text.isascii() else visible(text)


def _is_data_table(table: HtmlElement) -> bool:
    """Say whether a table's rows are read as rows: several short cells each, no table inside."""
    if next(table.iterdescendants("table"), None) is not None:
        return False
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in table.iterdescendants("tr")]
    if sum(len(row) > 1 for row in rows) < 2:
        return False
    return all(len(" ".join("".join(cell.itertext()).split())) <= MAX_CELL for row in rows for cell in row)
