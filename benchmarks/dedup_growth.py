"""Bad and unkind input to the detection of duplicates: CPU seconds and peak memory at n and at ten times n.

    python -m benchmarks.dedup_growth [CASE…] [--tenth]

Each line is a process of its own. Making the documents and compiling the kernels is not counted; the peak is what came on top of
the documents. --tenth takes a tenth of all sizes. A factor of 100 would be quadratic.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

from benchmarks.dedup_index import apart, resident
from pipeline.dedup import Document, find_duplicates

SEED = 3
STARTS, MIDDLES, ENDS = ("ba", "ri", "to", "mel", "sun"), ("la", "ne", "vik", "dor", "pa"), ("n", "s", "rt", "m", "")
LATIN = [start + middle + end for start in STARTS for middle in MIDDLES for end in ENDS]
SCRIPTS = ("абвгдежзиклмнопрст", "αβγδεζηθικλμνξοπρ", "ابتثجحخدذرزسش", "的一是不了人我在有他", "กขคงจชซญดต", "אבגדהוזחטיכל")


def words_of(rng: random.Random, count: int, vocabulary: int = 20_000) -> list[str]:
    """Return made-up words."""
    return [LATIN[(number := int(vocabulary * rng.random() ** 3)) % 125] + LATIN[number // 125 % 125] for _ in range(count)]


def equal(count: int) -> Iterator[str]:
    """Yield one text again and again."""
    text = " ".join(words_of(random.Random(SEED), 300))
    return (text for _ in range(count))


def one_word(count: int) -> Iterator[str]:
    """Yield texts of one word, of twenty thousand."""
    rng = random.Random(SEED)
    return (words_of(rng, 1)[0] for _ in range(count))


def long(size: int) -> Iterator[str]:
    """Yield four texts of so many characters: one, an edited copy of it, one word again and again, and another."""
    rng = random.Random(SEED)
    words = words_of(rng, size // 8)
    edited = [word if number % 20 else "changed" for number, word in enumerate(words)]
    yield from (" ".join(words), " ".join(edited), "again " * (size // 6), " ".join(words_of(rng, size // 8)))


def mixed(count: int) -> Iterator[str]:
    """Yield texts in which the script changes inside of words and sentences; every fifth is an edited copy."""
    rng = random.Random(SEED)
    last: list[str] = []
    for number in range(count):
        if number % 5 or not last:
            words = ("".join(rng.choices(rng.choice((*SCRIPTS, "abcdefgh")), k=rng.randint(1, 6))) for _ in range(200))
            last = [word + rng.choice(("", "", "Latin", "7", "\u0301", "，")) for word in words]
            yield " ".join(last)
        else:
            yield " ".join(word if rng.random() > 0.04 else "другое" for word in last)


def surrogates(count: int) -> Iterator[str]:
    """Yield texts with halves of surrogate pairs in every tenth word; every fifth is an edited copy."""
    rng = random.Random(SEED)
    last: list[str] = []
    for number in range(count):
        if number % 5 or not last:
            last = [word if rng.random() > 0.1 else f"{word}\ud83d" for word in words_of(rng, 200)]
        yield " ".join(last if number % 5 else [word if rng.random() > 0.04 else "\udc00" for word in last])


def form(count: int) -> Iterator[str]:
    """Yield one form filled in with other figures and names."""
    rng = random.Random(SEED)
    sentences = [" ".join(words_of(rng, 12)) for _ in range(15)]
    for _ in range(count):
        filled = (f"{s} {rng.choice(LATIN).title()}{rng.choice(LATIN)} {rng.randint(1, 999)}." for s in sentences)
        yield " ".join(filled)


def family(count: int) -> Iterator[str]:
    """Yield one text with three words in a hundred replaced, each time others."""
    rng = random.Random(SEED)
    words = words_of(rng, 400)
    return (" ".join(word if rng.random() > 0.03 else words_of(rng, 1)[0] for word in words) for _ in range(count))


def footer(count: int) -> Iterator[str]:
    """Yield texts of their own above one long footer."""
    rng = random.Random(SEED)
    end = " ".join(words_of(rng, 80))
    return (f"{' '.join(words_of(rng, 250))}\n\n{end}" for _ in range(count))


CASES: dict[str, tuple[Callable[[int], Iterator[str]], int]] = {
    "equal texts": (equal, 100_000),
    "one word": (one_word, 100_000),
    "empty": (lambda count: ("" for _ in range(count)), 100_000),
    "long texts (characters)": (long, 500_000),
    "mixed scripts": (mixed, 2_000),
    "lone surrogates": (surrogates, 2_000),
    "one form": (form, 10_000),
    "one family": (family, 2_000),
    "one footer": (footer, 5_000),
}


def measure(case: str, size: int) -> tuple[float, float, str]:
    """Return CPU seconds, megabytes on top of the documents, and what was said of them."""
    make = CASES[case][0]
    find_duplicates([Document(str(n), None, None, None, text, None) for n, text in enumerate(family(30))])  # compile
    documents = [Document(f"{n:08d}", f"https://s/{n}", f"s{n % 50}", None, text, None) for n, text in enumerate(make(size))]
    before, start = resident(), time.process_time()
    result = find_duplicates(documents)
    spent = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    relations = Counter(member.relation for member in result.members)
    said = ", ".join(f"{relations[name]:,} {name}" for name in ("canonical", "copy", "unique") if relations[name])
    return spent, max(0.0, peak - before), f"{said}; {len(result.reuse):,} passages"


def main() -> None:
    """Print a line for each case."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", choices=[[], *CASES], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--tenth", action="store_true")
    arguments = parser.parse_args()
    for case in arguments.cases or CASES:
        size = CASES[case][1] // (10 if arguments.tenth else 1)
        (spent, peak, _), (more, higher, said) = map(partial(apart, measure, case), (size, 10 * size))
        print(
            f"{case:24s} n {size:>9,}  CPU s {spent:6.2f} > {more:7.2f}  factor {more / spent:5.1f}"
            f"  MB {peak:6,.0f} > {higher:6,.0f}  at 10n: {said}",
            flush=True,
        )


if __name__ == "__main__":
    main()
