"""The JSON values that a page holds in its scripts and attributes: the state of a page that is drawn in the browser."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from lxml.html import HtmlElement

from pipeline.extract.called_data import called_values
from pipeline.extract.flight import flight_values

MIN_DATA = 200  # characters; shorter data holds no article
MAX_DATA = 8 * 2**20
MAX_STARTS = 5_000  # places of a script at which a value may begin
MAX_READ = 4 * MAX_DATA  # characters of a page that are read from such places, values that break off included
MAX_VALUES = 300_000  # of a page
MAX_DEPTH = 60

START = re.compile(r"[=(]\s*+(?=[{\[])|JSON\.parse\(\s*+(?=[\"'])")
QUOTED = re.compile(r"'((?:[^'\\\n]|\\.)*+)'")
JS_ESCAPE = re.compile(r"\\(.)|\"", re.DOTALL)
ANGULAR = (("&q;", '"'), ("&s;", "'"), ("&l;", "<"), ("&g;", ">"), ("&a;", "&"))  # how older versions write a state into a page
FLIGHT = "__next_f"
REACTIVE = frozenset({"Reactive", "ShallowReactive", "Ref", "ShallowRef"})


def embedded_values(root: HtmlElement) -> Iterator[Any]:
    """Yield the objects and lists in a page's scripts, JSON-LD left out, and then those in its attributes."""
    left = MAX_READ
    rows: list[str] = []  # of React's server components, in pieces
    for script in root.iter("script"):
        text, kind = (script.text or "")[:MAX_DATA], script.get("type", "")
        if "json" in kind:
            yield from [] if "ld+json" in kind else _parsed(text)
            continue
        end = 0
        for start in islice(START.finditer(text), MAX_STARTS):
            if start.end() < end or left <= 0:
                continue
            value, read = _value_at(text, start.end())
            left -= read
            if value is not None:
                end = start.end() + read
                if FLIGHT in text and isinstance(value, list) and len(value) == 2 and isinstance(value[1], str):
                    rows.append(value[1])
                else:
                    yield value
        yield from called_values(text)
    yield from flight_values("".join(rows))
    for element in root.iter():
        for text in element.values() if isinstance(element.tag, str) else ():
            yield from _parsed(text[:MAX_DATA])


def inner_value(text: str) -> Any:
    """Return the object or list that a string holds, None where it holds none."""
    try:
        return json.loads(text) if len(text) >= MIN_DATA and text.lstrip()[:1] in ("{", "[") else None
    except (ValueError, RecursionError):
        return None


def _parsed(text: str) -> Iterator[Any]:
    if "&q;" in text:
        for mark, sign in ANGULAR:
            text = text.replace(mark, sign)
    value = inner_value(text)
    if value is not None:
        yield _unflattened(value) if _is_flat(value) else value


def _value_at(text: str, at: int) -> tuple[Any, int]:
    """Return the value that begins here, in a string or not, and how many characters were read; None for what is no JSON."""
    try:
        if text[at] == "'":
            quoted = QUOTED.match(text, at)
            return (inner_value(_unquoted(quoted[1])), len(quoted[0])) if quoted else (None, len(text) - at)
        value, end = json.JSONDecoder().raw_decode(text, at)
        return inner_value(value) if isinstance(value, str) else value, end - at
    except json.JSONDecodeError as error:
        return None, error.pos - at + 1
    except RecursionError:
        return None, len(text) - at


def _unquoted(text: str) -> str:
    """Return what stands in a string of JavaScript in single quotes."""
    mended = JS_ESCAPE.sub(lambda found: "'" if found[1] == "'" else found[0] if found[1] else '\\"', text)
    return str(json.loads(f'"{mended}"', strict=False))


def _is_flat(value: object) -> bool:
    """Say whether a state is written as Nuxt does: a list of values in which others are named by their places."""
    first = value[0] if isinstance(value, list) and len(value) > 1 else None
    return isinstance(first, list) and len(first) == 2 and first[0] in REACTIVE and isinstance(first[1], int)


def _unflattened(values: list[Any]) -> Any:
    """Return the tree that a flat list stands for, as far as `MAX_DEPTH` and `MAX_VALUES` go."""
    left = MAX_VALUES

    def at(place: object, depth: int) -> Any:
        nonlocal left
        left -= 1
        if not isinstance(place, int) or not 0 <= place < len(values) or depth > MAX_DEPTH or left < 0:
            return None
        value = values[place]
        if isinstance(value, dict):
            return {key: at(member, depth + 1) for key, member in value.items()}
        if isinstance(value, list):
            if len(value) == 2 and isinstance(value[0], str):
                return at(value[1], depth + 1) if value[0] in REACTIVE else None
            return [at(member, depth + 1) for member in value]
        return value

    return at(0, 0)
