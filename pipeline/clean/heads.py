"""The characters that a match of a pattern can begin with, so that a line is held against few patterns and not all.

Reads the plain forms that rules.toml is written in (literals, classes, groups, simple repeats). For every other form the answer is
None, any character, which is always safe.
"""

from __future__ import annotations

import re

DIGITS = "0123456789"
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_REPEAT = re.compile(r"\?|\*|\+|\{\d+(?:,\d*)?\}")
_OPTIONAL = re.compile(r"\?|\*|\{0")


def first_characters(pattern: str) -> frozenset[str] | None:
    """Return the characters that a line which matches the pattern can begin with; None for any."""
    found: set[str] = set()
    for branch in _branches(pattern):
        heads = _branch_heads(branch)
        if heads is None:
            return None
        found |= heads
    return frozenset(found)


def _branch_heads(branch: str) -> frozenset[str] | None:
    atom = _first_atom(branch)
    heads = _atom_heads(atom)
    repeat = _REPEAT.match(branch, len(atom))
    if heads is None or repeat is None or not _OPTIONAL.match(repeat[0]):
        return heads
    behind = _branch_heads(branch[repeat.end() :])
    return None if behind is None else heads | behind


def _atom_heads(atom: str) -> frozenset[str] | None:
    if atom.startswith("(?:"):
        return first_characters(atom[3:-1])
    if atom == "\\d":
        return frozenset(DIGITS)
    if atom.startswith("["):
        inside = re.sub(r"\\(\W)", r"\1", atom[1:-1].replace("\\d", DIGITS))
        return None if inside.startswith("^") or "\\" in inside or "-" in inside[1:-1] else frozenset(inside)
    if atom.startswith("\\"):
        return frozenset(atom[1]) if not atom[1:2].isalnum() else None
    return frozenset(atom) if atom and atom not in "(.^$" and not atom.startswith("(") else None


def _first_atom(text: str) -> str:
    if text.startswith("["):
        found = _CLASS.match(text)
        return found[0] if found else ""
    if text.startswith("("):
        return text[: _group_end(text)]
    return text[:2] if text.startswith("\\") else text[:1]


def _group_end(text: str) -> int:
    """Return the place behind the group that begins the text."""
    depth = 0
    for place, sign in _signs(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return place + 1
    return len(text)


def _branches(pattern: str) -> list[str]:
    depth, start, branches = 0, 0, []
    for place, sign in _signs(pattern):
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            branches.append(pattern[start:place])
            start = place + 1
    return [*branches, pattern[start:]]


def _signs(pattern: str) -> list[tuple[int, str]]:
    """Return the parentheses and bars of a pattern that are syntax, with their places."""
    return [(m.start(), m[0]) for m in re.finditer(r"\\.|\[(?:\\.|[^\]\\])*\]|[()|]", pattern) if m[0] in "()|"]
