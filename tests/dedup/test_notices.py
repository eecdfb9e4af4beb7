"""Releases of one house: what stands below each of them makes no copies, and who else has it says what it is."""

from __future__ import annotations

import tracemalloc

import numpy as np

from pipeline.dedup import DedupResult, Document, find_duplicates
from pipeline.dedup.notices import same_places
from tests.dedup.articles import article, document


def stories(result: DedupResult) -> set[frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for member in result.members:
        groups.setdefault(member.story_id, set()).add(member.article_id)
    return {frozenset(group) for group in groups.values()}


def releases(own: tuple[int, ...]) -> list[Document]:
    """Return texts of so many paragraphs of their own above what the house says of itself."""
    notice = article(20, 3)
    return [document(f"r{n}", f"{article(21 + n, count)}\n\n{notice}", 1 + n, f"{n}.example") for n, count in enumerate(own)]


def test_releases_above_one_notice_are_no_copies_and_a_printed_one_is() -> None:
    found = releases((1, 3, 3, 4, 4))
    printed = document("print", f"(Newsdesk) {found[0].text}", 8, "print.example")
    result = find_duplicates([*found, printed])
    assert stories(result) == {frozenset({"r0", "print"})} | {frozenset({f"r{n}"}) for n in range(1, 5)}


def test_a_short_version_with_a_lead_of_its_own_belongs_to_all_who_print_the_article() -> None:
    paragraphs = article(30, 6).split("\n\n")
    version = document("version", "\n\n".join([article(31, 1), *paragraphs[2:5]]), 3, "v.example")
    prints = [document(f"p{n}", "\n\n".join([*paragraphs, article(40 + n, 1)]), 2, f"{n}.example") for n in range(6)]
    assert len(stories(find_duplicates([*prints, version]))) == 1


def test_thousands_of_texts_with_one_footer_cost_memory_in_proportion() -> None:
    """Each covers the footer of the first, one in a hundred a word more or less."""
    masks = np.zeros((5000, 200), np.bool_)
    masks[:, 120:] = True
    masks[::100, 119] = True
    masks[1] = ~masks[0]
    tracemalloc.start()
    try:
        found = list(same_places(masks))
        assert tracemalloc.get_traced_memory()[1] < 20 * masks.nbytes
    finally:
        tracemalloc.stop()
    assert sorted(int(same.sum()) for same in found) == [1, 4999]
