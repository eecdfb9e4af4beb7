"""Sketches and candidates of many synthetic documents in one process, beside datasketch and rensa on the same texts.

    python benchmarks/dedup_speed.py [--documents 1000000] [--peers 10000] [--growth]

Texts are drawn from a Zipf vocabulary, 600 words each; every tenth is the one before it with 5 % of its words replaced.
Times are CPU seconds of this process (user + system); making the texts and compiling the kernels are not counted.
A peer that is not installed is left out: put datasketch and rensa into an environment of their own and run this there too.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numba
import numpy as np

from pipeline.dedup.candidates import band_pairs, passage_pairs
from pipeline.dedup.params import DedupParams
from pipeline.dedup.sketch import CHUNK, Sketches, Texts, sketch

WORDS = 600
VOCABULARY = 50_000
SEED = 20240229


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
        words = np.searchsorted(share, rng.random((size, WORDS), np.float32)).astype(np.int32).clip(0, VOCABULARY - 1)
        copies = np.arange(9, size, 10)
        words[copies] = np.where(rng.random((len(copies), WORDS), np.float32) < 0.05, words[copies], words[copies - 1])
        yield _write(words, letters, bounds)


def ours(count: int, params: DedupParams) -> dict[str, float]:
    """Sketch `count` documents and find their candidates; return CPU seconds, pairs and peak memory."""
    chunks: list[Sketches] = []
    spent = 0.0
    for chunk in texts(count):
        start = time.process_time()
        chunks.append(sketch(chunk, params))
        spent += time.process_time() - start
    start = time.process_time()
    bands = band_pairs(chunks, params)
    middle = time.process_time()
    passages = passage_pairs(chunks, params)
    end = time.process_time()
    total = spent + end - start
    return {
        "documents": count,
        "sketch/s": count / spent,
        "bands s": middle - start,
        "passages s": end - middle,
        "end to end/s": count / total,
        "pairs": len(np.union1d(bands, passages)),
        "peak MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def plain(count: int) -> list[str]:
    """Return the same documents as Python strings, as the peers want them."""
    found: list[str] = []
    for data, ends in texts(count):
        found += [data[low:high].tobytes().decode() for low, high in pairwise(ends)]
    return found


def datasketch(documents: list[str]) -> int:
    """MinHash of 5-word shingles, 128 permutations, LSH at .5: its documented recipe."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=0.5, num_perm=128)
    pairs = 0
    for number, text in enumerate(documents):
        words = text.split()
        sketch_ = MinHash(num_perm=128)
        sketch_.update_batch([" ".join(words[i : i + 5]).encode() for i in range(len(words) - 4)])
        pairs += len(index.query(sketch_))
        index.insert(number, sketch_, check_duplication=False)
    return pairs


def rensa(documents: list[str]) -> int:
    """RMinHash of 5-word shingles, 128 permutations, LSH with 32 bands."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=0.5, num_perm=128, num_bands=32)
    pairs = 0
    for number, text in enumerate(documents):
        words = text.split()
        sketch_ = RMinHash(num_perm=128, seed=42)
        sketch_.update([" ".join(words[i : i + 5]) for i in range(len(words) - 4)])
        pairs += len(index.query(sketch_))
        index.insert(number, sketch_)
    return pairs


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--peers", type=int, default=10_000, help="documents for the peers; 0 leaves them out")
    parser.add_argument("--growth", action="store_true", help="also a tenth and a hundredth of the documents")
    arguments = parser.parse_args()
    params = DedupParams()
    ours(2000, params)  # compile
    sizes = [arguments.documents // 100, arguments.documents // 10] if arguments.growth else []
    for count in [*sizes, arguments.documents]:
        row = ours(count, params)
        print("copydesk    ", "  ".join(f"{name} {value:,.1f}" for name, value in row.items()), flush=True)
    speed = row["end to end/s"]
    documents = plain(arguments.peers)
    for peer in (datasketch, rensa) if documents else ():
        try:
            start = time.process_time()
            pairs = peer(documents)
        except ImportError:
            print(f"{peer.__name__:12s} not installed")
            continue
        rate = len(documents) / (time.process_time() - start)
        ratio = f"copydesk is {speed / rate:.1f} times as fast"
        print(f"{peer.__name__:12s} documents {len(documents):,}  end to end/s {rate:,.1f}  pairs {pairs:,}  {ratio}")


if __name__ == "__main__":
    main()
