"""Values that a script makes by calling a function, as Nuxt 2 writes the state of a page: what occurs often in it is an argument.

window.__NUXT__=(function(a,b){return {title:a,draft:b,body:"…"}}("The ferry sails again",false))
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

FUNCTION = re.compile(r"\(\s*function\s*\(([\w$,\s]{0,20000})\)\s*\{\s*return\s*(?=[{\[])")
CALL = re.compile(r"\s*;?\s*\}\s*(?=\()")
TOKEN = re.compile(
    r"""\s*+(?:
        (?P<string>"(?:[^"\\]|\\.)*+")
        | (?P<name>void\ 0|[A-Za-z_$][\w$]*+) (?P<key>\s*+:)?
        | (?P<number>-?[\d.]++(?:e[+-]?\d++)?) (?P<place>\s*+:)?
        | (?P<boolean>![01])
        | (?P<sign>[{}\[\](),:])
    )""",
    re.VERBOSE,
)
WORDS = {"null": "null", "true": "true", "false": "false"}
OPENING, CLOSING = "{[(", "}])"
MAX_FUNCTIONS = 5  # of a script


def called_values(script: str) -> Iterator[Any]:
    """Yield the values that functions return which a script calls as it defines them; none where they hold more than data."""
    for begin in islice(FUNCTION.finditer(script), MAX_FUNCTIONS):
        try:
            _, end = _as_json(script, begin.end(), {})
            call = CALL.match(script, end)
            if call is None:
                continue
            arguments = json.loads(_as_json(script, call.end(), {})[0])
            names = (name.strip() for name in begin[1].split(","))
            known = {name: json.dumps(value) for name, value in zip(names, arguments, strict=False)}
            yield json.loads(_as_json(script, begin.end(), known)[0])
        except (ValueError, RecursionError):
            continue


def _as_json(script: str, at: int, known: Mapping[str, str]) -> tuple[str, int]:
    """Return the object, list or arguments that begin at a place, as JSON, and where they end; `known` are values of names.

    Raises ValueError for what is no data.
    """
    parts: list[str] = []
    depth = 0
    while True:
        token = TOKEN.match(script, at)
        if token is None:
            raise ValueError(f"no data at character {at}")
        parts.append(_part(token, known))
        at = token.end()
        if sign := token["sign"]:
            depth += (sign in OPENING) - (sign in CLOSING)
            if depth == 0:
                return "".join(parts), at


def _part(token: re.Match[str], known: Mapping[str, str]) -> str:
    """Return a token as JSON has it; a name without a value is null, and the arguments of a call are a list."""
    if token["string"]:
        return token["string"]
    if name := token["name"]:
        return f'"{name}":' if token["key"] else known.get(name) or WORDS.get(name, "null")
    if number := token["number"]:
        return f'"{number}":' if token["place"] else number.replace(".", "0.", 1) if number.lstrip("-")[0] == "." else number
    if token["boolean"]:
        return "true" if token["boolean"] == "!0" else "false"
    return {"(": "[", ")": "]"}.get(token["sign"], token["sign"])
