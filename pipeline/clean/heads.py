"""The characters that a match of a pattern can begin with, and how long it can be: a line is held against few patterns, not all.

Reads the plain forms that rules.toml is written in (literals, classes, groups, simple repeats). For every other form the answer is
None, any character, which is always safe.
"""

from __future__ import annotations

import re

DIGITS = "0123456789"
_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]")
_REPEAT = re.compile(r"\?|\*|\+|\{\d+(?:,\d*)?\}")
_MOST = re.compile(r"\{(?:\d+,)?(\d+)\}|(\?)")
_NO_WIDTH = ("\\b", "\\B", "^", "$", "(?=", "(?!", "(?<=", "(?<!")
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


def longest_match(pattern: str) -> int | None:
    """Return how many characters a line that matches the pattern has at most; None where there is no limit, or none is seen."""
    lengths = [_longest_branch(branch) for branch in _branches(pattern)]
    known = [length for length in lengths if length is not None]
    return max(known) if len(known) == len(lengths) else None


def _longest_branch(branch: str) -> int | None:
    total = place = 0
    while place < len(branch):
        atom = _first_atom(branch[place:])
        place += len(atom)
        repeat = _REPEAT.match(branch, place)
        place = repeat.end() + (branch[repeat.end() : repeat.end() + 1] in ("?", "+")) if repeat else place
        width = _longest_atom(atom)
        most = _MOST.fullmatch(repeat[0]) if repeat else None
        if not atom or width is None or (repeat and not most and width):
            return None
        total += width * (int(most[1] or 1) if most else 1)
    return total


def _longest_atom(atom: str) -> int | None:
    if atom.startswith(_NO_WIDTH):
        return 0
    if atom.startswith("(?:"):
        return longest_match(atom[3:-1])
    return None if atom.startswith("(") or (atom[:1] == "\\" and atom[1:].isdigit()) else 1


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
