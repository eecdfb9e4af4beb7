"""Settings (environment, `pipeline.toml`, defaults): every value checked, every error named."""

from __future__ import annotations

import difflib
import logging
import os
import re
import tomllib
import types
import typing
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pipeline.errors import ConfigError, of_os_error

logger = logging.getLogger(__name__)

ENV_PREFIX = "COPYDESK_"
# Not meant for us: what the tests read, and what Kubernetes sets for a service of our name.
OTHERS = re.compile(r"^COPYDESK_TEST_|_SERVICE_(HOST|PORT.*)$|_PORT(_\d+_(TCP|UDP).*)?$")
SLIP = 0.8  # similarity of two names above which one is the other misspelt
SETTINGS_FILE = Path("pipeline.toml")
NIGHTLY = "0 2 * * *"
PATHS = ("store", "publish", "sources")  # a ~ at their beginning is the user's home


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Every tunable of a run. `COPYDESK_<NAME>` in the environment wins over `pipeline.toml`, which wins over these."""

    # Where things are kept.
    warehouse_url: str = "sqlite:///data/warehouse.db"  # any SQLAlchemy URL; PostgreSQL for more than one machine
    store: str = "data/store"  # folder, or s3://bucket/prefix
    publish: str = "data/published"  # Parquet and DuckDB for analysts
    sources: str = "sources.toml"  # what to read; --sources on the command line wins

    # When a night runs by itself, and whose days they are.
    schedule: str = NIGHTLY  # cron: minute, hour, day of the month, month, day of the week
    timezone: str = "UTC"  # the schedule's hours are this zone's, and so is the date of a run

    # How work is divided. A shard owns its sites, so one task talks to a host and sees a site's pages together.
    shards: int = 8  # tens at most: every mapped task costs the scheduler about a second of CPU
    workers: int = 0  # extraction processes; 0 = one per core

    # Fetch. A polite default: one connection a host, a second between requests.
    contact: str = "https://example.org/bot"  # stands in the User-Agent, so that a publisher can find you
    delay: float = 1.0  # seconds between two requests to a host; robots.txt may ask for more
    max_delay: float = 30.0  # a longer Crawl-delay than this is cut to it
    connections: int = 100  # over all hosts of a task
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    total_timeout: float = 60.0  # of one request, whatever trickles in
    max_wire_bytes: int = 5 * 2**20
    max_body_bytes: int = 10 * 2**20  # inflated; the largest real article pages seen are about 3 MB
    max_redirects: int = 5
    attempts: int = 3
    fetch_deadline: float = 3 * 3600.0  # seconds for one shard, or what a source lists; what is left is retried in the next run
    allow_private_hosts: bool = False  # fetch from loopback and private addresses

    # Extraction.
    extract_timeout: float = 20.0  # CPU seconds of one page before its worker is killed; the slowest honest page took 3
    extract_memory: int = 2 * 2**30  # bytes of address space a worker may take beyond what it starts with
    extract_recycle: int = 2000  # pages before a worker is replaced: libxml2 and trafilatura keep some memory a page

    # Duplicates.
    window_days: int = 30  # tonight's articles are compared with those of so many nights before and after
    dedup_engine: str = "process"  # or spark: for more documents than fit one machine (docs/spark.md)
    spark_master: str = ""  # e.g. spark://host:7077; empty: what spark-submit or spark-defaults.conf say, else all cores here

    # Loading.
    error_budget: float = 0.5  # share of a night's pages that may fail before the run stops, loudly, before the load
    lock_timeout: float = 600.0  # seconds to wait for another loader
    full_text: bool = False  # keep a full-text index; it about doubles the cost of a load

    # Whom a failed run, a spent error budget, a silent or failing source, a failed check or a jump in volume is told to.
    alert_email: str = ""  # addresses, with commas between; sent through Airflow's connection smtp_default
    alert_connection: str = ""  # id of an Airflow connection of type apprise

    # Report pages and Airflow UI.
    ui_port: int = 8080

    @property
    def worker_count(self) -> int:
        """Extraction processes to start."""
        return self.workers or os.cpu_count() or 1


def load_settings(
    environment: Mapping[str, str] | None = None, path: Path = SETTINGS_FILE, *, only: Collection[str] = ()
) -> Settings:
    """Read the settings; raises `ConfigError` for a key that does not exist or a value of the wrong type.

    With `only` these alone are read, whatever is wrong with others or with the file.
    """
    environment = os.environ if environment is None else environment
    hints = get_type_hints(Settings)
    values: dict[str, Any] = {}
    where: dict[str, str] = {}  # each was said, for an error to name
    for key, value in _in_file(path, only).items():
        if key not in hints:
            raise ConfigError(f"{path}: there is no setting {key!r}; the settings are {listed(hints)}")
        where[key] = f"{path}: {key}"
        values[key] = typed(value, hints[key], where[key])
    for variable, said in environment.items():
        text = said.strip()  # the end of a line comes along with a secret that was read from a file, or an .env of Windows
        key = variable.removeprefix(ENV_PREFIX).lower()
        if not variable.startswith(ENV_PREFIX) or (only and key not in only):
            continue
        if key not in hints:
            _tell_unknown(variable, hints)
        elif text != "":
            where[key] = variable
            values[key] = _from_text(text, hints[key], variable)
    # A shell does this of what is not quoted; of the others a folder with that name would be made.
    values |= {name: os.path.expanduser(values[name]) for name in PATHS if name in values}  # noqa: PTH111 - s3://… is no path
    return _checked(Settings(**values), where)


def _in_file(path: Path, only: Collection[str]) -> dict[str, Any]:
    """Return what the file of settings says; of `only` some when there are any, and then nothing for a file that is none."""
    try:
        said = read_toml(path) if is_there(path) else {}
    except ConfigError:
        if not only:
            raise
        return {}
    return {key: value for key, value in said.items() if not only or key in only}


def _tell_unknown(variable: str, names: Iterable[str]) -> None:
    """Raise `ConfigError` for a variable that must be a slip of a setting's; warn of one that may be somebody else's."""
    if OTHERS.search(variable):
        return
    near = difflib.get_close_matches(variable.removeprefix(ENV_PREFIX).lower(), names, n=1)
    meant = f"; did you mean {ENV_PREFIX}{near[0].upper()}?" if near else "; docs/settings.md names them all"
    if near and difflib.SequenceMatcher(None, variable.removeprefix(ENV_PREFIX).lower(), near[0]).ratio() >= SLIP:
        raise ConfigError(f"{variable}: there is no such setting{meant}")
    logger.warning("%s changes nothing: there is no such setting%s", variable, meant)


# Where a run keeps its things and how fast it works: another place or pace makes the same articles.
NOT_HASHED = {
    "warehouse_url",
    "store",
    "publish",
    "sources",
    "schedule",
    "timezone",
    "ui_port",
    "workers",
    "shards",
    "connections",
    "lock_timeout",
    "full_text",
    "alert_email",
    "alert_connection",
    "dedup_engine",
    "spark_master",
}


ENGINES = ("process", "spark")
PRESETS = ("@hourly", "@daily", "@weekly", "@monthly")
DAY = 86400.0
CENTURY = 36500  # days
# What a number may be: beyond these it is a slip, and some would only fail much later.
BOUNDS: dict[str, tuple[float, float]] = {
    "shards": (1, 1000),
    "workers": (0, 1024),
    "delay": (0, DAY),
    "max_delay": (0, DAY),
    "connections": (1, 10_000),
    "connect_timeout": (0.001, DAY),
    "read_timeout": (0.001, DAY),
    "total_timeout": (0.001, DAY),
    "max_wire_bytes": (1, 2**40),
    "max_body_bytes": (1, 2**40),
    "max_redirects": (0, 100),
    "attempts": (1, 100),
    "fetch_deadline": (0.001, 30 * DAY),
    "extract_timeout": (0.001, DAY),
    "extract_memory": (2**20, 2**50),
    "extract_recycle": (1, 2**31),
    "window_days": (1, CENTURY),
    "error_budget": (0, 1),
    "lock_timeout": (0, 30 * DAY),
    "ui_port": (1, 65535),
}


def _checked(settings: Settings, where: Mapping[str, str]) -> Settings:
    for name, (low, high) in BOUNDS.items():
        value = getattr(settings, name)
        if not low <= value <= high:  # false for nan, too
            raise ConfigError(f"{where[name]} must be from {low:g} to {high:g}, got {value}")
    if settings.dedup_engine not in ENGINES:
        raise ConfigError(f"{where['dedup_engine']} must be {' or '.join(ENGINES)}, got {settings.dedup_engine!r}")
    _check_schedule(settings, where)
    if not settings.contact.isprintable():
        raise ConfigError(f"{where['contact']} must be one line of printable text, got {settings.contact!r}")
    return settings


def _check_schedule(settings: Settings, where: Mapping[str, str]) -> None:
    try:
        ZoneInfo(settings.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as "Europe"
        said = where.get("timezone", "timezone")  # a machine without the zones has none of the default either
        raise ConfigError(f"{said} must be a zone such as Europe/Berlin or UTC, got {settings.timezone!r}") from None
    if settings.schedule == NIGHTLY:
        return
    from croniter import croniter  # Airflow's own reading of it

    if settings.schedule not in PRESETS and (len(settings.schedule.split()) != 5 or not croniter.is_valid(settings.schedule)):
        raise ConfigError(
            f"{where['schedule']} must be five fields of cron such as '30 4 * * *' or one of {', '.join(PRESETS)}, "
            f"got {settings.schedule!r}"
        )


def is_there(path: Path) -> bool:
    """Say whether there is a file; raises `ConfigError` where this user may not look."""
    try:
        return path.is_file()
    except PermissionError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: PermissionError) -> ConfigError:
    elsewhere = "" if path.is_absolute() else ", or start this in another folder"
    return ConfigError(f"{of_os_error(error)}; let this user read the file and enter the folders above it{elsewhere}")


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file; raises `ConfigError` that names it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # Windows' editors begin a file with a byte order mark
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: {error}; save it as UTF-8") from error
    except PermissionError as error:
        raise _unreadable(path, error) from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error


def typed(value: Any, hint: Any, where: str) -> Any:
    """Return a TOML value as the type of its field; raises `ConfigError` that begins with `where` for another type."""
    if typing.get_origin(hint) is types.UnionType:
        hint = next(a for a in typing.get_args(hint) if a is not type(None))
    if typing.get_origin(hint) is tuple:
        if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
            raise ConfigError(f'{where} must be a list of strings, got {value!r}; write it as ["…", "…"]')
        return tuple(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise ConfigError(f"{where} must be {_TYPE_NAMES[hint]}, got {value!r}")
    return value


def _from_text(text: str, hint: Any, variable: str) -> Any:
    """Return the text of an environment variable as the type of its field."""
    if hint is bool:
        if text.lower() in ("1", "true", "yes", "on"):
            return True
        if text.lower() in ("0", "false", "no", "off"):
            return False
        raise ConfigError(f"{variable} must be 1 or 0, got {text!r}")
    try:
        return hint(text)
    except ValueError:
        raise ConfigError(f"{variable} must be {_TYPE_NAMES[hint]}, got {text!r}") from None


_TYPE_NAMES = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}


def listed(hints: Mapping[str, Any]) -> str:
    """Return the names of fields in order, for an error to offer."""
    return ", ".join(sorted(hints))
