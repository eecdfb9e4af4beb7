"""What is said on a terminal, by us and by others."""

from __future__ import annotations

import logging
import re
import sys
from contextlib import suppress

# C0 but for tab and line feed, delete, C1, directions that last beyond their place, and halves of a surrogate pair, which no
# terminal's encoding has.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def cut(text: str, length: int) -> str:
    """Return a text as one line of at most `length` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def visible(text: str) -> str:
    """Return a text of others so that it does not move the cursor, change colours or turn the reading direction.

    Control characters are shown as Python writes them: `\\x1b` for escape.
    """
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


class Shown(logging.Formatter):
    """A record of the log as a terminal may have it: it quotes titles, addresses and what servers say."""

    def format(self, record: logging.LogRecord) -> str:
        return visible(super().format(record))


def tell(text: str, end: str = "\n") -> None:
    """Say how the work goes, on standard error. It goes on where that is not heard: by a closed terminal, `| head`, a full disk."""
    with suppress(OSError):
        print(text, end=end, file=sys.stderr, flush=True)
