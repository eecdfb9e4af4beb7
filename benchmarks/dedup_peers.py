"""Stories as other programs find them, for `dedup_quality.py`; runs in their own environment, without this package.

    python -m benchmarks.dedup_peers datasketch|rensa|datatrove IN.jsonl.gz OUT.jsonl

Prints the CPU seconds of finding and joining, or nothing where the program is not installed.
"""

from __future__ import annotations

import gzip
import json
import re
import resource
import struct
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Rows = list[dict[str, Any]]
Pairs = Iterator[tuple[int, int]]


def shingles(text: str, size: int) -> set[str]:
    """Return the shingles of so many lower-case words; a shorter text is one shingle."""
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[i : i + size]) for i in range(max(1, len(words) - size + 1))}


def datasketch(rows: Rows) -> Pairs:
    """MinHash of 5-word shingles, 128 permutations, LSH at .5."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=128)
    for number, row in enumerate(rows):
        sketch = MinHash(num_perm=128)
        sketch.update_batch([shingle.encode(errors="replace") for shingle in shingles(row["text"], 5)])
        yield from ((number, other) for other in index.query(sketch))
        index.insert(number, sketch, check_duplication=False)


def rensa(rows: Rows) -> Pairs:
    """RMinHash of 5-word shingles, 128 permutations in 32 bands, candidates kept from an estimate of .3 on."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.3, num_perm=128, num_bands=32)
    sketches: list[Any] = []
    for number, row in enumerate(rows):
        sketch = RMinHash(num_perm=128, seed=42)
        sketch.update(sorted(shingles(row["text"], 5)))
        yield from ((number, other) for other in index.query(sketch) if sketch.jaccard(sketches[other]) >= 0.3)
        index.insert(number, sketch)
        sketches.append(sketch)


def datatrove(rows: Rows) -> Pairs:
    """Its MinHash pipeline at its defaults: 5-word shingles, 14 buckets of 8 hashes; signatures and buckets stages."""
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets, MinhashDedupSignature

    with tempfile.TemporaryDirectory() as folder:
        config = MinhashConfig()
        signatures = MinhashDedupSignature(output_folder=f"{folder}/signatures", config=config, language="eng")
        signatures.run((Document(text=row["text"], id=str(n)) for n, row in enumerate(rows)), rank=0, world_size=1)
        for bucket in range(config.num_buckets):
            stage = MinhashDedupBuckets(f"{folder}/signatures", f"{folder}/buckets", config=config)
            stage.run(None, rank=bucket, world_size=config.num_buckets)
        for path in sorted(Path(folder, "buckets").glob("*.dups")):
            for _, first, _, second in struct.iter_unpack("<4I", path.read_bytes()):
                yield first, second


def answer(rows: Rows, pairs: Pairs) -> Iterator[dict[str, Any]]:
    """Join pairs into stories; the earliest document of one, without a date the longest, is its canonical."""
    parent = list(range(len(rows)))

    def root(number: int) -> int:
        while parent[number] != number:
            parent[number] = parent[parent[number]]
            number = parent[number]
        return number

    for a, b in pairs:
        parent[root(a)] = root(b)
    groups: dict[int, list[int]] = {}
    for number in range(len(rows)):
        groups.setdefault(root(number), []).append(number)
    for members in groups.values():
        head = min(members, key=lambda n: (rows[n]["published_at"] or "9999", -len(rows[n]["text"]), n))
        for number in members:
            relation = "unique" if len(members) == 1 else "canonical" if number == head else "copy"
            yield {"id": rows[number]["id"], "story_id": rows[head]["id"], "canonical_id": rows[head]["id"],
                   "relation": relation, "score": None, "reuse": []}  # fmt: skip


def main() -> None:
    """Run one program."""
    name, source, target = sys.argv[1:]
    try:
        __import__(name)
    except ImportError:
        return
    with gzip.open(source, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    start = spent()
    found = list(answer(rows, {"datasketch": datasketch, "rensa": rensa, "datatrove": datatrove}[name](rows)))
    end = spent()
    with Path(target).open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(row) + "\n" for row in found)
    print(end - start)


def spent() -> float:
    """Return the CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
