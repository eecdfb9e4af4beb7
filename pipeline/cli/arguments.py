"""What the commands share: how one is added, the types of their options, and what several of them check or do."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TypeAlias
from zoneinfo import ZoneInfo

from pipeline.config import Settings
from pipeline.errors import ConfigError
from pipeline.json_lines import PIPE, whole_file

Command = Callable[[argparse.Namespace, Settings], int]
Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
MAX_PORT = 65535
MASTER_HELP = "Spark's master, e.g. local[4] or spark://host:7077; with --engine spark"


def add_command(commands: Commands, name: str, command: Command, text: str, *, example: str = "") -> argparse.ArgumentParser:
    """Add a command that calls `command` with the options and the settings; return its parser."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=_sentence(text), epilog=f"example: {example}" if example else None
    )
    parser.set_defaults(command=command)
    return parser


def add_actions(commands: Commands, name: str, text: str) -> Commands:
    """Add a command that is nothing without one of its actions; return what these are added to."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text, description=_sentence(text))
    return parser.add_subparsers(title="actions", metavar="ACTION", required=True)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:] + "."


def day(text: str) -> str:
    """Return a date as YYYY-MM-DD."""
    from pipeline.scheduling import parse_date

    try:
        return parse_date(text, "day")
    except ConfigError as error:
        raise argparse.ArgumentTypeError(str(error).removeprefix("day: ")) from None


def in_home(text: str) -> str:
    """Return a path with the ~ at its beginning replaced by the user's home, which few shells do in `make run SOURCES=~/…`."""
    return os.path.expanduser(text)  # noqa: PTH111 - pathlib raises an error of a user that is not there


def port(text: str) -> int:
    """Return a TCP port."""
    number = positive(text)
    if number > MAX_PORT:
        raise argparse.ArgumentTypeError(f"must be a port from 1 to {MAX_PORT}, got {text!r}")
    return number


def words(text: str) -> str:
    """Return a text to ask the warehouse with."""
    try:
        text.encode()
    except UnicodeEncodeError:  # Python keeps bytes that it cannot read as halves of letters, which no database takes
        raise argparse.ArgumentTypeError(
            "is not in the encoding that LC_ALL or LANG names; set LC_ALL=C.UTF-8, or write it in that encoding"
        ) from None
    return text


def positive(text: str) -> int:
    """Return a whole number from 1 up."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number from 1 up, got {text!r}")
    return number


def today(settings: Settings) -> str:
    """Return the day it is in the zone of the nights, as YYYY-MM-DD."""
    return datetime.now(ZoneInfo(settings.timezone)).date().isoformat()


def check_master(master: str | None, engine: str) -> None:
    """Refuse a Spark master where Spark is not asked for."""
    if master and engine != "spark":
        raise ConfigError(f"--master {master}: is for --engine spark; add it or leave --master out")


def write_file(path: Path, text: str) -> None:
    """Write a file, and the folders it lies in; `-` is standard output."""
    if str(path) == PIPE:
        with whole_file(PIPE) as stream:
            stream.write(text.encode())
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written ({error.strerror}); name another file") from error
