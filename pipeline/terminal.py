"""Text of others on a terminal: what would move the cursor, change colours or turn the reading direction is shown, not sent."""

from __future__ import annotations

import re

# C0 but for tab and line feed, delete, C1, directions that last beyond their place, and halves of a surrogate pair, which no
# terminal's encoding has.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def visible(text: str) -> str:
    """Return the text with control characters as Python writes them: `\\x1b` for escape."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
