"""Sketches and candidates of many synthetic documents in one process, beside datasketch and rensa on the same texts.

    python -m benchmarks.dedup_speed [--documents 1000000] [--peers PYTHON] [--growth] [--verdicts FILE…]

Texts are drawn from a Zipf vocabulary, 600 words each; every tenth is the one before it with 5 % of its words replaced.
Times are CPU seconds of this process (user + system); making the texts and compiling the kernels are not counted.
--verdicts takes files as the `dedup` command does and prints for how many of their candidate pairs a CPU-second gets a verdict:
words cut, every pair aligned, likely copies twice, titles looked at; and for how many stories, canonicals and passages too.
The peers run in a process of the interpreter that --peers names, on fewer of the same texts; what is not installed is left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numba
import numpy as np

from pipeline.dedup.boilerplate import SketchHolders
from pipeline.dedup.bulk import newest, read_line
from pipeline.dedup.candidates import candidate_pairs, counted_pairs, likely_pairs, sharing_pairs
from pipeline.dedup.collection import collect, take
from pipeline.dedup.decide import decide
from pipeline.dedup.params import DedupParams
from pipeline.dedup.shelf import Reading, Shelf
from pipeline.dedup.sketch import CHUNK, Sketches, Texts, sketch, sketch_all
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.verify import look, look_again
from pipeline.json_lines import read_lines

WORDS = 600
VOCABULARY = 50_000
AT_ONCE = 500
SEED = 20240229
PEER_PROGRAM = Path(__file__).with_name("dedup_peers.py")
PEERS = {"datasketch": 10_000, "rensa": 10_000, "datatrove": 1_000}  # documents: enough for a rate


def vocabulary() -> tuple[Any, Any]:
    """Return the bytes of made-up words, a blank after each, and their bounds; frequent words are short, as in a language."""
    rng = np.random.default_rng(SEED)
    lengths = np.clip(rng.poisson(2 + np.log2(np.arange(VOCABULARY) + 2) / 3), 1, 14)
    bounds = np.concatenate([[0], np.cumsum(lengths + 1)])
    letters = rng.integers(97, 123, bounds[-1]).astype(np.uint8)
    letters[bounds[1:] - 1] = 32
    return letters, bounds


@numba.njit
def _write(words: Any, letters: Any, bounds: Any) -> Any:
    ends = np.zeros(len(words) + 1, np.int64)
    for d in range(len(words)):
        size = 0
        for w in words[d]:
            size += bounds[w + 1] - bounds[w]
        ends[d + 1] = ends[d] + size
    data = np.empty(ends[-1], np.uint8)
    at = 0
    for d in range(len(words)):
        for w in words[d]:
            for i in range(bounds[w], bounds[w + 1]):
                data[at] = letters[i]
                at += 1
    return data, ends


def texts(count: int, chunk: int = CHUNK) -> Iterator[Texts]:
    """Yield chunks of synthetic texts."""
    letters, bounds = vocabulary()
    rng = np.random.default_rng(SEED + 1)
    share = np.cumsum(1 / (np.arange(VOCABULARY) + 2.7))
    share /= share[-1]
    for start in range(0, count, chunk):
        size = min(chunk, count - start)
        words = np.empty((size, WORDS), np.uint16)
        for low in range(0, size, AT_ONCE):  # so that what is measured beside them is not the memory of the texts' making
            own = words[low : low + AT_ONCE]
            own[:] = np.searchsorted(share, rng.random(own.shape, np.float32)).clip(0, VOCABULARY - 1)
            copies = np.arange(9, len(own), 10)
            own[copies] = np.where(rng.random((len(copies), WORDS), np.float32) < 0.05, own[copies], own[copies - 1])
        yield _write(words, letters, bounds)


def ours(count: int, params: DedupParams) -> dict[str, float]:
    """Sketch `count` documents and find their candidates; return CPU seconds, pairs and peak memory."""
    chunks: list[Sketches] = []
    spent = 0.0
    for chunk in texts(count):
        start = time.process_time()
        chunks.append(sketch(chunk, params))
        spent += time.process_time() - start
    del chunk  # it is the benchmark's own
    start = time.process_time()
    bands = counted_pairs(chunks, params)
    middle = time.process_time()
    pairs = likely_pairs(bands, sharing_pairs(chunks, params), count, params)
    end = time.process_time()
    total = spent + end - start
    return {
        "documents": count,
        "sketch/s": count / spent,
        "bands s": middle - start,
        "passages s": end - middle,
        "end to end/s": count / total,
        "pairs": len(pairs),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def verdicts(source: str, params: DedupParams) -> dict[str, float]:
    """Decide on the candidate pairs of a file of documents; return their number and how many a CPU-second gets through."""
    documents = newest(line.document for line in map(read_line, read_lines(source)) if line.document)
    with TextFile() as texts:
        collection = collect(take(documents.values(), texts), texts)
        sketches = sketch_all(texts.chunks(collection.places), params)
        pairs = candidate_pairs(sketches, params)
        decide(collection, pairs, texts, SketchHolders(sketches), params)  # compile
        start = time.process_time()
        reading = Reading(Shelf(texts), collection.places)
        found = look(reading, pairs, params, learn=True)
        compared, places = np.unique(pairs, return_inverse=True)
        first = [collection.documents[collection.first[text]] for text in compared.tolist()]
        titles, hosts = [document.title for document in first], [document.site for document in first]
        look_again(found, np.arange(len(pairs)), places.reshape(-1, 2), reading.words(compared), titles, hosts, params)
        middle = time.process_time()
        decide(collection, pairs, texts, SketchHolders(sketches), params)
        end = time.process_time()
    return {
        "pairs": len(pairs),
        "copies": int(found.verdicts.copy.sum()),
        "verdicts/s": len(pairs) / (middle - start),
        "with stories and passages/s": len(pairs) / (end - middle),
    }


def peer(python: str, name: str, count: int) -> float | None:
    """Return the CPU seconds of a peer for the same documents, as Python strings; None where it is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "in.jsonl.gz")
        with gzip.open(source, "wt", encoding="utf-8", compresslevel=1) as out:
            rows = (data[low:high].tobytes().decode() for data, ends in texts(count) for low, high in pairwise(ends))
            out.writelines(json.dumps({"id": str(n), "text": text, "published_at": None}) + "\n" for n, text in enumerate(rows))
        command = [python, str(PEER_PROGRAM), name, str(source), f"{folder}/out.jsonl"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout) if done.stdout.strip() else None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--peers", metavar="PYTHON", help="interpreter of an environment with the peers")
    parser.add_argument("--growth", action="store_true", help="also a tenth and a hundredth of the documents")
    parser.add_argument("--verdicts", metavar="FILE", nargs="+", default=[], help="JSON Lines; then nothing else is run")
    arguments = parser.parse_args()
    params = DedupParams()
    for source in arguments.verdicts:
        print(f"{source}:", "  ".join(f"{name} {value:,.0f}" for name, value in verdicts(source, params).items()), flush=True)
    if arguments.verdicts:
        return
    ours(2000, params)  # compile
    sizes = [arguments.documents // 100, arguments.documents // 10] if arguments.growth else []
    for count in [*sizes, arguments.documents]:
        row = ours(count, params)
        print("copydesk    ", "  ".join(f"{name} {value:,.1f}" for name, value in row.items()), flush=True)
    speed = row["end to end/s"]
    for name, count in PEERS.items() if arguments.peers else ():
        spent = peer(arguments.peers, name, count)
        if spent is None:
            print(f"{name:12s} not installed")
            continue
        rate = count / spent
        print(f"{name:12s} documents {count:,}  end to end/s {rate:,.1f}  copydesk is {speed / rate:.1f} times as fast")


if __name__ == "__main__":
    main()
