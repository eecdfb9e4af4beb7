"""Sources (`sources.toml`): what a night reads; every value checked, every error named."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints
from urllib.parse import urlsplit

from pipeline.config import CENTURY, DAY, is_there, listed, load_settings, read_toml, typed
from pipeline.errors import ConfigError, hidden_userinfo
from pipeline.urls import in_letters

LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9_-]{1,20})?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One publisher or folder to read. `include` and `exclude` are regular expressions searched in the URL."""

    id: str
    name: str | None = None
    feeds: tuple[str, ...] = ()
    sitemaps: tuple[str, ...] = ()
    urls: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    language: str | None = None
    delay: float | None = None
    priority: int = 0
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_age_days: int | None = None

    def wants(self, url: str) -> bool:
        """Say whether the source's patterns let a URL in, however both of them spell what is not ASCII."""
        spellings = {url, in_letters(url)}
        if self.include and not any(_matches(p, spellings) for p in self.include):
            return False
        return not any(_matches(p, spellings) for p in self.exclude)


def _matches(pattern: str, spellings: Iterable[str]) -> bool:
    return any(re.search(written, url) for written in {pattern, in_letters(pattern)} for url in spellings)


def load_sources(path: Path) -> tuple[Source, ...]:
    """Read `sources.toml`; raises `ConfigError` that names the file, the source, the key, the value and the mend."""
    if not is_there(path):
        fault = "is a folder" if path.is_dir() else "no such file"
        raise ConfigError(f"{path}: {fault}; write one with a [[source]] table (see README) or name another with --sources")
    content = read_toml(path)
    for key in content:
        if key != "source":
            raise ConfigError(f"{path}: unknown key {key!r} at the top; a sources file holds [[source]] tables only")
    tables = content.get("source")
    if not isinstance(tables, list) or not tables:
        raise ConfigError(f"{path}: no [[source]] table; add one with an id and any of feeds, sitemaps, urls, files")
    sources = tuple(_source(path, number, table) for number, table in enumerate(tables, 1))
    seen: set[str] = set()
    for source in sources:
        if source.id in seen:
            raise ConfigError(f"{path}: two sources have the id {source.id!r}; give each its own")
        seen.add(source.id)
    return sources


def sources_if_any(path: Path) -> tuple[Source, ...]:
    """Read the sources file where there is one: what comes after the fetch needs none."""
    return load_sources(path) if is_there(path) else ()


def choose_sources(sources: Iterable[Source], ids: Iterable[str]) -> tuple[Source, ...]:
    """Return the sources of those ids, all when no id is given; raises `ConfigError` for an id that no source has."""
    by_id = {source.id: source for source in sources}
    chosen = list(ids) or list(by_id)
    for name in chosen:
        if name not in by_id:
            raise ConfigError(f"there is no source {name!r}; the sources are {', '.join(sorted(by_id))}")
    return tuple(by_id[name] for name in chosen)


def source_names() -> dict[str, str]:
    """Return id -> name of the configured sources, for a form to offer; nothing while there is no valid sources file."""
    try:
        return {source.id: source.name or source.id for source in load_sources(Path(load_settings().sources))}
    except ConfigError:
        return {}


def _source(path: Path, number: int, table: Any) -> Source:
    where = f"{path}: source {number}"
    if not isinstance(table, dict):
        raise ConfigError(f"{where}: must be a [[source]] table, got {table!r}")
    identity = table.get("id")
    if not isinstance(identity, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", identity):
        raise ConfigError(f"{where}: id must be 1 to 64 letters, digits, '.', '_' or '-', got {identity!r}")
    where = f'{path}: source "{identity}"'
    hints = get_type_hints(Source)
    for key in table:
        if key not in hints:
            raise ConfigError(f"{where}: unknown key {key!r}; the keys are {listed(hints)}")
    source = Source(**{key: typed(value, hints[key], f"{where}: {key}") for key, value in table.items()})
    if not (source.feeds or source.sitemaps or source.urls or source.files):
        raise ConfigError(f"{where}: nothing to read; give it at least one of feeds, sitemaps, urls, files")
    for key in ("feeds", "sitemaps", "urls"):
        for url in getattr(source, key):
            _check_url(url, f"{where}: {key}")
    for key in ("include", "exclude"):
        for pattern in getattr(source, key):
            _check_pattern(pattern, f"{where}: {key}")
    if source.delay is not None and not 0 <= source.delay <= DAY:
        raise ConfigError(f"{where}: delay must be from 0 to {DAY:g} seconds, got {source.delay}")
    if source.max_age_days is not None and not 1 <= source.max_age_days <= CENTURY:
        raise ConfigError(f"{where}: max_age_days must be from 1 to {CENTURY}, got {source.max_age_days}")
    if source.language is not None and not LANGUAGE.fullmatch(source.language):
        raise ConfigError(f'{where}: language must be a code such as "en" or "pt-BR", got {source.language!r}')
    if "" in source.files:
        raise ConfigError(f"{where}: files must name a folder, a file or a pattern, got ''; write \".\" for the working folder")
    return source


def _check_url(url: str, where: str) -> None:
    try:
        parts = urlsplit(url)
        port_is_number = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_number = urlsplit(""), False
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_number:
        raise ConfigError(f"{where} must be http(s) URLs, got {hidden_userinfo(url)!r}")


def _check_pattern(pattern: str, where: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"{where}: {pattern!r} is not a regular expression ({error}); escape special characters with \\"
        ) from error
