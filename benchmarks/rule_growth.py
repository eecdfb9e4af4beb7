"""How the time of every pattern of rules.toml grows with the length of a line that was made to bait it.

    python -m benchmarks.rule_growth

For each pattern, lines that match it as far as they can, with every repetition drawn out, and fail at the end. A pattern that
looks at a line once doubles its time when the line doubles; one that goes back and forth takes four or eight times as long.
Lines longer than `PATTERN_LENGTH` are matched by no pattern, so the last column is the most that one can cost.
"""

from __future__ import annotations

import re
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.clean.rules import PATTERN_LENGTH, _all_patterns

MISMATCH = "\x01"
SHOWN = 10
FLOOR = 50e-6  # seconds; below it the growth is that of the clock


def baits(pattern: str, length: int) -> Iterator[str]:
    """Yield lines of about `length` characters that a pattern matches almost."""
    tree = parser.parse(pattern)
    for choice in range(4):
        line = _drawn_out(tree, length, choice)
        for bait in (line, line[: len(line) // 2], line * (1 + length // max(1, len(line)))):
            yield bait[:length] + MISMATCH


def _drawn_out(tree: Any, room: int, choice: int) -> str:
    return "".join(_part(code, value, room, choice) for code, value in tree)


def _part(code: Any, value: Any, room: int, choice: int) -> str:
    if code is sre.LITERAL:
        return chr(value)
    if code in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        low, high, sub = value
        once = _drawn_out(sub, room, choice)
        times: int = max(low, min(int(high), room // max(1, len(once))))
        return once * times
    if code is sre.BRANCH:
        return _drawn_out(value[1][choice % len(value[1])], room, choice)
    if code is sre.SUBPATTERN:
        return _drawn_out(value[-1], room, choice)
    if code in (sre.IN, sre.ANY, sre.NOT_LITERAL, sre.CATEGORY):
        return _one_of(code, value, choice)
    return ""


def _one_of(code: Any, value: Any, choice: int) -> str:
    """Return a character that a class holds."""
    items = list(value) if code is sre.IN else [(code, value)]
    negated = items[0][0] is sre.NEGATE or code is sre.NOT_LITERAL
    members = [chr(v) for c, v in items if c is sre.LITERAL] + [chr(v[0]) for c, v in items if c is sre.RANGE]
    members += [_CATEGORIES.get(str(v), "a") for c, v in items if c is sre.CATEGORY]
    if members and not negated:
        return members[choice % len(members)]
    return next(c for c in ("a ", " a", "1 ", "- ")[choice] if c not in members)


_CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a"}


def seconds(pattern: re.Pattern[str], lines: list[str]) -> float:
    """Return the CPU seconds of the line that costs most, the best of three tries."""
    return max(min(_once(pattern.fullmatch, line) for _ in range(3)) for line in lines)


def _once(match: Callable[[str], object], line: str) -> float:
    begin = time.thread_time()
    match(line)
    return time.thread_time() - begin


def main() -> None:
    """Print the patterns that cost most and those that grow most."""
    rows = []
    for _, pattern, _, match in _all_patterns():
        compiled = re.compile(pattern)
        at_limit, long, longer = (
            seconds(compiled, list(baits(pattern, length))) for length in (PATTERN_LENGTH, 4 * PATTERN_LENGTH, 8 * PATTERN_LENGTH)
        )
        rows.append((at_limit, long, longer, match.rule.id, pattern))
    median = statistics.median(row[0] for row in rows)
    print(f"{len(rows)} patterns; a line of {PATTERN_LENGTH} characters costs {median * 1e6:.1f} us (median)")
    print("| us at the limit | growth when a line four times as long doubles | rule | pattern |\n|---|---|---|---|")
    for at_limit, long, longer, rule, pattern in sorted(rows, reverse=True)[:SHOWN]:
        print(f"| {at_limit * 1e6:.0f} | {longer / long:.1f}x | {rule} | `{pattern[:90]}` |")
    grown = sorted(((r[2] / r[1], r) for r in rows if r[2] > FLOOR), reverse=True)[:SHOWN]
    print("\nthe steepest:" if grown else "\nno pattern takes as long as 50 us on the longest line")
    for growth, row in grown:
        print(f"| {row[0] * 1e6:.0f} | {growth:.1f}x | {row[3]} | `{row[4][:90]}` |")


if __name__ == "__main__":
    main()
