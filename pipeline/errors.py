"""What can go wrong, by what the caller should do about it.

::

    CopydeskError
    ├── Reject       this input can never be processed: quarantine it with its reason, go on
    ├── Transient    it may work later: retry it
    └── Fatal        the run must stop
        ├── ConfigError   a setting, an option or a file of the user's is wrong: exit status 2
        ├── BudgetSpent   more of the night failed than the error budget allows
        └── CheckFailed   the warehouse breaks an invariant
"""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path
from tempfile import gettempdir

WORD = re.compile(r"[^\s\"']+")  # what a URL in a text may be, or be part of


def hidden_userinfo(text: str) -> str:
    """Return a text with the name and password of every URL in it hidden."""
    return WORD.sub(_without_userinfo, text)


def _without_userinfo(word: re.Match[str]) -> str:
    before, _, rest = word[0].partition("//")
    _, at, behind = rest.rpartition("@")  # the last one: a password may hold any character
    return f"{before}//***@{behind}" if at else word[0]


def of_os_error(error: OSError) -> str:
    """Return an error of the operating system in words: the file, the fault and, of a full disk, the mend."""
    told = error.strerror or str(error)
    if isinstance(error.filename, str) and error.strerror:
        try:
            told = f"{Path(error.filename).absolute()}: {told}"  # `data` alone says nothing of the folder that a command was run in
        except FileNotFoundError as gone:
            return of_os_error(gone)
    elif told == os.strerror(errno.ENOENT):  # without a name nothing but the folder of this process is looked for
        return "the folder that this was started in is gone; go to one that is there"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):  # Arrow does not say which file it was
        room = f"COPYDESK_STORE, COPYDESK_PUBLISH and {gettempdir()}"
        return f"the disk is full ({told}): make room where {room} are, then run again"
    return told


class CopydeskError(Exception):
    """Base of every error that Copydesk raises on purpose."""


class _Coded(CopydeskError):
    """What became of one input: `code` is a short, stable, lower-case name that is counted and stored; `detail` is for people."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class Reject(_Coded):
    """An input that can never be processed."""


class Transient(_Coded):
    """A failure that a later attempt may not meet."""


class Fatal(CopydeskError):
    """The run cannot go on: nothing downstream may be written."""


class ConfigError(Fatal):
    """The user's input is wrong. The message names the thing, the value and the mend."""


class BudgetSpent(Fatal):
    """More of a night's pages failed than the error budget allows: nothing of it is loaded."""


class CheckFailed(Fatal):
    """A check of `sql/checks` found rows in the warehouse: it is not published."""
