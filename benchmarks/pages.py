"""The pages that the benchmarks of fetching and archiving serve and write: made up, or saved ones of a folder."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

PAGE_BYTES = 126_000
VARIANTS = 50
SAVED = 500  # saved pages that are used at most


def make_pages() -> list[bytes]:
    """Return pages whose size and compression are those of a real news page: a story in a lot of furniture."""
    rng = random.Random(1)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 10))) for _ in range(6000)]
    furniture = "".join(
        f'<li class="card card--{n % 7}"><a href="/{n}/{rng.randrange(10**9)}">{" ".join(rng.choices(words, k=9))}</a></li>\n'
        for n in range(400)
    )
    pages = []
    for _ in range(VARIANTS):
        story = "".join(f"<p>{' '.join(rng.choices(words, k=60))}.</p>\n" for _ in range(30))
        script = "".join(f"window.q.push({{'id':{rng.randrange(10**6)},'slot':'top','size':[300,250]}});\n" for _ in range(700))
        pages.append(f"<!doctype html><html><body>{furniture}{story}<script>{script}</script></body></html>".encode()[:PAGE_BYTES])
    return pages


def load_pages(saved: str | None) -> list[bytes]:
    """Return the pages to serve: made up, or the files of a folder (HTML, plain or with gzip)."""
    if not saved:
        return make_pages()
    files = sorted(path for path in Path(saved).rglob("*.html*") if path.is_file())[:SAVED]
    return [gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes() for path in files]
