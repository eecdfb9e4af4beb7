"""`python -m newsroom`, and `python -m pipeline newsroom serve`: the sample news web on loopback."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from newsroom.feeds import sources_toml
from newsroom.records import DEFAULT_PORT
from newsroom.room import build
from newsroom.server import ADDRESS, serve


def parser(prog: str | None = None) -> argparse.ArgumentParser:
    """Return the parser of the command's options."""
    options = argparse.ArgumentParser(prog=prog, description="Serve a sample news web on loopback.")
    options.add_argument("--port", type=int, default=DEFAULT_PORT, help="default %(default)s")
    options.add_argument("--seed", type=int, default=1, help="another seed, other news; default %(default)s")
    options.add_argument("--stories", type=int, default=40, help="a day; default %(default)s")
    options.add_argument("--outlets", type=int, default=8, help="default %(default)s")
    options.add_argument("--day", type=date.fromisoformat, default=None, help="the day of the news, YYYY-MM-DD; default today")
    options.add_argument("--sources", action="store_true", help="print the sources.toml of the newsroom and end")
    return options


def main(argv: Sequence[str] | None = None, prog: str | None = None) -> int:
    """Run the command; returns the exit status."""
    options = parser(prog).parse_args(argv)
    day = options.day or datetime.now(UTC).date()
    try:
        newsroom = build(seed=options.seed, stories=options.stories, outlets=options.outlets, day=day)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    if options.sources:
        print(sources_toml(newsroom, options.port), end="")
        return 0

    def tell() -> None:
        print(f"http://{ADDRESS}:{options.port}/ has the news of {day}; Ctrl-C ends it", file=sys.stderr)

    try:
        serve(newsroom, tell, options.port)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"--port {options.port}: in use by another process; name another one", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
