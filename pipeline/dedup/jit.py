"""The decorator of the compiled kernels: cached on disk where a folder for it can be had, compiled anew where not.

A kernel holds the code of what it calls, and numba looks at the file of the kernel alone for changes: after an update it could
run what was there before. So each state of this package's sources has a folder of its own.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile `function` on its first call, to run without the interpreter's lock, and keep the machine code for later runs."""
    return _compiled(function)


def inner(function: F) -> F:
    """Compile a function that only kernels call: it gets no entry point for Python, which saves a third of the time."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: F, **options: bool) -> F:
    return cast(F, numba.njit(cache=CACHED, nogil=True, **options)(function))  # type: ignore[call-overload]


def _cache_here() -> bool:
    """Have numba keep its machine code in the first folder that can be written; False where none can."""
    name = f"copydesk-kernels-{_sources()}"
    for folder in (parent / name for parent in _parents()):
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                ours = folder.stat().st_uid == os.getuid()  # what lies there is run
        except OSError:
            continue
        if ours:
            config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
            return True
    return False


def _parents() -> Iterator[Path]:
    if given := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(given)
    yield Path(__file__).parent / "__pycache__"
    with suppress(RuntimeError):  # a user whom nothing here knows, as in some containers, has no home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
    yield Path(tempfile.gettempdir(), f"copydesk-{os.getuid()}")


def _sources() -> str:
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


CACHED = _cache_here()
