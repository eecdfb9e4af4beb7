"""A page as a reader sees it: runs of text in document order, and the block elements that hold them."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.records import BlockKind

HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
WHOLE_PAGE = frozenset(("html", "body", "main", "root"))  # their classes speak of the layout
CELL_SEPARATOR = " | "
LINK_SHARE = 0.8  # of a run's characters in links from which it is a link
MAX_PATH = 8  # steps of a path that are kept, the innermost


@dataclass(slots=True)
class Container:
    """A block element: what its ancestors' names say (`mask_above`), its own (`mask`), and its place in the tree."""

    parent: int
    tag: str
    name: str
    mask: int
    mask_above: int
    depth: int
    kind: BlockKind
    hidden_by: int  # the outermost hidden container around it, itself included; -1 when it is shown


@dataclass(slots=True)
class Run:
    """A run of text. `link_chars` and `strong_chars` count its characters inside links and emphasis; `links` counts links.

    `target` is the first link's address. `media` counts the pictures and players between the run before and the end of this one.
    """

    text: str
    kind: BlockKind
    container: int
    tag: str
    link_chars: int
    strong_chars: int
    links: int
    hidden: bool
    after_break: bool
    media: int = 0
    target: str | None = None

    @property
    def is_link(self) -> bool:
        """Whether it is hardly more than a link, or some."""
        return self.link_chars >= LINK_SHARE * len(self.text)


@dataclass(slots=True)
class PageBlocks:
    """All runs of a page and the block elements that hold them; container 0 is the root. `cut`: the page goes on behind them."""

    runs: list[Run] = field(default_factory=list)
    containers: list[Container] = field(default_factory=list)
    cut: bool = False

    def hidden_name(self, run: Run) -> str:
        """Return the name of the outermost hidden element around a hidden run."""
        return self.containers[self.containers[run.container].hidden_by].name

    def ancestors(self, container: int, most: int | None = None) -> list[int]:
        """Return a container and those that it stands in, the root last, or the innermost `most` of them."""
        chain = [container]
        while chain[-1] > 0 and len(chain) != most:
            chain.append(self.containers[chain[-1]].parent)
        return chain

    def path(self, container: int) -> str:
        """Return where a container stands, innermost last: `article>div.story>p`."""
        steps: list[str] = []
        while container > 0 and len(steps) < MAX_PATH:
            if self.containers[container].tag not in ("html", "body"):
                steps.append(self.containers[container].name)
            container = self.containers[container].parent
        return ">".join(reversed(steps))
