"""A large night of the sample newsroom, held against what is right of each article.

    python -m benchmarks.newsroom_gold [--pages 5000]

Imports the pages that `night_peers` takes as one night, and counts the articles whose text, title, authors, language, time or
original is another than the generator's, those that are missing, and the stories that came apart or together. An original that is
none of the night's pages is not asked for.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.night_peers import DAY, PORT, READABLE, newsroom_of, newsroom_pages, write_warc
from newsroom.records import Gold

SHOWN = 30  # differences of a kind
ARTICLES = """
SELECT a.url, a.text, a.title, a.authors, a.language, a.published_at, original.url, m.story_id
FROM articles a JOIN story_members m USING (article_id) JOIN articles original ON original.article_id = m.canonical_article_id
"""


def instant(text: str) -> datetime:
    """Return a time as UTC; a day is its midnight."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def differences(row: tuple[str, ...], gold: Gold, urls: set[str]) -> Iterator[tuple[str, object, object]]:
    """Yield what of an article is not right: its name, what was found, what is right."""
    url, text, title, authors, language, published, original, _ = row
    right = gold.original_url or url
    for name, found, wanted in (
        ("text", text, gold.text),
        ("title", title, gold.title),
        ("authors", set(json.loads(authors)), set(gold.authors)),
        ("language", language, gold.language),
        ("time", published and instant(published), gold.published_at and instant(gold.published_at)),
        ("original", original, right if right in urls else original),
    ):
        if found != wanted:
            yield name, found, wanted


def unlike(found: str, wanted: str) -> tuple[list[str], list[str]]:
    """Return the lines of each text that the other has not."""
    here, there = found.split("\n"), wanted.split("\n")
    return [line for line in here if line not in there], [line for line in there if line not in here]


def mixed(pairs: Iterable[tuple[str, str]]) -> int:
    """Return how many of the first names go with more than one of the second."""
    found: dict[str, set[str]] = defaultdict(set)
    for first, second in pairs:
        found[first].add(second)
    return sum(len(names) > 1 for names in found.values())


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=5000)
    pages = parser.parse_args().pages
    room = newsroom_of(pages)
    golds = {
        gold.url: gold for page in room.edition(DAY).all_pages() if page.serve in READABLE for gold in [room.gold_of(page, PORT)]
    }
    with tempfile.TemporaryDirectory() as folder:
        warc = Path(folder, "night.warc.gz")
        articles = {url for url, right in write_warc(warc, newsroom_pages(pages)).items() if right}
        command = [sys.executable, "-m", "pipeline", "import", "--date", DAY.isoformat(), str(warc)]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1]), "COPYDESK_ERROR_BUDGET": "1"}
        subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
        with closing(sqlite3.connect(Path(folder, "data", "warehouse.db"))) as connection:
            rows = connection.execute(ARTICLES).fetchall()
    urls, counts = {row[0] for row in rows}, Counter[str]()
    for row in rows:
        for name, found, wanted in differences(row, golds[row[0]], urls):
            counts[name] += 1
            if name == "text":
                found, wanted = unlike(str(found), str(wanted))
            if counts[name] <= SHOWN:
                print(f"{row[0]}: {name} is {found!r}, right is {wanted!r}")
    stories = [(str(golds[row[0]].story_id), row[-1]) for row in rows]
    apart, together = mixed(stories), mixed((found, right) for right, found in stories)
    print(f"{len(rows)} articles, {len(articles - urls)} missing; other than right: {dict(counts)}")
    print(f"{len({row[-1] for row in rows})} stories; {apart} came apart, {together} hold more than one")


if __name__ == "__main__":
    main()
