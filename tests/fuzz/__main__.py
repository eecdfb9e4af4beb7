"""Fuzz one target with atheris, which is not among what the tests need: `uv pip install atheris` first.

    python -m tests.fuzz TARGET [--seconds 60] [--findings FOLDER]

An input that raises what is no error of ours is written to the findings, one for each place in the code, and fuzzing goes on.
An input that takes more than a minute, or 2 GB, ends it and is written there too. Seeds are the kept cases.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tempfile
import traceback
from pathlib import Path

CASES = Path(__file__).parent / "cases"


def main() -> None:
    """Fuzz for so many seconds."""
    import atheris

    with atheris.instrument_imports(include=["pipeline", "protego", "fastfeedparser", "feedparser"]):
        from tests.fuzz.targets import TARGETS, run

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--findings", type=Path, default=Path(tempfile.gettempdir(), "copydesk-fuzz"))
    options = parser.parse_args()
    options.findings.mkdir(parents=True, exist_ok=True)
    seen: set[str] = set()

    def one(data: bytes) -> None:
        try:
            run(options.target, data)
        except Exception as error:  # what is found is written down, and fuzzing goes on
            place = f"{type(error).__name__} {traceback.extract_tb(error.__traceback__)[-1][:2]}"
            if place not in seen:
                seen.add(place)
                name = f"{options.target}-{hashlib.sha256(place.encode()).hexdigest()[:8]}"
                (options.findings / name).write_bytes(data)
                print(f"\n{name}: {place}: {error}", file=sys.stderr)
                traceback.print_exc(limit=-4)

    with tempfile.TemporaryDirectory() as corpus:
        bounds = [f"-max_total_time={options.seconds}", "-timeout=60", "-rss_limit_mb=2048", "-max_len=20000"]
        folders = [corpus, *map(str, [CASES / options.target] if (CASES / options.target).is_dir() else [])]
        atheris.Setup(["fuzz", *bounds, f"-artifact_prefix={options.findings}/{options.target}-", *folders], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
