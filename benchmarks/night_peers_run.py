"""Other programs on a WARC file, for `night_peers.py`; runs in their own environment, without this package.

python -m benchmarks.night_peers_run datatrove|news-please IN.warc.gz OUT.jsonl
"""

from __future__ import annotations

import gzip
import json
import struct
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any


def datatrove(source: Path) -> Iterator[dict[str, Any]]:
    """WARC reader, trafilatura and MinHash (signatures, buckets, clusters), all at datatrove's own defaults but one.

    Its limit of one second a page is over too soon on a busy machine: 60 s.
    """
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupSignature
    from datatrove.pipeline.extractors import Trafilatura
    from datatrove.pipeline.readers import JsonlReader, WarcReader
    from datatrove.pipeline.writers import JsonlWriter

    with tempfile.TemporaryDirectory() as folder:
        config, extractor = MinhashConfig(), Trafilatura(timeout=60)
        steps: list[tuple[int, list[Any]]] = [
            (1, [WarcReader(str(source.parent), glob_pattern=source.name), extractor, JsonlWriter(f"{folder}/texts")]),
            (1, [JsonlReader(f"{folder}/texts"), MinhashDedupSignature(f"{folder}/signatures", config=config, language="eng")]),
            (config.num_buckets, [MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)]),
            (1, [MinhashDedupCluster(f"{folder}/buckets", f"{folder}/remove", config=config, save_cluster_id=True)]),
        ]
        for number, (tasks, pipeline) in enumerate(steps):
            LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=f"{folder}/logs{number}").run()
        clusters: dict[int, int] = {}
        for path in Path(folder, "remove").rglob("*.clusters"):
            clusters.update(struct.iter_unpack("<II", path.read_bytes()))
        lines = (
            line for path in sorted(Path(folder, "texts").rglob("*.gz")) for line in gzip.decompress(path.read_bytes()).splitlines()
        )
        for number, row in enumerate(map(json.loads, lines)):
            story = f"cluster {clusters[number]}" if number in clusters else f"alone {number}"
            yield {"url": row["metadata"]["url"], "text": row["text"], "story": story}


def news_please(source: Path) -> Iterator[dict[str, Any]]:
    """Its extractor page by page, from a WARC that warcio reads, as its own Common Crawl program does; no image is fetched."""
    from newsplease import NewsPlease
    from warcio.archiveiterator import ArchiveIterator

    with source.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type != "response":
                continue
            try:
                article = NewsPlease.from_warc(record, fetch_images=False)
            except Exception as error:
                print(record.rec_headers.get_header("WARC-Target-URI"), error, file=sys.stderr)
                continue
            yield {"url": record.rec_headers.get_header("WARC-Target-URI"), "text": article.maintext or ""}


def main() -> None:
    """Run one program."""
    name, source, target = sys.argv[1:]
    print(name, version(name))
    found = {"datatrove": datatrove, "news-please": news_please}[name](Path(source))
    with Path(target).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in found)


if __name__ == "__main__":
    main()
