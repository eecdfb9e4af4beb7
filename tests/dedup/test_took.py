"""Who took from whom, and what is so little that it is told only of a text of which more is known to be taken."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from pipeline.dedup import DedupResult, Document, find_duplicates
from tests.dedup.articles import article, document, sentence


def reuse(result: DedupResult) -> set[tuple[str, str]]:
    return {(passage.article_id, passage.source_article_id) for passage in result.reuse}


def with_box(identity: str, text: str, box: str, day: int) -> Document:
    return document(identity, f"{text}\n\n{box}", day, f"{identity}.example")


def test_what_stands_in_copies_alone_of_either_story_is_from_neither() -> None:
    box = article(70, 1)
    wires = [document("a", article(71), 1), document("b", article(72), 1)]
    copies = [with_box("a-copy", article(71), box, 2), with_box("b-copy", article(72), box, 3)]
    assert reuse(find_duplicates([*wires, *copies])) == set()
    assert reuse(find_duplicates([*wires, copies[0], document("c", f"{box}\n\n{article(73)}", 1, "c.example")])) == {
        ("a-copy", "c")
    }


def test_an_undated_copy_took_the_box_below_it_from_the_story_that_begins_with_it() -> None:
    other = document("other", article(74), 2, "other.example")
    copy = replace(with_box("copy", article(75), article(74).split("\n\n")[0], 3), published_at=None)
    prints = [document(name, article(75) + f"\n\n{name}", day, f"{name}.example") for day, name in enumerate("abc", start=1)]
    assert reuse(find_duplicates([*prints, copy, other])) == {("copy", "other")}


@pytest.mark.parametrize(("printed", "expected"), [(3, {("copy", "other")}), (0, {("other", "copy")})])
def test_a_date_does_not_make_a_box_the_source_of_what_many_have_printed(printed: int, expected: set[tuple[str, str]]) -> None:
    other = [document("other", article(74), 5, "other.example")]
    other += [document(f"print{n}", article(74) + f"\n\n{n} {article(76 + n, 1)}", 6, f"{n}.example") for n in range(printed)]
    copy = with_box("copy", article(75), article(74).split("\n\n")[0], 3)
    assert reuse(find_duplicates([document("a", article(75), 1), copy, *other])) == expected


def wires() -> list[Document]:
    return [document("w1", article(81), 1), document("w2", article(82), 1)]


def stitched_with(passage: str, day: int = 4) -> Document:
    parts = ["\n\n".join(article(seed).split("\n\n")[2:5]) for seed in (81, 82)]
    return document("stitched", "\n\n".join([parts[0], passage, parts[1]]), day, "b.example")


def test_a_passage_is_from_the_story_that_has_it_from_the_start_and_not_from_an_earlier_copy_that_put_it_in() -> None:
    box = article(74).split("\n\n")[0]
    stories = [document(name, article(seed), day) for name, seed, day in (("a", 75, 1), ("other", 74, 5))]
    copies = [with_box("a-copy", article(75), box, 3), document("other-copy", article(74) + "\n\nprinted", 6, "print.example")]
    found = reuse(find_duplicates([*stories, *copies, *wires(), stitched_with(box, 8)]))
    assert {source for taker, source in found if taker == "stitched"} == {"w1", "w2", "other"}


@pytest.mark.parametrize("quoted", [False, True])
def test_a_short_passage_or_a_quotation_is_told_of_a_stitched_text_and_of_no_other(*, quoted: bool) -> None:
    words = article(83, 2).split(" ")[: 40 if quoted else 18]
    passage = " ".join(words).replace(".", "").replace("\n\n", " ")
    passage = f"“{passage}”." if quoted else f"{passage}."
    source = document("source", "\n\n".join([article(84, 4), passage, article(85, 4)]), 1, "s.example")
    own = document("own", "\n\n".join([article(86, 4), passage, article(87, 4)]), 3, "o.example")
    found = reuse(find_duplicates([source, own, *wires(), stitched_with(passage)]))
    assert found == {("stitched", "w1"), ("stitched", "w2"), ("stitched", "source")}


def test_nearly_every_passage_of_twenty_four_words_is_found() -> None:
    """Two of its shingles must be among those that are kept: one passage in thirty has fewer."""
    found = 0
    for seed in range(60):
        rng = random.Random(seed)
        taken = f"{sentence(rng)} {sentence(rng)}"
        taken = " ".join(taken.split(" ")[:24])
        source = document("a", "\n\n".join([article(900 + seed, 3), taken, article(1000 + seed, 3)]), 1)
        taker = document("b", "\n\n".join([article(1100 + seed, 3), taken, article(1200 + seed, 3)]), 2, "b.example")
        found += bool(find_duplicates([source, taker]).reuse)
    assert found >= 54


@pytest.mark.parametrize("copies", [2, 0])
def test_an_undated_stitched_text_with_a_copy_took_from_stories_that_more_have_printed(copies: int) -> None:
    texts = [article(760 + n) for n in range(3)]
    prints = [
        document(f"w{n}{c}", f"{text}\n\n{sentence(random.Random(n * 10 + c))}", 1 + c, f"{c}.example")
        for n, text in enumerate(texts)
        for c in range(copies + 1)
    ]
    parts = "\n\n".join("\n\n".join(text.split("\n\n")[2:5]) for text in texts)
    pages = [document(name, f"{parts}\n\n{note}", 5, f"{name}.example") for name, note in (("m", "One."), ("n", "Other."))]
    found = reuse(find_duplicates([*prints, *(replace(page, published_at=None) for page in pages)]))
    takers = {taker for taker, _ in found}
    assert takers == ({"m", "n"} if copies else {f"w{n}0" for n in range(3)})
