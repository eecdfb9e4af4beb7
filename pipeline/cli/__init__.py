"""The command line: parses, calls one function, prints. Exit status: 0 done, 1 the work failed, 2 the call is wrong."""

from __future__ import annotations

import argparse
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

import pipeline
from pipeline.cli.bulk import add_bulk
from pipeline.cli.lookups import add_lookups
from pipeline.cli.nights import add_nights
from pipeline.cli.upkeep import add_upkeep
from pipeline.config import load_settings
from pipeline.errors import ConfigError, CopydeskError, of_os_error
from pipeline.terminal import Shown, tell, visible


class _Terminated(KeyboardInterrupt):
    """SIGTERM, as of `timeout`, or of a machine that shuts down; or SIGHUP, of a terminal that is closed."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status."""
    _set_up_output()
    options = build_parser().parse_args(arguments)
    _set_up_signals()
    _set_up_logging(options.verbose)
    try:
        status: int = options.command(options, load_settings())
        _flush()  # here, where what goes wrong is told; Python would end with status 120
        return status
    except ConfigError as error:
        tell(f"copydesk: {visible(str(error))}")
        return 2
    except CopydeskError as error:
        tell(f"copydesk: {visible(str(error))}")
        return 1
    except BrokenPipeError:
        # The reader of our output went away (`| head`): not an error, and nothing more can be said there.
        _drop_output()
        return 0
    except OSError as error:  # a disk that is full, a file that may not be written
        tell(f"copydesk: {visible(of_os_error(error))}")
        try:
            _flush()
        except OSError:
            _drop_output()
        return 1
    except KeyboardInterrupt as error:
        tell("copydesk: interrupted; run the command again to go on")
        return 128 + (error.number if isinstance(error, _Terminated) else signal.SIGINT)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; `command` of what it parses is the function to call."""
    parser = argparse.ArgumentParser(
        prog="copydesk",
        description="Fetch news pages, clean them, find the copies and load the articles into a SQL warehouse.",
        epilog="Settings come from COPYDESK_* variables, then pipeline.toml; see docs/settings.md.",
    )
    parser.add_argument("--version", action="version", version=f"copydesk {pipeline.__version__}")
    parser.add_argument("-v", "--verbose", action="store_true", help="log what each stage does")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (add_nights, add_bulk, add_lookups, add_upkeep):
        add(commands)
    return parser


def _set_up_output() -> None:
    """Show a letter that the terminal's encoding does not have as Python writes it, and say nothing where nobody listens."""
    if (
        sys.stderr is None
    ):  # closed: `print` would take standard output for it, and the next file to be opened be what workers write to
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os.set_inheritable(2, True)
        sys.stderr = os.fdopen(2, "w")
    if isinstance(sys.stdout, io.TextIOWrapper):  # not when it is closed
        sys.stdout.reconfigure(errors="backslashreplace")


def _flush() -> None:
    if sys.stdout is not None:
        sys.stdout.flush()


def _drop_output() -> None:
    """Let nobody have what could not be written, so that Python does not try once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _set_up_signals() -> None:
    """Let SIGTERM and SIGHUP end the work as Ctrl-C does, so that unfinished files are taken away; a second one ends it at once."""
    if threading.current_thread() is not threading.main_thread():  # no other may ask
        return
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, _terminate)


def _terminate(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise _Terminated(number)


def _set_up_logging(verbose: bool) -> None:
    if sys.stderr.isatty():
        logging.getLogger("pipeline.progress").setLevel(logging.INFO)
    terminal = logging.StreamHandler(sys.stderr)
    terminal.setFormatter(Shown("%(asctime)s %(levelname)s %(name)s: %(message)s" if verbose else "copydesk: %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[terminal])
