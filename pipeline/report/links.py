"""Where the pages are: below a prefix on a server, or as sections of one file."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, Protocol
from urllib.parse import quote, urlencode


class Links(Protocol):
    """Returns the address of a page by its name, or None when it cannot be reached from here."""

    def __call__(self, page: str, *key: object, **query: Any) -> str | None: ...


class ServerLinks:
    """Addresses below the prefix that the application is mounted at."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix.rstrip("/")

    def __call__(self, page: str, *key: object, **query: Any) -> str | None:
        path = "/".join([self.prefix, page, *(quote(str(part), safe="") for part in key)]) if page else f"{self.prefix}/"
        given = {name: value for name, value in query.items() if value not in (None, "")}
        return f"{path}?{urlencode(given)}" if given else path


class FileLinks:
    """Places in one file: only what is in it can be reached."""

    def __init__(self, night: date, articles: Collection[str], stories: Collection[str]) -> None:
        self.sections = {f"run-{night}", *(f"article-{a}" for a in articles), *(f"story-{s}" for s in stories)}

    def __call__(self, page: str, *key: object, **query: Any) -> str | None:
        name = "-".join([page, *map(str, key)])
        return f"#{name}" if name in self.sections else None
