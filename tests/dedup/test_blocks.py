"""A night that is decided on in blocks: what is said of it does not depend on how much is read at once."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dedup import DedupResult, Document, find_duplicates
from pipeline.dedup import blocks as cuts
from pipeline.dedup.blocks import family_blocks, pair_blocks
from pipeline.dedup.shelf import Shelf
from pipeline.dedup.sketch import encode
from pipeline.dedup.textfile import TextFile
from pipeline.dedup.words import read_words
from pipeline.errors import ConfigError
from tests.dedup.articles import article, document
from tests.dedup.test_index import add, news

PAIRS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda pair: pair[0] < pair[1]), min_size=1, unique=True)


def several_nights(folder: Path, documents: list[Document]) -> list[DedupResult]:
    return [add(folder, documents[n::3]) for n in range(3)]


@pytest.mark.parametrize("size", [1, 2_000, 8_000])
def test_the_answer_does_not_depend_on_how_much_is_read_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    documents = news(random.Random(3))
    batch, nights = find_duplicates(documents), several_nights(tmp_path / "one", documents)
    monkeypatch.setattr(cuts, "BLOCK", size)
    assert find_duplicates(documents) == batch
    assert several_nights(tmp_path / "many", documents) == nights


@pytest.mark.parametrize("size", [1, 1 << 24])
def test_the_copies_of_a_source_are_one_source_of_a_stitched_text_whatever_is_read_at_once(
    monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(cuts, "BLOCK", size)
    first, second = article(1, 6).split("\n\n"), article(2, 12).split("\n\n")
    prints = [document(f"b{n}", "\n\n".join([*second, article(20 + n, 1)]), 1 + n, f"{n}.example") for n in range(5)]
    stitched = document("m", "\n\n".join([*first[1:], *second[1:6]]), 8, "m.example")
    result = find_duplicates([document("a", article(1, 6), 1, "a.example"), *prints, stitched])
    assert next(member for member in result.members if member.article_id == "m").relation == "unique"


@given(PAIRS, st.lists(st.integers(1, 9), min_size=12, max_size=12), st.integers(1, 40))
def test_blocks_of_pairs_hold_each_pair_once_and_no_more_than_fits(
    pairs: list[tuple[int, int]], sizes: list[int], most: int
) -> None:
    table, weights = np.array(pairs), np.array(sizes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "BLOCK", most)
        found = pair_blocks(table, weights)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(pairs)))
    assert all(len(rows) == 1 or weights[np.unique(table[rows])].sum() <= most for rows in found)


@given(PAIRS, st.integers(1, 40))
def test_blocks_of_families_do_not_part_what_hangs_together(pairs: list[tuple[int, int]], most: int) -> None:
    table, every = np.array(pairs), np.arange(12)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cuts, "BLOCK", most)
        found = list(family_blocks(table, every, np.full(12, 5)))
    assert sorted(np.concatenate(found).tolist()) == every.tolist()
    block_of = {text: number for number, texts in enumerate(found) for text in texts.tolist()}
    assert all(block_of[a] == block_of[b] for a, b in pairs)
    # Two blocks in a row did not fit into one.
    assert all(5 * (len(one) + len(other)) > most for one, other in pairwise(found))


@given(st.lists(st.text(st.characters(codec=None), max_size=20)), st.randoms(use_true_random=False))
def test_texts_come_back_from_the_file_as_arrow_would_hold_them(texts: list[str], rng: random.Random) -> None:
    with TextFile() as file:
        numbers = [file.add(text)[0] for text in texts]
        assert [numbers[texts.index(text)] for text in texts] == numbers  # equal texts are one
        rng.shuffle(numbers)
        data, bounds = file.read(np.array(numbers, np.int64))
    distinct = list(dict.fromkeys(texts))
    expected, expected_bounds = encode([distinct[number] for number in numbers])
    assert bounds.tolist() == expected_bounds.tolist()
    assert data[: bounds[-1]].tobytes() == expected[: bounds[-1]].tobytes()
    assert [file.lengths[number] for number in numbers] == [len(distinct[number]) for number in numbers]


@given(st.lists(st.lists(st.integers(0, 7), unique=True), max_size=6))
def test_words_on_the_shelf_are_those_of_the_texts_asked_for(asked: list[list[int]]) -> None:
    texts = [" ".join(f"w{n}x{i}" for i in range(n)) for n in range(8)]
    with TextFile() as file, pytest.MonkeyPatch.context() as patch:
        for text in texts:
            file.add(text)
        patch.setattr(cuts, "BLOCK", 40)
        shelf = Shelf(file)
        for numbers in asked:
            words, alone = shelf.words(np.array(numbers, np.int64)), read_words(encode([texts[number] for number in numbers]))
            for one, other in zip(zip(words.low, words.high, strict=True), zip(alone.low, alone.high, strict=True), strict=True):
                assert words.hashes[slice(*one)].tolist() == alone.hashes[slice(*other)].tolist()


def test_a_disk_without_room_for_the_texts_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    with TextFile() as file, Path("/dev/full").open("wb", buffering=0) as full:
        file._file.close()
        monkeypatch.setattr(file, "_file", full)
        file.add("a text")
        with pytest.raises(ConfigError, match=r"no room .* set TMPDIR"):
            file.read(np.array([0]))
