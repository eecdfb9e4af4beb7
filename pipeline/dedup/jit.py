"""The decorator of the compiled kernels: cached on disk where a folder for it can be had, compiled anew where not."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
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
    try:
        return cast(F, numba.njit(cache=True, nogil=True, **options)(function))  # type: ignore[call-overload]
    except RuntimeError:  # neither the package's folder nor the user's cache folder can be written
        os.environ["NUMBA_CACHE_DIR"] = str(Path(tempfile.gettempdir()) / f"copydesk-numba-{os.getuid()}")
        config.reload_config()  # type: ignore[no-untyped-call]
    try:
        return cast(F, numba.njit(cache=True, nogil=True, **options)(function))  # type: ignore[call-overload]
    except RuntimeError:
        return cast(F, numba.njit(nogil=True, **options)(function))  # type: ignore[call-overload]
