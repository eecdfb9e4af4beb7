"""What stands among the paragraphs of a page and is not the article: share bars, ads, captions, related headlines, comments."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from newsroom.grammar import Writer
from newsroom.records import FurnitureKind, Item, Outlet
from newsroom.stories import person

AT_TOP: tuple[FurnitureKind, ...] = ("share",)
AT_END: tuple[FurnitureKind, ...] = ("credit", "tags", "subscribe", "related", "comments", "cookie")
SHARE_AT_END = 0.35
TAG_COUNT = 4


def furnish(
    outlet: Outlet, body: Sequence[Item], writer: Writer, headlines: Sequence[str], extra: Sequence[Item] = ()
) -> tuple[Item, ...]:
    """Return the body with the outlet's furniture in it; `extra` (wire credits) stands right after the last paragraph."""
    rng = writer.rng
    items = list(body)
    for kind in outlet.furniture:
        if kind in AT_END or kind not in MAKERS:
            continue
        item = Item(kind, MAKERS[kind](outlet, writer, headlines))
        if kind in AT_TOP:
            items.insert(0, item) if rng.random() > SHARE_AT_END else items.append(item)
        elif kind == "photo":
            first = next(i for i, it in enumerate(items) if it.keep)
            items.insert(first + rng.randint(0, 1), item)
        else:
            items.insert(_gap(items, rng), item)
            if kind == "ad":
                items.insert(_gap(items, rng), Item("ad", (item.lines[0],)))
    items.extend(extra)
    items.extend(Item(kind, MAKERS[kind](outlet, writer, headlines)) for kind in AT_END if kind in outlet.furniture)
    return tuple(items)


def _gap(items: Sequence[Item], rng: random.Random) -> int:
    """Return a place between two paragraphs: nothing stands inside a list or under a subhead."""
    gaps = [
        i
        for i in range(2, len(items))
        if items[i].kind == "paragraph" and items[i - 1].kind == "paragraph" and not items[i - 1].lines[0].endswith(":")
    ]
    return rng.choice(gaps or [len(items)])


def _some(writer: Writer, label: str, low: int, high: int) -> tuple[str, ...]:
    labels = writer.lexicon.labels[label]
    return tuple(writer.expand(text) for text in labels[: writer.rng.randint(min(low, len(labels)), min(high, len(labels)))])


def one_label(writer: Writer, label: str) -> str:
    """Return one of the language's wordings of a label, its slots filled."""
    return writer.expand(writer.rng.choice(writer.lexicon.labels[label]))


def _share(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    return _some(writer, "share", 1, 6)


def _ad(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    return (one_label(writer, "ad"),)


def _newsletter(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    return _some(writer, "newsletter", 2, 4)


def _read_more(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    writer.fixed["h"] = writer.rng.choice(headlines)
    return (one_label(writer, "read_more"),)


def _photo(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    writer.fixed["name"] = " ".join(person(writer))
    return writer.fixed["caption"], one_label(writer, "credit")


def _related(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    count = min(len(headlines), writer.rng.randint(2, 4))
    return one_label(writer, "related"), *writer.rng.sample(list(headlines), count)


def _comments(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    head, *rest = (writer.expand(text) for text in writer.lexicon.labels["comments"])
    return head, *writer.fixed["said_below"].splitlines(), *rest[: writer.rng.randint(1, len(rest))]


def _whole(label: str) -> Callable[[Outlet, Writer, Sequence[str]], tuple[str, ...]]:
    return lambda outlet, writer, headlines: tuple(writer.expand(text) for text in writer.lexicon.labels[label])


def _tags(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    return one_label(writer, "tags"), *writer.rng.sample(writer.lexicon.labels["sections"], TAG_COUNT)


def _credit(outlet: Outlet, writer: Writer, headlines: Sequence[str]) -> tuple[str, ...]:
    writer.fixed["name"], writer.fixed["name2"] = " ".join(person(writer)), " ".join(person(writer))
    return (one_label(writer, "wire_end"),)


MAKERS: dict[FurnitureKind, Callable[[Outlet, Writer, Sequence[str]], tuple[str, ...]]] = {
    "share": _share,
    "ad": _ad,
    "newsletter": _newsletter,
    "read_more": _read_more,
    "photo": _photo,
    "related": _related,
    "cookie": _whole("cookie"),
    "comments": _comments,
    "subscribe": _whole("subscribe"),
    "tags": _tags,
    "credit": _credit,
}
