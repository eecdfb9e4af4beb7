"""The rows of React's server components, in which Next.js sends a page: values and elements that name each other by number.

`5:["$","p",null,{"children":"A paragraph"}]` is an element, `"$L5"` and `"$5"` stand for row 5, `6:T1f4,` is followed by a text
of so many bytes.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

ROW = re.compile(r"([0-9a-f]{1,6}):")
TEXT_ROW = re.compile(r"T([0-9a-f]{1,8}),")
REFERENCE = re.compile(r"\$L?([0-9a-f]{1,6})")
HTML_TAG = re.compile(r"[a-z][a-z0-9]{0,10}")
H1 = re.compile(r"<h1[^<>]*>")
MAX_HEADINGS, MAX_HEADING = 5, 1000  # characters
# Elements that hold no text of the page, or that of another part of it.
LEFT_OUT = frozenset(("head", "title", "script", "style", "template", "noscript", "svg", "iframe", "video")) | frozenset(
    ("nav", "footer", "button", "form", "select")
)
VOID = frozenset(("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"))
MAX_STEPS = 300_000
MAX_DEPTH = 60


def flight_values(stream: str) -> Iterator[Any]:
    """Yield the page that the rows of a stream draw, as an object of its headline and its HTML, and the objects in them."""
    rows = _rows(stream)
    page = _drawn(rows)
    for begin in islice(H1.finditer(page), MAX_HEADINGS):
        end = page.find("</h1>", begin.end(), begin.end() + MAX_HEADING)
        yield {"title": page[begin.end() : max(end, begin.end())], "html": page}
    left = MAX_STEPS

    def resolved(value: Any, depth: int) -> Any:
        nonlocal left
        left -= 1
        if depth > MAX_DEPTH or left < 0:
            return None
        if isinstance(value, str):
            named = REFERENCE.fullmatch(value)
            return resolved(rows[named[1]], depth + 1) if named and named[1] in rows else value
        if isinstance(value, list):
            return [resolved(member, depth + 1) for member in value]
        return {key: resolved(member, depth + 1) for key, member in value.items()} if isinstance(value, dict) else value

    for value in rows.values():
        if isinstance(value, (list, dict)):
            yield resolved(value, 0)


def _rows(stream: str) -> dict[str, Any]:
    """Return the values of a stream by their numbers; rows that load scripts or styles hold none."""
    rows: dict[str, Any] = {}
    at = 0
    while at < len(stream):
        row = ROW.match(stream, at)
        start = row.end() if row else at
        if row and (text := TEXT_ROW.match(stream, start)):
            size = int(text[1], 16)
            rows[row[1]] = stream[text.end() : text.end() + size].encode()[:size].decode(errors="ignore")
            at = text.end() + len(rows[row[1]])
            continue
        end = stream.find("\n", start)
        at = len(stream) if end < 0 else end + 1
        if row and stream[start : start + 1] in ("[", "{", '"'):
            try:
                rows[row[1]] = json.loads(stream[start:at])
            except (ValueError, RecursionError):
                continue
    return rows


def _drawn(rows: Mapping[str, Any]) -> str:
    """Return the HTML of the elements of all rows, from row 0 on, each row once; steps and not levels are limited."""
    out: list[str] = []
    done: set[str] = set()
    for number in sorted(rows, key=lambda number: number != "0"):
        # What is still to be drawn, the next last: a value, and whether strings there are text; or the end of an element.
        waiting: list[tuple[Any, bool]] = [(f"$L{number}", False)]
        while waiting and len(out) < MAX_STEPS:
            value, is_text = waiting.pop()
            if isinstance(value, _End):
                out.append(value.tag)
            elif isinstance(value, str):
                named = REFERENCE.fullmatch(value)
                if named and named[1] in rows and named[1] not in done:
                    done.add(named[1])
                    waiting.append((rows[named[1]], is_text))
                elif is_text and not value.startswith("$"):
                    out.append(html.escape(value, quote=False))
            elif _is_element(value):
                waiting += _opened(value, out)
            elif isinstance(value, list):
                waiting += [(member, is_text) for member in reversed(value)]
            elif isinstance(value, dict):
                waiting += [(member, False) for member in reversed(value.values())]
    return "".join(out)


class _End:
    """Where the end of an element is to be drawn."""

    def __init__(self, name: str) -> None:
        self.tag = f"</{name}>"


def _is_element(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) > 3 and value[0] == "$" and isinstance(value[1], str) and isinstance(value[3], dict)
    )


def _opened(element: list[Any], out: list[str]) -> list[tuple[Any, bool]]:
    """Draw the begin of an element; return what is to be drawn next, the last first: of a component what it is given for that."""
    name, given = element[1], element[3]
    if not HTML_TAG.fullmatch(name):
        drawn = [member for key, member in given.items() if key == "children" or _is_element(member)]
        return [(member, True) for member in reversed(drawn)]
    if name in LEFT_OUT:
        return []
    label = given.get("className")
    out.append(f'<{name} class="{html.escape(label)}">' if isinstance(label, str) else f"<{name}>")
    if name in VOID:
        return []
    inner = given.get("dangerouslySetInnerHTML")
    if isinstance(inner, dict) and isinstance(inner.get("__html"), str):
        out.append(inner["__html"])
    return [(_End(name), False), (given.get("children"), True)]
